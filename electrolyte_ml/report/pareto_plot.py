"""The plot of a shortlist among everything that the search scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.report.plots import BLUE, GREY, ORANGE, new_figure, svg_text
from electrolyte_ml.search.pareto import fronts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PANELS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """Objectives of a shortlist and of all feasible recipes.

    Attributes
    ----------
    labels
        What each objective is, with its unit, length m.
    maximise
        Whether more of it is better, length m.
    chosen, explored
        Shapes (n, m) and (f, m).
    """

    labels: Sequence[str]
    maximise: Sequence[bool]
    chosen: NDArray[np.float64]
    explored: NDArray[np.float64]

    @property
    def signs(self) -> NDArray[np.float64]:
        """Factors that make more better."""
        return np.where(self.maximise, 1.0, -1.0)


def pareto_svg(landscape: Landscape) -> str:
    """Objectives against each other, two by two; against rank where there is only one."""
    figure = pareto_figure(landscape)
    return svg_text(figure, name="pareto", title="objectives of the shortlist")


def pareto_figure(landscape: Landscape) -> Figure:
    """As `pareto_svg`, as a figure."""
    n_objectives = len(landscape.labels)
    if n_objectives == 1:
        figure, (axes,) = new_figure(1, width_in=7.2, height_in=2.8)
        _draw_ranks(axes, landscape)
        return figure
    pairs = list(combinations(range(n_objectives), 2))[:_MOST_PANELS]
    width = 4.8 if len(pairs) == 1 else 3.4 * len(pairs)
    figure, panels = new_figure(len(pairs), width_in=width, height_in=3.6)
    for axes, (x, y) in zip(panels, pairs, strict=True):
        _draw_pair(axes, landscape, x, y)
    panels[0].legend(fontsize=8)
    return figure


def _draw_ranks(axes: Axes, landscape: Landscape) -> None:
    """One objective: how the shortlist stands against the spread of everything tried."""
    values = landscape.explored[:, 0]
    axes.hist(values, bins=min(40, max(5, len(values) // 20)), color=GREY, alpha=0.5)
    for rank, value in enumerate(landscape.chosen[:, 0].tolist(), start=1):
        axes.axvline(value, color=ORANGE, linewidth=1)
        height = 0.95 - 0.08 * ((rank - 1) % 6)
        axes.annotate(str(rank), (value, height), xycoords=("data", "axes fraction"), color=ORANGE)
    axes.set_xlabel(landscape.labels[0])
    axes.set_ylabel("recipes tried")


def _draw_pair(axes: Axes, landscape: Landscape, x: int, y: int) -> None:
    explored, chosen = landscape.explored[:, [x, y]], landscape.chosen[:, [x, y]]
    # Thousands of points as paths would make the page heavy; as pixels they are one small image.
    axes.scatter(
        explored[:, 0],
        explored[:, 1],
        s=6,
        color=GREY,
        alpha=0.4,
        rasterized=True,
        label="feasible recipe",
    )
    front = explored[next(fronts(explored * landscape.signs[[x, y]]))]
    front = front[np.argsort(front[:, 0])]
    axes.plot(*front.T, "-", color=BLUE, linewidth=1.2, label="best trade-off of the two")
    axes.scatter(
        chosen[:, 0],
        chosen[:, 1],
        s=36,
        color=ORANGE,
        marker="D",
        zorder=3,
        label="shortlist, by rank",
    )
    for rank, point in enumerate(chosen.tolist(), start=1):
        axes.annotate(str(rank), point, xytext=(4, 4), textcoords="offset points", fontsize=9)
    for axis, j in ((axes.xaxis, x), (axes.yaxis, y)):
        axis.set_label_text(landscape.labels[j])
