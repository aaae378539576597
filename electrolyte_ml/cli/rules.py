"""``electrolyte-ml rules``: the rules behind warnings, with their sources."""

from __future__ import annotations

from typing import Annotated

import typer

from electrolyte_ml.cli.examples import example

HELP = "List the rules behind warnings: what each says, its severity, its source."
EXAMPLE = example("rules --json")


def list_rules(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print every rule of the table."""
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.report.warnings import print_rules
    from electrolyte_ml.rules import rules

    found = [rule.to_dict() for rule in rules().values()]
    if as_json:
        typer.echo(dump_json(found))
    else:
        print_rules(found)
