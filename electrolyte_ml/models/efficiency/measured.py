"""Measured efficiencies nearest to a recipe, each with its paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.efficiency import EfficiencyTable
from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.base import StoredModel
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.neighbours import arrays_of_composition, composition_of_arrays
from electrolyte_ml.models.similarity import square_distances
from electrolyte_ml.prediction import number_or_none

_COLUMNS = ("recipe", "source", "percent", "method", "current_ma_cm2", "capacity_mah_cm2", "doubt")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredEfficiency:
    """A measured coulombic efficiency of lithium on copper.

    Attributes
    ----------
    recipe
        The recipe.
    source
        The paper.
    distance
        From the given recipe; 0 is the same recipe, 1 about another solvent family.
    percent
        Coulombic efficiency, percent.
    method
        ``aurbach`` or ``cycling``; empty if untold.
    current_ma_cm2, capacity_mah_cm2
        Current density, mA/cm2, and capacity of a half cycle, mAh/cm2; None if untold.
    doubt
        Why the composition is doubtful; empty if it is not.
    """

    recipe: str
    source: str
    distance: float
    percent: float
    method: str
    current_ma_cm2: float | None
    capacity_mah_cm2: float | None
    doubt: str

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MeasuredEfficiencies(StoredModel):
    """The table of measured efficiencies that ships with the package, k of them.

    Attributes
    ----------
    composition
        Of the recipes, one row each.
    columns
        Everything of a `MeasuredEfficiency` but the distance, by name, shapes (k,).
    """

    composition: Composition
    columns: dict[str, NDArray[Any]]

    FILES: ClassVar[ModelFiles] = ModelFiles(
        name="measured_efficiencies",
        version=1,
        compressed=True,
        command="electrolyte-ml train efficiency",
    )

    @classmethod
    def of_table(cls, table: EfficiencyTable) -> MeasuredEfficiencies:
        """Rows of a table."""
        measured, cycling = table.measurements, table.cycling
        columns = (
            [f.notation() for f in measured.row_formulations],
            measured.source.tolist(),
            measured.value.tolist(),
            [c.method for c in cycling],
            [c.current_ma_cm2 for c in cycling],
            [c.capacity_mah_cm2 for c in cycling],
            measured.flag.tolist(),
        )
        held = zip(_COLUMNS, columns, strict=True)
        return cls(
            composition=compose([replace(f) for f in measured.row_formulations]),
            columns={name: np.array(column) for name, column in held},
        )

    def arrays(self) -> Arrays:
        """Numbers and texts as they are, amounts as matrices."""
        return {**arrays_of_composition(self.composition), **self.columns}

    def record(self) -> Record:
        """Numbers of recipes and papers."""
        return {
            "measurements": len(self.columns["recipe"]),
            "papers": len(np.unique(self.columns["source"])),
        }

    @classmethod
    def of_files(cls, arrays: Arrays, record: Record) -> MeasuredEfficiencies:
        """The table from `arrays` and `record`."""
        return cls(
            composition=composition_of_arrays(arrays, record["measurements"]),
            columns={name: arrays[name] for name in _COLUMNS},
        )


def nearest_efficiencies(
    formulations: Sequence[Formulation], n: int = 5
) -> list[tuple[MeasuredEfficiency, ...]]:
    """Measured efficiencies nearest to each recipe, of one paper and recipe the nearest alone.

    Parameters
    ----------
    formulations
        Recipes, length k.
    n
        How many of each.

    Returns
    -------
    list of tuple of MeasuredEfficiency
        Length k, nearest first.

    Raises
    ------
    ArtefactError
        If the table is missing or of another version.
    """
    table = MeasuredEfficiencies.load()
    square = square_distances(compose(formulations), table.composition)
    return [
        tuple(_row(table, i, float(np.sqrt(row[i]))) for i in np.argsort(row, kind="stable")[:n])
        for row in square
    ]


def _row(table: MeasuredEfficiencies, place: np.intp, distance: float) -> MeasuredEfficiency:
    held = {name: table.columns[name][place].item() for name in _COLUMNS}
    told: dict[str, Any] = {
        n: number_or_none(v) if isinstance(v, float) else v for n, v in held.items()
    }
    return MeasuredEfficiency(distance=distance, **told)
