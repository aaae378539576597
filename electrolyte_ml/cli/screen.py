"""``electrolyte-ml screen``: every property of very many recipes of a search problem."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.executors import Dask, ShardOption, Workers
from electrolyte_ml.cli.exit_codes import ExitCode
from electrolyte_ml.cli.progress import Quiet

HELP = "Score a million recipes of a problem (TOML), chunk by chunk; keep the best and the rest."
EXAMPLE = example("screen sodium_metal_glyme --n 100000 --workers 4 --out screening")


def screen(
    problem: Annotated[
        Path,
        typer.Argument(
            metavar="PROBLEM.toml",
            help="A file, or the name of a bundled problem: see recipes list.",
            autocompletion=completion.problems,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Folder of the Parquet parts, leaders.csv and leaders.xlsx; it is continued."
        ),
    ],
    n: Annotated[int, typer.Option("--n", min=1, help="Recipes to make.")] = 100_000,
    grid: Annotated[
        bool,
        typer.Option(
            "--grid", help="Recipes in order, evenly spaced, instead of a Sobol sequence."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the Sobol sequence.")] = 0,
    chunk: Annotated[int, typer.Option(min=1, help="Recipes of a part.")] = 10_000,
    top: Annotated[int, typer.Option(min=1, help="Recipes to keep for each objective.")] = 100,
    different: Annotated[int, typer.Option(min=1, help="Leaders of different chemistry.")] = 8,
    workers: Workers = 1,
    dask: Dask = None,
    shard: ShardOption = None,
    quiet: Quiet = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Screen a problem's whole space; the same command continues where one was stopped."""
    from electrolyte_ml.errors import InputErrors
    from electrolyte_ml.executors import Shard, open_executor
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.screen import print_screening, write_leaders
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.search import load_problem
    from electrolyte_ml.search.bundled import find_problem
    from electrolyte_ml.search.leaders import find_leaders
    from electrolyte_ml.search.sampling import Sampling
    from electrolyte_ml.search.screening import Screening, parts_in, run_screening

    screening = Screening(
        problem=load_problem(find_problem(problem)),
        n=n,
        seed=seed,
        sampling=Sampling.GRID if grid else Sampling.SOBOL,
        chunk=chunk,
    )
    try:
        with (
            open_executor(workers, dask) as executor,
            progress_bar("chunks", show=not quiet) as progress,
        ):
            faults = run_screening(
                screening, out, executor=executor, shard=Shard.read(shard), progress=progress.steps
            )
    except KeyboardInterrupt:
        typer.echo(f"interrupted: the same command goes on from the parts in {out}", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    if faults:
        raise InputErrors([*faults, "the same command tries these chunks again"])
    parts = parts_in(out, screening)
    if len(parts) < screening.n_chunks:
        typer.echo(
            f"{len(parts)} of {screening.n_chunks} parts are in {out}; the shard that finishes "
            "last, or this command without --shard, writes the leaders",
            err=True,
        )
        return
    leaders = find_leaders(screening.problem, parts, n=different, top=top)
    record = write_leaders(screening, leaders, out)
    if as_json:
        typer.echo(dump_json(record))
    else:
        print_screening(screening, record, out)
