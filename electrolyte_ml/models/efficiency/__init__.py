"""Coulombic efficiency of lithium metal on copper: a ranking inside known families of solvents."""

from electrolyte_ml.models.efficiency.model import (
    EfficiencyModel,
    EfficiencyPrediction,
    predict_efficiency,
)

__all__ = ["EfficiencyModel", "EfficiencyPrediction", "predict_efficiency"]
