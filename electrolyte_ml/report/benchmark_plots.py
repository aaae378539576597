"""Plots of benchmark results: parity and search progress, one figure per split."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from electrolyte_ml.benchmarks.job import Job, JobResult
    from electrolyte_ml.benchmarks.runner import SuiteResult


_DPI = 90
_PARITY_COLUMNS = 4
_PARITY_PANEL_INCHES = 2.6
# A quantity that spans more than this factor is shown on logarithmic axes.
_WIDE = 20.0
_TRACE_INCHES = (6.4, 4.2)
_TRACE_STYLES = ("-", "--", ":", "-.")


def parity_plots(result: SuiteResult, folder: Path) -> list[Path]:
    """Write a parity plot, ``SUITE-SPLIT.png``, for each task and split with predictions."""
    return _split_figures(result, folder, shows=lambda o: len(o.measured) > 0, draw=_draw_parity)


def trace_plots(result: SuiteResult, folder: Path) -> list[Path]:
    """Write a plot of progress, ``SUITE-SPLIT.png``, for each split of searches."""
    return _split_figures(result, folder, shows=lambda o: o.trace.size > 0, draw=_draw_traces)


def _split_figures(
    result: SuiteResult,
    folder: Path,
    *,
    shows: Callable[[JobResult], bool],
    draw: Callable[[list[tuple[Job, JobResult]], Path], None],
) -> list[Path]:
    """Write ``SUITE-SPLIT.png`` for each task and split with anything to draw.

    Parameters
    ----------
    result
        Result of a run.
    folder
        An existing folder.
    shows
        Whether a job has something to draw.
    draw
        Draws the jobs of a split to a path.

    Returns
    -------
    list of Path
        Files written; empty if there is nothing to draw or matplotlib is not installed.
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


def _draw_parity(panels: list[tuple[Job, JobResult]], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(_PARITY_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(columns * _PARITY_PANEL_INCHES, rows * _PARITY_PANEL_INCHES + 0.4))
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, (job, outcome) in zip(axes, panels, strict=False):
        _panel(axis, job, outcome)
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    figure.suptitle(f"{panels[0][0].task}\nheld out: {panels[0][0].split}", fontsize=9)
    figure.supxlabel("measured", fontsize=8)
    figure.supylabel("predicted", fontsize=8)
    figure.tight_layout()
    _save(figure, path)


def _panel(axis: Any, job: Job, outcome: JobResult) -> None:
    measured, predicted = outcome.measured, outcome.predicted
    low, high = float(measured.min()), float(measured.max())
    logarithmic = low > 0 and high / low > _WIDE
    if logarithmic:
        axis.set_xscale("log")
        axis.set_yscale("log")
        limits = (low / 2, high * 2)
        predicted = np.where(predicted > 0, predicted, limits[0])
    else:
        margin = 0.05 * (high - low or 1.0)
        limits = (low - margin, high + margin)
    # Points beyond the frame are drawn on its edge.
    shown = np.clip(predicted, *limits)
    axis.plot(limits, limits, color="0.6", linewidth=0.8, zorder=0)
    size = 12 if len(measured) < 200 else 1.5
    axis.scatter(measured, shown, s=size, linewidths=0, alpha=0.5, color="#20508a")
    axis.set_xlim(*limits)
    axis.set_ylim(*limits)
    axis.set_title(f"{job.model}, n = {len(measured)}", fontsize=7)
    axis.tick_params(labelsize=6)


def _draw_traces(lines: list[tuple[Job, JobResult]], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_TRACE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for number, (job, outcome) in enumerate(lines):
        trace = outcome.trace
        experiments = np.arange(1, trace.shape[1] + 1)
        style, colour = _TRACE_STYLES[number // 2 % len(_TRACE_STYLES)], f"C{number}"
        axes.plot(experiments, trace.mean(axis=0), style, color=colour, label=job.model)
        # Only the first strategy (ours) has a band: several would hide each other.
        if number == 0 and len(trace) > 1:
            spread = trace.std(axis=0, ddof=1)
            low, high = trace.mean(axis=0) - spread, trace.mean(axis=0) + spread
            axes.fill_between(experiments, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set_title(f"{lines[0][0].split}: {lines[0][0].task}", fontsize=9)
    axes.set_xlabel("experiments")
    axes.set_ylabel(f"found, % of the optimum (mean of {len(lines[0][1].trace)} seeds)")
    axes.set_ylim(top=101)
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.legend(fontsize=7, loc="lower right")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    # No version, no date: the same numbers make the same file.
    figure.savefig(path, format="png", dpi=_DPI, metadata={"Software": None})
