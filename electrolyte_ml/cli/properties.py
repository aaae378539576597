"""``electrolyte-ml properties``: names of properties for problems, results and imports."""

from __future__ import annotations

from typing import Annotated

import typer

from electrolyte_ml.cli.examples import example

HELP = "List properties: their names in problem files, results and tables, and who adds them."
EXAMPLE = example("properties")


def list_properties(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print every property of the registry, those of other packages as well."""
    from electrolyte_ml.report.columns import print_properties, property_rows
    from electrolyte_ml.report.text import dump_json

    rows = property_rows()
    if as_json:
        typer.echo(dump_json(rows))
    else:
        print_properties(rows)
