"""Ionic conductivity: a physical law whose parameters small networks read off the composition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity.artefact import load
from electrolyte_ml.models.conductivity.model import ConductivityModel
from electrolyte_ml.prediction import Prediction

__all__ = ["ConductivityModel", "load", "predict_conductivity"]


def predict_conductivity(
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    folder: Path | None = None,
) -> Prediction:
    """Ionic conductivity of recipes, each at its temperature.

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
        Conductivity, mS/cm, shape (n,).

    Raises
    ------
    ArtefactError
        If the model files are missing or belong to another version.
    """
    return load(folder).predict(formulations, temperature_k)
