"""Parity plots: predicted against measured, one figure a split, one panel a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.report.split_figures import split_figures

if TYPE_CHECKING:
    from electrolyte_ml.benchmarks.base import Job, JobResult
    from electrolyte_ml.benchmarks.runner import SuiteResult

_COLUMNS = 4
_PANEL_INCHES = 2.6
_DPI = 90
# A quantity that spans more than this factor is shown on logarithmic axes.
_WIDE = 20.0


def parity_plots(result: SuiteResult, folder: Path) -> list[Path]:
    """Write a figure for each task and split that has predictions, as `split_figures` does."""
    return split_figures(result, folder, shows=lambda o: len(o.measured) > 0, draw=_draw)


def _draw(panels: list[tuple[Job, JobResult]], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(columns * _PANEL_INCHES, rows * _PANEL_INCHES + 0.4))
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
    # No version, no date: the same numbers are the same file.
    figure.savefig(path, format="png", dpi=_DPI, metadata={"Software": None})


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
    # Points beyond the frame are drawn on it, where they can be seen to be off.
    shown = np.clip(predicted, *limits)
    axis.plot(limits, limits, color="0.6", linewidth=0.8, zorder=0)
    size = 12 if len(measured) < 200 else 1.5
    axis.scatter(measured, shown, s=size, linewidths=0, alpha=0.5, color="#20508a")
    axis.set_xlim(*limits)
    axis.set_ylim(*limits)
    axis.set_title(f"{job.model}, n = {len(measured)}", fontsize=7)
    axis.tick_params(labelsize=6)
