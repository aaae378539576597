"""Measurements: a formulation, a temperature, a value and its source, as one long table.

The long table as a file: Parquet that is read back without losing a digit.

A formulation stands in it twice: in canonical notation, for people, and as its exact composition
(JSON of mass fractions and molalities), which is what is read back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.files import write_atomically
from electrolyte_ml.formulation import Formulation, formulation_from_json
from electrolyte_ml.formulation.formulation import SCHEMA_VERSION
from electrolyte_ml.notebook import html_table
from electrolyte_ml.properties import property_of, registered_property
from electrolyte_ml.text import first_line, one_line, shown

if TYPE_CHECKING:
    import pandas as pd


#: Column and what it holds, in the order of the table.
COLUMNS = {
    "formulation": "recipe in canonical notation",
    "composition": "exact composition as JSON: mass fractions of solvents, molality of each salt",
    "temperature_k": "temperature, K; empty where the property has none",
    "property": "property with its unit",
    "value": "value in the unit",
    "unit": "unit of value and uncertainty",
    "method": "experiment, md, dft or semiempirical",
    "uncertainty": "uncertainty as the source states it; empty where it states none",
    "source": "DOI, or where else the value is from",
    "source_row": "row in the file that was read, counted from 0",
    "flag": "why the row is doubtful; empty where nothing speaks against it",
}

#: Characters of a source or a remark at most; they are kept for each row.
LONGEST_TEXT = 1000
METHODS = ("experiment", "md", "dft", "semiempirical")

# Rows that a notebook shows.
_SHOWN_ROWS = 10
_TEXTS = ("composition", "property", "unit", "method", "source", "flag")


def composition_json(formulation: Formulation) -> str:
    """Exact composition of a formulation, its assumptions included, as one line of JSON."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "solvents": [
            {"smiles": s.solvent.smiles, "mass_fraction": s.mass_fraction, "role": s.role}
            for s in formulation.solvents
        ],
        "salts": [
            {
                "cation_smiles": s.salt.cation.smiles,
                "anion_smiles": s.salt.anion.smiles,
                "molality_mol_kg": s.molality_mol_kg,
            }
            for s in formulation.salts
        ],
        "assumptions": list(formulation.assumptions),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


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

    frames = [_frame(m) for m in tables]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _frame(measurements: Measurements) -> pd.DataFrame:
    import pandas as pd

    index = measurements.formulation_index
    formulations = measurements.formulations
    notation = np.array([f.notation() for f in formulations], dtype=object)
    composition = np.array([composition_json(f) for f in formulations], dtype=object)
    stated = measurements.uncertainty
    columns = {
        "formulation": notation[index],
        "composition": composition[index],
        "temperature_k": measurements.temperature_k,
        "property": measurements.property_name,
        "value": measurements.value,
        "unit": property_of(measurements.property_name).measured_unit,
        "method": measurements.method,
        "uncertainty": np.full(len(measurements), np.nan) if stated is None else stated,
        "source": measurements.source,
        "source_row": measurements.source_row,
        "flag": measurements.flag,
    }
    return pd.DataFrame(columns)[list(COLUMNS)]


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


def too_long(column: str, text: str) -> str:
    """The fault of a source or a remark of more than `LONGEST_TEXT` characters."""
    return f"{column} has {len(text)} characters; at most {LONGEST_TEXT} are kept"


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


class Trust(StrEnum):
    """How far a row is trusted."""

    FULL = "full"
    #: From a compilation that leaves unit, basis or paper untold.
    COMPILED = "compiled"
    #: Some contradict it, it lies far outside of the rest, or the conversion of its amount is weak.
    DOUBTFUL = "doubtful"
    #: Read in another paper than the one that measured it: worth half of a row that was not.
    SECOND_HAND = "second-hand"
    #: Contradicts other sources or its paper: models are judged on it, but do not learn from it.
    CONTRADICTED = "contradicted"
    #: Left out of training and of headline metrics.
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Measurements:
    """Values of one property, n rows on u distinct formulations.

    Attributes
    ----------
    property_name
        Property with its unit, such as ``conductivity_ms_cm``.
    formulations
        Distinct formulations, length u.
    formulation_index
        Which of them each row is about, shape (n,).
    temperature_k
        Temperature, K, shape (n,); NaN where the property has none (`Property.at_temperature`).
    value
        Measured value in the unit of `property_name`, shape (n,).
    method
        How all of them were had: ``experiment``, ``md``, ``dft`` or ``semiempirical``.
    source
        DOI of each row's paper, shape (n,).
    source_row
        Row number in the file it was read from, shape (n,).
    flag
        Why a row is doubtful, shape (n,); empty where nothing speaks against it.
    uncertainty
        Uncertainty of `value` in the same unit as its source states it, shape (n,), NaN where
        none is stated; None if no row has one.
    trust
        Value of `Trust` of each row, shape (n,); None if all are fully trusted.

    Raises
    ------
    TableError
        If lengths differ, or temperatures, values or uncertainties are impossible for the property
        (`Property`); one line for each such row.
    """

    property_name: str
    formulations: tuple[Formulation, ...]
    formulation_index: NDArray[np.intp]
    temperature_k: NDArray[np.float64]
    value: NDArray[np.float64]
    source: NDArray[np.str_]
    source_row: NDArray[np.intp]
    flag: NDArray[np.str_]
    method: str = "experiment"
    uncertainty: NDArray[np.float64] | None = None
    trust: NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        columns = [self.temperature_k, self.value, self.source, self.source_row, self.flag]
        columns += [c for c in (self.uncertainty, self.trust) if c is not None]
        if {c.shape for c in columns} != {self.formulation_index.shape}:
            raise TableError(["columns of measurements must all have one shape (n,)"])
        indices = self.formulation_index
        if len(indices) and not 0 <= indices.min() <= indices.max() < len(self.formulations):
            raise TableError(["formulation_index points outside of formulations"])
        faults = self._faults()
        if faults:
            raise TableError(faults)

    def _faults(self) -> list[str]:
        """A line for each row that cannot be; rows are counted as in their source."""
        kind = property_of(self.property_name)
        value, kelvin = self.value, self.temperature_k
        with np.errstate(invalid="ignore"):
            good = np.isfinite(value) & (value >= kind.lowest) & (value <= kind.highest)
            good &= (value > 0) | np.bool_(not kind.positive)
            good &= (np.isfinite(kelvin) & (kelvin > 0)) | (
                np.isnan(kelvin) & np.bool_(not kind.at_temperature)
            )
            if self.uncertainty is not None:
                good &= np.isnan(self.uncertainty) | (self.uncertainty >= 0)
        faults = []
        for i in np.flatnonzero(~good).tolist():
            found = [kind.fault(float(value[i])), kind.temperature_fault(float(kelvin[i]))]
            if self.uncertainty is not None and self.uncertainty[i] < 0:
                found.append(f"uncertainty is {self.uncertainty[i]:g}; it cannot be negative")
            what = "; ".join(line for line in found if line)
            faults.append(f"row {self.source_row[i]} of {self.source[i]}: {what}")
        return faults

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        papers = len(np.unique(self.source))
        return (
            f"<Measurements, {len(self)} rows: {self.property_name} of {len(self.formulations)} "
            f"recipes by {self.method}, {papers} {'source' if papers == 1 else 'sources'}>"
        )

    def _repr_html_(self) -> str:
        first = self.select(np.arange(min(len(self), _SHOWN_ROWS)))
        more = len(self) - len(first)
        notes = [f"and {more} more rows"] if more else []
        frame = first.to_frame().drop(columns="composition")
        return html_table(repr(self).strip("<>"), frame, notes)

    @property
    def row_formulations(self) -> list[Formulation]:
        """Formulation of each row, length n."""
        return [self.formulations[i] for i in self.formulation_index]

    @property
    def trusted(self) -> NDArray[np.bool_]:
        """Which rows models may learn from, shape (n,): all that no other source contradicts."""
        return ~self._are(Trust.CONTRADICTED)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which rows are for training and headline metrics, shape (n,)."""
        return ~self._are(Trust.UNUSABLE)

    @property
    def second_hand(self) -> NDArray[np.bool_]:
        """Which rows were read in another paper than the one that measured them, shape (n,)."""
        return self._are(Trust.SECOND_HAND)

    def _are(self, trust: Trust) -> NDArray[np.bool_]:
        return np.zeros(len(self), dtype=np.bool_) if self.trust is None else self.trust == trust

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Measurements:
        """Only some rows, by mask or index; formulations no row is about are left out."""
        used, index = np.unique(self.formulation_index[rows], return_inverse=True)
        return Measurements(
            property_name=self.property_name,
            formulations=tuple(self.formulations[i] for i in used),
            formulation_index=index.ravel().astype(np.intp),
            temperature_k=self.temperature_k[rows],
            value=self.value[rows],
            source=self.source[rows],
            source_row=self.source_row[rows],
            flag=self.flag[rows],
            method=self.method,
            uncertainty=None if self.uncertainty is None else self.uncertainty[rows],
            trust=None if self.trust is None else self.trust[rows],
        )

    def to_frame(self) -> pd.DataFrame:
        """The long table, one row a measurement, with the columns `COLUMNS`."""
        return to_frame([self])


def concatenate(parts: Sequence[Measurements]) -> Measurements:
    """Rows of several tables of one property and method, in the order given.

    Raises
    ------
    ValueError
        If they are of different properties or methods, or there are none.
    """
    if len({(p.property_name, p.method) for p in parts}) != 1:
        raise ValueError("can only join measurements of one property and one method")
    starts = np.cumsum([0, *(len(p.formulations) for p in parts)])
    shifted = [p.formulation_index + start for p, start in zip(parts, starts, strict=False)]
    return Measurements(
        property_name=parts[0].property_name,
        formulations=tuple(f for p in parts for f in p.formulations),
        formulation_index=np.concatenate(shifted),
        temperature_k=np.concatenate([p.temperature_k for p in parts]),
        value=np.concatenate([p.value for p in parts]),
        source=np.concatenate([p.source for p in parts]),
        source_row=np.concatenate([p.source_row for p in parts]),
        flag=np.concatenate([p.flag for p in parts]),
        method=parts[0].method,
        uncertainty=_joined([p.uncertainty for p in parts], parts, np.nan),
        trust=_joined([p.trust for p in parts], parts, Trust.FULL.value),
    )


def _joined(columns: Sequence[Any], parts: Sequence[Measurements], usual: object) -> Any:
    """A column that not every table has; None if none has it."""
    if all(column is None for column in columns):
        return None
    return np.concatenate(
        [
            np.full(len(part), usual) if column is None else column
            for column, part in zip(columns, parts, strict=True)
        ]
    )
