"""How much of a salt dissolves: what is known, and an estimate elsewhere."""

from electrolyte_ml.models.solubility.diluents import is_diluent
from electrolyte_ml.models.solubility.prediction import (
    Solubility,
    insoluble_anions,
    predict_solubility,
    solubility_notes,
)

__all__ = ["Solubility", "insoluble_anions", "is_diluent", "predict_solubility", "solubility_notes"]
