"""``electrolyte-ml propose``: a ranked, diverse shortlist of recipes for a search problem."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.exit_codes import ExitCode
from electrolyte_ml.cli.progress import Quiet

HELP = "Search a problem (TOML) for the best recipes; print a ranked shortlist to weigh out."
EXAMPLE = example("propose sodium_room_temperature --n 5 --out shortlist")


def propose(
    problem: Annotated[
        Path,
        typer.Argument(
            metavar="RECIPE.toml",
            help="A file, or the name of a bundled problem: see recipes list.",
            autocompletion=completion.problems,
        ),
    ],
    n: Annotated[int, typer.Option("--n", min=1, help="Recipes to propose.")] = 8,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Recipes to try; the problem's own number by default.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Same seed, same shortlist; the problem's own by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for report.html, proposals.json, proposals.xlsx, proposals.csv and "
            "weigh_out.csv."
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|URL",
            help="Keep the search in this file (or database or grpc:// proxy, for many workers) "
            "and resume it.",
        ),
    ] = None,
    worker: Annotated[
        int, typer.Option(min=0, help="Number of this worker, if several share one storage.")
    ] = 0,
    quiet: Quiet = False,
) -> None:
    """Search, print the shortlist, and write it to a folder if one is named."""
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.propose import print_proposals, write_proposals
    from electrolyte_ml.report.text import dump_json
    from electrolyte_ml.search import load_problem
    from electrolyte_ml.search import propose as run_search
    from electrolyte_ml.search.bundled import find_problem

    loaded = load_problem(find_problem(problem))
    try:
        with progress_bar("searching", show=not quiet) as progress:
            proposals = run_search(
                loaded,
                n=n,
                n_trials=trials,
                seed=seed,
                storage=storage,
                worker=worker,
                progress=progress.steps,
            )
    except KeyboardInterrupt:
        kept = "nothing is kept; name a file with --storage to be able to go on later"
        if storage is not None:
            from electrolyte_ml.search.storage import shown_storage

            kept = f"the same command goes on from what {shown_storage(storage)} holds"
        typer.echo(f"interrupted: {kept}", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    try:
        if out is not None:
            write_proposals(proposals, out)
    finally:
        # Also where the folder cannot be written: the search may have been long.
        if as_json:
            typer.echo(dump_json(proposals.to_dict()))
        else:
            print_proposals(proposals)
