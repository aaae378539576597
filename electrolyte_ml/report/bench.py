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
    """Print a table for each task, one row for each split and model."""
    console = output_console()
    tasks = result["tasks"]
    for name in dict.fromkeys(task["task"] for task in tasks):
        of_task = [task for task in tasks if task["task"] == name]
        seeds = ", ".join(str(s) for s in sorted({task["metrics"]["seed"] for task in of_task}))
        console.print(f"{name}; seed {seeds}")
        console.print(_leaderboard(of_task))
    for metric, heading in _HEADINGS.items():
        if any(metric in task["metrics"] for task in tasks) and heading[1]:
            console.print(f"{heading[0]}: {heading[1]}")


def _leaderboard(tasks: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("split")
    table.add_column("model")
    shown = [name for name in _HEADINGS if any(name in task["metrics"] for task in tasks)]
    for name in shown:
        table.add_column(_HEADINGS[name][0], justify="right", overflow="fold")
    for task in tasks:
        values = [_cell(task["metrics"].get(name)) for name in shown]
        table.add_row(task["split"], task["model"], *values)
    return table


# Metric: heading, and what it means where the heading does not say it.
_HEADINGS = {
    "n": ("n", "rows tested"),
    "folds": ("folds", ""),
    "mae": ("MAE", "mean absolute error in the unit of the task"),
    "r2": ("R2", ""),
    "mae_log10": ("MAE lg", "mean absolute error of the decadic logarithm"),
    "r2_log10": ("R2 lg", ""),
    "median_ape_percent": ("med %", "median of the relative error, percent"),
    "worst_group_mae_log10": ("worst", "MAE lg of the worst group held out"),
    "bias_log10": ("bias", "mean of lg measured - lg predicted"),
    "coverage": ("cover", "share of measurements inside the 90 % interval"),
    "width_log10": ("width", "median width of the interval in lg"),
    "groups_covered_80": ("gr80", "share of groups of which at least 80 % are inside"),
}


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "-" if value is None else str(value)
