"""``electrolyte-ml data``: measured data sets, and what was done to their rows."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Look at the measured data sets.", no_args_is_help=True)


@app.callback()
def _data() -> None:
    pass


@app.command()
def check(
    source: Annotated[str, typer.Argument(help="Such as calisol23 or sodium_table.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show rows kept, dropped, corrected and flagged, each with its reason."""
    from electrolyte_ml.data.sources import load_source
    from electrolyte_ml.report.output import dump_json

    _, report = load_source(source)
    if as_json:
        typer.echo(dump_json(report.to_dict()))
    else:
        typer.echo(str(report))
