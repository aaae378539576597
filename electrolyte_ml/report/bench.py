"""Showing benchmark results as a leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from electrolyte_ml.report.leaderboard import cell, heading_of, shown_metrics
from electrolyte_ml.report.text import output_console


@contextmanager
def fit_progress(*, show: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Progress bar on standard error; yields ``callback(what, done, total)``, or None."""
    if not show:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("fitting", total=None)
        yield lambda what, done, total: progress.update(
            task, description=what, completed=done, total=total
        )


def print_leaderboard(result: dict[str, Any]) -> None:
    """Print a table for each task, one row for each split and model, and what was skipped."""
    console = output_console()
    tasks = result["tasks"]
    for name in dict.fromkeys(task["task"] for task in tasks):
        of_task = [task for task in tasks if task["task"] == name]
        seeds = ", ".join(str(s) for s in sorted({task["metrics"]["seed"] for task in of_task}))
        console.print(f"{name}; seed {seeds}")
        console.print(_leaderboard(of_task))
    for metric in shown_metrics(tasks):
        heading, meaning = heading_of(metric)
        if meaning:
            console.print(f"{heading}: {meaning}")
    for job in result.get("skipped", []):
        console.print(f"skipped: {job['split']}, {job['model']}: {job['reason']}")


def _leaderboard(tasks: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("split")
    table.add_column("model")
    shown = shown_metrics(tasks)
    for name in shown:
        table.add_column(heading_of(name)[0], justify="right", overflow="fold")
    for task in tasks:
        values = [cell(task["metrics"].get(name)) for name in shown]
        table.add_row(task["split"], task["model"], *values)
    return table
