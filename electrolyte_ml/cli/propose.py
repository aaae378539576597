"""``electrolyte-ml propose``: a ranked, diverse shortlist of recipes for a search problem."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HELP = "Search a problem (TOML) for the best recipes; print a ranked shortlist to weigh out."


def propose(
    problem: Annotated[
        Path, typer.Argument(metavar="RECIPE.toml", help="See recipes/ for problems to start from.")
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
        typer.Option(help="Folder for proposals.json, proposals.csv and weigh_out.csv."),
    ] = None,
) -> None:
    """Search, print the shortlist, and write it to a folder if one is named."""
    from electrolyte_ml.report.output import dump_json
    from electrolyte_ml.report.propose import print_proposals, search_progress, write_proposals
    from electrolyte_ml.search import load_problem
    from electrolyte_ml.search import propose as run_search

    loaded = load_problem(problem)
    with search_progress(show=not as_json) as progress:
        proposals = run_search(loaded, n=n, n_trials=trials, seed=seed, progress=progress)
    if out is not None:
        write_proposals(proposals, out)
    if as_json:
        typer.echo(dump_json(proposals.to_dict()))
    else:
        print_proposals(proposals)
