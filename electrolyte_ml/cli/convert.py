"""``electrolyte-ml convert``: one recipe in another basis or format."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

HELP = "Show a recipe in another basis: canonical text, JSON, wt%, mol%, or molarity."


class Target(StrEnum):
    """What a recipe can be converted to."""

    TEXT = "text"
    JSON = "json"
    WT = "wt"
    MOL = "mol"
    MOLARITY = "M"


def convert(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE")],
    to: Annotated[Target, typer.Option(help="Form to convert to.")] = Target.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="Same as --to json.")] = False,
) -> None:
    """Print the recipe converted; assumptions go to standard error."""
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.formulation.writing import in_basis
    from electrolyte_ml.report.output import dump_json

    formulation = parse_recipe(recipe)
    if as_json or to is Target.JSON:
        typer.echo(dump_json(formulation.to_dict()))
        return
    typer.echo(formulation.notation() if to is Target.TEXT else in_basis(formulation, to.value))
    for assumption in formulation.assumptions:
        typer.echo(f"assumed: {assumption}", err=True)
