"""What baselines see of a measurement: raw columns, fractions of species, mixed descriptors."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import calisol23
from electrolyte_ml.features import Composition, compose, mixture_features

# Of two descriptors that correlate more than this over the species at hand, one is left out.
_SAME = 0.95
# Larger values (Ipc of a large molecule, say) swamp every other descriptor.
_LARGEST = 1e5
# What published baselines leave out of the table: where a row is from, and the unit of c.
_NOT_INPUTS = ["row", "doi", "k", "c units"]


def raw_columns(measurements: Measurements) -> NDArray[np.float64]:
    """Columns of CALiSol-23 as they stand, words as one column a value, shape (n, p).

    This is the table that published baselines are trained on: fractions by whatever basis the row
    has, the concentration in whatever unit it has.
    """
    import pandas as pd

    table = pd.read_csv(data_path(calisol23.FILE_NAME)).set_index("row", drop=False)
    rows = table.loc[measurements.source_row].drop(columns=_NOT_INPUTS)
    return pd.get_dummies(rows).to_numpy(dtype=np.float64)


def one_hot(measurements: Measurements) -> NDArray[np.float64]:
    """Mole fractions of solvents and ions, molality, and temperature, shape (n, p)."""
    composition = compose(measurements.row_formulations)
    amounts = np.column_stack(
        [
            composition.solvent_mole_fraction,
            composition.anion_fraction,
            composition.cation_fraction,
            composition.molality_mol_kg,
        ]
    )
    return np.column_stack([amounts[composition.index], measurements.temperature_k])


def model_descriptors(measurements: Measurements) -> NDArray[np.float64]:
    """The features of the shipped model with molality and temperature, shape (n, p)."""
    composition = compose(measurements.row_formulations)
    return _with_state(mixture_features(composition), composition, measurements)


def rdkit_descriptors(measurements: Measurements) -> NDArray[np.float64]:
    """All RDKit descriptors, mixed by mole fraction, molality and temperature, shape (n, p)."""
    return _mixed("rdkit", measurements)


def mordred_descriptors(measurements: Measurements) -> NDArray[np.float64]:
    """All two-dimensional Mordred descriptors, mixed likewise, shape (n, p)."""
    return _mixed("mordred", measurements)


def _mixed(family: str, measurements: Measurements) -> NDArray[np.float64]:
    composition = compose(measurements.row_formulations)
    solvents = _table(family, tuple(s.smiles for s in composition.solvents))
    anions = _table(family, tuple(a.smiles for a in composition.anions))
    mixed = np.column_stack(
        [composition.solvent_mole_fraction @ solvents, composition.anion_fraction @ anions]
    )
    return _with_state(mixed, composition, measurements)


def _with_state(
    features: NDArray[np.float64], composition: Composition, measurements: Measurements
) -> NDArray[np.float64]:
    molality = composition.molality_mol_kg[composition.index]
    temperature = measurements.temperature_k
    state = [molality, np.sqrt(molality), np.log(molality), temperature, 1000.0 / temperature]
    return np.column_stack([features[composition.index], *state])


@cache
def _table(family: str, smiles: tuple[str, ...]) -> NDArray[np.float64]:
    """Descriptors of species that are defined, vary, and say different things, shape (s, p)."""
    from electrolyte_ml.features.molecule import calculate

    names = tuple(f"{family}.{name}" for name in _names(family))
    values = np.array([calculate(one, names) for one in smiles])
    usable = np.isfinite(values).all(axis=0)
    usable &= (np.abs(np.where(usable, values, 0.0)).max(axis=0) < _LARGEST) & (
        np.ptp(np.where(usable, values, 0.0), axis=0) > 1e-9
    )
    values = values[:, usable]
    alike = np.abs(np.corrcoef(values.T)) if values.shape[1] > 1 else np.eye(values.shape[1])
    kept: list[int] = []
    for column in range(values.shape[1]):
        if not kept or alike[column, kept].max() < _SAME:
            kept.append(column)
    chosen: NDArray[np.float64] = values[:, kept]
    return chosen


@cache
def _names(family: str) -> tuple[str, ...]:
    if family == "rdkit":
        from rdkit.Chem import Descriptors

        return tuple(name for name, _ in Descriptors._descList)  # made at run time
    from mordred import Calculator, descriptors

    return tuple(str(d) for d in Calculator(descriptors, ignore_3D=True).descriptors)
