"""Measurements of one property: a formulation, a temperature, a value and its source in each row.

As a table, a formulation stands in it twice: in canonical notation, for people, and as its exact
composition (JSON of mass fractions and molalities), which is what is read back (`long_table`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import TableError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.formulation.formulation import SCHEMA_VERSION
from electrolyte_ml.notebook import html_table
from electrolyte_ml.properties import property_of

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


def too_long(column: str, text: str) -> str:
    """The fault of a source or a remark of more than `LONGEST_TEXT` characters."""
    return f"{column} has {len(text)} characters; at most {LONGEST_TEXT} are kept"


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
        import pandas as pd

        notation = np.array([f.notation() for f in self.formulations], dtype=object)
        composition = np.array([composition_json(f) for f in self.formulations], dtype=object)
        stated = self.uncertainty
        columns = {
            "formulation": notation[self.formulation_index],
            "composition": composition[self.formulation_index],
            "temperature_k": self.temperature_k,
            "property": self.property_name,
            "value": self.value,
            "unit": property_of(self.property_name).measured_unit,
            "method": self.method,
            "uncertainty": np.full(len(self), np.nan) if stated is None else stated,
            "source": self.source,
            "source_row": self.source_row,
            "flag": self.flag,
        }
        return pd.DataFrame(columns)[list(COLUMNS)]


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
