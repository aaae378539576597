"""Recipes that everyone would run beside a shortlist, by the cation of its salts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.prediction import Prediction, number_or_none
from electrolyte_ml.rules import RecipeWarning
from electrolyte_ml.search.check_recipe import Check
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.species.catalog import packaged_catalog

# What most papers compare with, a carbonate without and with a film former, and an ether.
_USUAL = {
    "Na": (
        "1 M NaPF6 in EC:PC 1:1 v/v",
        "1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC",
        "1 M NaPF6 in diglyme",
    ),
    "Li": (
        "1 M LiPF6 in EC:DMC 1:1 v/v",
        "1 M LiPF6 in EC:EMC 3:7 v/v + 2 wt% VC",
        "1 M LiTFSI in DOL:DME 1:1 v/v",
    ),
    "K": (
        "0.8 M KPF6 in EC:DEC 1:1 v/v",
        "1 M KFSI in EC:DEC 1:1 v/v",
        "1 M KPF6 in DME",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualRecipe:
    """A usual recipe beside a shortlist.

    Attributes
    ----------
    text
        The recipe as papers write it.
    formulation
        The recipe.
    predictions
        A score, as the command line's contract writes it, for each temperature of the problem.
    objectives
        Its objectives, in the unit of each property.
    missed
        Checks of those constraints and limits that it does not satisfy.
    first_beside
        What the first recipe of the list has more than it in each objective, one row each, by the
        label of the objective; see `electrolyte_ml.models.differences.differences`.
    warnings
        What a colleague would say of it.
    """

    text: str
    formulation: Formulation
    predictions: tuple[dict[str, Any], ...]
    objectives: tuple[float, ...]
    missed: tuple[Check, ...]
    first_beside: Mapping[str, Prediction]
    warnings: tuple[RecipeWarning, ...]

    def to_dict(self) -> dict[str, Any]:
        """The contract's form."""
        return {
            "recipe": self.text,
            "key": self.formulation.key,
            "predictions": list(self.predictions),
            "objectives": [number_or_none(value) for value in self.objectives],
            "missed": {check.name: check.to_dict() for check in self.missed},
            "first_beside": {name: p.record(0) for name, p in self.first_beside.items()},
            "warnings": [warning.to_dict() for warning in self.warnings],
        }


def usual_recipes(problem: Problem) -> dict[str, Formulation]:
    """What everyone would run with the cations of a problem, by the text as papers write it."""
    cations = dict.fromkeys(salt.cation.name for salt in problem.components.salts)
    return {text: recipe for c in cations for text, recipe in _parsed(c).items()}


@cache
def _parsed(cation: str) -> dict[str, Formulation]:
    texts = _USUAL.get(cation, ())
    return {text: parse_recipe(text, packaged_catalog()) for text in texts}
