"""What a reader would try first: trees on a recipe's raw numbers, and on mixed descriptors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import compose
from electrolyte_ml.models.conductivity.fitting import TrainingRows


@dataclass(frozen=True, slots=True)
class Baseline:
    """A scikit-learn model and what it is given.

    Attributes
    ----------
    name
        As the leaderboard shows it.
    inputs
        Function of the measurements and the rows of our model to a matrix of shape (n, p).
    estimator
        Function of a seed to an estimator of log10 of the conductivity.
    """

    name: str
    inputs: Callable[[Measurements, TrainingRows], NDArray[np.float64]]
    estimator: Callable[[int], Any]


def one_hot(measurements: Measurements, rows: TrainingRows) -> NDArray[np.float64]:
    """Fractions of each solvent and each ion, molality and temperature, shape (n, p)."""
    composition = compose(measurements.row_formulations)
    amounts = np.column_stack(
        [
            composition.solvent_mole_fraction,
            composition.anion_fraction,
            composition.molality_mol_kg,
        ]
    )
    return np.column_stack([amounts[composition.index], rows.temperature_k])


def descriptors(measurements: Measurements, rows: TrainingRows) -> NDArray[np.float64]:
    """Our features, molality and temperature, also in the forms that physics uses."""
    del measurements
    molality, temperature = rows.molality_mol_kg, rows.temperature_k
    return np.column_stack(
        [rows.features, molality, np.sqrt(molality), np.log(molality), temperature]
    )


BASELINES = (
    Baseline(
        "random forest, one-hot",
        one_hot,
        lambda seed: RandomForestRegressor(100, random_state=seed, n_jobs=-1),
    ),
    Baseline(
        "gradient boosting, descriptors",
        descriptors,
        lambda seed: HistGradientBoostingRegressor(
            max_iter=600, learning_rate=0.05, random_state=seed
        ),
    ),
)
