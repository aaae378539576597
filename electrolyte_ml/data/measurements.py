"""One long table of measurements: a formulation, a temperature, a value and where it is from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
        Temperature, K, shape (n,).
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

    Raises
    ------
    ValueError
        If lengths differ, or a temperature or value is not positive and finite.
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

    def __post_init__(self) -> None:
        columns = (self.temperature_k, self.value, self.source, self.source_row, self.flag)
        if {c.shape for c in columns} != {self.formulation_index.shape}:
            raise ValueError("columns of measurements must all have one shape (n,)")
        for name in ("temperature_k", "value"):
            column = getattr(self, name)
            if not (np.isfinite(column).all() and (column > 0).all()):
                raise ValueError(f"{self.property_name}: {name} must be positive and finite")
        indices = self.formulation_index
        if len(indices) and not 0 <= indices.min() <= indices.max() < len(self.formulations):
            raise ValueError("formulation_index points outside of formulations")

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
        )

    def frame(self) -> pd.DataFrame:
        """The long table, one row a measurement, formulations in canonical notation."""
        import pandas as pd

        notation = np.array([f.notation() for f in self.formulations], dtype=object)
        return pd.DataFrame(
            {
                "formulation": notation[self.formulation_index],
                "temperature_k": self.temperature_k,
                "property": self.property_name,
                "value": self.value,
                "method": self.method,
                "source": self.source,
                "source_row": self.source_row,
                "flag": self.flag,
            }
        )


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
    )
