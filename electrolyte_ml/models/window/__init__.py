"""Electrochemical stability window: one-electron limits of species and recipes, in three tiers."""

from electrolyte_ml.models.window.limits import SpeciesLimit, SpeciesWindow
from electrolyte_ml.models.window.model import WindowModel
from electrolyte_ml.models.window.recipe import LimitPrediction, RecipeWindows, predict_window
from electrolyte_ml.models.window.species import SpeciesLimits, species_limits

__all__ = [
    "LimitPrediction",
    "RecipeWindows",
    "SpeciesLimit",
    "SpeciesLimits",
    "SpeciesWindow",
    "WindowModel",
    "predict_window",
    "species_limits",
]
