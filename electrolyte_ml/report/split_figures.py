"""One figure for each split of a suite, drawn from the results of its jobs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from electrolyte_ml.files import write_atomically

if TYPE_CHECKING:
    from electrolyte_ml.benchmarks.base import Job, JobResult
    from electrolyte_ml.benchmarks.runner import SuiteResult


def split_figures(
    result: SuiteResult,
    folder: Path,
    *,
    shows: Callable[[JobResult], bool],
    draw: Callable[[list[tuple[Job, JobResult]], Path], None],
) -> list[Path]:
    """Write ``SUITE-SPLIT.png`` for each task and split that has something to show.

    Parameters
    ----------
    result
        Of a run.
    folder
        An existing folder.
    shows
        Whether a job has something to draw.
    draw
        Draws the jobs of a split to a path.

    Returns
    -------
    list of Path
        Files written; empty if nothing is to be shown or matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        return []
    figures: dict[tuple[str, str], list[tuple[Job, JobResult]]] = {}
    for job, outcome in result.finished:
        if shows(outcome):
            figures.setdefault((job.task, job.split), []).append((job, outcome))
    several_tasks = len({task for task, _ in figures}) > 1
    written = []
    for (task, split), jobs in figures.items():
        tag = f"-{_slug(task)}" if several_tasks else ""
        path = folder / f"{result.suite}{tag}-{_slug(split)}.png"
        write_atomically(path, partial(draw, jobs))
        written.append(path)
    return written


def _slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())[:40]
