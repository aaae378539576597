"""Files to score as data frames, part by part, their carried columns of one kind throughout."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.scores.columns import READ_COLUMNS, columns_read
from electrolyte_ml.tables import TableFile
from electrolyte_ml.text import first_line

if TYPE_CHECKING:
    import pandas as pd

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
class TableRows:
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


def carried_columns(frame: pd.DataFrame) -> list[str]:
    """Columns that are neither recipe nor temperature."""
    return [c for c in frame.columns if c not in READ_COLUMNS]


def text_rows(table: TableFile, n_rows: int, kinds: Mapping[str, str]) -> Iterator[TableRows]:
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
        yield TableRows(
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


def parquet_rows(path: Path, n_rows: int) -> Iterator[TableRows]:
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
                yield TableRows(
                    frame=frame.set_axis(names, axis="columns"), places=places, numbers=numbers
                )
                n_read += len(frame)
    except (ValueError, OSError) as error:
        if isinstance(error, ElectrolyteError):
            raise
        raise InputError(first_line(f"{path}: cannot be read: {error}")) from error


def note_kinds(frame: pd.DataFrame, kinds: dict[str, str]) -> None:
    """Widen the kind of every carried column to include this part."""
    for name in carried_columns(frame):
        kinds[name] = _wider(kinds.get(name), _kind_of(frame[name]))


def _kind_of(column: pd.Series[Any]) -> str:
    from pandas.api.types import infer_dtype

    if column.isna().all():
        return _EMPTY
    if column.dtype == np.uint64:
        return _TEXT  # too large for a whole number of 64 bits with its sign
    known = {"integer": _INTEGER, "floating": _NUMBER, "boolean": _TRUTH}
    kind = known.get(infer_dtype(column, skipna=True), _TEXT)
    return _TEXT if kind == _INTEGER and column.map(is_long).any() else kind


def _wider(one: str | None, other: str) -> str:
    """The kind that includes both."""
    if one is None or one == other:
        return other
    kinds = {one, other}
    if kinds <= {_INTEGER, _NUMBER, _EMPTY}:
        return _NUMBER
    return _TRUTH if kinds == {_TRUTH, _EMPTY} else _TEXT


def is_long(cell: object) -> bool:
    """Whether a cell is a whole number of more than 64 bits."""
    return isinstance(cell, int) and not -(2**63) <= cell < 2**63
