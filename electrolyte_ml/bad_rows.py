"""Rows of a table that cannot be used: listed briefly, or skipped into a file where asked for.

All verbs that read tables report faults in this way. However many rows are bad, few lines are shown
and few rows are in memory.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, cast

from electrolyte_ml.errors import TableError
from electrolyte_ml.files import write_atomically, write_csv_rows
from electrolyte_ml.tables.writing import WORKBOOK, fill_workbook
from electrolyte_ml.text import counted, numbered, shown

if TYPE_CHECKING:
    from collections.abc import Hashable

#: Bad rows that are shown with all their faults; the others are counted.
MOST_SHOWN = 20
# Further kinds of faults of which the first row is shown.
_MOST_KINDS = 10
# Of the file of bad rows; what is beyond waits in a temporary file.
_BYTES_IN_MEMORY = 1 << 20
_NUMBER_COLUMN, _REASON_COLUMN = "row", "reason"
_NESTED = {"bytes": "bytes", "dict": "a structure", "ndarray": "a list", "list": "a list"}
# What differs between faults that are alike: quoted texts and numbers.
_PARTICULAR = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[-+]?\d[\d.]*(?:e[-+]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be used.

    Attributes
    ----------
    place
        Where it stands, for messages: ``lab.csv, row 3``.
    reasons
        What is wrong with it, one or more.
    number
        Its number in the file, the first row below the headers being 1; None for what is no row of
        a file, such as an argument, and is never skipped.
    cells
        The row as it was given: text by heading.
    """

    place: str
    reasons: Sequence[str]
    number: int | None = None
    cells: Mapping[str, str] | None = None


@dataclass(slots=True)
class _Kind:
    """Bad rows whose faults differ in quoted texts and numbers only."""

    first: BadRow
    is_shown: bool
    n_more: int = 0
    last: str = ""


class BadRows:
    """Collects the bad rows of one table.

    Parameters
    ----------
    skip_to
        CSV file or workbook for bad rows, which are then skipped; None if they are refused.

    Attributes
    ----------
    skip_to
        As given.
    n_rows
        Bad rows so far.
    """

    def __init__(self, skip_to: Path | None = None) -> None:
        self.skip_to = skip_to
        self.n_rows = 0
        self._shown: list[str] = []
        self._kinds: dict[Hashable, _Kind] = {}
        self._n_unlike = 0
        self._must_refuse = False
        self._columns: tuple[str, ...] = ()
        self._waiting = _waiting_file() if skip_to is not None else None

    def add(self, row: BadRow) -> None:
        """Take up a bad row."""
        self.n_rows += 1
        self._must_refuse |= row.number is None
        if self._waiting is not None and row.number is not None:
            self._keep(row)
        kind = tuple(_PARTICULAR.sub("", reason) for reason in row.reasons)
        if self.n_rows <= MOST_SHOWN:
            self._shown += _lines(row)
            self._kinds.setdefault(kind, _Kind(first=row, is_shown=True))
        elif kind in self._kinds:
            known = self._kinds[kind]
            known.n_more += 1
            known.last = row.place
        elif len(self._kinds) < MOST_SHOWN + _MOST_KINDS:
            self._kinds[kind] = _Kind(first=row, is_shown=False)
        else:
            self._n_unlike += 1

    def messages(self) -> list[str]:
        """A line for each fault of the first rows, then a line for each kind of the others."""
        lines = list(self._shown)
        for kind in self._kinds.values():
            if not kind.is_shown:
                lines += _lines(kind.first)
            if kind.n_more:
                more = f"and {kind.n_more} more"
                lines.append(f"{more} with faults like {kind.first.place}; the last is {kind.last}")
        if self._n_unlike:
            lines.append(f"and {self._n_unlike} more with other faults")
        if self.n_rows > MOST_SHOWN:
            lines.append(f"{self.n_rows} bad rows in all")
        return lines

    def settle(self, n_good: int) -> None:
        """Refuse the table for its bad rows, or write them to the file if they are skipped.

        Parameters
        ----------
        n_good
            Rows that can be used.

        Raises
        ------
        TableError
            If there are bad rows that are not skipped, or no others.
        UnwritableError
            If the file of bad rows cannot be written.
        """
        if not self.n_rows:
            return
        if self.skip_to is None or self._must_refuse:
            raise TableError(self.messages())
        self._write(self.skip_to)
        if not n_good:
            none = f"none of {counted(self.n_rows, 'row')} can be used"
            raise TableError([*self.messages(), f"{none}; all are in {self.skip_to}"])

    def _keep(self, row: BadRow) -> None:
        """Put a row in the waiting file; text beyond the headings comes last."""
        cells = dict(row.cells or {})
        if not self._waiting_has_columns:
            self._columns = tuple(cells)
            self._put([_NUMBER_COLUMN, _REASON_COLUMN, *map(self._heading, self._columns)])
        known = [cells.pop(column, "") for column in self._columns]
        self._put([str(row.number), "; ".join(row.reasons), *known, *cells.values()])

    @property
    def _waiting_has_columns(self) -> bool:
        return self._waiting is not None and self._waiting.tell() > 0

    def _put(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        write_csv_rows(line, [cells])
        if self._waiting is not None:
            self._waiting.write(line.getvalue().encode())

    @staticmethod
    def _heading(column: str) -> str:
        """Heading of a given column; those of this file have theirs."""
        return f"input.{column}" if column in (_NUMBER_COLUMN, _REASON_COLUMN) else column

    def _write(self, path: Path) -> None:
        waiting = self._waiting
        if waiting is None:
            return
        waiting.seek(0)

        def fill(temporary: Path) -> None:
            if path.suffix.lower() == WORKBOOK:
                text = io.TextIOWrapper(waiting, encoding="utf-8", newline="")
                fill_workbook(temporary, {"bad rows": csv.reader(text)})
                return
            with temporary.open("wb") as file:
                shutil.copyfileobj(waiting, file)

        write_atomically(path, fill)


def _waiting_file() -> IO[bytes]:
    """A file that is gone when it is closed, or when the process ends."""
    return cast("IO[bytes]", SpooledTemporaryFile(_BYTES_IN_MEMORY))


def _lines(row: BadRow) -> list[str]:
    return [f"{row.place}: {reason}" for reason in row.reasons]


def named_cells(headings: Sequence[str], cells: Sequence[object]) -> dict[str, str]:
    """Text of cells by heading, none lost: equal headings are numbered, further cells counted.

    Examples
    --------
    >>> named_cells(["recipe", "value", "value"], ["PC", "1", "2", "3"])
    {'recipe': 'PC', 'value': '1', 'value.1': '2', 'cell 4': '3'}
    """
    beyond = [f"cell {n}" for n in range(len(headings) + 1, len(cells) + 1)]
    names = numbered([*headings, *beyond])
    texts = ["" if cell is None else str(cell) for cell in cells]
    return dict(zip(names, texts, strict=False))


def shown_cell(cell: object) -> str:
    """A cell as it is shown in a message: a nested one by its kind, so that such rows are alike.

    Examples
    --------
    >>> shown_cell("1 m NaPF6 in PC"), shown_cell([1, 2])
    ("'1 m NaPF6 in PC'", 'a list')
    """
    if isinstance(cell, str | Number):
        return shown(cell)
    return _NESTED.get(type(cell).__name__, f"a {type(cell).__name__}")
