"""Output of a screening: leaders as a table and a file, and progress by chunks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from electrolyte_ml.report.text import output_console
from electrolyte_ml.search.leaders import Leaders
from electrolyte_ml.search.rationale import objective_words
from electrolyte_ml.search.screening import Screening
from electrolyte_ml.tables.writing import CSV, WORKBOOK, write_frame

_FILE = "leaders"


def write_leaders(screening: Screening, leaders: Leaders, folder: Path) -> dict[str, Any]:
    """Write ``leaders.csv`` and ``leaders.xlsx``, and give the record of the screening.

    Parameters
    ----------
    screening, leaders
        What was screened, and its best recipes.
    folder
        Folder of the parts.

    Returns
    -------
    dict
        Counts, and the leaders of different chemistry, the form for JSON.
    """
    headings = {
        objective.label: "pessimistic " + objective.label
        for objective in screening.problem.objectives
        if objective_words(screening.problem, objective).startswith("pessimistic")
    }
    for suffix in (CSV, WORKBOOK):
        write_frame(leaders.to_frame().rename(columns=headings), folder / f"{_FILE}{suffix}")
    best = zip(leaders.labels, leaders.top, strict=True)
    return {
        "problem": screening.problem.name,
        "n_recipes": leaders.n_recipes,
        "n_feasible": leaders.n_feasible,
        "n_failed": leaders.n_failed,
        "n_trade_offs": len(leaders.trade_offs),
        "seed": screening.seed,
        "sampling": str(screening.sampling),
        "best": {label: leaders.record(rows[0]) for label, rows in best},
        "different": [leaders.record(row) for row in leaders.different],
    }


def print_screening(screening: Screening, record: dict[str, Any], folder: Path) -> None:
    """Print the leaders of different chemistry, and what was screened."""
    problem, labels = screening.problem, list(record["best"])
    table = Table(box=None, pad_edge=False)
    words = [objective_words(problem, objective) for objective in problem.objectives]
    for heading in ("", "recipe", *words):
        table.add_column(heading, overflow="fold")
    for rank, row in enumerate(record["different"], start=1):
        amounts = (
            problem.amount(objective.property_name, row[label])
            for label, objective in zip(labels, problem.objectives, strict=True)
        )
        table.add_row(str(rank), row["recipe"], *amounts)
    console = output_console()
    console.print(table)
    failed = f", {record['n_failed']} could not be scored" if record["n_failed"] else ""
    console.print(
        f"{record['n_recipes']} recipes screened, {record['n_feasible']} satisfy every limit"
        f"{failed}; {record['n_trade_offs']} are best trade-offs. All are in {folder}, the leaders "
        f"in {_FILE}{CSV} and {_FILE}{WORKBOOK}."
    )
