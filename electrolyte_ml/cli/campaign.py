"""``electrolyte-ml campaign``: suggest, measure, record, and suggest again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.progress import Quiet

app = typer.Typer(help="Work with a laboratory: suggest, measure, record.", no_args_is_help=True)

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of the campaign.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog=example("campaign new my_campaign --problem sodium_room_temperature"))
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
            autocompletion=completion.problems,
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


@app.command(epilog=example("campaign suggest my_campaign -n 8"))
def suggest(
    folder: _Folder,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Recipes to suggest.")] = 8,
    goal: Annotated[
        str,
        typer.Option(
            help="'best': recipes that could be the best; 'learn': those whose measurement teaches "
            "the models most."
        ),
    ] = "best",
    trials: Annotated[int | None, typer.Option(min=1, help="Recipes to try.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed and log, same suggestions.")] = None,
    quiet: Quiet = False,
    as_json: _Json = False,
) -> None:
    """Suggest recipes to measure next; pending ones are not suggested again."""
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.report.campaign import print_suggestions, suggestion_records
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.text import dump_json

    campaign = Campaign(folder)
    with progress_bar("searching", show=not quiet) as progress:
        suggestions = campaign.suggest(
            n, goal=goal, n_trials=trials, seed=seed, progress=progress.steps
        )
    if as_json:
        typer.echo(dump_json(suggestion_records(campaign, suggestions)))
    else:
        print_suggestions(campaign, suggestions)


@app.command(epilog=example("campaign record my_campaign my_campaign/round_001.csv"))
def record(
    folder: _Folder,
    results: Annotated[Path, typer.Argument(metavar="RESULTS.csv|RESULTS.xlsx")],
    again: Annotated[
        bool, typer.Option("--again", help="Record every row, also those recorded before.")
    ] = False,
    correct: Annotated[
        bool,
        typer.Option(
            "--correct", help="Rows of recipes that were recorded replace what was recorded."
        ),
    ] = False,
    accept_unusual: Annotated[
        bool,
        typer.Option("--accept-unusual", help="Accept values that no known electrolyte has."),
    ] = False,
    quiet: Quiet = False,
    as_json: _Json = False,
) -> None:
    """Record measured values: all that are new, or nothing if any row is at fault."""
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.report.campaign import print_recorded
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.text import dump_json

    campaign = Campaign(folder)
    with working("checking results against the models", show=not quiet):
        found = campaign.record(
            results, again=again, correct=correct, accept_unusual=accept_unusual
        )
    if as_json:
        typer.echo(dump_json([r.to_dict() for r in found]))
        if found.remark:
            typer.echo(found.remark, err=True)
    else:
        print_recorded(campaign, found)


@app.command(epilog=example("campaign status my_campaign"))
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


@app.command(epilog=example("campaign report my_campaign"))
def report(folder: _Folder, quiet: Quiet = False, as_json: _Json = False) -> None:
    """Write report.md, report.xlsx and plots: results beside predictions, what models learned."""
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.campaign.standing import report_record
    from electrolyte_ml.report.campaign_files import write_campaign_report
    from electrolyte_ml.report.progress import working
    from electrolyte_ml.report.text import dump_json

    campaign = Campaign(folder)
    with working("learning from results, drawing", show=not quiet):
        files = write_campaign_report(campaign)
        record = report_record(campaign)
    if as_json:
        typer.echo(dump_json(record))
    else:
        typer.echo(f"written: {', '.join(map(str, files))}")
