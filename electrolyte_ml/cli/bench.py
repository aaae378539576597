"""``electrolyte-ml bench``: models on grouped splits, beside baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.executors import Dask, ShardOption, Workers
from electrolyte_ml.cli.exit_codes import ExitCode
from electrolyte_ml.cli.progress import Quiet

_SUITES = (
    "conductivity, viscosity, density, transport, window, efficiency, chemistry, differences, "
    "solutions, sodium, search, campaign, learning, speed, scale, ablation, simulation, graph or "
    "quantum"
)
HELP = (
    "Run a benchmark suite: our models beside baselines, on random and grouped splits. "
    f"`bench SUITE` runs one: {_SUITES}."
)
_RUN = "run"


class _SuiteOrCommand(TyperGroup):
    """``bench conductivity`` is ``bench run conductivity``: no suite is named like a command."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:  # type: ignore[no-untyped-def]
        if not args or args[0] not in {*self.commands, "--help"}:
            args = [_RUN, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_SuiteOrCommand, help=HELP)


@app.command(_RUN, epilog=example("bench density --quick"))
def run(
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE",
            help=f"{_SUITES}.",
            autocompletion=completion.suites,
        ),
    ] = "conductivity",
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer splits, no slow baselines.")
    ] = False,
    split: Annotated[
        list[str] | None, typer.Option(help="Only this split; may be repeated.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only this model of the leaderboard; may be repeated."),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Seed of splits and models; splits of seed 0 are frozen.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the result, a leaderboard and parity plots.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run finished jobs again.")] = False,
    model: Annotated[
        str | None,
        typer.Option(help="Your own model instead: MODULE:CLASS with fit(X, y) and predict(X)."),
    ] = None,
    jobs_folder: Annotated[
        Path | None,
        typer.Option("--jobs", help="Folder of finished jobs; in the user's state by default."),
    ] = None,
    workers: Workers = 1,
    dask: Dask = None,
    shard: ShardOption = None,
    quiet: Quiet = False,
) -> None:
    """Run a suite and print its leaderboard (`bench SUITE` is short for `bench run SUITE`).

    Every finished job is kept: the same command continues a run that was stopped, and prints the
    same numbers when nothing has changed.
    """
    from functools import partial

    from electrolyte_ml.benchmarks.runner import RunInterrupted, run_jobs
    from electrolyte_ml.benchmarks.selection import Selection, run_selected
    from electrolyte_ml.benchmarks.store import JobStore, default_folder
    from electrolyte_ml.executors import Shard, open_executor
    from electrolyte_ml.report.leaderboard import print_leaderboard, write_results
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.text import dump_json

    selection = Selection(
        suite=suite,
        quick=quick,
        splits=tuple(split) if split else None,
        models=tuple(only) if only else None,
        seed=seed,
        user_model=model or "",
        shard=Shard.read(shard),
    )
    jobs = selection.jobs()
    store = JobStore(folder=jobs_folder or default_folder())
    try:
        with (
            open_executor(workers, dask) as executor,
            progress_bar("fitting", show=not quiet) as progress,
        ):
            result = run_jobs(
                suite,
                jobs,
                seed=seed,
                store=store,
                fresh=fresh,
                progress=progress.labelled,
                executor=executor,
                run_elsewhere=partial(run_selected, selection),
            )
    except RunInterrupted as stopped:
        typer.echo(f"interrupted: {stopped}, kept in {store.folder}", err=True)
        typer.echo("the same command (without --fresh) continues there", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    written = write_results(result, out) if out else []
    if as_json:
        typer.echo(dump_json(result.to_dict()))
    else:
        print_leaderboard(result.to_dict())
        for path in written:
            typer.echo(f"written: {path}")


@app.command(epilog=example("bench compare benchmarks/results/density.json density.json"))
def compare(
    before: Annotated[Path, typer.Argument(metavar="A.json", help="Result to compare with.")],
    after: Annotated[
        Path,
        typer.Argument(
            metavar="B.json|FOLDER",
            help="Result that may be worse; or a submission (a folder), which is shown beside A.",
        ),
    ],
    tolerance: Annotated[float, typer.Option(help="Share by which an error may grow.")] = 0.05,
    score_tolerance: Annotated[
        float, typer.Option(help="Amount by which R2, rank correlation, coverage may get worse.")
    ] = 0.02,
) -> None:
    """Name every number that got worse from A to B: exit code 1 if there is one, 0 if not.

    A folder in place of B is a submission: the results of a model from outside, which are checked
    and shown beside those of A on the same splits.
    """
    from electrolyte_ml.benchmarks.compare import read_result, regressions

    if after.is_dir():
        _print_submission(before, after)
        return
    found = regressions(
        read_result(before),
        read_result(after),
        tolerance=tolerance,
        score_tolerance=score_tolerance,
    )
    for regression in found:
        typer.echo(f"worse: {regression}")
    if found:
        raise typer.Exit(ExitCode.REGRESSION)
    typer.echo("no number got worse beyond the tolerances")


def _print_submission(ours: Path, folder: Path) -> None:
    """What was handed in, beside our results."""
    from electrolyte_ml.benchmarks.compare import read_result
    from electrolyte_ml.benchmarks.submissions import beside, read_submission
    from electrolyte_ml.report.leaderboard import print_leaderboard

    submission = read_submission(folder)
    print_leaderboard({"tasks": _without_parts(beside(read_result(ours), [submission]))})
    typer.echo(f"{submission.title}: {submission.about['description']}")
    for name in ("code", "learnt_from", "chosen_on"):
        typer.echo(f"{name.replace('_', ' ')}: {submission.about[name]}")


def _without_parts(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tasks without the figures of parts of their rows."""
    return [{k: v for k, v in task.items() if k != "subsets"} for task in tasks]


@app.command(epilog=example("bench freeze density --out splits"))
def freeze(
    suite: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SUITE]...", help="All by default.", autocompletion=completion.suites
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the splits; benchmarks/splits by default.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write the splits of seed 0 as files; the same data give the same bytes."""
    from electrolyte_ml.benchmarks.frozen import freeze as write
    from electrolyte_ml.benchmarks.frozen import frozen_folder
    from electrolyte_ml.benchmarks.registry import splits_to_freeze
    from electrolyte_ml.report.progress import working

    with working("reading data, splitting rows", show=not quiet):
        written = write(splits_to_freeze(suite or None), out or frozen_folder())
    for path in written:
        typer.echo(f"written: {path}")
