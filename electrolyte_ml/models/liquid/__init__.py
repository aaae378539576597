"""Liquid range of recipes: freezing, boiling and flash point, and whether the salt dissolves."""

from electrolyte_ml.models.liquid.miscibility import UNKNOWN
from electrolyte_ml.models.liquid.prediction import PROBABLY_FROZEN, LiquidRange, liquid_range

__all__ = ["PROBABLY_FROZEN", "UNKNOWN", "LiquidRange", "liquid_range"]
