"""Reading tables of results, with all faults reported at once."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from electrolyte_ml.arguments import TableLike, table_of_rows
from electrolyte_ml.campaign.events import CampaignState, Quantity, Result, Status, Suggestion
from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.properties import measurable_properties, properties, registered_property
from electrolyte_ml.text import nearest_or_all
from electrolyte_ml.units import temperature_k

if TYPE_CHECKING:
    import pandas as pd

#: A CSV file, or a table with the same columns.
ResultsSource: TypeAlias = str | Path | TableLike
_ID, _RECIPE, _STATUS, _COMMENT = "id", "recipe", "status", "comment"
# Columns of a sheet of suggestions that are not read back.
_CARRIED = ("why", "weigh out, g for 100 g", "suggestion")
_CARRIED_PREFIX = "predicted "
# Where the reader keeps cells beyond the header; no column has a line end in its name.
_MORE = "\n"
# Nine thousand five hundred to some, nine and a half to others.
_TWO_MEANINGS = re.compile(r"[+-]?([1-9]\d{0,2}),(\d{3})")


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
        Whether a comma can only be a decimal sign, as where semicolons separate the cells.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, str]], ...]
    sha256: str
    decimal_comma: bool = False

    @classmethod
    def of(cls, results: ResultsSource) -> ResultsTable:
        """The table of a CSV file, a data frame, a dict or a list of dicts.

        Raises
        ------
        InputError
            If a file cannot be read, or what is given is no table.
        TableError
            If rows of a file have more cells than there are columns.
        """
        if isinstance(results, str | Path):
            return _read_file(Path(results))
        return _of_frame(
            table_of_rows(
                results,
                "results are a CSV file, a data frame, or a list of dicts such as "
                "[{'id': 'S001', 'conductivity_ms_cm at 25 degC': 7.5}]",
            )
        )


def read_results(table: ResultsTable, state: CampaignState) -> list[Result]:
    """Read a table of results.

    Parameters
    ----------
    table
        With a column ``id`` (of a suggestion) or ``recipe`` or both, one column for each
        measured property such as ``conductivity_ms_cm at 25 degC``, optionally ``status``
        (``ok``, ``failed`` or ``skipped``) and ``comment``. Several rows of one recipe are
        replicates. Rows without any entry are left out, so that a sheet may be half filled in.
    state
        State of the campaign, with its suggestions.

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
    quantities = _quantities(table.header, table.name, faults)
    results = []
    for place, row in table.rows:
        if not any(row.get(c) for c in (*quantities, _STATUS, _COMMENT)):
            continue
        faults += [] if table.decimal_comma else _ambiguous(row, quantities, place)
        result = _result(row, quantities, state, place, faults)
        if result is not None:
            results.append(result)
    if faults:
        raise TableError(faults)
    if not results:
        raise InputError(f"{table.name}: no row holds a measured value or a status")
    return results


def _read_file(path: Path) -> ResultsTable:
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error
    # Where the decimal sign is a comma, spreadsheets write semicolons.
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, restkey=_MORE)
    header = [(name or "").strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    rows, faults = [], []
    for row in reader:
        place = f"{path}, line {reader.line_num}"
        more: object = row.pop(_MORE, None)
        # Commas at the end of a line, as some spreadsheets write them, are harmless.
        if isinstance(more, list) and any(cell.strip() for cell in more):
            faults.append(
                f"{place}: has {len(header) + len(more)} cells, the header {len(header)}; is a "
                "decimal comma among them? Write a point, or put the cell in quotation marks"
            )
        rows.append((place, {name: (cell or "").strip() for name, cell in row.items()}))
    if faults:
        raise TableError(faults)
    return ResultsTable(
        name=str(path),
        header=tuple(header),
        rows=tuple(rows),
        sha256=hashlib.sha256(content).hexdigest(),
        decimal_comma=delimiter == ";",
    )


def _of_frame(frame: pd.DataFrame) -> ResultsTable:
    header = [str(column).strip() for column in frame.columns]
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


def _quantities(header: Sequence[str], name: str, faults: list[str]) -> dict[str, Quantity]:
    """Columns of measured values."""
    found: dict[str, Quantity] = {}
    if _ID not in header and _RECIPE not in header:
        faults.append(f"{name}: needs a column {_ID!r} or {_RECIPE!r}; it has {', '.join(header)}")
    faults += [
        f"{name}: column {column!r} is there more than once"
        for column in (_ID, _RECIPE, _STATUS, _COMMENT)
        if header.count(column) > 1
    ]
    for column in header:
        if column in (_ID, _RECIPE, _STATUS, _COMMENT, *_CARRIED, ""):
            continue
        if column.startswith(_CARRIED_PREFIX):
            continue
        quantity = _quantity(column, name, faults)
        if quantity in found.values():
            faults.append(f"{name}: column {column!r} means the same as another one")
        if quantity is not None:
            found[column] = quantity
    return found


def _quantity(column: str, table: str, faults: list[str]) -> Quantity | None:
    name, _, temperature = (part.strip() for part in column.partition(" at "))
    place = f"{table}, column {column!r}"
    known = properties().get(name)
    if known is None:
        names = [_ID, _RECIPE, _STATUS, _COMMENT, *measurable_properties()]
        faults.append(f"{place}: no such property{nearest_or_all(name, names)}")
        return None
    if not known.is_measurable:
        faults.append(f"{place}: {name} follows from the recipe and is not measured; remove it")
        return None
    if not known.at_temperature:
        if temperature:
            faults.append(f"{place}: {name} has no temperature")
        return name, None
    if not temperature:
        faults.append(f"{place}: needs its temperature, such as '{name} at 25 degC'")
        return None
    try:
        return name, temperature_k(temperature)
    except InputError as error:
        faults.append(f"{place}: {error}")
        return None


def _result(
    row: Mapping[str, str],
    quantities: Mapping[str, Quantity],
    state: CampaignState,
    place: str,
    faults: list[str],
) -> Result | None:
    before = len(faults)
    suggested, formulation = _what(row, state, place, faults)
    values = _values(row, quantities, place, faults)
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
    row: Mapping[str, str], quantities: Mapping[str, Quantity], place: str, faults: list[str]
) -> dict[Quantity, float]:
    values: dict[Quantity, float] = {}
    for column, quantity in quantities.items():
        text = row.get(column, "")
        if not text:
            continue
        number = _number(text)
        if number is None:
            faults.append(f"{place}: {column}: {text!r} is no number")
        elif fault := registered_property(quantity[0]).fault(number):
            faults.append(f"{place}: {column}: {fault}")
        else:
            values[quantity] = number
    return values


def _ambiguous(row: Mapping[str, str], columns: Iterable[str], place: str) -> list[str]:
    """Faults of numbers whose comma may be a decimal sign or a separator of thousands."""
    faults = []
    for column in columns:
        found = _TWO_MEANINGS.fullmatch(row.get(column, ""))
        if found is not None:
            whole, rest = found.groups()
            faults.append(
                f"{place}: {column}: {found[0]!r} can be read in two ways; write {whole}{rest} or "
                f"{whole}.{rest}"
            )
    return faults


def _number(text: str) -> float | None:
    """A finite number; a decimal comma is accepted if there is no point."""
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


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
