"""``electrolyte-ml convert``: one recipe in another basis or format."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from electrolyte_ml.cli.examples import example

if TYPE_CHECKING:
    from electrolyte_ml.formulation import Formulation

HELP = (
    "Show a recipe in another basis or format: canonical text, JSON, wt%, mol%, molarity, a CSV "
    "table, BattINFO JSON-LD, or a weigh-out sheet."
)
EXAMPLE = example('convert "1 M NaPF6 in EC:DEC 1:1 v/v" --to sheet --batch "50 g"')


class Target(StrEnum):
    """Target form of a conversion."""

    TEXT = "text"
    JSON = "json"
    WT = "wt"
    MOL = "mol"
    MOLARITY = "M"
    CSV = "csv"
    BATTINFO = "battinfo"
    SHEET = "sheet"


def convert(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE")],
    to: Annotated[Target, typer.Option(help="Form to convert to.")] = Target.TEXT,
    batch: Annotated[
        str | None,
        typer.Option(help="Batch of a weigh-out sheet: '50 g', '20 mL'.  [default: 100 g]"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Same as --to json; with --to sheet, the sheet as JSON.")
    ] = False,
) -> None:
    """Print the recipe converted; assumptions go to standard error."""
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.formulation import parse_recipe

    formulation = parse_recipe(recipe)
    if batch is not None and to is not Target.SHEET:
        raise InputError("--batch is the size of a weigh-out sheet; give it with --to sheet")
    if to is Target.SHEET:
        _print_sheet(formulation, "100 g" if batch is None else batch, as_json=as_json)
        return
    if as_json:
        to = Target.JSON
    typer.echo(_converted(formulation, to), nl=to is not Target.CSV)
    if to is not Target.JSON:
        for assumption in formulation.assumptions:
            typer.echo(f"assumed: {assumption}", err=True)


def _converted(formulation: Formulation, to: Target) -> str:
    from electrolyte_ml.report.text import dump_json

    if to is Target.TEXT:
        return formulation.notation()
    if to is Target.JSON:
        return dump_json(formulation.to_dict())
    if to is Target.CSV:
        from electrolyte_ml.formulation.exchange import to_csv

        return to_csv([formulation])
    if to is Target.BATTINFO:
        from electrolyte_ml.formulation.battinfo import to_battinfo

        document, writer = to_battinfo(formulation)
        typer.echo(writer, err=True)
        return dump_json(document)
    from electrolyte_ml.formulation.weigh_out import in_basis

    return in_basis(formulation, to.value)


def _print_sheet(formulation: Formulation, batch: str, *, as_json: bool) -> None:
    from electrolyte_ml.formulation.weigh_out import batch_g, weigh_out_sheet
    from electrolyte_ml.report.propose import print_sheet
    from electrolyte_ml.report.text import dump_json

    sheet = weigh_out_sheet(formulation, batch_g(batch, formulation))
    if as_json:
        typer.echo(dump_json(sheet.to_dict()))
    else:
        print_sheet(sheet)
