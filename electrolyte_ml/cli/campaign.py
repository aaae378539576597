"""``electrolyte-ml campaign``: suggest, measure, record, and suggest again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Work with a laboratory: suggest, measure, record.", no_args_is_help=True)

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the campaign.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="New or empty.")],
    problem: Annotated[
        Path,
        typer.Option(
            # --recipe is the former word.
            "--problem",
            "--recipe",
            metavar="FILE.toml",
            help="The problem, or the name of a bundled one.",
        ),
    ],
    as_json: _Json = False,
) -> None:
    """Begin a campaign in a new folder."""
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.report.campaign import print_status
    from electrolyte_ml.report.text import dump_json

    campaign = Campaign.create(folder, problem)
    if as_json:
        typer.echo(dump_json(campaign.status()))
    else:
        print_status(campaign)


@app.command()
def suggest(
    folder: _Folder,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Recipes to suggest.")] = 8,
    goal: Annotated[
        str,
        typer.Option(
            help="'best': recipes that could be the best; 'learn': those that tell most of all "
            "others of the problem."
        ),
    ] = "best",
    trials: Annotated[int | None, typer.Option(min=1, help="Recipes to try.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed and log, same suggestions.")] = None,
    as_json: _Json = False,
) -> None:
    """Suggest recipes to measure next; pending ones are not suggested again."""
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.report.campaign import print_suggestions, suggestion_records
    from electrolyte_ml.report.propose import search_progress
    from electrolyte_ml.report.text import dump_json

    campaign = Campaign(folder)
    with search_progress(show=not as_json) as progress:
        suggestions = campaign.suggest(n, goal=goal, n_trials=trials, seed=seed, progress=progress)
    if as_json:
        typer.echo(dump_json(suggestion_records(campaign, suggestions)))
    else:
        print_suggestions(campaign, suggestions)


@app.command()
def record(
    folder: _Folder,
    results: Annotated[Path, typer.Argument(metavar="RESULTS.csv|RESULTS.xlsx")],
    again: Annotated[
        bool, typer.Option("--again", help="Record every row, also those recorded before.")
    ] = False,
    accept_unusual: Annotated[
        bool,
        typer.Option(
            "--accept-unusual", help="Take values that no known electrolyte has, as meant."
        ),
    ] = False,
    as_json: _Json = False,
) -> None:
    """Record measured values: all that are new, or nothing if any row is at fault."""
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.report.campaign import print_recorded
    from electrolyte_ml.report.text import dump_json

    campaign = Campaign(folder)
    found = campaign.record(results, again=again, accept_unusual=accept_unusual)
    if as_json:
        typer.echo(dump_json([r.to_dict() for r in found]))
        if found.remark:
            typer.echo(found.remark, err=True)
    else:
        print_recorded(campaign, found)


@app.command()
def status(folder: _Folder, as_json: _Json = False) -> None:
    """Show pending suggestions, counts of results, and the best so far."""
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.report.campaign import print_status
    from electrolyte_ml.report.text import dump_json

    campaign = Campaign(folder)
    if as_json:
        typer.echo(dump_json(campaign.status()))
    else:
        print_status(campaign)


@app.command()
def report(folder: _Folder, as_json: _Json = False) -> None:
    """Write report.md, report.xlsx and plots: results beside predictions, what models learned."""
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.campaign.standing import report_record
    from electrolyte_ml.report.campaign_files import write_campaign_report
    from electrolyte_ml.report.text import dump_json

    campaign = Campaign(folder)
    files = write_campaign_report(campaign)
    if as_json:
        typer.echo(dump_json(report_record(campaign)))
    else:
        typer.echo(f"written: {', '.join(map(str, files))}")
