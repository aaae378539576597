r"""Baselines that learn from the union of all conductivities: trees on descriptors.

Ions count as ions, whether they came with a salt or an ionic liquid. Descriptors of molecules,
anions and cations are averaged each over its own kind. Boosting learns the logarithm of the
equivalent conductivity :math:`\kappa / c`, randomised trees that of the conductivity: on unseen
series either is better in the way that it has.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.baselines import (
    Baseline,
    boosting_regressor,
    extra_trees_regressor,
    of_log10,
    xgboost_regressor,
)
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import Composition, compose, mixture_features
from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, descriptors
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.chemistry import formal_charge, molecule_of

_VOLUME = ANION_DESCRIPTORS.index("mordred.VMcGowan")
# Volume that a mole of ions takes up in a liquid, by its McGowan volume.
_PACKING = 1.25
# Of a metal ion that has none in the catalog.
_USUAL_RADIUS_NM = 0.1
# A litre has 1000 cm3; volumes of spheres in nm3 are cm3/mol by this.
_CM3_PER_L, _CM3_PER_MOL_NM3 = 1000.0, 602.214
# Beyond this dilution nothing changes.
_MOST_MOLECULES_PER_CHARGE = 1000.0
_LOG_CONCENTRATION = 0


def electrolyte_descriptors(measurements: Measurements) -> NDArray[np.float64]:
    """Concentration, mixed descriptors of molecules, anions and cations, temperature.

    Parameters
    ----------
    measurements
        n rows, each of an electrolyte with ions.

    Returns
    -------
    ndarray of float, shape (n, p)
        Column 0 is log10 of the concentration in moles of charge by litre, estimated from the
        volumes of molecules and ions.
    """
    composition = compose(measurements.row_formulations)
    cations = np.array([_cation_row(ion.smiles) for ion in composition.cations])
    mixed = np.column_stack(
        [
            _amounts(composition),
            mixture_features(composition),
            composition.cation_fraction @ cations,
        ]
    )
    temperature = measurements.temperature_k
    return np.column_stack([mixed[composition.index], temperature, 1000.0 / temperature])


def concentration_mol_l(composition: Composition) -> NDArray[np.float64]:
    """Moles of positive charge by litre of liquid, estimated, shape (u,)."""
    charges, (molecules, ions) = composition.molality_mol_kg, _volumes_cm3_kg(composition)
    concentration: NDArray[np.float64] = _CM3_PER_L * charges / (molecules + ions)
    return concentration


def _amounts(composition: Composition) -> NDArray[np.float64]:
    """How much of it is ions, in several forms; the concentration first."""
    charges, molecules = composition.molality_mol_kg, composition.molecules_mol_kg
    of_molecules, of_ions = _volumes_cm3_kg(composition)
    concentration = concentration_mol_l(composition)
    return np.column_stack(
        [
            np.log10(concentration),
            np.sqrt(concentration),
            np.log10(charges),
            of_ions / (of_molecules + of_ions),
            molecules / (molecules + charges),
            np.minimum(molecules / charges, _MOST_MOLECULES_PER_CHARGE),
        ]
    )


def _volumes_cm3_kg(composition: Composition) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Volumes of molecules and of ions by kilogram of molecules and liquid salts, shapes (u,)."""
    molar = np.array([solvent_constants(s).molar_volume_cm3_mol for s in composition.solvents])
    molecules = composition.molecules_mol_kg * (composition.solvent_mole_fraction @ molar)
    ions = np.zeros(composition.n_formulations)
    for kind, share in (
        (composition.cations, composition.cation_fraction),
        (composition.anions, composition.anion_fraction),
    ):
        charge = np.array([abs(formal_charge(ion.smiles)) for ion in kind], dtype=np.float64)
        volume = np.array([_ion_volume_cm3_mol(ion.smiles) for ion in kind])
        ions += composition.molality_mol_kg * (share @ volume) / (share @ charge)
    return molecules, _PACKING * ions


@cache
def _ion_volume_cm3_mol(smiles: str) -> float:
    """McGowan volume of an ion; of a metal ion, a sphere of its ionic radius."""
    if molecule_of(smiles).GetNumAtoms() > 1:
        volume = float(descriptors(smiles, ANION_DESCRIPTORS)[_VOLUME])
        if np.isfinite(volume):
            return volume
    radius = default_catalog().ion(smiles).value("radius_nm") or _USUAL_RADIUS_NM
    return float(_CM3_PER_MOL_NM3 * 4.0 / 3.0 * np.pi * radius**3)


@cache
def _cation_row(smiles: str) -> NDArray[np.float64]:
    """Charge, radius in nm and descriptors of a cation; those of metal ions are zero."""
    metal = molecule_of(smiles).GetNumAtoms() == 1
    sphere = _ion_volume_cm3_mol(smiles) / _CM3_PER_MOL_NM3
    radius = np.cbrt(3.0 * sphere / (4.0 * np.pi))
    # The list was chosen for anions, and is of size, polarity and elements.
    of_shape = np.nan_to_num(descriptors(smiles, ANION_DESCRIPTORS)) * (not metal)
    return np.r_[metal, formal_charge(smiles), radius, 1.0 / radius, of_shape]


class EquivalentConductivity:
    """A regressor of log10 of the equivalent conductivity, mS/cm by mol/L, as one of mS/cm.

    Parameters
    ----------
    regressor
        With ``fit(X, y)`` and ``predict(X)``; column 0 of ``X`` is log10 of the concentration, as
        `electrolyte_descriptors` makes it.
    """

    def __init__(self, regressor: Any) -> None:
        self.regressor = regressor

    def fit(self, inputs: NDArray[np.float64], value: NDArray[np.float64]) -> Self:
        """Fit to rows of shape (n, p) with conductivities in mS/cm, shape (n,)."""
        self.regressor.fit(inputs, np.log10(value) - inputs[:, _LOG_CONCENTRATION])
        return self

    def predict(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Conductivity, mS/cm, shape (n,)."""
        log10 = self.regressor.predict(inputs) + inputs[:, _LOG_CONCENTRATION]
        value: NDArray[np.float64] = np.power(10.0, log10)
        return value


def _boosting(seed: int) -> EquivalentConductivity:
    return EquivalentConductivity(boosting_regressor(seed))


def _extra_trees(seed: int) -> Any:
    return of_log10(extra_trees_regressor(seed))


def _xgboost(seed: int) -> EquivalentConductivity:
    return EquivalentConductivity(xgboost_regressor(seed, trees=400, learning_rate=0.06))


#: Baselines of the suite ``chemistry``, in the order of the leaderboard.
UNION_BASELINES: tuple[Baseline, ...] = (
    Baseline(
        name="gradient boosting",
        inputs=electrolyte_descriptors,
        estimator=_boosting,
        quick=True,
    ),
    Baseline(
        name="XGBoost",
        inputs=electrolyte_descriptors,
        estimator=_xgboost,
        needs=("xgboost", "bench"),
        quick=True,
    ),
    Baseline(name="extra trees", inputs=electrolyte_descriptors, estimator=_extra_trees),
)
