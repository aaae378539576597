"""``electrolyte-ml cell``: what a recipe does in a cell, and exchange with programs of cells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="A recipe in a cell: where salt and voltage run out, discharge, exchange of parameters.",
    no_args_is_help=True,
)

Recipes = Annotated[
    list[str] | None,
    typer.Argument(metavar="RECIPE...", help="Such as '1 M NaPF6 in EC:PC 1:1 w'."),
]
CellName = Annotated[
    str,
    typer.Option("--cell", help="Reference cell (see 'cell list'), or a TOML file of your own."),
]
Temperatures = Annotated[
    list[str] | None,
    typer.Option(help="Temperature with its unit, such as '25 degC'; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_cells(
    name: Annotated[
        str | None, typer.Argument(help="Print the file of this cell, to copy and change.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the reference cells, or print the file of one."""
    from electrolyte_ml.cell import cell_text, find_cell, reference_cells
    from electrolyte_ml.report.cell import print_cells
    from electrolyte_ml.report.text import dump_json

    if name is not None and not as_json:
        typer.echo(cell_text(name), nl=False)
        return
    cells = [find_cell(one) for one in (reference_cells() if name is None else (name,))]
    if as_json:
        typer.echo(dump_json([cell.to_dict() for cell in cells]))
    else:
        print_cells(cells)


@app.command()
def limits(
    recipes: Recipes = None,
    cell: CellName = "hc_nvpf",
    file: Annotated[
        Path | None, typer.Option(help="Table with a column 'recipe', as for 'score'.")
    ] = None,
    at: Temperatures = None,
    as_json: AsJson = False,
) -> None:
    """Tell at which rate salt runs out, and the ohmic drop: a closed form, a thousand a second."""
    from electrolyte_ml.cell import cell_limits, find_cell
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.report.cell import limit_records, print_limits
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.scores import ScoreSource

    if not recipes and file is None:
        raise InputError("nothing to judge: give a RECIPE or --file")
    geometry = find_cell(cell)
    records = []
    for part in ScoreSource(recipes or [], file, at or []).parts():
        found = cell_limits(part.formulations, part.temperature_k, geometry)
        records += limit_records(
            part.recipes, part.formulations, part.temperature_k, found, geometry
        )
    if as_json:
        typer.echo(dump_json(records))
    else:
        print_limits(records, geometry)
