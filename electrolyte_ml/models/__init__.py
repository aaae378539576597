"""Models of properties: prediction with intervals and a domain flag, never a bare number."""

from electrolyte_ml.models.base import Prediction
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.density import predict_density
from electrolyte_ml.models.liquid import LiquidRange, liquid_range
from electrolyte_ml.models.scoring import ScoreTable, score_formulations

__all__ = [
    "LiquidRange",
    "Prediction",
    "ScoreTable",
    "liquid_range",
    "predict_conductivity",
    "predict_density",
    "score_formulations",
]
