"""Reading recipes to score, a part at a time, with all faults reported at once.

Recipes come from arguments, from a table in memory, or from a file. A file is read twice: once to
find every fault and the kind of every column, and once to score it. Only one part is in memory at a
time, so files may have any length. Rows that cannot be used are refused, or skipped if asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.bad_rows import BadRow, BadRows, quoted
from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.scores.columns import RECIPE_COLUMN, TEMPERATURE_COLUMNS, require_columns
from electrolyte_ml.units import ROOM_TEMPERATURE_K, temperatures_k

if TYPE_CHECKING:
    import pandas as pd

#: Rows that are read, scored and written together.
ROWS_AT_A_TIME = 4000
# No electrolyte is liquid below, K; such a number was most likely meant in degC.
_COLDEST_K = 100.0
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

    `faults` has the reasons of bad rows by position; `number` is that of the first row in its file,
    None where there is no file.
    """

    texts: Sequence[object]
    places: Sequence[str]
    own: NDArray[np.float64]
    extra: Sequence[Mapping[str, Any]]
    faults: Mapping[int, Sequence[str]]
    frame: pd.DataFrame | None = None
    number: int | None = None


class ScoreSource:
    """Recipes, and those of a table or a file, to be scored part by part; checked when made.

    Parameters
    ----------
    recipes
        Recipe texts or formulations; they come first.
    table
        A file (CSV or Parquet) or a data frame with a column ``recipe`` and, if it has one,
        ``temperature_k`` or ``temperature_c``.
    at
        Temperatures with units for rows that have none of their own; 25 degC if empty.
    at_k
        Temperatures in K, after those of `at`.
    rows_at_a_time
        Rows in memory together.
    bad_rows
        Takes up rows that cannot be used; says whether those of a file are skipped.

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
    ) -> None:
        if not recipes and table is None:
            raise InputError("nothing to score: give a recipe or a table")
        self._recipes, self._table = recipes, table
        self._is_asked = bool(at or at_k)
        self._temperatures = [*temperatures_k(at), *at_k] or [ROOM_TEMPERATURE_K]
        self._rows_at_a_time = max(1, rows_at_a_time // len(self._temperatures))
        # Texts of one part are parsed once; equal texts give one object.
        self._parse = lru_cache(maxsize=max(rows_at_a_time, len(recipes)))(_parsed)
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
        for number, (frame, places) in enumerate(self._frames()):
            if not number and self._recipes:
                yield _of_recipes(self._recipes, _carried(frame))
            if kinds is not None:
                _note_kinds(frame, kinds)
            yield _part_of(frame, places, n_read + 1 if isinstance(self._table, Path) else None)
            n_read += len(frame)
        if not n_read:
            raise InputError(f"{self._name}: no rows")

    @property
    def _name(self) -> str:
        return str(self._table) if isinstance(self._table, Path) else "the table"

    def _frames(self) -> Iterator[tuple[pd.DataFrame, list[str]]]:
        """The table in parts, with the place of each row."""
        table, n_rows = self._table, self._rows_at_a_time
        if isinstance(table, Path):
            n_read = 0
            for frame in _frames_of_file(table, n_rows, self._kinds):
                yield frame, [f"{table}, row {n_read + i}" for i in range(1, len(frame) + 1)]
                n_read += len(frame)
        elif table is not None:
            require_columns(self._name, table.columns)
            for start in range(0, len(table), n_rows):
                frame = table.iloc[start : start + n_rows]
                yield frame, [f"row {label!r}" for label in frame.index.tolist()]

    def _formulations(self, part: _Part) -> tuple[dict[int, Formulation], dict[int, list[str]]]:
        """Recipes of a part by position, and the faults of its other rows by position."""
        formulations: dict[int, Formulation] = {}
        faults = {row: list(reasons) for row, reasons in part.faults.items()}
        for row, text in enumerate(part.texts):
            parsed = self._read(text)
            if isinstance(parsed, Formulation):
                formulations[row] = parsed
            elif part.frame is None:
                faults.setdefault(row, []).append(parsed)
            else:
                shown = "''" if _is_blank(text) else quoted(text)
                faults.setdefault(row, []).append(f"recipe {shown}: {parsed}")
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
    rows = list(faults)
    frame = None if part.frame is None else part.frame.iloc[rows].astype(object)
    for position, row in enumerate(rows):
        cells = None
        if frame is not None and part.number is not None:
            cells = {
                str(name): "" if _is_blank(cell) else str(cell)
                for name, cell in zip(frame.columns, frame.iloc[position], strict=True)
            }
        yield BadRow(
            place=part.places[row],
            reasons=faults[row],
            number=None if part.number is None else part.number + row,
            cells=cells,
        )


def _of_recipes(recipes: Sequence[str | Formulation], columns: Sequence[str]) -> _Part:
    return _Part(
        texts=recipes,
        places=[f"recipe {quoted(str(text))}" for text in recipes],
        own=np.full(len(recipes), np.nan),
        extra=[dict.fromkeys(columns)] * len(recipes),
        faults={},
    )


def _part_of(frame: pd.DataFrame, places: Sequence[str], number: int | None) -> _Part:
    own, faults = _own_temperatures(frame)
    texts, carried = frame[RECIPE_COLUMN], frame[_carried(frame)]
    for name in carried.columns[carried.dtypes == np.object_]:
        nested = ~carried[name].map(_is_one_value).to_numpy(dtype=np.bool_)
        for row in np.flatnonzero(nested).tolist():
            faults.setdefault(row, []).append(
                f"{name} holds {quoted(carried[name].iloc[row])}, which is not carried through; "
                "give text or a number, or leave the column out"
            )
        carried = carried.assign(**{name: carried[name].mask(nested, None).map(_within_json)})
    # As JSON has them: dates as text, missing values as None.
    text = carried.to_json(orient="records", date_format="iso") if len(carried.columns) else ""
    return _Part(
        texts=[None if _is_blank(text) else text for text in texts.astype(object).tolist()],
        places=places,
        own=own,
        extra=json.loads(text) if text else [{}] * len(frame),
        faults=faults,
        frame=frame,
        number=number,
    )


def _is_one_value(cell: object) -> bool:
    """Whether a cell is text, a number, a date or empty: no list, struct or bytes."""
    import pandas as pd

    return bool(pd.api.types.is_scalar(cell)) and not isinstance(cell, bytes)


def _within_json(cell: object) -> object:
    """A whole number of more than 64 bits as text."""
    return quoted(cell) if _is_long(cell) else cell


def _is_long(cell: object) -> bool:
    return isinstance(cell, int) and not -(2**63) <= cell < 2**63


def _carried(frame: pd.DataFrame) -> list[str]:
    """Columns that are neither recipe nor temperature."""
    return [c for c in frame.columns if c != RECIPE_COLUMN and c not in TEMPERATURE_COLUMNS]


def _own_temperatures(frame: pd.DataFrame) -> tuple[NDArray[np.float64], dict[int, list[str]]]:
    """Temperatures of the rows themselves, K, NaN where a row has none; faults by position."""
    column = next((c for c in TEMPERATURE_COLUMNS if c in frame), None)
    if column is None:
        return np.full(len(frame), np.nan), {}
    given = frame[column].astype(object).tolist()
    numbers = _numbers(frame[column])
    blank = np.array([_is_blank(cell) or str(cell).strip() == "" for cell in given])
    kelvin: NDArray[np.float64] = numbers + TEMPERATURE_COLUMNS[column]
    bad = ~blank & ~(np.isfinite(kelvin) & (kelvin >= _COLDEST_K))
    faults = {
        row: [f"{column} is {quoted(given[row])}; {_temperature_fault(kelvin[row], column)}"]
        for row in np.flatnonzero(bad).tolist()
    }
    return np.where(blank, np.nan, kelvin), faults


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Numbers of a column; NaN for what is none, and beyond the numbers of a computer."""
    import pandas as pd

    try:
        numbers = pd.to_numeric(column, errors="coerce")
        return numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, OverflowError):  # nested cells; whole numbers of hundreds of digits
        return np.array([_number(cell) for cell in column.astype(object).tolist()])


def _number(cell: object) -> float:
    try:
        return float(cell) if isinstance(cell, str | int | float) else np.nan
    except (ValueError, OverflowError):
        return np.nan


def _temperature_fault(kelvin: float, column: str) -> str:
    if not 0 < kelvin < np.inf:
        return "give a number above absolute zero, or leave it empty"
    celsius = "; degC are given as temperature_c" if column == "temperature_k" else ""
    return f"that is {kelvin:.3g} K, colder than any liquid electrolyte{celsius}"


def _frames_of_file(path: Path, n_rows: int, kinds: Mapping[str, str]) -> Iterator[pd.DataFrame]:
    """A file in frames of `n_rows` rows at most."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path}: cannot read {path.suffix or 'a file without suffix'!r}; "
            f"use {' or '.join(_READERS)}"
        )
    frames = reader(path, n_rows, kinds)
    while True:
        try:
            frame = next(frames, None)
        except FileNotFoundError:
            raise InputError(f"{path}: no such file") from None
        except (ValueError, OSError) as error:
            raise InputError(f"{path}: cannot be read: {error}".splitlines()[0]) from error
        if frame is None:
            return
        require_columns(str(path), frame.columns)
        yield frame


def _csv_frames(path: Path, n_rows: int, kinds: Mapping[str, str]) -> Iterator[pd.DataFrame]:
    import pandas as pd

    # As text, so that a fault is shown as written in the file.
    dtypes = dict.fromkeys((RECIPE_COLUMN, *TEMPERATURE_COLUMNS), "str")
    dtypes |= {name: _DTYPES[kind] for name, kind in kinds.items()}
    # Each part is looked at as a whole: pandas would guess kinds by pieces of its own.
    with pd.read_csv(path, chunksize=n_rows, dtype=dtypes, low_memory=False) as frames:
        yield from frames


def _parquet_frames(path: Path, n_rows: int, kinds: Mapping[str, str]) -> Iterator[pd.DataFrame]:
    del kinds  # the file knows them
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
    with pq.ParquetFile(path) as file:
        if not file.metadata.num_rows:
            yield file.read().to_pandas()
        for batch in file.iter_batches(batch_size=n_rows):
            yield batch.to_pandas(types_mapper=complete.get)


_Reader = Callable[[Path, int, Mapping[str, str]], Iterator["pd.DataFrame"]]
_READERS: dict[str, _Reader] = {".csv": _csv_frames, ".parquet": _parquet_frames}
#: Files that are read.
SUFFIXES = tuple(_READERS)


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
