"""Reading tables of results, with all faults reported at once."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from electrolyte_ml.arguments import TableLike, table_of_rows
from electrolyte_ml.campaign.state import CampaignState, Quantity, Result, Status, Suggestion
from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.files import sha256_of
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.properties import Property, measurable_properties, properties
from electrolyte_ml.tables import (
    Heading,
    TableFile,
    note,
    plain_heading,
    read_number,
    read_quantity,
    unusual_temperature,
    unusual_value,
)
from electrolyte_ml.text import nearest_or_all
from electrolyte_ml.units import temperature_k

if TYPE_CHECKING:
    import pandas as pd

#: A file of a table, a table with the same columns, or its cells as text.
ResultsSource: TypeAlias = "str | Path | TableLike | ResultsTable"
_ID, _RECIPE, _STATUS, _COMMENT = "id", "recipe", "status", "comment"
# Columns of a sheet of suggestions that are not read back.
_CARRIED = ("why", "warnings", "weigh out, g for 100 g", "suggestion")
_CARRIED_PREFIX = "predicted "
_KEYS = (_ID, _RECIPE, _STATUS, _COMMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What a column holds: a property, and how its numbers become the property's unit."""

    kind: Property
    quantity: Quantity
    factor: float
    offset: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsTable:
    """Cells of a table of results, as text.

    Attributes
    ----------
    name
        Name of the table in messages: its file, or ``DataFrame``.
    header
        Names of the columns.
    rows
        Each row as its place (for messages) and its cells by column.
    sha256
        SHA-256 of the content.
    decimal_comma
        Whether the decimal sign is a comma.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, str]], ...]
    sha256: str
    decimal_comma: bool = False

    @classmethod
    def of(cls, results: ResultsSource) -> ResultsTable:
        """The table of a file, a data frame, a dict or a list of dicts; a table as it is.

        Raises
        ------
        InputError
            If a file cannot be read, or what is given is no table.
        TableError
            If rows of a file have more cells than there are columns.
        """
        if isinstance(results, str | Path):
            return _read_file(Path(results))
        if isinstance(results, ResultsTable):
            return results
        return _of_frame(
            table_of_rows(
                results,
                "results are a CSV or xlsx file, a data frame, or a list of dicts such as "
                "[{'id': 'S001', 'conductivity_ms_cm at 25 degC': 7.5}]",
            )
        )


def read_results(
    table: ResultsTable, state: CampaignState, *, accept_unusual: bool = False
) -> list[Result]:
    """Read a table of results.

    Parameters
    ----------
    table
        With a column ``id`` (of a suggestion) or ``recipe`` or both, one column for each
        measured property such as ``conductivity_ms_cm at 25 degC`` or
        ``conductivity / S m-1 at 25 °C``, optionally ``status``
        (``ok``, ``failed`` or ``skipped``) and ``comment``. Several rows of one recipe are
        replicates. Rows without any entry are left out, so that a sheet may be half filled in.
    state
        State of the campaign, with its suggestions.
    accept_unusual
        Whether values and temperatures that no known electrolyte has are meant.

    Returns
    -------
    list of Result
        At least one.

    Raises
    ------
    TableError
        With a line for every fault of every row.
    InputError
        If the table holds no result.
    """
    faults: list[str] = []
    quantities = _quantities(table.header, table.name, faults, accept_unusual=accept_unusual)
    results = []
    for place, row in table.rows:
        if not any(row.get(c) for c in (*quantities, _STATUS, _COMMENT)):
            continue
        values = _values(row, quantities, table, place, faults, accept_unusual=accept_unusual)
        result = _result(row, quantities, state, values, place=place, faults=faults)
        if result is not None:
            results.append(result)
    if faults:
        raise TableError(faults)
    if not results:
        raise InputError(f"{table.name}: no row holds a measured value or a status")
    return results


def _read_file(path: Path) -> ResultsTable:
    table = TableFile(path, expected=set(_KEYS))
    header = [_plain_key(heading) for heading in table.header]
    note(path, table.remarks)
    rows, faults = [], []
    for row in table.rows():
        place = f"{path}, line {table.line(row.number)}"
        if row.fault:
            faults.append(f"{place}: {row.fault}")
        cells = [cell.strip() for cell in row.cells]
        rows.append((place, dict(zip(header, cells, strict=False))))
    if faults:
        raise TableError(faults)
    return ResultsTable(
        name=str(path),
        header=tuple(header),
        rows=tuple(rows),
        sha256=sha256_of(path),
        decimal_comma=table.decimal_comma,
    )


def _plain_key(heading: str) -> str:
    """``id`` for ``ID``; other headings as they are."""
    plain = plain_heading(heading)
    known = (*_KEYS, *_CARRIED)
    return plain if plain in known or plain.startswith(_CARRIED_PREFIX) else heading


def _of_frame(frame: pd.DataFrame) -> ResultsTable:
    header = [_plain_key(str(column).strip()) for column in frame.columns]
    missing = frame.isna().to_numpy()
    cells = [
        ["" if gone else str(value).strip() for value, gone in zip(row, lacks, strict=True)]
        for row, lacks in zip(frame.itertuples(index=False, name=None), missing, strict=True)
    ]
    content = json.dumps([header, cells], ensure_ascii=False).encode()
    return ResultsTable(
        name="DataFrame",
        header=tuple(header),
        rows=tuple(
            (f"row {label}", dict(zip(header, row, strict=True)))
            for label, row in zip(frame.index, cells, strict=True)
        ),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _quantities(
    header: Sequence[str], name: str, faults: list[str], *, accept_unusual: bool
) -> dict[str, _Measured]:
    """Columns of measured values."""
    found: dict[str, _Measured] = {}
    if _ID not in header and _RECIPE not in header:
        faults.append(f"{name}: needs a column {_ID!r} or {_RECIPE!r}; it has {', '.join(header)}")
    faults += [
        f"{name}: column {column!r} is there more than once"
        for column in _KEYS
        if header.count(column) > 1
    ]
    for column in header:
        if column in (*_KEYS, *_CARRIED, "") or column.startswith(_CARRIED_PREFIX):
            continue
        try:
            measured = _measured(column)
        except InputError as error:
            faults.append(f"{name}, column {column!r}: {error}")
            continue
        quantity = measured.quantity
        if any(other.quantity == quantity for other in found.values()):
            faults.append(
                f"{name}: column {column!r} means the same as another one; write replicates as "
                "rows of their own"
            )
        unusual = None
        if quantity[1] is not None and not accept_unusual:
            unusual = unusual_temperature(quantity[1], f"column {column!r}")
        faults += [] if unusual is None else [f"{name}: {unusual}"]
        found[column] = measured
    return found


def _measured(column: str) -> _Measured:
    """What a heading says, such as ``conductivity_ms_cm at 25 degC``.

    Raises
    ------
    InputError
        If it is no property with its temperature.
    """
    name, _, temperature = (part.strip() for part in column.partition(" at "))
    heading = _heading(name)
    kind = heading.kind
    if not kind.is_measurable:
        raise InputError(f"{name} follows from the recipe and is not measured; remove it")
    if temperature and not kind.at_temperature:
        raise InputError(f"{name} has no temperature")
    if kind.at_temperature and not temperature:
        raise InputError(f"needs its temperature, such as '{name} at 25 degC'")
    factor, offset = conversion(heading.unit, kind) if heading.unit else (1.0, 0.0)
    return _Measured(
        kind=kind,
        quantity=(kind.name, temperature_k(temperature) if temperature else None),
        factor=factor,
        offset=offset,
    )


def _heading(name: str) -> Heading:
    found = read_quantity(name)
    if found is not None:
        return found
    plain = plain_heading(name)
    if plain in properties():
        return Heading(kind=properties()[plain])
    raise InputError(f"no such property{nearest_or_all(plain, [*_KEYS, *measurable_properties()])}")


def _result(
    row: Mapping[str, str],
    quantities: Mapping[str, _Measured],
    state: CampaignState,
    values: Mapping[Quantity, float],
    *,
    place: str,
    faults: list[str],
) -> Result | None:
    before = len(faults)
    suggested, formulation = _what(row, state, place, faults)
    status = _status(row, any(row.get(c) for c in quantities), place, faults)
    if len(faults) > before or formulation is None or status is None:
        return None
    return Result(
        suggestion=suggested,
        formulation=formulation,
        status=status,
        values=values,
        comment=row.get(_COMMENT, ""),
    )


def _what(
    row: Mapping[str, str], state: CampaignState, place: str, faults: list[str]
) -> tuple[str | None, Formulation | None]:
    """Suggestion and recipe of a row; a recipe in the row overrides that of the suggestion."""
    name, text = row.get(_ID, ""), row.get(_RECIPE, "")
    suggested = state.suggestion(name) if name else None
    if name and suggested is None:
        ids = [s.id for s in state.suggestions]
        known = f"; suggested were {ids[0]} to {ids[-1]}" if ids else "; nothing was suggested yet"
        faults.append(f"{place}: unknown id {name!r}{known}")
    if not name and not text:
        faults.append(f"{place}: neither {_ID} nor {_RECIPE} is given")
    formulation = None if suggested is None else suggested.formulation
    if text:
        try:
            written = parse_recipe(text)
        except ElectrolyteError as error:
            faults.append(f"{place}: {error}")
        else:
            same = formulation is not None and written.key == formulation.key
            formulation = formulation if same else written
            other = None if same else _suggested_as(written, state)
            if suggested is not None and other is not None:
                faults.append(
                    f"{place}: the recipe is that of {other.id}, not of {suggested.id}; was one "
                    "column sorted alone? Correct the id, or the recipe"
                )
    return None if suggested is None else suggested.id, formulation


def _suggested_as(formulation: Formulation, state: CampaignState) -> Suggestion | None:
    return next((s for s in state.suggestions if s.formulation.key == formulation.key), None)


def _values(
    row: Mapping[str, str],
    quantities: Mapping[str, _Measured],
    table: ResultsTable,
    place: str,
    faults: list[str],
    *,
    accept_unusual: bool,
) -> dict[Quantity, float]:
    values: dict[Quantity, float] = {}
    for column, measured in quantities.items():
        text = row.get(column, "")
        if not text:
            continue
        try:
            number = read_number(text, decimal_comma=table.decimal_comma)
        except InputError as error:
            faults.append(f"{place}: {column} is {error}")
            continue
        value = number * measured.factor + measured.offset if math.isfinite(number) else number
        fault = measured.kind.fault(value)
        if fault is None and not accept_unusual:
            fault = unusual_value(measured.kind, value)
        if fault is not None:
            faults.append(f"{place}: {column}: {fault}")
        values[measured.quantity] = value
    return values


def _status(
    row: Mapping[str, str], has_values: bool, place: str, faults: list[str]
) -> Status | None:
    text = row.get(_STATUS, "").lower()
    words = [str(s) for s in Status]
    if text and text not in words:
        faults.append(f"{place}: status must be {', '.join(words)} or empty, given {text!r}")
        return None
    status = Status(text) if text else Status.OK
    if status is Status.OK and not has_values:
        faults.append(f"{place}: no measured value; write status failed or skipped, or the value")
    elif status is not Status.OK and has_values:
        faults.append(f"{place}: status {status} but there are measured values; remove one of them")
    return status
