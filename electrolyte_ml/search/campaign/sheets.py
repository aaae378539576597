"""Files of a campaign for people: sheets to fill in, and the table of what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from electrolyte_ml.files import write_table
from electrolyte_ml.search.campaign.choice import measurable
from electrolyte_ml.search.campaign.results_file import column_name
from electrolyte_ml.search.campaign.state import State, Suggestion
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.weighing import weigh_out_per_100g

README = """\
This folder is a campaign of electrolyte-ml: suggest, measure, record, and suggest again.

  problem.toml     what is sought; a copy that must stay as it is
  round_001.csv    recipes to measure, with empty columns for what you find. Fill it in with any
                   spreadsheet and record it:  electrolyte-ml campaign record FOLDER round_001.csv
                   - a second row of the same id is a replicate
                   - write `failed` under status if an experiment gave no number (not dissolved,
                     two phases, froze) and why under comment; `skipped` if it will not be done
                   - if you made something else than suggested, change the recipe in the row
                   - recipes of your own: leave id empty and write the recipe
                   - half-filled sheets can be recorded, and more rows in another file later
  measured.csv     everything recorded so far, written anew every time
  log.jsonl        what happened, line by line. Do not edit it: each line vouches for the one
                   before. All other files but problem.toml can be made again from it

Next recipes:      electrolyte-ml campaign suggest FOLDER -n 8
Where it stands:   electrolyte-ml campaign status FOLDER
A report:          electrolyte-ml campaign report FOLDER
"""


def write_sheet(path: Path, problem: Problem, suggestions: Sequence[Suggestion]) -> None:
    """A sheet of suggestions with empty columns for the results."""
    wanted = [column_name(q) for q in measurable(problem)]
    rows = []
    for suggestion in suggestions:
        masses = weigh_out_per_100g(suggestion.formulation, problem.components, problem.limits)
        rows.append(
            {
                "id": suggestion.id,
                "recipe": suggestion.formulation.notation(),
                "weigh out, g for 100 g": "; ".join(f"{n} {m:.2f}" for n, m in masses.items()),
                **{
                    f"predicted {label}": _interval(told)
                    for label, told in suggestion.predictions.items()
                },
                **dict.fromkeys(wanted, ""),
                "status": "",
                "comment": "",
                "why": suggestion.why,
            }
        )
    _write(path, rows)


def write_measured(path: Path, state: State) -> None:
    """Everything recorded, a row for each result; it can be recorded into a new campaign."""
    columns = list(dict.fromkeys(column_name(q) for r in state.results for q in r.values))
    rows = []
    for result in state.results:
        values = {column_name(q): f"{v:.10g}" for q, v in result.values.items()}
        rows.append(
            {
                "suggestion": result.suggestion or "",
                "recipe": result.formulation.notation(),
                **{column: values.get(column, "") for column in columns},
                "status": str(result.status),
                "comment": result.comment,
            }
        )
    _write(path, rows or [dict.fromkeys(("suggestion", "recipe", "status", "comment"), "")])


def _interval(told: Mapping[str, float | None]) -> str:
    if told["value"] is None:
        return ""
    return f"{told['value']:.3g} ({told['low']:.3g} to {told['high']:.3g})"


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    # Line ends as spreadsheets expect them.
    write_table(path, list(rows[0]), [list(row.values()) for row in rows], line_end="\r\n")
