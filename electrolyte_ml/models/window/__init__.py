"""Electrochemical stability window: one-electron limits of species and recipes, in three tiers."""

from electrolyte_ml.models.window.prediction import (
    LimitPrediction,
    SpeciesLimit,
    SpeciesWindow,
)
from electrolyte_ml.models.window.recipe_window import RecipeWindows, predict_window
from electrolyte_ml.models.window.species_limits import SpeciesLimits, species_limits

__all__ = [
    "LimitPrediction",
    "RecipeWindows",
    "SpeciesLimit",
    "SpeciesLimits",
    "SpeciesWindow",
    "predict_window",
    "species_limits",
]
