"""The long table of measurements: all properties below each other, as a data frame or Parquet.

It is read back without losing a digit, whatever program it went through, and all faults of its rows
are told at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.data.measurements import COLUMNS, LONGEST_TEXT, METHODS, Measurements, too_long
from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.files import write_atomically
from electrolyte_ml.formulation import Formulation, formulation_from_json
from electrolyte_ml.properties import registered_property
from electrolyte_ml.text import first_line, one_line, shown

if TYPE_CHECKING:
    import pandas as pd

_TEXTS = ("composition", "property", "unit", "method", "source", "flag")


def to_frame(tables: Sequence[Measurements]) -> pd.DataFrame:
    """Long table of several properties.

    Parameters
    ----------
    tables
        Measurements, one property and method each.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row a measurement, in the order given.
    """
    import pandas as pd

    frames = [m.to_frame() for m in tables]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def write_parquet(
    tables: Sequence[Measurements], path: Path, attributes: Mapping[str, Any] | None = None
) -> None:
    """Write the long table, whole or not at all.

    Parameters
    ----------
    tables
        Measurements, one property and method each.
    path
        A ``.parquet`` file; replaced if it exists.
    attributes
        Plain facts about the set that are kept inside the file.
    """
    frame = to_frame(tables)
    frame.attrs.update(attributes or {})
    write_atomically(path, lambda temporary: frame.to_parquet(temporary, index=False))


def read_parquet(path: Path) -> tuple[tuple[Measurements, ...], dict[str, Any]]:
    """Read what `write_parquet` wrote.

    Returns
    -------
    tables
        Measurements, one for each property and method, in the order of their first rows.
    attributes
        The facts that were kept with it.

    Raises
    ------
    InputError
        If the file is no Parquet.
    TableError
        If rows cannot be used; all of them are listed.
    """
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # a damaged file makes pyarrow raise of any kind
        raise InputError(f"{path}: cannot be read: {first_line(error)}") from error
    return from_frame(frame), {str(k): v for k, v in frame.attrs.items()}


def from_frame(frame: pd.DataFrame) -> tuple[Measurements, ...]:
    """Measurements of a long table.

    Parameters
    ----------
    frame
        Columns `COLUMNS`; ``formulation`` is not read, because ``composition`` is exact.

    Raises
    ------
    TableError
        If columns are missing, or rows cannot be used; all of them are listed by number, the
        first being row 0.
    """
    texts, formulations = _read_columns(frame)
    faults = _row_faults(frame, texts, formulations)
    if faults:
        raise TableError(
            [f"row {row}: {fault}" for row, reasons in faults.items() for fault in reasons]
        )
    kinds = list(zip(texts["property"], texts["method"], strict=True))
    return tuple(
        _table(frame, texts, formulations, [i for i, k in enumerate(kinds) if k == kind], kind)
        for kind in dict.fromkeys(kinds)
    )


def long_table_faults(frame: pd.DataFrame) -> dict[int, list[str]]:
    """What is wrong with rows of a long table, by position; good rows are left out.

    Parameters
    ----------
    frame
        As in `from_frame`.

    Raises
    ------
    TableError
        If columns are missing.
    """
    return _row_faults(frame, *_read_columns(frame))


def _read_columns(
    frame: pd.DataFrame,
) -> tuple[dict[str, list[str]], dict[str, Formulation | str]]:
    """Columns of text, and the formulation or fault of each composition."""
    missing = [c for c in COLUMNS if c not in frame and c != "formulation"]
    if missing:
        raise TableError([f"the long table has no column {column!r}" for column in missing])
    texts = {name: _texts(frame[name]) for name in _TEXTS}
    return texts, _compositions(texts["composition"])


def _texts(column: pd.Series[Any]) -> list[str]:
    return [str(value) for value in column.fillna("")]


def _compositions(texts: Sequence[str]) -> dict[str, Formulation | str]:
    """Formulation of each distinct composition, or what is wrong with it."""
    found: dict[str, Formulation | str] = {}
    for text in dict.fromkeys(texts):
        try:
            found[text] = formulation_from_json(text)
        except ElectrolyteError as error:
            found[text] = one_line(error)
    return found


def _row_faults(
    frame: pd.DataFrame, texts: dict[str, list[str]], formulations: dict[str, Formulation | str]
) -> dict[int, list[str]]:
    faults: dict[int, list[str]] = {}
    values, kelvins = _floats(frame["value"]), _floats(frame["temperature_k"])
    uncertainties = _floats(frame["uncertainty"])
    numbers = frame["source_row"].astype(object).tolist()
    for i, (value, kelvin) in enumerate(zip(values, kelvins, strict=True)):
        found: list[str | None] = []
        try:
            kind = registered_property(texts["property"][i])
            found += [kind.fault(value), kind.temperature_fault(kelvin)]
            if texts["unit"][i] != kind.measured_unit:
                found.append(
                    f"unit is {shown(texts['unit'][i])}; {kind.name} is in {kind.measured_unit}"
                )
        except ElectrolyteError as error:
            found.append(str(error))
        if texts["method"][i] not in METHODS:
            found.append(f"method is {shown(texts['method'][i])}; use {', '.join(METHODS)}")
        for name in ("source", "flag"):
            if len(texts[name][i]) > LONGEST_TEXT:
                found.append(too_long(name, texts[name][i]))
        if uncertainties[i] < 0:
            found.append(f"uncertainty is {uncertainties[i]:g}; it cannot be negative")
        if not _float(numbers[i]).is_integer():
            found.append(f"source_row is {shown(numbers[i])}; give a whole number")
        formulation = formulations[texts["composition"][i]]
        found.append(formulation if isinstance(formulation, str) else None)
        reasons = [fault for fault in found if fault]
        if reasons:
            faults[i] = reasons
    return faults


def _floats(column: pd.Series[Any]) -> list[float]:
    return [_float(cell) for cell in column.astype(object).tolist()]


def _float(cell: object) -> float:
    """A number; NaN for what is none."""
    try:
        return float(cell) if isinstance(cell, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return math.nan


def _table(
    frame: pd.DataFrame,
    texts: dict[str, list[str]],
    formulations: dict[str, Formulation | str],
    rows: list[int],
    kind: tuple[str, str],
) -> Measurements:
    compositions = [texts["composition"][i] for i in rows]
    order = {text: number for number, text in enumerate(dict.fromkeys(compositions))}
    distinct = [formulations[text] for text in order]
    uncertainty = np.array(_floats(frame["uncertainty"]))[rows]
    return Measurements(
        property_name=kind[0],
        method=kind[1],
        formulations=tuple(f for f in distinct if isinstance(f, Formulation)),
        formulation_index=np.array([order[text] for text in compositions], dtype=np.intp),
        temperature_k=np.array(_floats(frame["temperature_k"]))[rows],
        value=np.array(_floats(frame["value"]))[rows],
        source=np.array([texts["source"][i] for i in rows]),
        source_row=np.array(_floats(frame["source_row"]), dtype=np.intp)[rows],
        flag=np.array([texts["flag"][i] for i in rows]),
        uncertainty=None if all(math.isnan(u) for u in uncertainty) else uncertainty,
    )
