"""Rows of a user's table of measurements: what each cell says, and what is wrong with it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from numbers import Number
from pathlib import Path

from electrolyte_ml.bad_rows import BadRow, BadRows, named_cells, shown_cell
from electrolyte_ml.data.cleaning import (
    Action,
    CleaningNote,
    CleaningReport,
    Collector,
    joined_report,
)
from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.data.measurements import LONGEST_TEXT, METHODS, Measurements, too_long
from electrolyte_ml.data.user_columns import FLAGS, SOURCES, UNCERTAINTY, UserColumns
from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.properties import Property, measurable_properties
from electrolyte_ml.tables import (
    kelvin_of_cell,
    plain_heading,
    read_number,
    unusual_temperature,
    unusual_value,
)
from electrolyte_ml.text import one_line, shown

# Recipes that are remembered.
_RECIPES_KEPT = 20_000
_KEPT = frozenset((*SOURCES, *FLAGS))


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


@dataclass(frozen=True, slots=True)
class _Cell:
    """A value as it is written, with its unit, and its uncertainty with its own."""

    kind: Property
    text: str
    unit: str
    stated: str
    stated_unit: str


class RowReader:
    """Turns rows of text into measurements; gives what is wrong to `bad_rows`.

    Raises
    ------
    InputError
        If neither the columns nor `source` say where rows are from.
    """

    def __init__(
        self,
        name: str,
        columns: UserColumns,
        source: str | None,
        bad_rows: BadRows,
        *,
        comma: bool = False,
        unusual: bool = False,
    ) -> None:
        self.name = name
        self.columns = columns
        self.used = [
            (number, columns.header[number], plain_heading(columns.header[number]) in _KEPT)
            for number in sorted(columns.used)
        ]
        self.default_source = source or ""
        if not self.default_source and not any(column in columns.single for column in SOURCES):
            raise InputError(
                f"{name}: no column {' or '.join(SOURCES)}; add one, or say where all rows are "
                'from, such as --source "our laboratory"'
            )
        self.comma = comma
        self.accept_unusual = unusual
        self.bad_rows = bad_rows
        self.n_good = 0
        self.recipe = lru_cache(maxsize=_RECIPES_KEPT)(_recipe)
        self.collectors: dict[str, Collector] = {}
        self.converted: Counter[tuple[str, str]] = Counter()

    def take(
        self, number: int, place: str, given: Sequence[object], *, is_file: bool, fault: str = ""
    ) -> None:
        """Keep the measurements of a row, or the row among the bad ones."""
        found = [fault] if fault else self._cell_faults(given)
        row = {} if found else {c: str(given[n]).strip() for c, n in self.columns.single.items()}
        measured = [] if found else self._measurements(row, given, found)
        if found:
            self.bad_rows.add(
                BadRow(
                    place=place,
                    reasons=tuple(dict.fromkeys(found)),
                    number=number + 1 if is_file else None,
                    cells=named_cells(self.columns.header, given),
                )
            )
            return
        self.n_good += 1
        source, flag = self._source(row), next((row[c] for c in FLAGS if row.get(c)), "")
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

    def _cell_faults(self, given: Sequence[object]) -> list[str]:
        """What no column may hold."""
        found = []
        for number, column, is_kept in self.used:
            cell = given[number]
            if not isinstance(cell, str | Number | date):
                found.append(f"{column} holds {shown_cell(cell)}; give text or a number")
            elif is_kept and len(str(cell)) > LONGEST_TEXT:
                found.append(too_long(column, str(cell)))
        return found

    def _source(self, row: Mapping[str, str]) -> str:
        return next((row[c] for c in SOURCES if row.get(c)), self.default_source)

    def _measurements(
        self, row: Mapping[str, str], given: Sequence[object], found: list[str]
    ) -> list[_Measured]:
        """Measurements of a row; what is wrong is added to `found`."""
        formulation = self.recipe(row["recipe"])
        if isinstance(formulation, str):
            found.append(formulation)
        kelvin = self._temperature(row, found)
        if not self._source(row):
            found.append("no doi and no source; fill in the column or give --source")
        measured = []
        for cell in self._cells(row, given, found):
            value, uncertainty = self._value(cell, found)
            method = row.get("method") or "experiment"
            found += self._row_faults(cell.kind, value, kelvin, method)
            if not found and isinstance(formulation, Formulation) and kelvin is not None:
                measured.append(
                    _Measured(
                        kind=cell.kind,
                        formulation=formulation,
                        kelvin=kelvin,
                        value=value,
                        uncertainty=uncertainty,
                        unit=cell.unit,
                        method=method,
                    )
                )
        return measured

    def _temperature(self, row: Mapping[str, str], found: list[str]) -> float | None:
        """Temperature, K, NaN where a row has none; None where what it has is no number."""
        column = self.columns.temperature
        text = row.get(column, "")
        if not text:
            return math.nan
        number = self._number(text, f"{column} is", found)
        if not math.isfinite(number):
            if math.isinf(number):
                found.append(f"{column} is {shown(text)}, not a number that a computer has")
            return None
        kelvin = kelvin_of_cell(column, number)
        unusual = None
        if kelvin > 0 and not self.accept_unusual:
            unusual = unusual_temperature(kelvin, f"{column} is {text}")
        found += [] if unusual is None else [unusual]
        return kelvin

    def _cells(
        self, row: Mapping[str, str], given: Sequence[object], found: list[str]
    ) -> list[_Cell]:
        """Each value in a row."""
        columns = self.columns
        if not columns.measured:
            return self._long_cell(row, found)
        stated = {
            held.kind.name: (str(given[number]).strip(), held.unit)
            for number, held in columns.uncertainties.items()
        }
        cells = []
        for number, held in columns.measured.items():
            text, unit = str(given[number]).strip(), held.unit or row.get("unit", "")
            # An uncertainty without a unit of its own is in that of the value.
            plain = (row.get(UNCERTAINTY, ""), unit)
            uncertainty, its_unit = stated.get(held.kind.name, plain)
            if text:
                cells.append(_Cell(held.kind, text, unit, uncertainty, its_unit))
        if not cells:
            names = ", ".join(columns.header[number] for number in columns.measured)
            found.append(f"no value in {names}")
        return cells

    def _long_cell(self, row: Mapping[str, str], found: list[str]) -> list[_Cell]:
        text, unit = row["property"], row.get("unit", "")
        kind = _named(text)
        if kind is None:
            known = ", ".join(measurable_properties())
            found.append(f"unknown property {shown(text)}; there are {known}")
            return []
        if not unit and text != kind.name:
            found.append(f"no unit; write it, or name the property {kind.name}")
        return [_Cell(kind, row["value"], unit, row.get(UNCERTAINTY, ""), unit)]

    def _value(self, cell: _Cell, found: list[str]) -> tuple[float, float]:
        number = self._number(cell.text, "value is", found)
        uncertainty = math.nan
        if cell.stated:
            uncertainty = self._number(cell.stated, "uncertainty is", found)
        if uncertainty < 0:
            found.append(f"uncertainty is {shown(cell.stated)}, not a number of 0 or more")
        try:
            factor, offset = conversion(cell.unit, cell.kind) if cell.unit else (1.0, 0.0)
            scale, _ = conversion(cell.stated_unit, cell.kind) if cell.stated_unit else (1.0, 0.0)
        except ElectrolyteError as error:
            found.append(str(error))
            return math.nan, math.nan
        return number * factor + offset, uncertainty * scale

    def _number(self, text: str, what: str, found: list[str]) -> float:
        """A number, or NaN with a line in `found`."""
        try:
            return read_number(text, decimal_comma=self.comma)
        except InputError as error:
            found.append(f"{what} {error}")
            return math.nan

    def _row_faults(
        self, kind: Property, value: float, kelvin: float | None, method: str
    ) -> list[str]:
        held = self.collectors.get(kind.name)
        faults = [
            None if math.isnan(value) else self._value_fault(kind, value),
            None if kelvin is None else kind.temperature_fault(kelvin),
        ]
        if method not in METHODS:
            faults.append(f"method is {shown(method)}; use {', '.join(METHODS)}")
        elif held is not None and held.method != method:
            faults.append(
                f"{kind.name} by {method} beside {held.method}; import them as two data sets"
            )
        return [fault for fault in faults if fault]

    def _value_fault(self, kind: Property, value: float) -> str | None:
        fault = kind.fault(value)
        if fault is None and not self.accept_unusual:
            return unusual_value(kind, value)
        return fault

    def finish(self) -> tuple[tuple[Measurements, ...], CleaningReport]:
        """Measurements of the rows, a table for each property, and what was done to them."""
        self.bad_rows.settle(self.n_good)
        done = {name: c.finish(Path(self.name).name) for name, c in self.collectors.items()}
        report = joined_report({name: report for name, (_, report) in done.items()})
        notes = tuple(
            CleaningNote(action=Action.CORRECTED, n_rows=n, what=f"converted from {a} to {b}")
            for (a, b), n in self.converted.items()
        )
        return tuple(measurements for measurements, _ in done.values()), CleaningReport(
            source=report.source,
            n_read=report.n_read,
            n_kept=report.n_kept,
            notes=(*notes, *report.notes),
        )


def _recipe(text: str) -> Formulation | str:
    """A recipe, or its fault."""
    try:
        return parse_recipe(text)
    except ElectrolyteError as error:
        return f"recipe {shown(text)}: {one_line(error)}"


def _named(text: str) -> Property | None:
    """Property of a name with or without its unit: ``conductivity``, ``conductivity_ms_cm``."""
    kinds = measurable_properties()
    if text in kinds:
        return kinds[text]
    stem = text.lower().replace(" ", "_") + "_"
    matches = [kind for name, kind in kinds.items() if text and name.startswith(stem)]
    return matches[0] if len(matches) == 1 else None
