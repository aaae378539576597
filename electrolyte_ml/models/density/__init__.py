"""Density: volumes of molecules, of ions, and what changes when they meet."""

from electrolyte_ml.models.base import predictor
from electrolyte_ml.models.density.model import DensityModel

__all__ = ["DensityModel", "predict_density"]

predict_density = predictor(
    DensityModel,
    "predict_density",
    "Density of recipes with or without salt or ionic liquid, each at its temperature, g/cm3.",
    ionic_liquids=True,
)
