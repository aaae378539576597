"""Constraints and limits in the words of the report's page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from electrolyte_ml.search import Bound, Constraint, Problem
from electrolyte_ml.search.evaluation import IN_DOMAIN
from electrolyte_ml.search.legality import Check
from electrolyte_ml.search.properties import LIQUID_RANGE, property_words
from electrolyte_ml.text import celsius, significant
from electrolyte_ml.units import ZERO_CELSIUS_K

# Names of limits as the recipe file has them, and how a chemist says it; {} is a component.
_WORDS = {
    "n_solvents": "number of solvents",
    "n_salts": "number of salts",
    "n_additives": "number of additives",
    "salt_molality_mol_kg": "salt, mol/kg",
    IN_DOMAIN: "known to the models",
}
_WORDS_OF_COMPONENT = {
    "max_fraction": "{} in the solvents, wt%",
    "min_fraction": "{} in the solvents, wt%",
    "max_molality_mol_kg": "{}, mol/kg",
    "additives": "{}, wt%",
}
_FRACTIONS = ("max_fraction", "min_fraction")


def constraint_words(constraint: Constraint) -> str:
    """Such as ``freezing point at most -45 °C``."""
    bound = "at least" if constraint.is_minimum else "at most"
    words = f"{_subject(constraint)} {bound} {_amount(constraint, constraint.limit)}"
    if constraint.probability is not None:
        return f"{words} with a probability of {constraint.probability:.0%} or more"
    return words


def limit_rows(problem: Problem, checks: Sequence[Check]) -> list[dict[str, str]]:
    """What is allowed beside what a recipe has.

    Parameters
    ----------
    problem
        What was asked.
    checks
        Of one recipe.

    Returns
    -------
    list of dict
        ``words``, ``value``, ``allowed`` and ``kept`` (yes or no), all as text.
    """
    constraints = {c.name: c for c in problem.constraints}
    rows = []
    for check in checks:
        constraint = constraints.get(check.name)
        row = _limit_row(check) if constraint is None else _constraint_row(constraint, check)
        rows.append({**row, "kept": "yes" if check.satisfied else "no"})
    return rows


def _constraint_row(constraint: Constraint, check: Check) -> dict[str, str]:
    if constraint.probability is not None:
        value = "-" if check.value is None else f"{check.value:.0%}"
        allowed = f"{constraint.probability:.0%} or more"
        return {
            "words": f"probability that {constraint_words(constraint)}".partition(" with a ")[0],
            "value": value,
            "allowed": allowed,
        }
    bound = "at least" if constraint.is_minimum else "at most"
    # A limit that is obeyed without bound has no number, such as a flash point of what is no fuel.
    value = "without bound" if check.value is None else _amount(constraint, check.value)
    return {
        "words": _subject(constraint),
        "value": value,
        "allowed": f"{bound} {_amount(constraint, constraint.limit)}",
    }


def _limit_row(check: Check) -> dict[str, str]:
    name, _, component = check.name.partition(".")
    if component and name in _WORDS_OF_COMPONENT:
        factor = 100 if name in _FRACTIONS else 1
        allowed = {"max": "at most ", "min": "at least "}.get(name[:3], "")
        return {
            "words": _WORDS_OF_COMPONENT[name].format(component),
            "value": _number(check.value, factor),
            "allowed": allowed + _number(check.limit, factor),
        }
    ratio = re.fullmatch(r"(.+) (>=|<=) \S+", check.name)
    if ratio:
        sign = {">=": "at least", "<=": "at most"}[ratio[2]]
        return {
            "words": ratio[1],
            "value": "without bound" if check.value is None else _number(check.value),
            "allowed": f"{sign} {_number(check.limit)}",
        }
    if check.limit is False:
        pair = check.name.removeprefix("not ").replace(" with ", " together with ")
        return {"words": pair, "value": _number(check.value), "allowed": "no"}
    return {
        "words": _WORDS.get(check.name, check.name),
        "value": _number(check.value),
        "allowed": _number(check.limit),
    }


def _subject(constraint: Constraint) -> str:
    words, _ = property_words(constraint.property_name)
    if constraint.bound is not Bound.VALUE and constraint.probability is None:
        words = f"{constraint.bound} end of {words}"
    at = constraint.temperature_k
    return words if at is None else f"{words} at {celsius(at)}"


def _amount(constraint: Constraint, number: float) -> str:
    """A number with the unit that people use."""
    if constraint.property_name in LIQUID_RANGE:
        # To a tenth: limits are written in whole degrees, and nobody measures better.
        return f"{round(number - ZERO_CELSIUS_K, 1):g} °C"
    unit = property_words(constraint.property_name)[1]
    return f"{significant(number)} {unit}".rstrip()


def _number(value: Any, factor: int = 1) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        low, high = value
        return _number(low, factor) if low == high else f"{low * factor:g} to {high * factor:g}"
    return f"{value * factor:.4g}"
