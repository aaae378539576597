"""Reading a user's table of measurements, with all faults at once, or without its bad rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from electrolyte_ml.bad_rows import BadRow, BadRows, named_cells
from electrolyte_ml.data.cleaning import (
    CleaningReport,
)
from electrolyte_ml.data.long_table import from_frame, long_table_faults, to_frame
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.user_columns import user_columns
from electrolyte_ml.data.user_rows import RowReader
from electrolyte_ml.errors import InputError
from electrolyte_ml.notebook import html_table
from electrolyte_ml.tables import (
    TableFile,
    note,
    plain_heading,
)
from electrolyte_ml.text import first_line, nearest_or_all

if TYPE_CHECKING:
    import pandas as pd

# Rows that are turned into text together.
_ROWS_AT_A_TIME = 10_000
# Rows that a notebook shows.
_SHOWN_ROWS = 10
# The long table of exports has this and no recipe.
_COMPOSITION = "composition"
_LONG_NUMBERS = ("value", "uncertainty", "temperature_k")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MeasurementTables:
    """Measurements of one data set, a table for each property, and what was done to its rows.

    Attributes
    ----------
    tables
        Measurements, one for each property.
    report
        What had to be done to rows.
    ignored
        Columns of the file that mean nothing here.
    """

    tables: tuple[Measurements, ...]
    report: CleaningReport
    ignored: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.tables)

    def __iter__(self) -> Iterator[Measurements]:
        return iter(self.tables)

    def __getitem__(self, property_name: str) -> Measurements:
        """Measurements of one property.

        Raises
        ------
        InputError
            If there are none.
        """
        for table in self.tables:
            if table.property_name == property_name:
                return table
        names = [t.property_name for t in self.tables]
        raise InputError(
            f"no measurements of {property_name!r}{nearest_or_all(property_name, names)}"
        )

    def __repr__(self) -> str:
        held = ", ".join(f"{len(t)} of {t.property_name}" for t in self.tables)
        return f"<MeasurementTables of {self.report.source}: {held}>"

    def _repr_html_(self) -> str:
        first = self.to_frame().drop(columns="composition").head(_SHOWN_ROWS)
        return html_table(repr(self).strip("<>"), first, str(self.report).splitlines())

    def to_frame(self) -> pd.DataFrame:
        """The long table of all properties, one row a measurement."""
        return to_frame(self.tables)


def read_user_table(
    table: Path | pd.DataFrame,
    source: str | None = None,
    *,
    bad_rows: BadRows | None = None,
    accept_unusual: bool = False,
) -> MeasurementTables:
    """Read a table of measurements.

    Parameters
    ----------
    table
        File (see `electrolyte_ml.tables.SUFFIXES`) or data frame. Columns: ``recipe``;
        ``temperature_c``, ``temperature_k`` or such as ``T / K``; either ``property``, ``value``
        and ``unit`` or columns named after properties, such as ``conductivity_ms_cm`` or
        ``conductivity / S m-1`` (equal ones are replicates); ``doi`` or ``source``; optionally
        ``uncertainty`` (in the unit of the value; of several properties,
        ``uncertainty conductivity_ms_cm``), ``method`` and ``flag``. Or the long table, as
        `Measurements.to_frame` and exports have it.
    source
        Where rows are from that do not say it themselves.
    bad_rows
        Takes up rows that cannot be used; says whether those of a file are skipped.
    accept_unusual
        Whether values and temperatures that no known electrolyte has are meant.

    Raises
    ------
    InputError
        If the file cannot be read or columns are missing.
    TableError
        If rows cannot be used; all of them are listed, by their number in a file (the first being
        row 1) or by their index in a data frame.
    """
    bad = BadRows() if bad_rows is None else bad_rows
    if not isinstance(table, Path):
        return _of_frame(_with_text(table, "DataFrame"), None, source, bad, accept_unusual)
    file = _opened(table)
    if not file.is_typed and not _is_long(file.header):
        columns = user_columns(str(table), file.header)
        note(file.path, [*file.remarks, *columns.remarks])
        comma = file.decimal_comma
        reader = RowReader(str(table), columns, source, bad, comma=comma, unusual=accept_unusual)
        for row in file.rows():
            (place,) = file.places([row.number])
            reader.take(row.number - 1, place, row.cells, is_file=True, fault=row.fault)
        return _finished(reader)
    return _of_frame(_frame_of(file, bad), table, source, bad, accept_unusual)


def _of_frame(
    frame: pd.DataFrame, path: Path | None, source: str | None, bad: BadRows, accept_unusual: bool
) -> MeasurementTables:
    name = "DataFrame" if path is None else str(path)
    if _is_long(frame.columns):
        return _of_long_table(frame, path, bad)
    columns = user_columns(name, list(frame.columns))
    if path is not None:
        note(path, columns.remarks)
    reader = RowReader(name, columns, source, bad, unusual=accept_unusual)
    for number, (label, cells) in enumerate(_rows_of(frame)):
        place = f"row {label!r}" if path is None else f"{name}, row {number + 1}"
        reader.take(number, place, cells, is_file=path is not None)
    return _finished(reader)


def _finished(reader: RowReader) -> MeasurementTables:
    tables, report = reader.finish()
    return MeasurementTables(tables=tables, report=report, ignored=reader.columns.ignored)


def _opened(path: Path) -> TableFile:
    file = TableFile(path, expected={"recipe", _COMPOSITION})
    if next(file.rows(), None) is None:
        raise InputError(f"{path}: no rows")
    return file


def _is_long(header: Iterable[object]) -> bool:
    """Whether a table is the long one, as exports have it."""
    names = {plain_heading(heading) for heading in header}
    return _COMPOSITION in names and "recipe" not in names


def _rows_of(frame: pd.DataFrame) -> Iterator[tuple[object, list[object]]]:
    """Label and cells of each row."""
    for start in range(0, len(frame), _ROWS_AT_A_TIME):
        part = frame.iloc[start : start + _ROWS_AT_A_TIME]
        rows = part.itertuples(index=False, name=None)
        for label, cells in zip(part.index.tolist(), rows, strict=True):
            yield label, list(cells)


def _frame_of(table: TableFile, bad_rows: BadRows) -> pd.DataFrame:
    """The whole file as a frame by number of the row; its missing cells are empty."""
    import pandas as pd

    if table.is_typed:
        try:
            frame = pd.read_parquet(table.path).reset_index(drop=True)
            return _with_text(frame.set_axis(frame.index + 1), str(table.path))
        except (ValueError, OSError) as error:
            raise InputError(first_line(f"{table.path}: cannot be read: {error}")) from error
    note(table.path, table.remarks)
    rows = []
    for row in table.rows():
        if row.fault:
            bad_rows.add(
                BadRow(
                    place=table.places([row.number])[0],
                    reasons=[row.fault],
                    number=row.number,
                    cells=named_cells(table.header, row.cells),
                )
            )
        else:
            rows.append(row)
    if not rows:
        bad_rows.settle(0)
    frame = pd.DataFrame(
        [row.cells for row in rows],
        columns=list(table.columns),
        index=[row.number for row in rows],
        dtype=object,
    )
    for column in _LONG_NUMBERS if table.decimal_comma else ():
        if column in frame:
            frame[column] = [cell.replace(",", ".") for cell in frame[column]]
    return _with_text(frame, str(table.path))


def _of_long_table(frame: pd.DataFrame, path: Path | None, bad_rows: BadRows) -> MeasurementTables:
    """Measurements of the long table; rows of a file have their numbers as the index."""
    name = "DataFrame" if path is None else str(path)
    faults = long_table_faults(frame)
    headings, labels = list(map(str, frame.columns)), frame.index.tolist()
    for row, reasons in faults.items():
        bad_rows.add(
            BadRow(
                place=f"row {labels[row]!r}" if path is None else f"{name}, row {labels[row]}",
                reasons=reasons,
                number=None if path is None else labels[row],
                cells=named_cells(headings, frame.iloc[row].tolist()),
            )
        )
    bad_rows.settle(len(frame) - len(faults))
    frame = frame.iloc[[row for row in range(len(frame)) if row not in faults]]
    n = len(frame)
    report = CleaningReport(source=Path(name).name, n_read=n, n_kept=n, notes=())
    return MeasurementTables(tables=from_frame(frame), report=report)


def _with_text(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """A table whose missing cells are empty and whose columns are named in text."""
    frame = frame.astype(object).where(frame.notna(), "")
    frame.columns = [str(c).strip() for c in frame.columns]
    if frame.empty:
        raise InputError(f"{name}: no rows")
    return frame
