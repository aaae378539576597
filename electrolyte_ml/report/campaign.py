"""Output of a campaign on the terminal: its status, suggestions, and recorded results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from electrolyte_ml.campaign import Campaign, Recorded, Status, Suggestion
from electrolyte_ml.campaign.celsius import people_heading, people_number, people_prediction
from electrolyte_ml.campaign.standing import (
    error_sentence,
    interval_words,
    model_errors,
    unfinished,
)
from electrolyte_ml.campaign.state import Suggestions
from electrolyte_ml.properties import registered_property
from electrolyte_ml.report.text import output_console
from electrolyte_ml.report.warnings import lines_by
from electrolyte_ml.search.advice import problem_warnings
from electrolyte_ml.text import counted, significant


def print_status(campaign: Campaign) -> None:
    """Print the status of a campaign."""
    status = campaign.status()
    console = output_console()
    console.print(
        f"{status['problem']}: {counted(status['rounds'], 'round')}, "
        f"{status['suggested']} suggested, "
        f"{len(status['pending'])} pending, {status['measured']} measured, "
        f"{status['failed']} failed, {status['skipped']} skipped"
    )
    for item in status["pending"]:
        console.print(f"  pending {item['id']}  {item['recipe']}")
    for item in status["unfinished"]:
        console.print(f"  {unfinished_words(item)}")
    for best in status["best"]:
        console.print(
            f"  best {people_heading(best['objective'])}: "
            f"{significant(people_number(best['objective'], best['value']))} by {best['recipe']}"
        )
    if not status["pending"]:
        console.print(f"next: electrolyte-ml campaign suggest {campaign.folder}")


def unfinished_words(item: Mapping[str, Any]) -> str:
    """What a measured suggestion still lacks, in one line."""
    missing = " and ".join(people_heading(name) for name in item["missing"])
    return f"{item['id']} is still without {missing}: {item['recipe']}"


def suggestion_records(
    campaign: Campaign, suggestions: Sequence[Suggestion]
) -> list[dict[str, Any]]:
    """Suggestions with their warnings, for JSON."""
    warnings = problem_warnings(campaign.problem, [s.formulation for s in suggestions])
    return [
        {**suggestion.to_dict(), "warnings": [warning.to_dict() for warning in found]}
        for suggestion, found in zip(suggestions, warnings, strict=True)
    ]


def print_suggestions(campaign: Campaign, suggestions: Sequence[Suggestion]) -> None:
    """Print a batch, and the path of its sheet."""
    console = output_console()
    table = Table(box=None, pad_edge=False)
    headings = map(_heading, suggestions[0].predictions)
    for heading in ("id", "recipe", *headings, "why"):
        table.add_column(heading, overflow="fold")
    for suggestion in suggestions:
        intervals = [
            interval_words(people_prediction(label, p))
            for label, p in suggestion.predictions.items()
        ]
        table.add_row(suggestion.id, suggestion.formulation.notation(), *intervals, suggestion.why)
    console.print(table)
    for line in lines_by(suggestion_records(campaign, suggestions), "id"):
        console.print(line)
    if isinstance(suggestions, Suggestions) and suggestions.gain is not None:
        console.print(str(suggestions.gain))
    sheet = campaign.folder / f"round_{suggestions[0].round:03d}.xlsx"
    console.print(f"fill in {sheet}, or the .csv beside it, and record it:")
    console.print(f"  electrolyte-ml campaign record {campaign.folder} {sheet}")


def _heading(label: str) -> str:
    """Heading of a quantity for people, from the name of its column."""
    name, _, at = label.partition(" at ")
    known = registered_property(name)
    unit = "°C" if known.unit == "K" else known.unit
    return f"{known.label}{f' at {at}' if at else ''}, {unit}".removesuffix(", ")


def print_recorded(campaign: Campaign, results: Recorded) -> None:
    """Print a summary of recorded results, and the errors of the models on them."""
    console = output_console()
    failed = sum(r.status is Status.FAILED for r in results)
    console.print(
        f"recorded {counted(len(results), 'result')} ({failed} failed); "
        f"{counted(len(campaign.state.pending), 'suggestion is', 'suggestions are')} pending"
    )
    new = {result.suggestion for result in results}
    for item in unfinished(campaign):
        if item["id"] in new:
            console.print(unfinished_words(item))
    if results.remark:
        console.print(results.remark)
    for model in model_errors(campaign):
        console.print(error_sentence(model))
