"""Output of a search: bundled problems, proposals and weigh-out sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from electrolyte_ml.files import make_folder, write_text
from electrolyte_ml.formulation.weigh_out import Sheet
from electrolyte_ml.properties import Property, registered_property
from electrolyte_ml.report.columns import coverage_text, prediction_text
from electrolyte_ml.report.page import baseline_words, ranking_words, report_page, report_values
from electrolyte_ml.report.text import (
    dump_json,
    liquid_range_text,
    output_console,
)
from electrolyte_ml.report.warnings import lines_by, obeyed_words
from electrolyte_ml.search import Problem, ProposalSet, load_problem
from electrolyte_ml.search.bundled import bundled_problems
from electrolyte_ml.shipped_properties import LIQUID, LIQUID_HEADING
from electrolyte_ml.tables.writing import write_frame, write_workbook
from electrolyte_ml.text import celsius, significant

_WEIGHED_DIGITS = 5
# Rules that speak where the recipe may be no liquid, and their doubt beside a number.
_NOT_LIQUID = {"frozen": "probably frozen", "may_freeze": "may freeze"}

ProgressCallback = Callable[[int, int], None]


def bundled_rows() -> list[dict[str, Any]]:
    """The bundled problems: name, description, file, objectives."""
    rows = []
    for name, path in bundled_problems().items():
        problem = load_problem(path)
        rows.append(
            {
                "name": name,
                "description": problem.description,
                "objectives": [o.label for o in problem.objectives],
                "n_components": len(problem.components.names),
                "file": str(path),
            }
        )
    return rows


def print_bundled(rows: Sequence[dict[str, Any]]) -> None:
    """Print a table of the bundled problems."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "what it is for", "objectives"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["name"], row["description"], ", ".join(row["objectives"]))
    output_console().print(table)


def print_checks(results: Sequence[dict[str, Any]]) -> None:
    """Print a line for each valid file."""
    console = output_console()
    for result in results:
        if not result["errors"]:
            console.print(f"{result['file']}: in order ({result['problem']})")


def print_sheet(sheet: Sheet) -> None:
    """Print rows in the order of mixing, then notes."""
    console = output_console()
    console.print(f"{sheet.recipe}  ({sheet.key})")
    console.print(f"batch: {sheet.batch_g:.5g} g, about {sheet.batch_ml:.4g} mL at 25 °C")
    table = Table(box=None, pad_edge=False)
    for heading in ("step", "component", "g", "mL", "room temperature", "how", "hazard"):
        numeric = heading in ("g", "mL")
        table.add_column(heading, overflow="fold", justify="right" if numeric else "left")
    for row in sheet.rows:
        volume = "" if row.volume_ml is None else significant(row.volume_ml, 4)
        table.add_row(
            str(row.step),
            row.component,
            significant(row.mass_g, _WEIGHED_DIGITS),
            volume,
            row.state,
            row.how,
            row.hazard,
        )
    console.print(table)
    for note in sheet.notes:
        console.print(f"note: {note}")


def print_proposals(proposals: ProposalSet) -> None:
    """Print the shortlist, why each is in it, the active constraints, and the weigh-out sheet."""
    result = proposals.to_dict()
    asked = _asked(proposals.problem)
    console = output_console()
    console.print(_shortlist(proposals, asked))
    console.print(_reasons(proposals))
    console.print(ranking_words(proposals))
    console.print(_weigh_out(result))
    for line in lines_by(result["proposals"], "place"):
        console.print(line)
    said = {warning["text"] for p in result["proposals"] for warning in p["warnings"]}
    shown = [
        p["predictions"][place][known.name] for p in result["proposals"] for known, place in asked
    ]
    for reason in sorted({prediction["reason"] for prediction in shown} - {None} - said):
        console.print(f"note: {reason}")
    study, coverage = result["study"], coverage_text(shown)
    meaning = f" Intervals hold {coverage} of measurements." if coverage else ""
    console.print(
        f"{study['n_trials']} recipes tried, {study['n_feasible']} satisfy every limit, "
        f"seed {study['seed']}.{meaning}"
    )
    if obeyed_words(study):
        console.print(obeyed_words(study))


def write_proposals(proposals: ProposalSet, folder: Path) -> dict[str, Any]:
    """Write the report, the proposals and their weigh-out; each file whole or not at all.

    They are report.html, proposals.json, proposals.csv, weigh_out.csv, and both tables as sheets of
    proposals.xlsx.

    Returns
    -------
    dict
        What the report shows; see `report_values`.

    Raises
    ------
    UnwritableError
        If the folder or a file cannot be written.
    """
    make_folder(folder)
    import pandas as pd

    result = proposals.to_dict()
    values = report_values(proposals)
    sheet = [
        {"place": p["place"], "recipe": p["recipe"], "component": name, "g_per_100g": grams}
        for p in result["proposals"]
        for name, grams in p["weigh_out_g_per_100g"].items()
    ]
    write_text(folder / "proposals.json", dump_json(result) + "\n")
    tables = {"proposals": proposals.to_frame(), "weigh_out": pd.DataFrame(sheet)}
    for name, frame in tables.items():
        write_frame(frame, folder / f"{name}.csv")
    write_workbook(folder / "proposals.xlsx", tables)
    write_text(folder / "report.html", report_page(values))
    return values


def _asked(problem: Problem) -> list[tuple[Property, int]]:
    """Properties with a column of their own, each with the index of its temperature."""
    asked = dict.fromkeys((term.property_name, term.temperature_k) for term in problem.terms)
    return [
        (registered_property(name), 0 if at is None else problem.temperatures_k.index(at))
        for name, at in asked
        if not registered_property(name).nested_in
    ]


def _shortlist(proposals: ProposalSet, asked: Sequence[tuple[Property, int]]) -> Table:
    problem = proposals.problem
    table = Table(title=f"Proposals for {problem.name}", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("rank", justify="right")
    table.add_column("recipe", overflow="fold")
    first = proposals[0].predictions
    for known, place in asked:
        reference = first[place][known.name].get("reference")
        against = f" vs {reference}" if reference else ""
        at = f" at {celsius(first[place]['temperature_k'])}" if known.at_temperature else ""
        heading = f"{known.label}, {problem.unit_of(known.name)}".removesuffix(", ")
        table.add_column(f"{heading}{against}{at}", justify="right")
    table.add_column(LIQUID_HEADING, justify="right")
    for p in proposals:
        cells = _cells(p.predictions, asked)
        table.add_row(str(p.place), p.rank_text, p.formulation.notation(), *cells)
    for b in proposals.baselines:
        table.add_row("", "usual", b.text, *_cells(b.predictions, asked))
    return table


def _reasons(proposals: ProposalSet) -> Table:
    """Why each recipe is in the list, and how number 1 stands beside usual ones."""
    table = Table(title="Why", title_justify="left")
    table.add_column("#", overflow="fold")
    table.add_column("reason", overflow="fold")
    for p in proposals:
        table.add_row(str(p.place), p.why)
    for b in proposals.baselines:
        table.add_row(b.text, baseline_words(proposals.problem, b))
    return table


def _cells(scores: Sequence[dict[str, Any]], asked: Sequence[tuple[Property, int]]) -> list[str]:
    """Predictions of a recipe, then its liquid range."""
    values = [_cell(known, scores[place]) for known, place in asked]
    return [*values, liquid_range_text(scores[0][LIQUID])]


def _cell(known: Property, score: dict[str, Any]) -> str:
    """A prediction, with its doubt where the recipe may not be liquid at that temperature."""
    text = prediction_text(known, score[known.name])
    if not known.needs_liquid:
        return text
    kinds = {warning["rule"] for warning in score["warnings"]} & set(_NOT_LIQUID)
    return f"{text}, {_NOT_LIQUID[kinds.pop()]}" if kinds else text


def _weigh_out(result: dict[str, Any]) -> Table:
    table = Table(title="Weigh out, g for 100 g of electrolyte", title_justify="left")
    table.add_column("#", justify="right")
    table.add_column("components", overflow="fold")
    for proposal in result["proposals"]:
        sheet = proposal["weigh_out_g_per_100g"]
        grams = "   ".join(f"{name} {mass:.2f}" for name, mass in sheet.items())
        table.add_row(str(proposal["place"]), grams)
    return table
