"""Measured recipes that are most like a recipe, each with its paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.features import Composition, compose
from electrolyte_ml.files import packaged_file
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.neighbour_table import FILE_NAME, FORMAT
from electrolyte_ml.models.similarity import square_distances
from electrolyte_ml.species import default_catalog

DATA_SET = "CALiSol-23 (10.1038/s41597-024-03575-8, CC BY 4.0) and sodium points from papers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A measured recipe.

    Attributes
    ----------
    recipe
        In mol/kg and mass ratios, rounded.
    doi
        The paper that measured it.
    distance
        From the recipe asked about; 0 is the same recipe, 1 about another solvent family.
    conductivity_ms_cm, temperature_k
        Measured conductivity, mS/cm, at 25 degC or at the measured temperature nearest to it, K.
    interpolated
        Whether that stands between measured temperatures.
    coldest_k, hottest_k, n_points
        Range of the measurements of this recipe in this paper, K, and how many there are.
    doubt
        Why the number is doubtful; empty where nothing speaks against it.
    """

    recipe: str
    doi: str
    distance: float
    conductivity_ms_cm: float
    temperature_k: float
    interpolated: bool
    coldest_k: float
    hottest_k: float
    n_points: int
    doubt: str

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    composition: Composition
    columns: dict[str, NDArray[Any]]


def nearest_measured(
    formulations: Sequence[Formulation], n: int = 5
) -> list[tuple[Neighbour, ...]]:
    """Measured recipes nearest to each recipe.

    Parameters
    ----------
    formulations
        Recipes, length k.
    n
        How many neighbours of each; of one blend in one paper only the nearest concentration.

    Returns
    -------
    list of tuple of Neighbour
        Length k, nearest first.

    Raises
    ------
    ArtefactError
        If the table is missing or of another version.
    """
    table = _table()
    square = square_distances(compose(formulations), table.composition)
    found = []
    for row in square:
        # Of equally near recipes the one with more points comes first.
        order = np.lexsort((-table.columns["n_points"], np.round(row, 6)))
        nearest: dict[tuple[str, str], Neighbour] = {}
        for i in order.tolist():
            neighbour = _neighbour(table, i, float(np.sqrt(row[i])))
            _, _, blend = neighbour.recipe.partition(" m ")
            nearest.setdefault((neighbour.doi, blend), neighbour)
            if len(nearest) == n:
                break
        found.append(tuple(nearest.values()))
    return found


def measured_compositions() -> tuple[Composition, tuple[Neighbour, ...]]:
    """Composition of every measured recipe of the table, and the recipes, in the same order.

    Raises
    ------
    ArtefactError
        If the table is missing or of another version.
    """
    table = _table()
    every = (_neighbour(table, i, 0.0) for i in range(len(table.columns["recipe"])))
    return table.composition, tuple(every)


def _neighbour(table: _Table, row: int, distance: float) -> Neighbour:
    held = {name: table.columns[name][row].item() for name in _FIELDS}
    # Single precision holds no more than six digits.
    rounded: dict[str, Any] = {
        name: float(f"{value:.6g}") if isinstance(value, float) else value
        for name, value in held.items()
    }
    return Neighbour(distance=distance, **rounded)


_FIELDS = tuple(name for name in Neighbour.__slots__ if name != "distance")


_AMOUNTS = ("solvent_mole_fraction", "anion_fraction", "cation_fraction", "molality_mol_kg")


@cache
def _table() -> _Table:
    place = packaged_file(f"models/artefacts/neighbours/{FILE_NAME}")
    try:
        with place.open("rb") as stream, np.load(stream, allow_pickle=False) as held:
            columns = {name: held[name] for name in held.files}
    except FileNotFoundError:
        raise ArtefactError(f"the table of measured recipes, {FILE_NAME}, is missing") from None
    if int(columns["format"]) != FORMAT:
        raise ArtefactError("the table of measured recipes was made by another version")
    catalog = default_catalog()
    wide = {name: c.astype(np.float64) for name, c in columns.items() if c.dtype == np.float32}
    composition = Composition(
        index=np.arange(len(columns["recipe"]), dtype=np.intp),
        solvents=tuple(catalog.solvent(s) for s in columns["solvent"].tolist()),
        anions=tuple(catalog.ion(s) for s in columns["anion"].tolist()),
        cations=tuple(catalog.ion(s) for s in columns["cation"].tolist()),
        **{name: wide[name] for name in _AMOUNTS},
    )
    return _Table(composition=composition, columns=columns)
