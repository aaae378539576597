"""Reading a user's table of measurements, with all faults at once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from electrolyte_ml.data.cleaning import (
    Action,
    CleaningNote,
    CleaningReport,
    Collector,
    joined_report,
)
from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.data.measurements import METHODS, Measurements, from_frame, to_frame
from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.notebook import html_table
from electrolyte_ml.properties import Property, measurable_properties
from electrolyte_ml.text import first_line, nearest_or_all, one_line
from electrolyte_ml.units import ZERO_CELSIUS_K

if TYPE_CHECKING:
    import pandas as pd

_KELVIN_AT_ZERO = {"temperature_k": 0.0, "temperature_c": ZERO_CELSIUS_K}
# Rows that a notebook shows.
_SHOWN_ROWS = 10
_SOURCES = ("doi", "source")
_FLAGS = ("flag", "note")
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


def read_user_table(table: Path | pd.DataFrame, source: str | None = None) -> MeasurementTables:
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
        places = [f"{name}, row {n}" for n in range(1, len(frame) + 1)]
    else:
        frame, name = _with_text(table, "DataFrame"), "DataFrame"
        places = [f"row {label!r}" for label in frame.index.tolist()]
    if "composition" in frame and "recipe" not in frame:
        return _of_long_table(frame, name)
    reader = _Reader(name, list(frame.columns), source)
    for number, (place, row) in enumerate(zip(places, frame.to_dict("records"), strict=True)):
        reader.take(number, place, {str(k): str(v).strip() for k, v in row.items()})
    return reader.finish()


def _of_long_table(frame: pd.DataFrame, name: str) -> MeasurementTables:
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


class _Reader:
    """Turns rows of text into measurements; writes what is wrong into `faults`."""

    def __init__(self, name: str, columns: Sequence[str], source: str | None) -> None:
        self.name = name
        self.default_source = source or ""
        self.wide = [c for c in columns if c in measurable_properties()]
        self.temperature = [c for c in columns if c in _KELVIN_AT_ZERO]
        self._check_columns(columns)
        known = {*_OTHERS, *_SOURCES, *_FLAGS, *self.wide, *self.temperature}
        self.ignored = tuple(c for c in columns if c not in known)
        self.faults: list[str] = []
        self.recipes: dict[str, Formulation | str] = {}
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

    def take(self, number: int, place: str, row: Mapping[str, str]) -> None:
        formulation = self._recipe(row["recipe"])
        found: list[str] = [formulation] if isinstance(formulation, str) else []
        kelvin = self._temperature(row, found)
        source = next((row[c] for c in _SOURCES if row.get(c)), self.default_source)
        if not source:
            found.append("no doi and no source; fill in the column or give --source")
        cells = self._cells(row, found)
        for kind, text, unit in cells:
            value, uncertainty = self._value(kind, text, unit, row.get("uncertainty", ""), found)
            method = row.get("method") or "experiment"
            found += self._row_faults(kind, value, kelvin, method)
            if found or isinstance(formulation, str) or kelvin is None:
                continue
            if unit and unit != kind.measured_unit:
                self.converted[unit, kind.measured_unit] += 1
            collector = self.collectors.setdefault(kind.name, Collector(kind.name, method))
            collector.take(
                formulation,
                temperature_k=kelvin,
                value=value,
                source=source,
                row=number,
                flag=next((row[c] for c in _FLAGS if row.get(c)), ""),
                uncertainty=uncertainty,
            )
        self.faults += [f"{place}: {fault}" for fault in dict.fromkeys(found)]

    def _recipe(self, text: str) -> Formulation | str:
        if text not in self.recipes:
            try:
                self.recipes[text] = parse_recipe(text)
            except ElectrolyteError as error:
                self.recipes[text] = f"recipe {text!r}: {one_line(error)}"
        return self.recipes[text]

    def _temperature(self, row: Mapping[str, str], found: list[str]) -> float | None:
        """Temperature, K, NaN where a row has none; None where what it has is no number."""
        column = self.temperature[0] if self.temperature else ""
        text = row.get(column, "")
        if not text:
            return math.nan
        number = _number(text)
        if not math.isfinite(number):
            found.append(f"{column} is {text!r}, not a number")
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
            found.append(f"unknown property {text!r}; there are {', '.join(kinds)}")
            return []
        if not row.get("unit") and text != kind.name:
            found.append(f"no unit; write it, or name the property {kind.name}")
        return [(kind, row["value"], row.get("unit", ""))]

    def _value(
        self, kind: Property, text: str, unit: str, stated: str, found: list[str]
    ) -> tuple[float, float]:
        number, uncertainty = _number(text), _number(stated)
        if math.isnan(number):
            found.append(f"value is {text!r}, not a number")
        if stated and not uncertainty >= 0:
            found.append(f"uncertainty is {stated!r}, not a number of 0 or more")
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
            faults.append(f"method is {method!r}; use {', '.join(METHODS)}")
        elif held is not None and held.method != method:
            faults.append(
                f"{kind.name} by {method} beside {held.method}; import them as two data sets"
            )
        return [fault for fault in faults if fault]

    def finish(self) -> MeasurementTables:
        if self.faults:
            raise TableError(self.faults)
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
        return float(text.replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return math.nan
