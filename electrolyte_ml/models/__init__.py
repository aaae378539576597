"""Models of properties: prediction with intervals and a domain flag, never a bare number.

The names below are loaded when they are first used: importing one model does not import the others.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from electrolyte_ml.models.conductivity import predict_conductivity
    from electrolyte_ml.models.density import predict_density
    from electrolyte_ml.models.liquid import LiquidRange, liquid_range
    from electrolyte_ml.models.scoring import ScoreTable, score_formulations
    from electrolyte_ml.models.viscosity import predict_viscosity
    from electrolyte_ml.models.window import predict_window

_HOMES = {
    "LiquidRange": "electrolyte_ml.models.liquid",
    "ScoreTable": "electrolyte_ml.models.scoring",
    "liquid_range": "electrolyte_ml.models.liquid",
    "predict_conductivity": "electrolyte_ml.models.conductivity",
    "predict_density": "electrolyte_ml.models.density",
    "predict_viscosity": "electrolyte_ml.models.viscosity",
    "predict_window": "electrolyte_ml.models.window",
    "score_formulations": "electrolyte_ml.models.scoring",
}

__all__ = [
    "LiquidRange",
    "ScoreTable",
    "liquid_range",
    "predict_conductivity",
    "predict_density",
    "predict_viscosity",
    "predict_window",
    "score_formulations",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
