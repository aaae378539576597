"""Baselines of the suite ``solutions``: trees on descriptors of molecules and ions.

Solutions have the inputs of the baselines on conductivities
(`electrolyte_ml.benchmarks.union_baselines.electrolyte_descriptors`), mixtures of two solvents the
descriptors of their molecules by mole fraction. All learn the logarithm of the value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.baselines import (
    Baseline,
    boosting_regressor,
    extra_trees_regressor,
    of_log10,
    xgboost_regressor,
)
from electrolyte_ml.benchmarks.solution_splits import PAIR, property_of_split
from electrolyte_ml.benchmarks.union_baselines import electrolyte_descriptors
from electrolyte_ml.data.impossible import VISCOSITY
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import compose
from electrolyte_ml.features.molecule import SOLVENT_DESCRIPTORS, descriptors


def baselines_of(split: str) -> tuple[Baseline, ...]:
    """Baselines of a split, in the order of the leaderboard."""
    if split == PAIR:
        return (IDEAL_MIXING, *MIXTURE_BASELINES)
    return (
        SOLUTION_BASELINES
        if property_of_split(split) == VISCOSITY
        else (IDEAL_MIXING, *SOLUTION_BASELINES)
    )


def mixture_descriptors(measurements: Measurements) -> NDArray[np.float64]:
    """Density by ideal mixing, descriptors of the molecules, temperature, shape (n, p)."""
    composition = compose(measurements.row_formulations)
    table = np.array([descriptors(s.smiles, SOLVENT_DESCRIPTORS) for s in composition.solvents])
    mixed = composition.solvent_mole_fraction @ table
    kelvin = measurements.temperature_k
    return np.column_stack([ideal_density(measurements), mixed[composition.index], kelvin])


def ideal_density(measurements: Measurements) -> NDArray[np.float64]:
    """Density by ideal mixing of the catalog's volumes, g/cm3, shape (n, 1).

    The catalog has densities of twelve ionic liquids from papers of the table.
    """
    rows = zip(measurements.row_formulations, measurements.temperature_k.tolist(), strict=True)
    return np.array([formulation.density_g_cm3(kelvin) for formulation, kelvin in rows])[:, None]


class _AsGiven:
    """The first input is the answer."""

    def fit(self, inputs: NDArray[np.float64], value: NDArray[np.float64]) -> None:
        del inputs, value

    def predict(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        first: NDArray[np.float64] = inputs[:, 0]
        return first


def _as_given(seed: int) -> Any:
    del seed  # nothing is drawn
    return _AsGiven()


def _boosting(seed: int) -> Any:
    return of_log10(boosting_regressor(seed))


def _extra_trees(seed: int) -> Any:
    return of_log10(extra_trees_regressor(seed))


def _xgboost(seed: int) -> Any:
    return of_log10(xgboost_regressor(seed, trees=400, learning_rate=0.06))


#: Of solutions.
SOLUTION_BASELINES: tuple[Baseline, ...] = (
    Baseline(
        name="gradient boosting", inputs=electrolyte_descriptors, estimator=_boosting, quick=True
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
#: Of densities, which it knows without learning.
IDEAL_MIXING = Baseline(name="ideal mixing", inputs=ideal_density, estimator=_as_given, quick=True)
#: Of mixtures of two solvents.
MIXTURE_BASELINES: tuple[Baseline, ...] = (
    Baseline(name="gradient boosting", inputs=mixture_descriptors, estimator=_boosting, quick=True),
)
