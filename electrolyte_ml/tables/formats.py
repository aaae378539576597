"""Rows as they stand in text files, workbooks and Parquet files, whatever their headings say."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice, tee, zip_longest
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import reading
from electrolyte_ml.tables.dialect import LONGEST_CELL, Dialect, opened

#: Suffixes of files of text, of workbooks, and of the only format that has types.
TEXT = (".csv", ".tsv", ".txt", ".tab")
WORKBOOKS = (".xlsx", ".xlsm")
PARQUET = ".parquet"
#: Rows that are read together where it does not matter how many.
ROWS_TOGETHER = 1000
# A line that no file has.
_END = "\ue000the end\ue000"
_MAGIC = {b"PK\x03\x04": "a workbook; name it .xlsx", b"PAR1": "Parquet; name it .parquet"}
_MAGIC |= {b"\xd0\xcf\x11\xe0": "an old workbook; save it as .xlsx"}
# Cells of a row, and the fault of reading it.
_Line = tuple[Sequence[str], str]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of a file as they are, faults of some of them, and their text in a text file."""

    rows: list[Sequence[str]]
    faults: Mapping[int, str]
    text: str = ""


def _together(lines: Iterator[_Line], n_rows: int, skip: int) -> Iterator[Chunk]:
    lines = islice(lines, skip, None)
    while some := list(islice(lines, n_rows)):
        faults = {place: fault for place, (_, fault) in enumerate(some) if fault}
        yield Chunk([cells for cells, _ in some], faults)


def require_text(path: Path) -> None:
    """Refuse a file that is named as text and holds something else.

    Raises
    ------
    InputError
        If it is a workbook or Parquet, or cannot be read.
    """
    with reading(path), path.open("rb") as file:
        start = file.read(4)
    if start in _MAGIC:
        raise InputError(f"{path}: is no text but {_MAGIC[start]}")


def text_chunks(path: Path, dialect: Dialect, n_rows: int, skip: int) -> Iterator[Chunk]:
    """Rows of a file of text beyond the first `skip`, `n_rows` at a time."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    with opened(path, dialect.encoding) as stream:
        if dialect.has_sep_line:
            stream.readline()
        # A quotation mark that is still open at the end takes up the last line.
        lines, same = tee(chain(stream, (_END,)))
        reader = csv.reader(lines, delimiter=dialect.separator)
        for _ in range(skip):
            next(reader, None)
        n_taken, fault = reader.line_num, ""
        deque(islice(same, n_taken), maxlen=0)
        while not fault:
            rows: list[Sequence[str]] = []
            try:
                # Rows before a broken one stay in the list.
                rows.extend(islice(reader, n_rows))
            except csv.Error as error:
                fault = _broken(error)
                rows.append([])
            text = "".join(islice(same, reader.line_num - n_taken)).removesuffix(_END)
            n_taken = reader.line_num
            if rows and rows[-1] == [_END]:
                rows.pop()
            elif not fault and rows and any(_END in cell for cell in rows[-1]):
                fault = "a quotation mark is not closed, so that it runs on to the end of the file"
                rows[-1] = [cell.replace(_END, "") for cell in rows[-1]]
            if not rows:
                return
            yield Chunk(rows, {len(rows) - 1: fault} if fault else {}, text)


def _broken(error: csv.Error) -> str:
    if "field larger" in str(error):
        return (
            f"a cell has more than {LONGEST_CELL} characters, so that this row and those below "
            "cannot be read; is a quotation mark not closed?"
        )
    return f"cannot be read: {error}"


def _workbook(path: Path, *, values: bool) -> Any:
    import openpyxl

    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=values)
    # What is no workbook fails in many ways.
    except Exception as error:
        raise InputError(f"{path}: cannot be read as a workbook: {error}") from error


def sheet_remarks(path: Path) -> tuple[str, ...]:
    """Which sheet of a workbook is read, in words.

    Raises
    ------
    InputError
        If it is no workbook, or has no sheet.
    """
    book = _workbook(path, values=True)
    try:
        names = [sheet.title for sheet in book.worksheets]
    finally:
        book.close()
    if not names:
        raise InputError(f"{path}: holds no sheet of cells")
    more = f", the first of {len(names)}" if len(names) > 1 else ""
    return (f"sheet {names[0]!r}{more}",)


def workbook_chunks(path: Path, n_rows: int, skip: int) -> Iterator[Chunk]:
    """Rows of the first sheet of a workbook beyond the first `skip`, `n_rows` at a time."""
    return _together(_lines_of_workbook(path), n_rows, skip)


def _lines_of_workbook(path: Path) -> Iterator[_Line]:
    """Rows of the first sheet; formulas are looked at beside the values they had when saved."""
    from openpyxl.utils import get_column_letter

    books = [_workbook(path, values=values) for values in (True, False)]
    try:
        rows = []
        for book in books:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            rows.append(sheet.iter_rows(values_only=True))
        for values, formulas in zip_longest(*rows, fillvalue=()):
            unknown = [
                column
                for column, (value, formula) in enumerate(zip(values, formulas, strict=False), 1)
                if value is None and formula is not None
            ]
            fault = (
                f"column {get_column_letter(unknown[0])} holds a formula without its value; open "
                "the file in a spreadsheet program and save it"
                if unknown
                else ""
            )
            yield [_text_of(value) for value in values], fault
    except InputError:
        raise
    except Exception as error:  # a damaged workbook fails in many ways
        raise InputError(f"{path}: cannot be read as a workbook: {error}") from error
    finally:
        for book in books:
            book.close()


def parquet_chunks(path: Path, n_rows: int, skip: int) -> Iterator[Chunk]:
    """Headings and rows of a Parquet file beyond the first `skip`, `n_rows` at a time."""
    return _together(_lines_of_parquet(path), n_rows, skip)


def _lines_of_parquet(path: Path) -> Iterator[_Line]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield [str(name) for name in file.schema_arrow.names], ""
            batches = file.iter_batches(batch_size=ROWS_TOGETHER)
            rows = chain.from_iterable(
                zip(*(column.to_pylist() for column in batch.columns), strict=True)
                for batch in batches
            )
            for row in rows:
                yield [_text_of(value) for value in row], ""
    except (pa.ArrowException, OSError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise InputError(f"{path}: cannot be read as Parquet: {first}") from error


def _text_of(value: object) -> str:
    """A cell as text; missing ones are empty."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is not itself
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)
