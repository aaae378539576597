"""``electrolyte-ml map``: known electrolytes clustered by the embedding of the graph network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.progress import Quiet

HELP = "Map known electrolytes, and recipes among them, by the embedding of the graph network."
EXAMPLE = example('map "1 M NaPF6 in EC:DEC 1:1 v/v" --plot map.svg')


def draw_map(
    recipes: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECIPE]...", help="To place among the known ones."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the map to this .svg, .png or .pdf file.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write every blend and its place to this .csv, .xlsx, .parquet or .json."
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="pca, or umap if it is installed.")] = "pca",
    clusters: Annotated[int, typer.Option(help="How many clusters to name.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of UMAP; pca is deterministic.")] = 0,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Cluster known blends by their embedding, name the clusters, and draw them."""
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.models.maps import electrolyte_map
    from electrolyte_ml.report.map import (
        TABLE_SUFFIXES,
        print_map,
        write_map_plot,
        write_map_table,
    )
    from electrolyte_ml.report.plots import require_plot_path
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.tables.writing import require_writable

    if plot is not None:
        require_plot_path(plot)
    if out is not None:
        require_writable(out, TABLE_SUFFIXES)
    asked = [parse_recipe(text) for text in recipes or []]
    with working("embedding known electrolytes", show=not quiet):
        found = electrolyte_map(asked, names=recipes, method=method, n_clusters=clusters, seed=seed)
    if plot is not None:
        write_map_plot(found, plot)
        typer.echo(f"map drawn to {plot}", err=True)
    if out is not None:
        write_map_table(found, out)
        typer.echo(f"{len(found.known) + len(found.asked)} blends written to {out}", err=True)
    if as_json:
        typer.echo(dump_json(found.to_dict()))
    else:
        print_map(found)
