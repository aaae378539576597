"""``electrolyte-ml data``: measured data sets, their cleaning, and your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from electrolyte_ml.cli import completion
from electrolyte_ml.cli.examples import example
from electrolyte_ml.cli.progress import Quiet
from electrolyte_ml.cli.skipping import BadRowsFile, SkipBad, bad_rows_of, exit_if_skipped

app = typer.Typer(
    help="List, show, check, fetch, import and export data sets.", no_args_is_help=True
)

_NAME = typer.Argument(
    metavar="NAME", help="Such as calisol23; see 'data list'.", autocompletion=completion.data_sets
)
_NAME_OR_ALL = typer.Argument(
    metavar="NAME|all", help="Such as calisol23, or all.", autocompletion=completion.data_sets
)
_JSON = typer.Option("--json", help="Print JSON.")
_ALL = "all"


@app.command("list", epilog=example("data list"))
def list_sets(as_json: Annotated[bool, _JSON] = False) -> None:
    """List data sets: property, rows, licence, whether they are on this machine."""
    from electrolyte_ml.data.catalog import all_cards
    from electrolyte_ml.report.data import list_rows, print_list
    from electrolyte_ml.report.text import dump_json

    cards = list(all_cards().values())
    if as_json:
        typer.echo(dump_json(list_rows(cards)))
    else:
        print_list(cards)


@app.command(epilog=example("data show calisol23 --n 3"))
def show(
    name: Annotated[str, _NAME],
    n: Annotated[int, typer.Option(min=0, help="First rows to show of each property.")] = 5,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Show a dataset card: licence, citation, columns, traps, and the first rows."""
    from electrolyte_ml.data.catalog import card_of
    from electrolyte_ml.data.sources import load_tables
    from electrolyte_ml.report.data import head_rows, print_card
    from electrolyte_ml.report.text import dump_json

    card = card_of(name)
    head = head_rows(load_tables(name)[0], n) if card.available and n else []
    if as_json:
        typer.echo(dump_json({**card.to_dict(), "head": head}))
    else:
        print_card(card, head)


@app.command(epilog=example("data check calisol23"))
def check(
    name: Annotated[str, _NAME_OR_ALL],
    quiet: Quiet = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Show rows kept, dropped, corrected and flagged, duplicates, and suspected slips of units."""
    from electrolyte_ml.data.quality import available_names, check_source
    from electrolyte_ml.models.slips import find_slips
    from electrolyte_ml.report.data import check_record, print_check, print_summary
    from electrolyte_ml.report.progress import progress_bar
    from electrolyte_ml.report.text import dump_json

    if name == _ALL:
        _tell_damaged()
    names = available_names() if name == _ALL else [name]
    checks = []
    with progress_bar("data sets", show=not quiet, total=len(names)) as progress:
        for each in names:
            found = check_source(each)
            tables = [table.measurements for table in found.tables]
            slips = [s for table in tables for s in find_slips(table, single_rows=True)]
            checks.append((found, slips))
            progress.steps(len(checks))
    if as_json:
        records = [check_record(*each) for each in checks]
        typer.echo(dump_json(records if name == _ALL else records[0]))
    elif name == _ALL:
        print_summary(checks)
    else:
        print_check(*checks[0])


@app.command(epilog=example("data fetch calisol23"))
def fetch(
    name: Annotated[str, _NAME_OR_ALL],
    url: Annotated[str | None, typer.Option(help="Address of a copy you trust.")] = None,
    sha256: Annotated[str | None, typer.Option(help="SHA-256 of that copy.")] = None,
    quiet: Quiet = False,
) -> None:
    """Download a data set, or all that have an address; hashes of files are always checked."""
    from electrolyte_ml.data.fetching import fetch as download
    from electrolyte_ml.data.fetching import fetchable_names
    from electrolyte_ml.errors import DataNotFoundError, InputError
    from electrolyte_ml.report.progress import can_show

    if name == _ALL and (url or sha256):
        raise InputError("--url and --sha256 are of one data set; name it instead of 'all'")
    failed = []
    for each in fetchable_names() if name == _ALL else (name,):
        try:
            paths = download(each, url=url, sha256=sha256, progress=not quiet and can_show())
        except DataNotFoundError as error:
            if name != _ALL:
                raise
            failed.append(str(error))
            continue
        for path in paths:
            typer.echo(f"{each} is in {path}")
    if failed:
        raise DataNotFoundError("\n".join(failed))


@app.command("import", epilog=example("data import lab.csv --name lab"))
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv|.xlsx|.parquet")],
    name: Annotated[str, typer.Option(help="Name of the new data set.")],
    source: Annotated[
        str | None,
        typer.Option(help="Where rows are from; required unless a column doi or source says it."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="One line for the dataset card.")] = None,
    licence: Annotated[str | None, typer.Option(help="Terms, for the dataset card.")] = None,
    replace: Annotated[bool, typer.Option(help="Replace an imported set of that name.")] = False,
    skip_bad: SkipBad = False,
    bad_rows: BadRowsFile = None,
    accept_unusual: Annotated[
        bool,
        typer.Option("--accept-unusual", help="Accept values that no known electrolyte has."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Import your own measurements: columns recipe, temperature_c, property, value, unit, doi."""
    from electrolyte_ml.data.contradictions import find_contradictions
    from electrolyte_ml.data.exchange import import_measurements
    from electrolyte_ml.models.slips import find_slips
    from electrolyte_ml.report.progress import working

    bad = bad_rows_of(file, skip=skip_bad, file=bad_rows)
    with working("reading rows", show=not quiet):
        done = import_measurements(
            file,
            name,
            source=source,
            title=title,
            licence=licence,
            replace=replace,
            bad_rows=bad,
            accept_unusual=accept_unusual,
        )
        warnings = [
            *(s for table in done.table.tables for s in find_slips(table, single_rows=True)),
            *(
                found
                for table in done.table.tables
                for found in find_contradictions(table, papers_only=False)
            ),
        ]
    if done.table.ignored:
        typer.echo(f"ignored columns: {', '.join(done.table.ignored)}", err=True)
    typer.echo(str(done.table.report), err=True)
    typer.echo(f"imported {name} to {done.path}")
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    exit_if_skipped(bad)


@app.command(epilog=example("data export calisol23 --out calisol23.csv"))
def export(
    name: Annotated[str, _NAME_OR_ALL],
    out: Annotated[Path, typer.Option(help="A .csv, .xlsx or .parquet file.")],
    property_name: Annotated[
        str | None,
        typer.Option(
            "--property", help="Only this property.", autocompletion=completion.properties
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write the long table, and croissant.json (metadata) beside it."""
    from electrolyte_ml.data.exchange import export as write
    from electrolyte_ml.data.quality import available_names
    from electrolyte_ml.report.progress import working

    if name == _ALL:
        _tell_damaged()
    with working("reading data sets", show=not quiet):
        done = write(available_names() if name == _ALL else [name], out, property_name)
    typer.echo(
        f"{done.n_rows} rows of {', '.join(done.names)} in {done.table}, "
        f"metadata in {done.metadata}"
    )


def _tell_damaged() -> None:
    """Name imported sets that cannot be read, which 'all' leaves out."""
    from electrolyte_ml.data.catalog import imported_cards

    for card in imported_cards().values():
        if card.fault:
            typer.echo(f"left out: {card.fault}", err=True)
