"""Propose, score and benchmark liquid battery electrolytes, sodium first.

The names below are loaded when they are first used, so that ``import electrolyte_ml`` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from electrolyte_ml.errors import ElectrolyteError
    from electrolyte_ml.formulation import Formulation, parse_recipe
    from electrolyte_ml.models import predict_conductivity, score_formulations
    from electrolyte_ml.prediction import Prediction
    from electrolyte_ml.properties import Property, register_property
    from electrolyte_ml.search import load_problem, propose
    from electrolyte_ml.species import default_catalog

_HOMES = {
    "ElectrolyteError": "electrolyte_ml.errors",
    "Formulation": "electrolyte_ml.formulation",
    "Prediction": "electrolyte_ml.prediction",
    "Property": "electrolyte_ml.properties",
    "default_catalog": "electrolyte_ml.species",
    "load_problem": "electrolyte_ml.search",
    "parse_recipe": "electrolyte_ml.formulation",
    "predict_conductivity": "electrolyte_ml.models",
    "propose": "electrolyte_ml.search",
    "register_property": "electrolyte_ml.properties",
    "score_formulations": "electrolyte_ml.models",
}

__all__ = [
    "ElectrolyteError",
    "Formulation",
    "Prediction",
    "Property",
    "__version__",
    "default_catalog",
    "load_problem",
    "parse_recipe",
    "predict_conductivity",
    "propose",
    "register_property",
    "score_formulations",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
