"""Tables for people: CSV, workbooks and Parquet, by the suffix of the file, whole or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import write_atomically, write_csv_rows
from electrolyte_ml.prediction import flat_record
from electrolyte_ml.text import spreadsheet_cell

if TYPE_CHECKING:
    import pandas as pd

CSV, WORKBOOK, PARQUET = ".csv", ".xlsx", ".parquet"
#: Suffixes of tables that are written.
WRITTEN = (CSV, WORKBOOK, PARQUET)
# Rows of a sheet, the headings among them, as spreadsheet programs limit them.
_MOST_ROWS = 1_048_576
_ROWS_MEASURED = 200
_WIDEST = 60


def require_writable(path: Path, suffixes: Sequence[str] = WRITTEN, option: str = "--out") -> None:
    """Refuse a file of unknown kind, or in no folder, before any work.

    Parameters
    ----------
    path
        File to write.
    suffixes
        Those that are allowed.
    option
        Name of what was given, for messages.

    Raises
    ------
    InputError
        If the suffix is another one, or the folder does not exist.
    """
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{option} {path}: the suffix must be one of {', '.join(suffixes)}")
    if not path.resolve().parent.is_dir():
        raise InputError(f"{option} {path}: there is no folder {path.resolve().parent}; make it")


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a data frame without its index, in the format of the suffix.

    Parameters
    ----------
    frame
        The table. No cell is run as a formula by a spreadsheet.
    path
        A file with one of the suffixes `WRITTEN`; replaced if it exists.

    Raises
    ------
    UnwritableError
        If the system refuses it.
    InputError
        If a workbook cannot hold so many rows.
    """
    writers: dict[str, Callable[[Path], None]] = {
        CSV: lambda to: _csv(frame, to),
        WORKBOOK: lambda to: fill_workbook(to, {"table": _rows_of(frame)}),
        PARQUET: lambda to: frame.to_parquet(to, index=False),
    }
    write_atomically(path, writers[path.suffix.lower()])


def write_records(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write records as JSON has them, a row each; nested names are joined with dots.

    Parameters
    ----------
    records
        One or more.
    path
        As for `write_frame`.
    """
    import pandas as pd

    write_frame(pd.DataFrame([flat_record(record) for record in records]), path)


def write_workbook(path: Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write a workbook with a sheet for each data frame, without their indices.

    Parameters
    ----------
    path
        The file; replaced if it exists.
    sheets
        Data frames by the names of their sheets, one or more.
    """
    rows = {name: _rows_of(frame) for name, frame in sheets.items()}
    write_atomically(path, lambda to: fill_workbook(to, rows))


def fill_workbook(path: Path, sheets: Mapping[str, Iterable[Iterable[object]]]) -> None:
    """Write sheets row by row, headings first, so that long tables need no memory.

    Parameters
    ----------
    path
        The file, which is not written atomically.
    sheets
        Rows of cells by the names of their sheets, one or more.

    Raises
    ------
    InputError
        If a sheet has too many rows.
    """
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        cells = ([_cell(cell) for cell in row] for row in rows)
        first = list(islice(cells, _ROWS_MEASURED))
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for letter, width in _widths(first):
            sheet.column_dimensions[letter].width = width
        for number, row in enumerate(chain(first, cells), start=1):
            if number > _MOST_ROWS:
                sheet.close()
                raise InputError(
                    f"a workbook holds at most {_MOST_ROWS - 1:,} rows; write {CSV} or {PARQUET}"
                )
            sheet.append(row)
    book.save(path)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    texts = frame.select_dtypes(include=["object", "string"]).columns
    plain = frame.assign(**{name: frame[name].map(spreadsheet_cell) for name in texts})
    plain.rename(columns=spreadsheet_cell).to_csv(path, index=False)


def write_cells(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], *, line_end: str = "\n"
) -> None:
    """Write rows of cells as CSV or a workbook.

    Parameters
    ----------
    path
        A .csv or .xlsx file; replaced if it exists.
    header
        Names of the columns.
    rows
        Cells of each row, one for each column.
    line_end
        Line end of CSV.
    """

    def fill(to: Path) -> None:
        if path.suffix.lower() == WORKBOOK:
            fill_workbook(to, {"table": [header, *rows]})
            return
        with to.open("w", encoding="utf-8", newline="") as file:
            write_csv_rows(file, [header, *rows], line_end=line_end)

    write_atomically(path, fill)


def _rows_of(frame: pd.DataFrame) -> Iterator[Iterable[object]]:
    """Headings, then rows, of a data frame."""
    yield list(map(str, frame.columns))
    held = frame.astype(object).where(frame.notna(), None)
    yield from held.itertuples(index=False, name=None)


def _cell(cell: object) -> Any:
    """What a workbook can hold: numbers stay numbers, missing ones are empty, text is harmless."""
    if hasattr(cell, "item"):  # a number of numpy
        cell = cell.item()
    if cell is None or cell != cell:  # noqa: PLR0124 - NaN is not itself
        return None
    if isinstance(cell, bool | int) or (isinstance(cell, float) and math.isfinite(cell)):
        return cell
    return spreadsheet_cell(str(cell))


def _widths(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, int]]:
    """Letter and width of each column, from its longest cell."""
    from openpyxl.utils import get_column_letter

    for number, column in enumerate(zip(*rows, strict=False), start=1):
        longest = max(len("" if cell is None else str(cell)) for cell in column)
        yield get_column_letter(number), min(_WIDEST, longest + 2)
