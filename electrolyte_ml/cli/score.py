"""``electrolyte-ml score``: predicted properties of recipes that somebody has in mind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HELP = "Predict the properties of recipes, each with its interval and domain flag."


def score(
    recipes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RECIPE...", help="Such as '1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC'."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet with a column 'recipe', optionally temperature_c or _k."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(help="Temperature with its unit, such as '25 degC'; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write to a .csv, .parquet or .json file instead.")
    ] = None,
    tuned: Annotated[
        Path | None,
        typer.Option(help="Fine-tuned model, from 'train conductivity --finetune'."),
    ] = None,
    seed: Annotated[  # noqa: ARG001 - part of the contract; scoring draws no random numbers
        int, typer.Option(help="Has no effect: scoring is deterministic.", hidden=True)
    ] = 0,
) -> None:
    """Score recipes from arguments and from a file, in that order."""
    from electrolyte_ml.models.scoring import score_formulations
    from electrolyte_ml.report.score import (
        print_csv,
        print_json,
        print_table,
        require_one_output,
        write_scores,
    )
    from electrolyte_ml.report.score_input import read_requests

    require_one_output(as_json=as_json, as_csv=as_csv, out=out)
    requests = read_requests(recipes or [], file, at or [])
    table = score_formulations(requests.formulations, requests.temperature_k)
    if tuned is not None:
        from electrolyte_ml.campaign.adapted import FineTuned

        table = FineTuned.read(tuned).apply(table)
    if out is not None:
        write_scores(table, requests, out)
        typer.echo(f"{len(requests.recipes)} rows written to {out}", err=True)
    elif as_json:
        print_json(table, requests)
    elif as_csv:
        print_csv(table, requests)
    else:
        print_table(table, requests)
