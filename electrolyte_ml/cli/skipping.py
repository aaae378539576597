"""The options ``--skip-bad`` and ``--bad-rows`` of verbs that read tables, and what they report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from electrolyte_ml.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from electrolyte_ml.bad_rows import BadRows

SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Go on without the rows of the file that cannot be used; they are written to a "
        "file with their numbers and reasons, and the exit code is 4.",
    ),
]
BadRowsFile = Annotated[
    Path | None,
    typer.Option(
        "--bad-rows",
        metavar="FILE.csv|.xlsx",
        help="Where --skip-bad writes bad rows; NAME.bad_rows.csv beside --out, or else beside the "
        "file that is read, by default.",
    ),
]


def bad_rows_of(
    table: Path | None, *, skip: bool, file: Path | None, out: Path | None = None
) -> BadRows:
    """What takes up the bad rows of a table.

    Parameters
    ----------
    table
        File that is read, if any.
    skip, file
        The two options.
    out
        File of results, if any.

    Raises
    ------
    InputError
        If an option has no effect, or the file of bad rows would replace another one.
    """
    from electrolyte_ml.bad_rows import BadRows
    from electrolyte_ml.errors import InputError
    from electrolyte_ml.tables.writing import CSV, WORKBOOK, require_writable

    if not skip:
        if file is not None:
            raise InputError("--bad-rows has no effect without --skip-bad; add it")
        return BadRows()
    if table is None:
        raise InputError("--skip-bad skips rows of a file; give --file, or leave it out")
    beside = table if out is None else out
    to = file or beside.with_name(f"{beside.stem}.bad_rows.csv")
    require_writable(to, (CSV, WORKBOOK), "--bad-rows")
    taken = [other for other in (table, out) if other is not None]
    if to.resolve() in {other.resolve() for other in taken}:
        raise InputError(f"--bad-rows {to} is read or written already; name another file")
    return BadRows(skip_to=to)


def exit_if_skipped(bad_rows: BadRows) -> None:
    """Tell on standard error how many rows were skipped and where they are.

    Raises
    ------
    Exit
        With the exit code 4, if rows were skipped.
    """
    if not bad_rows.n_rows:
        return
    from electrolyte_ml.text import counted

    for line in bad_rows.messages():
        typer.echo(f"skipped: {line}", err=True)
    n_skipped = counted(bad_rows.n_rows, "row")
    typer.echo(f"{n_skipped} skipped; with their reasons in {bad_rows.skip_to}", err=True)
    raise typer.Exit(ExitCode.SKIPPED_ROWS)
