"""One long table of measurements: a formulation, a temperature, a value and where it is from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.properties import kind_of
from electrolyte_ml.errors import TableError
from electrolyte_ml.formulation import Formulation

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
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
        Temperature, K, shape (n,); NaN where the property has none (`PropertyKind.temperature`).
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

    Raises
    ------
    TableError
        If lengths differ, or temperatures, values or uncertainties are impossible for the property
        (`PropertyKind`); one line for each such row.
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

    def __post_init__(self) -> None:
        columns = [self.temperature_k, self.value, self.source, self.source_row, self.flag]
        columns += [] if self.uncertainty is None else [self.uncertainty]
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
        kind = kind_of(self.property_name)
        value, kelvin = self.value, self.temperature_k
        with np.errstate(invalid="ignore"):
            good = np.isfinite(value) & (value >= kind.lowest) & (value <= kind.highest)
            good &= (value > 0) | np.bool_(not kind.positive)
            good &= (np.isfinite(kelvin) & (kelvin > 0)) | (
                np.isnan(kelvin) & np.bool_(not kind.temperature)
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

    @property
    def row_formulations(self) -> list[Formulation]:
        """Formulation of each row, length n."""
        return [self.formulations[i] for i in self.formulation_index]

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
        )

    def frame(self) -> pd.DataFrame:
        """The long table, one row a measurement (`electrolyte_ml.data.long_table`)."""
        from electrolyte_ml.data.long_table import to_frame

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
        uncertainty=_joined_uncertainty(parts),
    )


def _joined_uncertainty(parts: Sequence[Measurements]) -> NDArray[np.float64] | None:
    if all(p.uncertainty is None for p in parts):
        return None
    return np.concatenate(
        [np.full(len(p), np.nan) if p.uncertainty is None else p.uncertainty for p in parts]
    )
