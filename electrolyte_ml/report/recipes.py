"""Showing search problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from electrolyte_ml.report.text import output_console
from electrolyte_ml.search import load_problem
from electrolyte_ml.search.ready import ready_problems


def ready_rows() -> list[dict[str, Any]]:
    """The ready problems: name, description, file, what they aim at."""
    rows = []
    for name, path in ready_problems().items():
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


def print_ready(rows: Sequence[dict[str, Any]]) -> None:
    """Print a table of ready problems."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "what it is for", "objectives"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["name"], row["description"], ", ".join(row["objectives"]))
    output_console().print(table)


def print_checks(results: Sequence[dict[str, Any]]) -> None:
    """Print a line for each file that is in order."""
    console = output_console()
    for result in results:
        if not result["errors"]:
            console.print(f"{result['file']}: in order ({result['problem']})")
