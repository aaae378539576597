"""Showing benchmark results as a leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from electrolyte_ml.report.text import output_console


@contextmanager
def bench_progress(*, show: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Progress bar on standard error; yields ``callback(what, done, total)``, or None."""
    if not show:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("bench", total=None)
        yield lambda what, done, total: progress.update(
            task, description=what, completed=done, total=total
        )


def print_leaderboard(result: dict[str, Any]) -> None:
    """Print one row for each task, split and model."""
    console = output_console()
    table = Table(title=f"Suite {result['suite']}", title_justify="left")
    tasks = result["tasks"]
    names = list(dict.fromkeys(name for task in tasks for name in task["metrics"]))
    for column in ("task", "split", "model"):
        table.add_column(column)
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    for task in tasks:
        values = [_cell(task["metrics"].get(name)) for name in names]
        table.add_row(task["task"], task["split"], task["model"], *values)
    console.print(table)


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)
