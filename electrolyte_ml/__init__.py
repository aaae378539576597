"""Propose, score and benchmark liquid battery electrolytes, sodium first.

In notebooks::

    import electrolyte_ml as eml

    eml.score("1 M NaPF6 in PC", at=["25 degC", "-20 degC"])

The names below are loaded when they are first used, so that ``import electrolyte_ml`` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from electrolyte_ml.version import __version__

if TYPE_CHECKING:
    from electrolyte_ml.api.data import read_measurements
    from electrolyte_ml.api.plots import plot
    from electrolyte_ml.api.predictions import (
        compare,
        explain,
        predict,
        score,
        warnings,
        window,
    )
    from electrolyte_ml.api.recipes import catalog, convert, recipe, weigh_out
    from electrolyte_ml.api.searches import load_problem, propose, screen
    from electrolyte_ml.campaign import Campaign
    from electrolyte_ml.data import Measurements
    from electrolyte_ml.errors import ElectrolyteError
    from electrolyte_ml.formulation import Formulation
    from electrolyte_ml.formulation import Formulation as Recipe
    from electrolyte_ml.models.compositions import score_compositions
    from electrolyte_ml.prediction import Prediction
    from electrolyte_ml.properties import Property, register_property
    from electrolyte_ml.rules import Cell, RecipeWarning
    from electrolyte_ml.search import Problem

# Module and name in it.
_HOMES = {
    "Campaign": "electrolyte_ml.campaign:Campaign",
    "Cell": "electrolyte_ml.rules:Cell",
    "ElectrolyteError": "electrolyte_ml.errors:ElectrolyteError",
    "Formulation": "electrolyte_ml.formulation:Formulation",
    "Measurements": "electrolyte_ml.data:Measurements",
    "Prediction": "electrolyte_ml.prediction:Prediction",
    "Problem": "electrolyte_ml.search:Problem",
    "Property": "electrolyte_ml.properties:Property",
    "Recipe": "electrolyte_ml.formulation:Formulation",
    "RecipeWarning": "electrolyte_ml.rules:RecipeWarning",
    "catalog": "electrolyte_ml.api.recipes:catalog",
    "compare": "electrolyte_ml.api.predictions:compare",
    "convert": "electrolyte_ml.api.recipes:convert",
    "explain": "electrolyte_ml.api.predictions:explain",
    "load_problem": "electrolyte_ml.api.searches:load_problem",
    "plot": "electrolyte_ml.api.plots:plot",
    "predict": "electrolyte_ml.api.predictions:predict",
    "propose": "electrolyte_ml.api.searches:propose",
    "read_measurements": "electrolyte_ml.api.data:read_measurements",
    "recipe": "electrolyte_ml.api.recipes:recipe",
    "register_property": "electrolyte_ml.properties:register_property",
    "score": "electrolyte_ml.api.predictions:score",
    "score_compositions": "electrolyte_ml.models.compositions:score_compositions",
    "screen": "electrolyte_ml.api.searches:screen",
    "weigh_out": "electrolyte_ml.api.recipes:weigh_out",
    "warnings": "electrolyte_ml.api.predictions:warnings",
    "window": "electrolyte_ml.api.predictions:window",
}

__all__ = [
    "Campaign",
    "Cell",
    "ElectrolyteError",
    "Formulation",
    "Measurements",
    "Prediction",
    "Problem",
    "Property",
    "Recipe",
    "RecipeWarning",
    "__version__",
    "catalog",
    "compare",
    "convert",
    "explain",
    "load_problem",
    "plot",
    "predict",
    "propose",
    "read_measurements",
    "recipe",
    "register_property",
    "score",
    "score_compositions",
    "screen",
    "warnings",
    "weigh_out",
    "window",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        from electrolyte_ml.text import did_you_mean

        hint = did_you_mean(name, list(_HOMES)) if not name.startswith("_") else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
