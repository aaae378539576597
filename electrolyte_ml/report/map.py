"""Output of the map of known electrolytes: text, a plot, a table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from electrolyte_ml.files import write_text
from electrolyte_ml.models.maps import ElectrolyteMap, MappedBlend
from electrolyte_ml.report.plots import GREY, new_figure, save_figure
from electrolyte_ml.report.text import dump_json, output_console
from electrolyte_ml.tables.writing import WRITTEN, require_writable, write_frame

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE_SUFFIXES = (*WRITTEN, ".json")
# Both cycle together, so that no two clusters share colour and marker (colours: Okabe and Ito).
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "^", "s", "D", "v", "P", "X", "<", ">")
_NAMES_SHOWN = 60


def print_map(found: ElectrolyteMap) -> None:
    """Print each cluster with a typical recipe, and the clusters of the recipes asked for."""
    console = output_console()
    if found.variance:
        held = " and ".join(f"{share:.0%}" for share in found.variance)
        console.print(f"{len(found.known)} known blends; the two axes hold {held} of the variance")
    table = Table(box=None, pad_edge=False)
    for heading in ("cluster", "blends", "points", "such as"):
        table.add_column(heading, justify="right" if heading in ("blends", "points") else "left")
    for name, members in clusters_of(found).items():
        points = sum(b.n_points for b in members)
        table.add_row(name, str(len(members)), str(points), typical(name, members).recipe)
    console.print(table)
    for blend in found.asked:
        console.print(f"\n{blend.recipe}: {blend.cluster}; most like it are")
        for recipe in blend.nearest:
            console.print(f"  {recipe}")
        if blend.note:
            console.print(f"  ({blend.note})")


def clusters_of(found: ElectrolyteMap) -> dict[str, list[MappedBlend]]:
    """Known blends by cluster, the largest first."""
    sizes = Counter(b.cluster for b in found.known)
    ordered = sorted(sizes, key=lambda name: (-sizes[name], name))
    return {name: [b for b in found.known if b.cluster == name] for name in ordered}


def typical(name: str, members: list[MappedBlend]) -> MappedBlend:
    """Most measured blend with the traits that name the cluster, or with most of them."""

    def likeness(blend: MappedBlend) -> tuple[int, int]:
        named = (blend.traits.anion in name, blend.traits.solvent_family in name)
        return sum(named), blend.n_points

    return max(members, key=likeness)


def map_figure(found: ElectrolyteMap) -> Figure:
    """Blends as points, clusters by colour and marker, recipes asked for as stars."""
    figure, (axes,) = new_figure(1, width_in=7.2, height_in=5.2)
    for number, (name, members) in enumerate(clusters_of(found).items()):
        axes.scatter(
            [b.x for b in members],
            [b.y for b in members],
            s=[12.0 + 6.0 * np.log1p(b.n_points) for b in members],
            color=_COLOURS[number % len(_COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
            alpha=0.65,
            linewidth=0.4,
            edgecolor="white",
            label=f"{name} ({len(members)})",
        )
    for blend in found.asked:
        axes.scatter([blend.x], [blend.y], s=140, color=GREY, marker="*", edgecolor="black")
        text = blend.recipe
        short = text if len(text) <= _NAMES_SHOWN else f"{text[: _NAMES_SHOWN - 1]}…"
        left = blend.x < float(np.mean(axes.get_xlim()))
        axes.annotate(
            short,
            (blend.x, blend.y),
            (8 if left else -8, 6),
            textcoords="offset points",
            ha="left" if left else "right",
            fontsize=8,
        )
    held = [f" ({share:.0%} of the variance)" for share in found.variance] or ["", ""]
    axes.set_xlabel(f"axis 1{held[0]}")
    axes.set_ylabel(f"axis 2{held[1]}")
    figure.legend(loc="outside lower center", ncols=2, fontsize=7, frameon=False)
    return figure


def write_map_plot(found: ElectrolyteMap, path: Path) -> None:
    """Draw the map to a file.

    Raises
    ------
    InputError
        If the kind of file is unknown, or there is no such folder.
    """
    save_figure(map_figure(found), path)


def write_map_table(found: ElectrolyteMap, path: Path) -> None:
    """Write every blend and its coordinates, whole or not at all.

    Raises
    ------
    InputError
        If the kind of file is unknown, or there is no such folder.
    """
    require_writable(path, TABLE_SUFFIXES)
    if path.suffix.lower() == ".json":
        write_text(path, dump_json(found.to_dict()))
        return
    import pandas as pd

    rows = [_cells(b, asked) for asked, part in enumerate((found.known, found.asked)) for b in part]
    write_frame(pd.DataFrame(rows), path)


def _cells(blend: MappedBlend, asked: int) -> dict[str, Any]:
    """One row; papers and neighbours of a blend are separated by semicolons."""
    cells = blend.to_dict()
    for name in ("dois", "nearest"):
        cells[name] = "; ".join(cells[name])
    return {**cells, "asked": bool(asked)}
