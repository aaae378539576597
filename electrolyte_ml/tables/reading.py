"""Files of tables read row by row: CSV and its relatives, workbooks, Parquet."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain, islice, tee, zip_longest
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.tables.dialect import LONGEST_CELL, Dialect, dialect_of, opened

_TEXT = (".csv", ".tsv", ".txt", ".tab")
_WORKBOOKS = (".xlsx", ".xlsm")
_PARQUET = ".parquet"
#: Files that are read.
SUFFIXES = (*_TEXT, *_WORKBOOKS, _PARQUET)
_ROWS_TOGETHER = 1000
# A line that no file has.
_END = "\ue000the end\ue000"
_MAGIC = {b"PK\x03\x04": "a workbook; name it .xlsx", b"PAR1": "Parquet; name it .parquet"}
_MAGIC |= {b"\xd0\xcf\x11\xe0": "an old workbook; save it as .xlsx"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes
    ----------
    number
        Number of the row, the first one below the headings being 1.
    cells
        Text of its cells, one for each heading; of a row with a fault, all that it has.
    fault
        Why its cells cannot be told apart; empty if they can.
    """

    number: int
    cells: Sequence[str]
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows of a table, together.

    Attributes
    ----------
    numbers
        Number of each row; see `Row`.
    cells
        Text of the cells of each row, one for each heading.
    faults
        Why the cells of a row cannot be told apart, by its place in this part; it has all its
        cells then.
    text
        The same rows as they stand in a text file; empty if they were changed or are of another
        file.
    """

    numbers: Sequence[int]
    cells: Sequence[Sequence[str]]
    faults: Mapping[int, str]
    text: str = ""


class TableFile:
    """A file with a table, whose rows may be read any number of times.

    Parameters
    ----------
    path
        A file with one of the `SUFFIXES`.
    expected
        Headings, in small letters, of which the table should have some.
    any_name
        Whether a file with another suffix is read as text.

    Attributes
    ----------
    path
        As given.
    header
        Headings as written, without spaces around them; equal ones are kept.
    separator
        What parts the cells of a text file.
    decimal_comma
        Whether the decimal sign is a comma.
    remarks
        What is not plain about the file, in words.

    Raises
    ------
    InputError
        If the file cannot be read.
    """

    def __init__(
        self, path: Path, expected: Container[str] = (), *, any_name: bool = False
    ) -> None:
        self.path = path
        self.separator, self.decimal_comma = ",", False
        self.remarks: tuple[str, ...] = ()
        self._lines_above = 0
        self._chunks = self._source(expected, any_name=any_name)
        self._n_above, header = self._first_line()
        names = [" ".join(cell.replace("\ufeff", "").split()) for cell in header]
        while names and not names[-1]:
            names.pop()
        self.header = tuple(names)
        self._without_name = [n for n, name in enumerate(names) if not name and n]

    @property
    def is_typed(self) -> bool:
        """Whether its cells are numbers, truth values and text rather than text alone."""
        return self.path.suffix.lower() == _PARQUET

    @property
    def columns(self) -> tuple[str, ...]:
        """A name of its own for each column: equal headings are numbered, as pandas does."""
        seen: Counter[str] = Counter()
        taken = set(self.header)
        names = []
        for number, heading in enumerate(self.header):
            name = heading or f"Unnamed: {number}"
            while seen[heading] and name in taken:
                name = f"{heading}.{seen[heading]}"
                seen[heading] += name in taken
            seen[heading] += 1
            taken.add(name)
            names.append(name)
        return tuple(names)

    def rows(self) -> Iterator[Row]:
        """Rows below the headings that hold anything, in their order.

        Raises
        ------
        InputError
            If the file cannot be read any more.
        """
        for part in self.parts(_ROWS_TOGETHER):
            for place, (number, cells) in enumerate(zip(part.numbers, part.cells, strict=True)):
                yield Row(number, cells, part.faults.get(place, ""))

    def parts(self, n_rows: int) -> Iterator[Part]:
        """The same rows in parts of `n_rows` at most."""
        first = 1
        for chunk in self._chunks(n_rows, self._n_above + 1):
            yield self._part(chunk, first)
            first += len(chunk.rows)

    def places(self, numbers: Iterable[int]) -> list[str]:
        """Where rows are, for messages."""
        name = str(self.path)
        return [f"{name}, row {number}" for number in numbers]

    def line(self, number: int) -> int:
        """Line of a row in the file, as a spreadsheet counts them."""
        return number + self._lines_above + self._n_above + 1

    def _part(self, chunk: _Chunk, first: int) -> Part:
        n, rows, faults = len(self.header), chunk.rows, dict(chunk.faults)
        numbers: Sequence[int] = range(first, first + len(rows))
        text = chunk.text
        if set(map(len, rows)) - {n}:
            text, rows = "", [self._fitted(row, place, faults) for place, row in enumerate(rows)]
        if self._without_name:
            for place, row in enumerate(rows):
                fault = "" if place in faults else self._nameless(row)
                faults |= {place: fault} if fault else {}
        blank = {
            place
            for place, row in enumerate(rows)
            if not "".join(row).strip() and place not in faults
        }
        if blank:
            kept = [place for place in range(len(rows)) if place not in blank]
            faults = {new: faults[old] for new, old in enumerate(kept) if old in faults}
            text, rows = "", [rows[place] for place in kept]
            numbers = [numbers[place] for place in kept]
        return Part(numbers=numbers, cells=rows, faults=faults, text=text)

    def _fitted(self, cells: Sequence[str], place: int, faults: dict[int, str]) -> Sequence[str]:
        """A row with one cell for each heading; or as it is, with its fault noted."""
        n = len(self.header)
        if len(cells) < n:
            return [*cells, *[""] * (n - len(cells))]
        if len(cells) > n and place not in faults:
            fault, cells = self._beyond(cells)
            faults |= {place: fault} if fault else {}
        return cells

    def _beyond(self, cells: Sequence[str]) -> tuple[str, Sequence[str]]:
        """The fault of a row with more cells than headings; empty cells at its end are none."""
        n = len(self.header)
        if not any(cell.strip() for cell in cells[n:]):
            return "", cells[:n]
        return (
            f"has {len(cells)} cells, the header {n}; is a decimal comma among them? Write a "
            "point, or put the cell in quotation marks",
            cells,
        )

    def _nameless(self, cells: Sequence[str]) -> str:
        for number in self._without_name:
            if cells[number].strip():
                return (
                    f"cell {number + 1} is {cells[number][:40]!r}, but its column has no heading; "
                    "is a decimal comma in the row? Write a point, or give the column a heading"
                )
        return ""

    def _first_line(self) -> tuple[int, Sequence[str]]:
        """Lines above the headings, which are empty, and the headings."""
        n_above = 0
        for chunk in self._chunks(_ROWS_TOGETHER, 0):
            for place, cells in enumerate(chunk.rows):
                if place in chunk.faults:
                    fault = chunk.faults[place]
                    raise InputError(f"{self.path}: the headings cannot be read: {fault}")
                if any(cell.strip() for cell in cells):
                    return n_above + place, cells
            n_above += len(chunk.rows)
        raise InputError(f"{self.path}: no rows, and no headings")

    def _source(
        self, expected: Container[str], *, any_name: bool
    ) -> Callable[[int, int], Iterator[_Chunk]]:
        path, suffix = self.path, self.path.suffix.lower()
        if suffix not in SUFFIXES and not any_name:
            raise InputError(
                f"{path}: cannot read {suffix or 'a file without suffix'!r}; use "
                f"{', '.join(SUFFIXES)}"
            )
        if not path.exists():
            raise InputError(f"{path}: no such file")
        if suffix == _PARQUET:
            return lambda n, skip: _together(_lines_of_parquet(path), n, skip)
        if suffix in _WORKBOOKS:
            self.remarks = _sheet_remarks(path)
            return lambda n, skip: _together(_lines_of_workbook(path), n, skip)
        _require_text(path)
        dialect = dialect_of(path, expected)
        self.separator, self.decimal_comma = dialect.separator, dialect.decimal_comma
        self.remarks = dialect.remarks
        self._lines_above = int(dialect.has_sep_line)
        return lambda n, skip: _chunks_of_text(path, dialect, n, skip)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Rows of a file as they are, faults of some of them, and their text in a text file."""

    rows: list[Sequence[str]]
    faults: Mapping[int, str]
    text: str = ""


def _together(lines: Iterator[_Line], n_rows: int, skip: int) -> Iterator[_Chunk]:
    lines = islice(lines, skip, None)
    while some := list(islice(lines, n_rows)):
        faults = {place: fault for place, (_, fault) in enumerate(some) if fault}
        yield _Chunk([cells for cells, _ in some], faults)


# Cells of a row, and the fault of reading it.
_Line = tuple[Sequence[str], str]


def _require_text(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if start in _MAGIC:
        raise InputError(f"{path}: is no text but {_MAGIC[start]}")


def _chunks_of_text(path: Path, dialect: Dialect, n_rows: int, skip: int) -> Iterator[_Chunk]:
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
            yield _Chunk(rows, {len(rows) - 1: fault} if fault else {}, text)


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


def _sheet_remarks(path: Path) -> tuple[str, ...]:
    book = _workbook(path, values=True)
    try:
        names = [sheet.title for sheet in book.worksheets]
    finally:
        book.close()
    if not names:
        raise InputError(f"{path}: holds no sheet of cells")
    more = f", the first of {len(names)}" if len(names) > 1 else ""
    return (f"sheet {names[0]!r}{more}",)


def _lines_of_workbook(path: Path) -> Iterator[_Line]:
    """Rows of the first sheet; formulas are looked at beside the values they had when saved."""
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
                f"cell {unknown[0]} holds a formula without its value; open the file in a "
                "spreadsheet program and save it"
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


def _lines_of_parquet(path: Path) -> Iterator[_Line]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield [str(name) for name in file.schema_arrow.names], ""
            batches = file.iter_batches(batch_size=_ROWS_TOGETHER)
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
