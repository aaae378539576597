"""Nearest measured recipes of a recipe, each with its paper.

A paper that follows one blend through temperature often reports a slightly different concentration
at each: points of one paper, salt and blend within 3 % in molality are one recipe of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis, parse_recipe
from electrolyte_ml.formulation.writing import write
from electrolyte_ml.models.base import StoredModel
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.similarity import square_distances
from electrolyte_ml.species import default_catalog
from electrolyte_ml.units import ROOM_TEMPERATURE_K

DATA_SET = "CALiSol-23 (10.1038/s41597-024-03575-8, CC BY 4.0) and sodium points from papers"
_SAME_MOLALITY = 1.03
_SAME_TEMPERATURE_K = 1.0
_AMOUNTS = (
    "solvent_mole_fraction",
    "anion_fraction",
    "cation_fraction",
    "molality_mol_kg",
    "molecules_mol_kg",
)


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
        From the given recipe; 0 is the same recipe, 1 about another solvent family.
    conductivity_ms_cm, temperature_k
        Measured conductivity, mS/cm, at 25 degC or at the measured temperature nearest to it, K.
    interpolated
        Whether that stands between measured temperatures.
    coldest_k, hottest_k, n_points
        Range of the measurements of this recipe in this paper, K, and how many there are.
    doubt
        Why the number is doubtful; empty if it is not.
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


_FIELDS = tuple(name for name in Neighbour.__slots__ if name != "distance")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MeasuredRecipes(StoredModel):
    """The table of measured recipes that ships with the package, k of them.

    Attributes
    ----------
    composition
        Of the recipes, one row each.
    columns
        Everything else of a `Neighbour` by name, but the distance; shapes (k,).
    """

    composition: Composition
    columns: dict[str, NDArray[Any]]

    FILES: ClassVar[ModelFiles] = ModelFiles(
        name="neighbours", version=3, compressed=True, command="python tools/rebuild_neighbours.py"
    )

    @classmethod
    def of_measurements(cls, measurements: Measurements) -> MeasuredRecipes:
        """Recipes of conductivities in mS/cm, as their short notation has them."""
        entries = measured_recipes(measurements)
        columns = {name: np.array([e[name] for e in entries]) for name in entries[0]}
        return cls(
            composition=compose([parse_recipe(e["recipe"]) for e in entries]), columns=columns
        )

    def arrays(self) -> Arrays:
        """Numbers and texts as they are, amounts as matrices: reading them parses no recipe."""
        arrays = {**arrays_of_composition(self.composition), **self.columns}
        return {
            name: array.astype(np.float32) if array.dtype == np.float64 else array
            for name, array in arrays.items()
        }

    def record(self) -> Record:
        """Numbers of recipes, papers and measurements."""
        return {
            "recipes": len(self.columns["recipe"]),
            "papers": len(np.unique(self.columns["doi"])),
            "measurements": int(self.columns["n_points"].sum()),
        }

    @classmethod
    def of_files(cls, arrays: Arrays, record: Record) -> MeasuredRecipes:
        """The table from `arrays` and `record`."""
        composition = composition_of_arrays(arrays, record["recipes"])
        return cls(composition=composition, columns={name: arrays[name] for name in _FIELDS})


def arrays_of_composition(composition: Composition) -> Arrays:
    """SMILES of species and matrices of amounts, as model files keep them."""
    c = composition
    return {
        "solvent": np.array([s.smiles for s in c.solvents]),
        "anion": np.array([a.smiles for a in c.anions]),
        "cation": np.array([c.smiles for c in c.cations]),
        **{name: getattr(c, name) for name in _AMOUNTS},
    }


def composition_of_arrays(arrays: Arrays, n_rows: int) -> Composition:
    """What `arrays_of_composition` gave, of one row a recipe."""
    catalog = default_catalog()
    return Composition(
        index=np.arange(n_rows, dtype=np.intp),
        solvents=tuple(catalog.solvent(s) for s in arrays["solvent"].tolist()),
        anions=tuple(catalog.ion(s) for s in arrays["anion"].tolist()),
        cations=tuple(catalog.ion(s) for s in arrays["cation"].tolist()),
        **{name: arrays[name].astype(np.float64) for name in _AMOUNTS},
    )


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
    table = MeasuredRecipes.load()
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
    table = MeasuredRecipes.load()
    every = (_neighbour(table, i, 0.0) for i in range(len(table.columns["recipe"])))
    return table.composition, tuple(every)


def _neighbour(table: MeasuredRecipes, row: int, distance: float) -> Neighbour:
    held = {name: table.columns[name][row].item() for name in _FIELDS}
    # Single precision holds no more than six digits.
    rounded: dict[str, Any] = {
        name: float(f"{value:.6g}") if isinstance(value, float) else value
        for name, value in held.items()
    }
    return Neighbour(distance=distance, **rounded)


def measured_recipes(measurements: Measurements) -> list[dict[str, Any]]:
    """Distinct recipes of each paper.

    Parameters
    ----------
    measurements
        Conductivities, mS/cm.

    Returns
    -------
    list of dict
        ``recipe``, ``doi``, ``conductivity_ms_cm`` at ``temperature_k`` (25 degC if it was
        measured there or can be ``interpolated``, else the nearest), ``coldest_k``,
        ``hottest_k``, ``n_points`` and ``doubt``.
    """
    return [_entry(measurements, rows) for rows in _recipes(measurements)]


def _recipes(measurements: Measurements) -> Iterator[NDArray[np.intp]]:
    """Rows of each recipe of each paper."""
    blends: dict[tuple[object, ...], list[int]] = {}
    molality = np.array([f.molality_mol_kg for f in measurements.formulations])
    labels = [_blend(f) for f in measurements.formulations]
    for row, at in enumerate(measurements.formulation_index.tolist()):
        blends.setdefault((str(measurements.source[row]), *labels[at]), []).append(row)
    for members in blends.values():
        rows = np.array(members, dtype=np.intp)
        of_row = molality[measurements.formulation_index[rows]]
        rows, of_row = rows[np.argsort(of_row)], np.sort(of_row)
        start = 0
        for end in range(1, len(rows) + 1):
            if end == len(rows) or of_row[end] > _SAME_MOLALITY * of_row[start]:
                yield rows[start:end]
                start = end


def _blend(formulation: Formulation) -> tuple[object, ...]:
    """Solvents in whole percent of mass, and the salts' names."""
    solvents = tuple(
        sorted((s.solvent.smiles, round(100 * s.mass_fraction)) for s in formulation.solvents)
    )
    return solvents, tuple(sorted(s.salt.name for s in formulation.salts))


def _entry(measurements: Measurements, rows: NDArray[np.intp]) -> dict[str, Any]:
    """The recipe with its conductivity at 25 degC, or at the measured temperature nearest to it."""
    kelvin, value = measurements.temperature_k[rows], measurements.value[rows]
    nearest = int(np.argmin(np.abs(kelvin - ROOM_TEMPERATURE_K)))
    temperature, conductivity = float(kelvin[nearest]), float(value[nearest])
    interpolated = _brackets(kelvin, nearest)
    if interpolated:
        temperature = ROOM_TEMPERATURE_K
        conductivity = _interpolate(kelvin, value)
    formulation = measurements.formulations[measurements.formulation_index[rows[nearest]]]
    return {
        "recipe": _short_notation(formulation),
        "doi": str(measurements.source[rows[nearest]]),
        "temperature_k": temperature,
        "conductivity_ms_cm": conductivity,
        "interpolated": interpolated,
        "coldest_k": float(kelvin.min()),
        "hottest_k": float(kelvin.max()),
        "n_points": len(rows),
        "doubt": str(measurements.flag[rows[nearest]]),
    }


def _brackets(kelvin: NDArray[np.float64], nearest: int) -> bool:
    """Whether 25 degC has to be, and can be, interpolated."""
    if abs(kelvin[nearest] - ROOM_TEMPERATURE_K) <= _SAME_TEMPERATURE_K:
        return False
    return bool(kelvin.min() < ROOM_TEMPERATURE_K < kelvin.max())


def _interpolate(kelvin: NDArray[np.float64], value: NDArray[np.float64]) -> float:
    """Conductivity at 25 degC: its logarithm is linear in 1/T between neighbouring points."""
    distinct = np.unique(kelvin)
    logs = np.array([np.log(value[kelvin == t]).mean() for t in distinct])
    return float(np.exp(np.interp(-1 / ROOM_TEMPERATURE_K, -1 / distinct, logs)))


def _short_notation(formulation: Formulation) -> str:
    """Recipe with three digits of molality and tenths of a percent: finer than was measured."""
    blend = [(s.solvent, round(100 * s.mass_fraction, 1)) for s in formulation.solvents]
    return write(
        Amounts(
            base_solvents=[(solvent, part) for solvent, part in blend if part > 0],
            ratio_basis=RatioBasis.MASS,
            salts=[
                (s.salt, float(f"{s.molality_mol_kg:.3g}"), SaltBasis.MOLALITY)
                for s in formulation.salts
            ],
        )
    )
