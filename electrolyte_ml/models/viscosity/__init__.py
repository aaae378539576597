"""Viscosity: laws of liquids and of solutions; small networks predict their parameters."""

from electrolyte_ml.models.base import predictor
from electrolyte_ml.models.viscosity.model import ViscosityModel

__all__ = ["ViscosityModel", "predict_viscosity"]

predict_viscosity = predictor(
    ViscosityModel,
    "predict_viscosity",
    "Viscosity of recipes with or without salt, each at its temperature, mPa s.",
    ionic_liquids=True,
)
