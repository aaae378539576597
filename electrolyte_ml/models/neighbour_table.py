"""Making the table of measured recipes that ships with the package.

A paper that follows one blend through temperature often reports a slightly different concentration
at each: points of one paper, salt and blend within 3 % in molality are one recipe of the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.features import compose
from electrolyte_ml.files import write_atomically
from electrolyte_ml.formulation import (
    Amounts,
    Formulation,
    RatioBasis,
    SaltBasis,
    parse_recipe,
)
from electrolyte_ml.formulation.writing import write
from electrolyte_ml.units import ROOM_TEMPERATURE_K

FOLDER = Path(__file__).parent / "artefacts" / "neighbours"
FILE_NAME = "neighbours.npz"
FORMAT = 1
_SAME_MOLALITY = 1.03
_SAME_TEMPERATURE_K = 1.0


def build_neighbours(out: Path | None = None) -> dict[str, Any]:
    """Write the table of measured recipes.

    Parameters
    ----------
    out
        Folder for the file; the package's own by default.

    Returns
    -------
    dict
        How many recipes of how many papers and measurements.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    """
    from electrolyte_ml.models.conductivity.training import measured_sodium, usable_lithium

    measurements = concatenate([usable_lithium(), measured_sodium()])
    entries = measured_recipes(measurements)
    folder = out or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / FILE_NAME, entries)
    return {
        "recipes": len(entries),
        "papers": len({e["doi"] for e in entries}),
        "measurements": sum(e["n_points"] for e in entries),
    }


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
    """The recipe as it was nearest to 25 degC; its conductivity there where it can be told."""
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


def _write(path: Path, entries: list[dict[str, Any]]) -> None:
    """Numbers and texts as they are, amounts as matrices, so that reading it parses no recipe."""
    composition = compose([parse_recipe(e["recipe"]) for e in entries])
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "solvent": np.array([s.smiles for s in composition.solvents]),
        "anion": np.array([a.smiles for a in composition.anions]),
        "cation": np.array([c.smiles for c in composition.cations]),
        "solvent_mole_fraction": composition.solvent_mole_fraction.astype(np.float32),
        "anion_fraction": composition.anion_fraction.astype(np.float32),
        "cation_fraction": composition.cation_fraction.astype(np.float32),
        "molality_mol_kg": composition.molality_mol_kg.astype(np.float32),
    }
    for name in entries[0]:
        column = np.array([e[name] for e in entries])
        arrays[name] = column.astype(np.float32) if column.dtype == np.float64 else column

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)

    write_atomically(path, fill)


def _short_notation(formulation: Formulation) -> str:
    """Recipe with three digits of molality and tenths of a percent: finer than was measured."""
    blend = [(s.solvent, round(100 * s.mass_fraction, 1)) for s in formulation.solvents]
    return write(
        Amounts(
            blend=[(solvent, part) for solvent, part in blend if part > 0],
            ratio_basis=RatioBasis.MASS,
            salts=[
                (s.salt, float(f"{s.molality_mol_kg:.3g}"), SaltBasis.MOLALITY)
                for s in formulation.salts
            ],
        )
    )


if __name__ == "__main__":
    print(build_neighbours())
