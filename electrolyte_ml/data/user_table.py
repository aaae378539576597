"""Reading a user's table of measurements, with all faults at once, or without its bad rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING

from electrolyte_ml.bad_rows import BadRow, BadRows, quoted
from electrolyte_ml.data.cleaning import (
    Action,
    CleaningNote,
    CleaningReport,
    Collector,
    joined_report,
)
from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.data.measurements import (
    LONGEST_TEXT,
    METHODS,
    Measurements,
    from_frame,
    long_table_faults,
    to_frame,
    too_long,
)
from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.notebook import html_table
from electrolyte_ml.properties import Property, measurable_properties
from electrolyte_ml.text import first_line, nearest_or_all, one_line
from electrolyte_ml.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    import pandas as pd

_KELVIN_AT_ZERO = {"temperature_k": 0.0, "temperature_c": ZERO_CELSIUS_K}
# Rows that are turned into text together, and recipes that are remembered.
_ROWS_AT_A_TIME, _RECIPES_KEPT = 10_000, 20_000
# Rows that a notebook shows.
_SHOWN_ROWS = 10
_SOURCES = ("doi", "source")
_FLAGS = ("flag", "note")
_KEPT = frozenset((*_SOURCES, *_FLAGS))
_OTHERS = ("recipe", "property", "value", "unit", "uncertainty", "method")
COLUMNS_HELP = (
    "needed are recipe, temperature_c or temperature_k, doi or source, and either property, value "
    "and unit, or columns named after properties, such as conductivity_ms_cm"
)


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
        shown = self.to_frame().drop(columns="composition").head(_SHOWN_ROWS)
        return html_table(repr(self).strip("<>"), shown, str(self.report).splitlines())

    def to_frame(self) -> pd.DataFrame:
        """The long table of all properties, one row a measurement."""
        return to_frame(self.tables)


def read_user_table(
    table: Path | pd.DataFrame, source: str | None = None, *, bad_rows: BadRows | None = None
) -> MeasurementTables:
    """Read a table of measurements.

    Parameters
    ----------
    table
        CSV or Parquet file, or data frame. Columns: ``recipe``; ``temperature_c`` or
        ``temperature_k``; either ``property``, ``value`` and ``unit`` or columns named after
        properties; ``doi`` or ``source``; optionally ``uncertainty`` (in the unit of the value),
        ``method`` and ``flag``. Or the long table, as `Measurements.to_frame` and exports have it.
    source
        Where rows are from that do not say it themselves.
    bad_rows
        Takes up rows that cannot be used; says whether those of a file are skipped.

    Raises
    ------
    InputError
        If the file cannot be read or columns are missing.
    TableError
        If rows cannot be used; all of them are listed, by their number in a file (the first being
        row 1) or by their index in a data frame.
    """
    if isinstance(table, Path):
        frame, name = _read(table), str(table)
    else:
        frame, name = _with_text(table, "DataFrame"), "DataFrame"
    bad = BadRows() if bad_rows is None else bad_rows
    if "composition" in frame and "recipe" not in frame:
        return _of_long_table(frame, name, bad)
    reader = _Reader(name, list(frame.columns), source, bad)
    is_file = isinstance(table, Path)
    for number, label, row in _rows_of(frame):
        place = f"{name}, row {number + 1}" if is_file else f"row {label!r}"
        reader.take(number, place, row, is_file=is_file)
    return reader.finish()


def _rows_of(frame: pd.DataFrame) -> Iterator[tuple[int, object, dict[str, object]]]:
    """Number from 0, label and cells of each row."""
    for start in range(0, len(frame), _ROWS_AT_A_TIME):
        part = frame.iloc[start : start + _ROWS_AT_A_TIME]
        rows = zip(part.index.tolist(), part.to_dict("records"), strict=True)
        for number, (label, row) in enumerate(rows, start=start):
            yield number, label, {str(column): cell for column, cell in row.items()}


def _of_long_table(frame: pd.DataFrame, name: str, bad_rows: BadRows) -> MeasurementTables:
    faults = long_table_faults(frame)
    cells = frame.iloc[list(faults)].to_dict("records")
    for (row, reasons), given in zip(faults.items(), cells, strict=True):
        bad_rows.add(
            BadRow(
                place=f"{name}, row {row + 1}",
                reasons=reasons,
                number=row + 1,
                cells={str(column): str(cell) for column, cell in given.items()},
            )
        )
    bad_rows.settle(len(frame) - len(faults))
    frame = frame.drop(index=frame.index[list(faults)])
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


def _read(file: Path) -> pd.DataFrame:
    import pandas as pd

    suffix = file.suffix.lower()
    if suffix not in {".csv", ".parquet"}:
        raise InputError(f"{file}: cannot read {suffix or 'no suffix'!r}; use .csv or .parquet")
    try:
        if suffix == ".csv":
            frame = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        else:
            frame = pd.read_parquet(file)
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except (ValueError, OSError) as error:
        raise InputError(first_line(f"{file}: cannot be read: {error}")) from error
    return _with_text(frame, str(file))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """One value of a row, K and the property's unit, and the unit it was given in."""

    kind: Property
    formulation: Formulation
    kelvin: float
    value: float
    uncertainty: float
    unit: str
    method: str


class _Reader:
    """Turns rows of text into measurements; gives what is wrong to `bad_rows`."""

    def __init__(
        self, name: str, columns: Sequence[str], source: str | None, bad_rows: BadRows
    ) -> None:
        self.name = name
        self.default_source = source or ""
        self.wide = [c for c in columns if c in measurable_properties()]
        self.temperature = [c for c in columns if c in _KELVIN_AT_ZERO]
        self._check_columns(columns)
        known = {*_OTHERS, *_SOURCES, *_FLAGS, *self.wide, *self.temperature}
        self.ignored = tuple(c for c in columns if c not in known)
        self.used = tuple(c for c in columns if c in known)
        self.bad_rows = bad_rows
        self.n_good = 0
        self.recipe = lru_cache(maxsize=_RECIPES_KEPT)(_recipe)
        self.collectors: dict[str, Collector] = {}
        self.converted: Counter[tuple[str, str]] = Counter()

    def _check_columns(self, columns: Sequence[str]) -> None:
        long = "property" in columns and "value" in columns
        faults = []
        if "recipe" not in columns:
            faults.append("no column 'recipe'")
        if long == bool(self.wide):
            faults.append("both kinds of value columns" if long else "no column of values")
        if len(self.temperature) > 1:
            faults.append("temperature_k and temperature_c, where one is enough")
        if len(set(columns)) != len(columns):
            faults.append("a column twice")
        if faults:
            raise InputError(f"{self.name}: {'; '.join(faults)}; {COLUMNS_HELP}")

    def take(self, number: int, place: str, given: Mapping[str, object], *, is_file: bool) -> None:
        """Keep the measurements of a row, or the row among the bad ones."""
        row = {column: str(cell).strip() for column, cell in given.items()}
        found = self._cell_faults(given)
        measured = [] if found else self._measurements(row, found)
        if found:
            self.bad_rows.add(
                BadRow(
                    place=place,
                    reasons=tuple(dict.fromkeys(found)),
                    number=number + 1 if is_file else None,
                    cells={column: str(cell) for column, cell in given.items()},
                )
            )
            return
        self.n_good += 1
        source, flag = self._source(row), next((row[c] for c in _FLAGS if row.get(c)), "")
        for one in measured:
            if one.unit and one.unit != one.kind.measured_unit:
                self.converted[one.unit, one.kind.measured_unit] += 1
            name = one.kind.name
            self.collectors.setdefault(name, Collector(name, one.method)).take(
                one.formulation,
                temperature_k=one.kelvin,
                value=one.value,
                source=source,
                row=number,
                flag=flag,
                uncertainty=one.uncertainty,
            )

    def _cell_faults(self, given: Mapping[str, object]) -> list[str]:
        """What no column may hold."""
        found = []
        for column in self.used:
            cell = given[column]
            if not isinstance(cell, str | Number | date):
                found.append(f"{column} holds {quoted(cell)}; give text or a number")
            elif column in _KEPT and len(str(cell)) > LONGEST_TEXT:
                found.append(too_long(column, str(cell)))
        return found

    def _source(self, row: Mapping[str, str]) -> str:
        return next((row[c] for c in _SOURCES if row.get(c)), self.default_source)

    def _measurements(self, row: Mapping[str, str], found: list[str]) -> list[_Measured]:
        """Measurements of a row; what is wrong is added to `found`."""
        formulation = self.recipe(row["recipe"])
        if isinstance(formulation, str):
            found.append(formulation)
        kelvin = self._temperature(row, found)
        if not self._source(row):
            found.append("no doi and no source; fill in the column or give --source")
        measured = []
        for kind, text, unit in self._cells(row, found):
            value, uncertainty = self._value(kind, text, unit, row.get("uncertainty", ""), found)
            method = row.get("method") or "experiment"
            found += self._row_faults(kind, value, kelvin, method)
            if not found and isinstance(formulation, Formulation) and kelvin is not None:
                measured.append(
                    _Measured(
                        kind=kind,
                        formulation=formulation,
                        kelvin=kelvin,
                        value=value,
                        uncertainty=uncertainty,
                        unit=unit,
                        method=method,
                    )
                )
        return measured

    def _temperature(self, row: Mapping[str, str], found: list[str]) -> float | None:
        """Temperature, K, NaN where a row has none; None where what it has is no number."""
        column = self.temperature[0] if self.temperature else ""
        text = row.get(column, "")
        if not text:
            return math.nan
        number = _number(text)
        if not math.isfinite(number):
            found.append(f"{column} is {quoted(text)}, not a number")
            return None
        return round(number + _KELVIN_AT_ZERO[column], 9)

    def _cells(self, row: Mapping[str, str], found: list[str]) -> list[tuple[Property, str, str]]:
        """Property, value and unit of each value in a row."""
        kinds = measurable_properties()
        if self.wide:
            cells = [(kinds[c], row[c], row.get("unit", "")) for c in self.wide if row[c]]
            if not cells:
                found.append(f"no value in {', '.join(self.wide)}")
            return cells
        text = row["property"]
        kind = _named(text)
        if kind is None:
            found.append(f"unknown property {quoted(text)}; there are {', '.join(kinds)}")
            return []
        if not row.get("unit") and text != kind.name:
            found.append(f"no unit; write it, or name the property {kind.name}")
        return [(kind, row["value"], row.get("unit", ""))]

    def _value(
        self, kind: Property, text: str, unit: str, stated: str, found: list[str]
    ) -> tuple[float, float]:
        number, uncertainty = _number(text), _number(stated)
        if math.isnan(number):
            found.append(f"value is {quoted(text)}, not a number")
        if stated and not uncertainty >= 0:
            found.append(f"uncertainty is {quoted(stated)}, not a number of 0 or more")
        try:
            factor, offset = conversion(unit, kind) if unit else (1.0, 0.0)
        except ElectrolyteError as error:
            found.append(str(error))
            return math.nan, math.nan
        return number * factor + offset, uncertainty * factor

    def _row_faults(
        self, kind: Property, value: float, kelvin: float | None, method: str
    ) -> list[str]:
        held = self.collectors.get(kind.name)
        faults = [
            None if math.isnan(value) else kind.fault(value),
            None if kelvin is None else kind.temperature_fault(kelvin),
        ]
        if method not in METHODS:
            faults.append(f"method is {quoted(method)}; use {', '.join(METHODS)}")
        elif held is not None and held.method != method:
            faults.append(
                f"{kind.name} by {method} beside {held.method}; import them as two data sets"
            )
        return [fault for fault in faults if fault]

    def finish(self) -> MeasurementTables:
        self.bad_rows.settle(self.n_good)
        done = {name: c.finish(Path(self.name).name) for name, c in self.collectors.items()}
        report = joined_report({name: report for name, (_, report) in done.items()})
        notes = tuple(
            CleaningNote(action=Action.CORRECTED, n_rows=n, what=f"converted from {a} to {b}")
            for (a, b), n in self.converted.items()
        )
        return MeasurementTables(
            tables=tuple(measurements for measurements, _ in done.values()),
            report=CleaningReport(
                source=report.source,
                n_read=report.n_read,
                n_kept=report.n_kept,
                notes=(*notes, *report.notes),
            ),
            ignored=self.ignored,
        )


def _recipe(text: str) -> Formulation | str:
    """A recipe, or its fault."""
    try:
        return parse_recipe(text)
    except ElectrolyteError as error:
        return f"recipe {quoted(text)}: {one_line(error)}"


def _named(text: str) -> Property | None:
    """Property of a name with or without its unit: ``conductivity``, ``conductivity_ms_cm``."""
    kinds = measurable_properties()
    if text in kinds:
        return kinds[text]
    stem = text.lower().replace(" ", "_") + "_"
    matches = [kind for name, kind in kinds.items() if text and name.startswith(stem)]
    return matches[0] if len(matches) == 1 else None


def _number(text: str) -> float:
    try:
        # Python alone reads 1_000 as a number.
        return float(text.replace("\N{MINUS SIGN}", "-").replace("_", " _"))
    except ValueError:
        return math.nan
