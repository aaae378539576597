"""``electrolyte-ml bench``: models on grouped splits, beside baselines."""

from __future__ import annotations

from typing import Annotated

import typer

HELP = "Run a benchmark suite: our models beside baselines, on random and grouped splits."


def bench(
    suite: Annotated[str, typer.Argument(metavar="SUITE")] = "conductivity",
    quick: Annotated[bool, typer.Option(help="Fewer splits and no slow baselines.")] = False,
    split: Annotated[
        list[str] | None, typer.Option(help="Only this split; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of splits and models.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run a suite and print its leaderboard."""
    from electrolyte_ml.benchmarks import run_suite
    from electrolyte_ml.report.bench import fit_progress, print_leaderboard
    from electrolyte_ml.report.output import dump_json

    with fit_progress(show=not as_json) as progress:
        result = run_suite(suite, quick=quick, splits=split, seed=seed, progress=progress)
    if as_json:
        typer.echo(dump_json(result))
    else:
        print_leaderboard(result)
