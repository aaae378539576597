"""Ionic conductivity: a physical law; small networks predict its parameters."""

from __future__ import annotations

from electrolyte_ml.models.base import predictor
from electrolyte_ml.models.conductivity.model import ConductivityModel, fit

__all__ = ["ConductivityModel", "fit", "predict_conductivity"]

predict_conductivity = predictor(
    ConductivityModel,
    "predict_conductivity",
    "Ionic conductivity of recipes, mS/cm.",
    ionic_liquids=True,
)
