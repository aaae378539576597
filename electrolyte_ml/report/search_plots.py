"""Progress of searches: how much was found after how many experiments, one figure a split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from electrolyte_ml.report.split_figures import split_figures

if TYPE_CHECKING:
    from electrolyte_ml.benchmarks.base import Job, JobResult
    from electrolyte_ml.benchmarks.runner import SuiteResult

_DPI = 90
_SIZE_INCHES = (6.4, 4.2)
_STYLES = ("-", "--", ":", "-.")


def trace_plots(result: SuiteResult, folder: Path) -> list[Path]:
    """Write a figure for each split of searches, as `split_figures` does."""
    return split_figures(result, folder, shows=lambda o: o.trace.size > 0, draw=_draw)


def _draw(lines: list[tuple[Job, JobResult]], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for number, (job, outcome) in enumerate(lines):
        trace = outcome.trace
        experiments = np.arange(1, trace.shape[1] + 1)
        style, colour = _STYLES[number // 2 % len(_STYLES)], f"C{number}"
        axes.plot(experiments, trace.mean(axis=0), style, color=colour, label=job.model)
        # Of all strategies the bands would hide each other; ours comes first.
        if number == 0 and len(trace) > 1:
            spread = trace.std(axis=0, ddof=1)
            low, high = trace.mean(axis=0) - spread, trace.mean(axis=0) + spread
            axes.fill_between(experiments, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set_title(f"{lines[0][0].split}: {lines[0][0].task}", fontsize=9)
    axes.set_xlabel("experiments")
    axes.set_ylabel(f"found, % of what there is (mean of {len(lines[0][1].trace)} seeds)")
    axes.set_ylim(top=101)
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.legend(fontsize=7, loc="lower right")
    # No version, no date: the same numbers are the same file.
    figure.savefig(path, format="png", dpi=_DPI, metadata={"Software": None})
