"""Reading recipes to score, a part at a time, with all faults reported at once.

Recipes come from arguments, from a table in memory, or from a file. A file is read twice: once to
find every fault and the kind of every column, and once to score it. Only one part is in memory at a
time, so files may have any length. Rows that cannot be used are refused, or skipped if asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.bad_rows import BadRow, BadRows, named_cells, shown_cell
from electrolyte_ml.errors import ElectrolyteError, InputError, InputErrors, TableError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.scores.columns import (
    RECIPE_COLUMN,
    column_remarks,
    columns_read,
)
from electrolyte_ml.scores.table_rows import (
    TableRows,
    carried_columns,
    is_long,
    note_kinds,
    parquet_rows,
    text_rows,
)
from electrolyte_ml.tables import (
    TEMPERATURE_COLUMNS,
    TableFile,
    kelvin_of_cell,
    note,
    read_number,
    unusual_temperature,
)
from electrolyte_ml.text import shown
from electrolyte_ml.units import ROOM_TEMPERATURE_K, temperatures_k

if TYPE_CHECKING:
    import pandas as pd

#: Rows that are read, scored and written together.
ROWS_AT_A_TIME = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequests:
    """Rows to score.

    Attributes
    ----------
    recipes
        Recipe text as written, length n.
    formulations
        Parsed recipes, length n.
    temperature_k
        Temperatures, K, shape (n,).
    extra
        Other columns of the user's table as JSON has them, length n; they are carried through.
    given
        Number of the given row, from 0, that each row belongs to, shape (n,).
    """

    recipes: Sequence[str]
    formulations: Sequence[Formulation]
    temperature_k: NDArray[np.float64]
    extra: Sequence[Mapping[str, Any]]
    given: NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Rows as they were given, own temperatures in K and NaN for none.

    `faults` has the reasons of bad rows by position; recipes of `broken` ones are not looked at,
    because their cells cannot be told apart.
    """

    texts: Sequence[object]
    places: Sequence[str]
    own: NDArray[np.float64]
    extra: Sequence[Mapping[str, Any]]
    faults: Mapping[int, Sequence[str]]
    rows: TableRows | None = None


class ScoreSource:
    """Recipes, and those of a table or a file, to be scored part by part; checked when made.

    Parameters
    ----------
    recipes
        Recipe texts or formulations; they come first.
    table
        A file (see `electrolyte_ml.tables.SUFFIXES`) or a data frame with a column ``recipe`` and,
        if it has one, ``temperature_k`` or ``temperature_c``, or a heading such as ``T / K``.
    at
        Temperatures with units for rows that have none of their own; 25 degC if empty.
    at_k
        Temperatures in K, after those of `at`.
    rows_at_a_time
        Rows in memory together.
    bad_rows
        Takes up rows that cannot be used; says whether those of a file are skipped.
    accept_unusual
        Whether temperatures at which no electrolyte is used are meant.

    Attributes
    ----------
    n_rows
        Rows to score: each recipe at each of its temperatures.

    Raises
    ------
    TableError
        With one line for every recipe or temperature that cannot be used.
    InputError
        If there is nothing to score, the file cannot be read, or temperatures are given although
        every row has its own.
    """

    def __init__(
        self,
        recipes: Sequence[str | Formulation] = (),
        table: Path | pd.DataFrame | None = None,
        at: Sequence[str] = (),
        *,
        at_k: Sequence[float] = (),
        rows_at_a_time: int = ROWS_AT_A_TIME,
        bad_rows: BadRows | None = None,
        accept_unusual: bool = False,
    ) -> None:
        if not recipes and table is None:
            raise InputError("nothing to score: give a recipe or a table")
        self._recipes, self._table = recipes, table
        self._is_asked = bool(at or at_k)
        self._temperatures = _asked(at, at_k, accept_unusual) or [ROOM_TEMPERATURE_K]
        self._rows_at_a_time = max(1, rows_at_a_time // len(self._temperatures))
        # Texts of one part are parsed once; equal texts give one object.
        self._parse = lru_cache(maxsize=max(rows_at_a_time, len(recipes)))(_parsed)
        self._accept_unusual = accept_unusual
        self._file = _opened(table) if isinstance(table, Path) else None
        self._kinds: dict[str, str] = {}
        self._skips = bad_rows is not None and bad_rows.skip_to is not None
        self.n_rows = self._check(BadRows() if bad_rows is None else bad_rows)

    def parts(self) -> Iterator[ScoreRequests]:
        """Rows in the order given, each repeated for every temperature it is to be scored at.

        Raises
        ------
        TableError
            If the file has changed since it was checked, and cannot be used any more.
        """
        n_given = 0
        for part in self._parts():
            formulations, faults = self._formulations(part)
            if faults and not self._skips:
                raise TableError(_messages(part, faults))
            at = [
                [] if row in faults else self._temperatures if np.isnan(own) else [own]
                for row, own in enumerate(part.own.tolist())
            ]
            rows = [row for row, temperatures in enumerate(at) for _ in temperatures]
            if rows:
                yield ScoreRequests(
                    recipes=[str(part.texts[r]) for r in rows],
                    formulations=[formulations[r] for r in rows],
                    temperature_k=np.array([kelvin for kelvins in at for kelvin in kelvins]),
                    extra=[part.extra[r] for r in rows],
                    given=np.array(rows, dtype=np.intp) + n_given,
                )
            n_given += len(part.texts)

    def _check(self, bad_rows: BadRows) -> int:
        """Number of rows to score; every fault of every row is raised together."""
        kinds: dict[str, str] = {}
        n_rows = n_blank = n_good = 0
        for part in self._parts(kinds):
            faults = self._formulations(part)[1]
            for row in _bad_rows_of(part, faults):
                bad_rows.add(row)
            good = np.ones(len(part.own), dtype=np.bool_)
            good[list(faults)] = False
            blank = int((np.isnan(part.own) & good).sum())
            n_good += int(good.sum())
            n_blank += blank
            n_rows += blank * len(self._temperatures) + int(good.sum()) - blank
        bad_rows.settle(n_good)
        if self._is_asked and not n_blank:
            raise InputError(
                f"{self._name}: every row has a temperature of its own, so that the temperatures "
                "asked for (at, or at_k) have no effect; leave them out, or remove the "
                "column of temperatures"
            )
        self._kinds = kinds
        return n_rows

    def _parts(self, kinds: dict[str, str] | None = None) -> Iterator[_Part]:
        """Rows as given; the kind of each column is noted in `kinds`."""
        if self._table is None:
            yield _of_recipes(self._recipes, [])
            return
        n_read = 0
        comma = self._file is not None and self._file.decimal_comma
        for number, rows in enumerate(self._tables()):
            if not number and self._recipes:
                yield _of_recipes(self._recipes, carried_columns(rows.frame))
            if kinds is not None:
                note_kinds(rows.frame, kinds)
            n_read += len(rows.frame)
            part = _part_of(rows, decimal_comma=comma, accept_unusual=self._accept_unusual)
            # Nothing is wrong with carried cells of text; they are not needed for the check.
            checks = self._file is not None and kinds is not None
            yield part if checks else _with_carried(part, rows.frame)
        if not n_read:
            raise InputError(f"{self._name}: no rows")

    @property
    def _name(self) -> str:
        return str(self._table) if isinstance(self._table, Path) else "the table"

    def _tables(self) -> Iterator[TableRows]:
        """The table in parts."""
        table, n_rows = self._table, self._rows_at_a_time
        if isinstance(table, Path):
            if self._file is None:
                yield from parquet_rows(table, n_rows)
            else:
                yield from text_rows(self._file, n_rows, self._kinds)
        elif table is not None:
            names = list(table.columns)
            for column, meaning in columns_read(self._name, names).items():
                names[column] = meaning
            for start in range(0, len(table), n_rows):
                frame = table.iloc[start : start + n_rows].set_axis(names, axis="columns")
                yield TableRows(frame=frame, places=[f"row {x!r}" for x in frame.index.tolist()])

    def _formulations(self, part: _Part) -> tuple[dict[int, Formulation], dict[int, list[str]]]:
        """Recipes of a part by position, and the faults of its other rows by position."""
        formulations: dict[int, Formulation] = {}
        faults = {row: list(reasons) for row, reasons in part.faults.items()}
        broken = {} if part.rows is None else part.rows.broken
        for row, text in enumerate(part.texts):
            if row in broken:
                continue
            parsed = self._read(text)
            if isinstance(parsed, Formulation):
                formulations[row] = parsed
            elif part.rows is None:
                faults.setdefault(row, []).append(parsed)
            else:
                given = "''" if _is_blank(text) else shown_cell(text)
                faults.setdefault(row, []).append(f"recipe {given}: {parsed}")
        return formulations, dict(sorted(faults.items()))

    def _read(self, text: object) -> Formulation | str:
        """A recipe, or its fault."""
        if isinstance(text, Formulation):
            return text
        if isinstance(text, str) or _is_blank(text):
            return self._parse(text if isinstance(text, str) else "")
        return "it is no text such as '1 M NaPF6 in PC'"


def _parsed(text: str) -> Formulation | str:
    """A recipe, or its fault."""
    try:
        return parse_recipe(text)
    except ElectrolyteError as error:
        return "; ".join(str(error).splitlines())


def _is_blank(cell: object) -> bool:
    """Whether there is no cell, or an empty one."""
    if cell is None or isinstance(cell, str | Formulation):
        return not cell
    import pandas as pd

    return bool(pd.api.types.is_scalar(cell)) and bool(pd.isna(cell))  # type: ignore[call-overload]


def _messages(part: _Part, faults: Mapping[int, Sequence[str]]) -> list[str]:
    bad = BadRows()
    for row in _bad_rows_of(part, faults):
        bad.add(row)
    return bad.messages()


def _bad_rows_of(part: _Part, faults: Mapping[int, Sequence[str]]) -> Iterator[BadRow]:
    """The bad rows of a part as they were given."""
    for place in faults:
        number = None
        if part.rows is not None and part.rows.numbers is not None:
            number = part.rows.numbers[place]
        yield BadRow(
            place=part.places[place],
            reasons=faults[place],
            number=number,
            cells=None if number is None else _given(part.rows, place),
        )


def _given(rows: TableRows | None, place: int) -> dict[str, str]:
    """Cells of a row as they were given, by heading; those beyond the headings come last."""
    if rows is None:
        return {}
    if rows.cells:
        return named_cells(rows.headings, rows.cells[place])
    cells = rows.frame.iloc[place].tolist()
    headings = list(map(str, rows.frame.columns))
    return named_cells(headings, [None if _is_blank(cell) else cell for cell in cells])


def _of_recipes(recipes: Sequence[str | Formulation], columns: Sequence[str]) -> _Part:
    return _Part(
        texts=recipes,
        places=[f"recipe {shown(str(text))}" for text in recipes],
        own=np.full(len(recipes), np.nan),
        extra=[dict.fromkeys(columns)] * len(recipes),
        faults={},
    )


def _part_of(rows: TableRows, *, decimal_comma: bool, accept_unusual: bool) -> _Part:
    own, faults = _own_temperatures(rows, decimal_comma, accept_unusual)
    faults |= {place: [fault] for place, fault in rows.broken.items()}
    texts = rows.frame[RECIPE_COLUMN].astype(object).tolist()
    return _Part(
        texts=[None if _is_blank(text) else text for text in texts],
        places=rows.places,
        own=own,
        extra=(),
        faults=faults,
        rows=rows,
    )


def _with_carried(part: _Part, frame: pd.DataFrame) -> _Part:
    """The part with the cells that are carried through, and faults of those that cannot be."""
    carried = frame[carried_columns(frame)]
    faults = {row: list(reasons) for row, reasons in part.faults.items()}
    for name in carried.columns[carried.dtypes == np.object_]:
        nested = ~carried[name].map(_is_one_value).to_numpy(dtype=np.bool_)
        for row in np.flatnonzero(nested).tolist():
            cell = shown_cell(carried[name].iloc[row])
            faults.setdefault(row, []).append(
                f"{name} holds {cell}, which is not carried through; give text or a number, or "
                "leave the column out"
            )
        carried = carried.assign(**{name: carried[name].mask(nested, None).map(_within_json)})
    # As JSON has them: dates as text, missing values as None.
    text = carried.to_json(orient="records", date_format="iso") if len(carried.columns) else ""
    extra = json.loads(text) if text else [{}] * len(frame)
    return replace(part, extra=extra, faults=faults)


def _is_one_value(cell: object) -> bool:
    """Whether a cell is text, a number, a date or empty: no list, struct or bytes."""
    import pandas as pd

    return bool(pd.api.types.is_scalar(cell)) and not isinstance(cell, bytes)


def _within_json(cell: object) -> object:
    """A whole number of more than 64 bits as text."""
    return shown_cell(cell) if is_long(cell) else cell


def _own_temperatures(
    rows: TableRows, decimal_comma: bool, accept_unusual: bool
) -> tuple[NDArray[np.float64], dict[int, list[str]]]:
    """Temperatures of the rows themselves, K, NaN where a row has none; faults by position."""
    column = next((c for c in TEMPERATURE_COLUMNS if c in rows.frame), None)
    if column is None:
        return np.full(len(rows.frame), np.nan), {}
    cells = rows.frame[column].tolist()
    # Cells that are lists cannot be looked up.
    keys = [cell if isinstance(cell, str | Real) else (id(cell),) for cell in cells]
    known = {
        key: _kelvin(column, cell, decimal_comma, accept_unusual)
        for key, cell in dict(zip(keys, cells, strict=True)).items()
    }
    found = [known[key] for key in keys]
    faults = {
        row: [fault]
        for row, fault in enumerate(found)
        if isinstance(fault, str) and row not in rows.broken
    }
    kelvin = [np.nan if isinstance(one, str) else one for one in found]
    return np.array(kelvin, dtype=np.float64), faults


def _asked(at: Sequence[str], at_k: Sequence[float], accept_unusual: bool) -> list[float]:
    """Temperatures asked for, K."""
    kelvins = [*temperatures_k(at), *at_k]
    given = [*(f"temperature {text!r}" for text in at), *(f"at_k {kelvin:g}" for kelvin in at_k)]
    found = [
        fault
        for kelvin, what in zip(kelvins, given, strict=True)
        if (fault := unusual_temperature(kelvin, what, in_column=False)) is not None
    ]
    if found and not accept_unusual:
        raise InputErrors(found)
    return kelvins


def _kelvin(column: str, cell: object, decimal_comma: bool, accept_unusual: bool) -> float | str:
    """Temperature in K, NaN for none; or the fault of its cell."""
    if _is_blank(cell) or (isinstance(cell, str) and not cell.strip()):
        return np.nan
    help_ = "give a number above absolute zero, or leave it empty"
    try:
        if isinstance(cell, str):
            number = read_number(cell, decimal_comma=decimal_comma)
        else:
            number = float(cell) if isinstance(cell, Real | Decimal) else np.nan
    except InputError as error:
        return f"{column} is {error}; {help_}"
    except OverflowError:
        number = np.inf
    kelvin = kelvin_of_cell(column, number)
    if not 0 < kelvin < np.inf:
        return f"{column} is {shown_cell(cell)}; {help_}"
    unusual = None if accept_unusual else unusual_temperature(kelvin, f"{column} is {cell}")
    return unusual or kelvin


def _opened(path: Path) -> TableFile | None:
    """The file, its headings checked and what is not plain about it told; None for Parquet."""
    table = TableFile(path, expected={RECIPE_COLUMN})
    found = columns_read(str(path), table.header)
    note(path, [*table.remarks, *column_remarks(table.header, found)])
    return None if table.is_typed else table
