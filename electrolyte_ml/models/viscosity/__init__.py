"""Viscosity: mixing rules whose parameters a small network reads off the molecules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.viscosity.artefact import load
from electrolyte_ml.prediction import Prediction

__all__ = ["predict_viscosity"]


def predict_viscosity(
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    folder: Path | None = None,
) -> Prediction:
    """Viscosity of recipes, with or without salt, each at its temperature.

    Parameters
    ----------
    formulations
        Recipes, length n.
    temperature_k
        Temperatures, K, shape (n,).
    folder
        Folder of another model than the one that ships with the package.

    Returns
    -------
    Prediction
        Viscosity, mPa s, shape (n,).

    Raises
    ------
    ArtefactError
        If the model files are missing or belong to another version.
    """
    return load(folder).predict(formulations, temperature_k)
