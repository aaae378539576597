"""Sheets of a campaign: suggestions with empty cells for the results, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from electrolyte_ml.campaign.celsius import people_heading, people_prediction
from electrolyte_ml.campaign.state import CampaignState, Suggestion, column_name
from electrolyte_ml.campaign.suggest import measurable
from electrolyte_ml.search.advice import problem_warnings
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.weighing import weigh_out_per_100g
from electrolyte_ml.tables.writing import write_cells
from electrolyte_ml.text import significant

#: Columns of what was measured where nothing was.
NO_RESULTS = ("suggestion", "recipe", "status", "comment")


def write_sheet(path: Path, problem: Problem, suggestions: Sequence[Suggestion]) -> None:
    """Write a sheet of suggestions with empty columns for the results."""
    _write(path, sheet_rows(problem, suggestions))


def result_columns(problem: Problem) -> list[str]:
    """Columns of a sheet for what is measured, such as ``conductivity_ms_cm at 25 degC``."""
    return [people_heading(column_name(q)) for q in measurable(problem)]


def sheet_rows(problem: Problem, suggestions: Sequence[Suggestion]) -> list[dict[str, str]]:
    """Rows of a sheet of suggestions, with empty cells for the results."""
    wanted = result_columns(problem)
    rows = []
    warnings = problem_warnings(problem, [s.formulation for s in suggestions])
    for suggestion, found in zip(suggestions, warnings, strict=True):
        masses = weigh_out_per_100g(suggestion.formulation, problem.components, problem.limits)
        rows.append(
            {
                "id": suggestion.id,
                "recipe": suggestion.formulation.notation(),
                "weigh out, g for 100 g": "; ".join(f"{n} {m:.2f}" for n, m in masses.items()),
                **{
                    f"predicted {people_heading(label)}": _interval(
                        people_prediction(label, prediction)
                    )
                    for label, prediction in suggestion.predictions.items()
                },
                **dict.fromkeys(wanted, ""),
                "status": "",
                "comment": "",
                "why": suggestion.why,
                "warnings": "; ".join(map(str, found)),
            }
        )
    return rows


def write_measured(path: Path, state: CampaignState) -> None:
    """Write a row for each result; the file can be recorded into a new campaign."""
    rows = [
        {
            name: "" if cell is None else f"{cell:.10g}" if isinstance(cell, int | float) else cell
            for name, cell in row.items()
        }
        for row in measured_rows(state)
    ]
    _write(path, rows, header=NO_RESULTS)


def measured_rows(state: CampaignState) -> list[dict[str, Any]]:
    """A row for each result: suggestion, recipe, a column for each quantity, status, comment."""
    columns = dict.fromkeys(name for result in state.results for name in result.columns)
    return [
        {
            "suggestion": result.suggestion,
            "recipe": result.formulation.notation(),
            **columns,
            **result.columns,
            "status": str(result.status),
            "comment": result.comment,
        }
        for result in state.results
    ]


def _interval(prediction: Mapping[str, float | None]) -> str:
    if prediction["value"] is None:
        return ""
    value, low, high = (significant(prediction[end]) for end in ("value", "low", "high"))
    return value if prediction["low"] == prediction["high"] else f"{value} ({low} to {high})"


def _write(path: Path, rows: Sequence[Mapping[str, Any]], header: Sequence[str] = ()) -> None:
    """Write rows of the same columns; those of `header` if there are no rows."""
    columns = list(rows[0]) if rows else header
    # Line ends as spreadsheets expect them.
    write_cells(path, columns, [list(row.values()) for row in rows], line_end="\r\n")
