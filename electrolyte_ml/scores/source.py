"""Reading recipes to score, a part at a time, with all faults reported at once.

Recipes come from arguments, from a table in memory, or from a file. A file is read twice: once to
find every fault and the kind of every column, and once to score it. Only one part is in memory at a
time, so files may have any length. Rows that cannot be used are refused, or skipped if asked for.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.bad_rows import BadRow, BadRows, named_cells, shown_cell
from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.scores.columns import (
    READ_COLUMNS,
    RECIPE_COLUMN,
    column_remarks,
    columns_read,
)
from electrolyte_ml.tables import (
    TEMPERATURE_COLUMNS,
    TableFile,
    note,
    read_number,
    unusual_temperature,
)
from electrolyte_ml.text import first_line, shown
from electrolyte_ml.units import ROOM_TEMPERATURE_K, temperatures_k

if TYPE_CHECKING:
    import pandas as pd

#: Rows that are read, scored and written together.
ROWS_AT_A_TIME = 4000
# How pandas reads a column of each kind, in a way that does not depend on the part.
_INTEGER, _NUMBER, _TRUTH, _TEXT, _EMPTY = "integer", "number", "truth", "text", "empty"
_DTYPES = {
    _INTEGER: "int64",
    _NUMBER: "float64",
    _TRUTH: "boolean",
    _TEXT: "str",
    _EMPTY: "float64",
}


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
    rows: _Rows | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of a table whose columns that are read are named as `READ_COLUMNS`.

    `numbers` are those of its rows in a file, None where there is no file; `broken` are faults of
    rows whose cells cannot be told apart, by position. `cells` are those of a file of text as they
    are written, below its `headings`.
    """

    frame: pd.DataFrame
    places: Sequence[str]
    numbers: Sequence[int] | None = None
    broken: Mapping[int, str] = field(default_factory=dict)
    headings: Sequence[str] = ()
    cells: Sequence[Sequence[str]] = ()


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
        Whether temperatures of the table at which no electrolyte is used are meant.

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
        self._temperatures = [*temperatures_k(at), *at_k] or [ROOM_TEMPERATURE_K]
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
                f"{self._name}: every row has a temperature of its own, so that at, or at_k, has "
                "no effect; leave it out, or remove the column of temperatures"
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
                yield _of_recipes(self._recipes, _carried(rows.frame))
            if kinds is not None:
                _note_kinds(rows.frame, kinds)
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

    def _tables(self) -> Iterator[_Rows]:
        """The table in parts."""
        table, n_rows = self._table, self._rows_at_a_time
        if isinstance(table, Path):
            if self._file is None:
                yield from _of_parquet(table, n_rows)
            else:
                yield from _of_text(self._file, n_rows, self._kinds)
        elif table is not None:
            names = list(table.columns)
            for column, meaning in columns_read(self._name, names).items():
                names[column] = meaning
            for start in range(0, len(table), n_rows):
                frame = table.iloc[start : start + n_rows].set_axis(names, axis="columns")
                yield _Rows(frame=frame, places=[f"row {x!r}" for x in frame.index.tolist()])

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


def _given(rows: _Rows | None, place: int) -> dict[str, str]:
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


def _part_of(rows: _Rows, *, decimal_comma: bool, accept_unusual: bool) -> _Part:
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
    carried = frame[_carried(frame)]
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
    return shown_cell(cell) if _is_long(cell) else cell


def _is_long(cell: object) -> bool:
    return isinstance(cell, int) and not -(2**63) <= cell < 2**63


def _carried(frame: pd.DataFrame) -> list[str]:
    """Columns that are neither recipe nor temperature."""
    return [c for c in frame.columns if c not in READ_COLUMNS]


def _own_temperatures(
    rows: _Rows, decimal_comma: bool, accept_unusual: bool
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
    kelvin = number + TEMPERATURE_COLUMNS[column]
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


def _of_text(table: TableFile, n_rows: int, kinds: Mapping[str, str]) -> Iterator[_Rows]:
    """A file of text cells in parts of `n_rows` rows at most."""
    import pandas as pd

    found = columns_read(str(table.path), table.header)
    names = table.columns
    for part in table.parts(n_rows):
        cells = (
            [
                [""] * len(names) if place in part.faults else row
                for place, row in enumerate(part.cells)
            ]
            if part.faults
            else part.cells
        )
        columns = list(zip(*cells, strict=True)) or [()] * len(names)
        read = pd.DataFrame({m: pd.Series(columns[n], dtype=object) for n, m in found.items()})
        text = "" if part.faults else part.text
        others = _of_kinds(
            cells, text, table, kinds, [n for n in range(len(names)) if n not in found]
        )
        yield _Rows(
            frame=pd.concat([read, others], axis="columns"),
            places=table.places(part.numbers),
            numbers=part.numbers,
            broken=part.faults,
            headings=names,
            cells=part.cells,
        )


def _of_kinds(
    cells: Sequence[Sequence[str]],
    text: str,
    table: TableFile,
    kinds: Mapping[str, str],
    carried: Sequence[int],
) -> pd.DataFrame:
    """Carried columns with numbers as numbers; without known kinds, by what this part holds."""
    import pandas as pd

    names = [table.columns[n] for n in carried]
    if not names:
        return pd.DataFrame(index=range(len(cells)))

    def parsed(text: str, separator: str) -> pd.DataFrame:
        return pd.read_csv(
            io.StringIO(text),
            sep=separator,
            header=None,
            names=table.columns,
            usecols=names,
            dtype={name: _DTYPES[kinds[name]] for name in names if name in kinds},
            index_col=False,
            decimal="," if table.decimal_comma else ".",
            skip_blank_lines=False,
            # The part is looked at as a whole: pandas would guess kinds by pieces of its own.
            low_memory=False,
        )

    frame = None
    if text:
        # Where the two readers differ, as with quotation marks within a cell, the other decides.
        with suppress(pd.errors.ParserError):
            frame = parsed(text, table.separator)
    if frame is None or len(frame) != len(cells):
        written = io.StringIO()
        csv.writer(written).writerows(cells)
        frame = parsed(written.getvalue(), ",")
    return frame


def _of_parquet(path: Path, n_rows: int) -> Iterator[_Rows]:
    """A Parquet file in parts of `n_rows` rows at most; it knows the kinds of its columns."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Without these, whole numbers would be decimal ones in parts where one is missing.
    complete = {
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    n_read = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=n_rows):
                frame = batch.to_pandas(types_mapper=complete.get)
                names = list(frame.columns)
                for column, meaning in columns_read(str(path), names).items():
                    names[column] = meaning
                places = [f"{path}, row {n_read + i}" for i in range(1, len(frame) + 1)]
                numbers = range(n_read + 1, n_read + 1 + len(frame))
                yield _Rows(
                    frame=frame.set_axis(names, axis="columns"), places=places, numbers=numbers
                )
                n_read += len(frame)
    except (ValueError, OSError) as error:
        if isinstance(error, ElectrolyteError):
            raise
        raise InputError(first_line(f"{path}: cannot be read: {error}")) from error


def _note_kinds(frame: pd.DataFrame, kinds: dict[str, str]) -> None:
    """Widen the kind of every carried column to include this part."""
    for name in _carried(frame):
        kinds[name] = _wider(kinds.get(name), _kind_of(frame[name]))


def _kind_of(column: pd.Series[Any]) -> str:
    from pandas.api.types import infer_dtype

    if column.isna().all():
        return _EMPTY
    if column.dtype == np.uint64:
        return _TEXT  # too large for a whole number of 64 bits with its sign
    known = {"integer": _INTEGER, "floating": _NUMBER, "boolean": _TRUTH}
    kind = known.get(infer_dtype(column, skipna=True), _TEXT)
    return _TEXT if kind == _INTEGER and column.map(_is_long).any() else kind


def _wider(one: str | None, other: str) -> str:
    """The kind that includes both."""
    if one is None or one == other:
        return other
    kinds = {one, other}
    if kinds <= {_INTEGER, _NUMBER, _EMPTY}:
        return _NUMBER
    return _TRUTH if kinds == {_TRUTH, _EMPTY} else _TEXT
