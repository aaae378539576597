"""Files of tables row by row or in parts, the cells of each row fitted to the headings."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from electrolyte_ml.errors import InputError
from electrolyte_ml.tables.dialect import dialect_of
from electrolyte_ml.tables.formats import (
    PARQUET,
    ROWS_TOGETHER,
    TEXT,
    WORKBOOKS,
    Chunk,
    parquet_chunks,
    require_text,
    sheet_remarks,
    text_chunks,
    workbook_chunks,
)
from electrolyte_ml.tables.headings import visible_heading
from electrolyte_ml.text import numbered, shown

#: Files that are read.
SUFFIXES = (*TEXT, *WORKBOOKS, PARQUET)


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
        names = [visible_heading(cell) for cell in header]
        while names and not names[-1]:
            names.pop()
        self.header = tuple(names)
        self._without_name = [n for n, name in enumerate(names) if not name and n]

    @property
    def is_typed(self) -> bool:
        """Whether its cells are numbers, truth values and text rather than text alone."""
        return self.path.suffix.lower() == PARQUET

    @property
    def columns(self) -> tuple[str, ...]:
        """A name of its own for each column; see `numbered`."""
        return numbered(self.header)

    def rows(self) -> Iterator[Row]:
        """Rows below the headings that hold anything, in their order.

        Raises
        ------
        InputError
            If the file cannot be read any more.
        """
        for part in self.parts(ROWS_TOGETHER):
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

    def _part(self, chunk: Chunk, first: int) -> Part:
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
                    f"cell {number + 1} is {shown(cells[number])}, but its column has no heading; "
                    "is a decimal comma in the row? Write a point, or give the column a heading"
                )
        return ""

    def _first_line(self) -> tuple[int, Sequence[str]]:
        """Lines above the headings, which are empty, and the headings."""
        n_above = 0
        for chunk in self._chunks(ROWS_TOGETHER, 0):
            for place, cells in enumerate(chunk.rows):
                if place in chunk.faults:
                    fault = chunk.faults[place]
                    raise InputError(f"{self.path}: the headings cannot be read: {fault}")
                if any("\0" in cell for cell in cells):
                    raise InputError(f"{self.path}: is no table of text; save it as CSV or xlsx")
                if any(cell.strip() for cell in cells):
                    return n_above + place, cells
            n_above += len(chunk.rows)
        raise InputError(f"{self.path}: no rows, and no headings; the first line names the columns")

    def _source(
        self, expected: Container[str], *, any_name: bool
    ) -> Callable[[int, int], Iterator[Chunk]]:
        path, suffix = self.path, self.path.suffix.lower()
        if suffix not in SUFFIXES and not any_name:
            raise InputError(
                f"{path}: cannot read {suffix or 'a file without suffix'!r}; use "
                f"{', '.join(SUFFIXES)}"
            )
        if not path.exists():
            raise InputError(f"{path}: no such file")
        if suffix == PARQUET:
            return lambda n, skip: parquet_chunks(path, n, skip)
        if suffix in WORKBOOKS:
            self.remarks = sheet_remarks(path)
            return lambda n, skip: workbook_chunks(path, n, skip)
        require_text(path)
        dialect = dialect_of(path, expected)
        self.separator, self.decimal_comma = dialect.separator, dialect.decimal_comma
        self.remarks = dialect.remarks
        self._lines_above = int(dialect.has_sep_line)
        return lambda n, skip: text_chunks(path, dialect, n, skip)
