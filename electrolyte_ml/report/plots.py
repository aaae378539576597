"""Plots as matplotlib figures, and as SVG for the inside of a page.

Colours are those of Okabe and Ito, which readers with any colour vision can distinguish [1]_;
markers, line styles and text distinguish the same things without colour.

References
----------
.. [1] Wong, Nature Methods 2011, 8, 441. https://doi.org/10.1038/nmeth.1618
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import InputError, MissingDependencyError
from electrolyte_ml.files import write_atomically
from electrolyte_ml.models.curves import ConcentrationCurve, TemperatureCurve
from electrolyte_ml.search.shortlist import fronts
from electrolyte_ml.text import celsius
from electrolyte_ml.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#7F7F7F"

_COLORS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00", "#56B4E9", GREY)

CONDUCTIVITY = "conductivity, mS/cm"

PLOT_SUFFIXES = (".svg", ".png", ".pdf")

_DPI = 200

# Text stays text: it can be searched and read aloud, and the file is small.
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
}

_MOST_PANELS = 3


def new_figure(n_panels: int, *, width_in: float, height_in: float) -> tuple[Figure, list[Axes]]:
    """A figure with panels side by side, drawn without a display.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure as MplFigure
    except ImportError as error:
        raise MissingDependencyError(
            "plots need matplotlib; install it with: pip install matplotlib"
        ) from error
    with mpl.rc_context(_STYLE):
        figure = MplFigure(figsize=(width_in, height_in), layout="constrained")
        panels = figure.subplots(1, n_panels, squeeze=False)[0].tolist()
    return figure, panels


def svg_text(figure: Figure, *, name: str, title: str) -> str:
    """A figure as an SVG element that can stand in a page beside others.

    Parameters
    ----------
    figure
        The figure.
    name
        Prefix of identifiers, unique on the page.
    title
        Alternative text for screen readers.
    """
    import matplotlib as mpl
    from markupsafe import escape

    stream = io.StringIO()
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    svg = text[text.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Groups are called axes_1 and so on in every figure; identifiers of a page must be distinct.
    for before in (' id="', 'href="#', "url(#"):
        svg = svg.replace(before, f"{before}{name}-")
    return re.sub(r"<svg ", f'<svg role="img" aria-label="{escape(title)}" ', svg, count=1)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure to a file, its kind by the suffix, whole or not at all.

    Raises
    ------
    InputError
        If the kind is unknown, or there is no such folder.
    """
    import matplotlib as mpl

    require_plot_path(path)
    kind = path.suffix.lower().removeprefix(".")
    dated = {"svg": "Date", "pdf": "CreationDate"}
    metadata: dict[str, Any] = {dated[kind]: None} if kind in dated else {}
    with mpl.rc_context({**_STYLE, "svg.hashsalt": path.stem}):
        write_atomically(
            path, lambda to: figure.savefig(to, format=kind, dpi=_DPI, metadata=metadata)
        )


def require_plot_path(path: Path) -> None:
    """Refuse a file that cannot be written, before any work.

    Raises
    ------
    InputError
        If the kind is unknown, or there is no such folder.
    """
    if path.suffix.lower() not in PLOT_SUFFIXES:
        raise InputError(f"--plot {path}: the suffix must be one of {', '.join(PLOT_SUFFIXES)}")
    if not path.resolve().parent.is_dir():
        raise InputError(f"--plot {path}: there is no folder {path.resolve().parent}")


def curves_figure(
    concentration: ConcentrationCurve, temperature: TemperatureCurve, *, molality_mol_kg: float
) -> Figure:
    """Conductivity of a recipe against concentration and against temperature, with intervals.

    Parameters
    ----------
    concentration, temperature
        Curves of the recipe.
    molality_mol_kg
        Molality of the recipe itself, which is marked.
    """
    figure, (left, right) = new_figure(2, width_in=7.2, height_in=2.8)
    _draw_concentration(left, concentration, molality_mol_kg)
    _draw_temperature(right, temperature, concentration.temperature_k)
    return figure


def comparison_figure(
    names: Sequence[str],
    concentration: Sequence[ConcentrationCurve],
    temperature: Sequence[TemperatureCurve],
) -> Figure:
    """Conductivity of several recipes against concentration and against temperature.

    Parameters
    ----------
    names
        Of the recipes, for the legend, length k.
    concentration, temperature
        Their curves, length k.
    """
    figure, (left, right) = new_figure(2, width_in=8.4, height_in=3.4)
    for number, name in enumerate(names):
        color = _COLORS[number % len(_COLORS)]
        salt, heat = concentration[number], temperature[number]
        _draw_line(left, salt.molality_mol_kg, salt.prediction, color, name)
        _draw_line(right, heat.temperature_k - ZERO_CELSIUS_K, heat.prediction, color, name)
    left.set_xlabel("salt, mol per kg of solvents")
    left.set_ylabel(f"{CONDUCTIVITY}, at {celsius(concentration[0].temperature_k)}")
    left.set_xlim(left=0)
    left.set_ylim(0, max(1.6 * float(np.nanmax(c.prediction.value)) for c in concentration))
    _log_conductivity(right)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", fontsize=8)
    return figure


def _draw_line(axes: Axes, x: Any, prediction: Any, color: str, label: str) -> None:
    """Best estimate and its interval in one colour; dashed outside the domain."""
    axes.fill_between(x, prediction.low, prediction.high, color=color, alpha=0.12, linewidth=0)
    known = np.where(prediction.in_domain, prediction.value, np.nan)
    axes.plot(x, prediction.value, ":", color=color, linewidth=1.2)
    axes.plot(x, known, color=color, linewidth=1.8, label=label)


def _log_conductivity(axes: Axes) -> None:
    """Axes of conductivity against temperature."""
    axes.set_yscale("log")
    axes.set_xlabel("temperature, °C")
    axes.set_ylabel(CONDUCTIVITY)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: _minor_label(value))


def _draw_concentration(axes: Axes, curve: ConcentrationCurve, molality_mol_kg: float) -> None:
    _draw_curve(axes, curve.molality_mol_kg, curve.prediction)
    own = int(np.argmin(np.abs(curve.molality_mol_kg - molality_mol_kg)))
    axes.plot(
        curve.molality_mol_kg[own],
        curve.prediction.value[own],
        "o",
        color=ORANGE,
        label="this recipe",
    )
    if curve.maximum is not None:
        axes.plot(
            curve.molality_mol_kg[curve.maximum],
            curve.prediction.value[curve.maximum],
            "^",
            color=GREEN,
            markerfacecolor="none",
            markersize=9,
            label="maximum",
        )
    axes.set_xlabel("salt, mol per kg of solvents")
    axes.set_ylabel(f"{CONDUCTIVITY}, at {celsius(curve.temperature_k)}")
    axes.set_xlim(left=0)
    # A very wide interval must not flatten the curve itself.
    axes.set_ylim(0, min(curve.prediction.high.max(), 3 * curve.prediction.value.max()) * 1.05)
    axes.legend(fontsize=8)


def _draw_temperature(axes: Axes, curve: TemperatureCurve, temperature_k: float) -> None:
    celsius_degrees = curve.temperature_k - ZERO_CELSIUS_K
    _draw_curve(axes, celsius_degrees, curve.prediction)
    axes.axvline(temperature_k - ZERO_CELSIUS_K, color=ORANGE, linestyle=":", linewidth=1)
    if not curve.prediction.in_domain.all():
        axes.legend(fontsize=8, loc="lower right")
    _log_conductivity(axes)


def _draw_curve(axes: Axes, x: Any, prediction: Any) -> None:
    """Best estimate and its interval; dashed outside the domain."""
    label = f"{prediction.coverage:.0%} interval"
    axes.fill_between(
        x, prediction.low, prediction.high, color=BLUE, alpha=0.18, linewidth=0, label=label
    )
    known = np.where(prediction.in_domain, prediction.value, np.nan)
    axes.plot(x, known, color=BLUE, linewidth=1.8)
    if not prediction.in_domain.all():
        axes.plot(x, prediction.value, "--", color=BLUE, linewidth=1.2, label="outside the domain")


def _minor_label(value: float) -> str:
    """Labels of 2 and 5 between the powers of ten; more would overlap."""
    digit = round(value / 10 ** np.floor(np.log10(value)))
    return f"{value:g}" if digit in (2, 5) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """Objectives of a shortlist and of all feasible recipes.

    Attributes
    ----------
    labels
        Name and unit of each objective, length m.
    maximise
        Whether each objective is maximised, length m.
    chosen, explored
        Objectives of the shortlist and of all feasible recipes, shapes (n, m) and (f, m).
    """

    labels: Sequence[str]
    maximise: Sequence[bool]
    chosen: NDArray[np.float64]
    explored: NDArray[np.float64]

    @property
    def signs(self) -> NDArray[np.float64]:
        """+1 for each objective to maximise, -1 for each to minimise."""
        return np.where(self.maximise, 1.0, -1.0)


def pareto_svg(landscape: Landscape) -> str:
    """Pairs of objectives against each other; a single objective against rank."""
    figure = pareto_figure(landscape)
    return svg_text(figure, name="pareto", title="objectives of the shortlist")


def pareto_figure(landscape: Landscape) -> Figure:
    """Figure of `pareto_svg`."""
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
    """Ranks of the shortlist against the distribution of all recipes tried, for one objective."""
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
    # Thousands of points: rasterised, they are one small image.
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
    if len(chosen):
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
