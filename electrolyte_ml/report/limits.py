"""Limits of a problem in words, and beside them what a recipe has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from electrolyte_ml.properties import registered_property
from electrolyte_ml.search import Bound, Constraint, Problem
from electrolyte_ml.search.check_recipe import Check
from electrolyte_ml.search.evaluation import FORBIDDEN, FREEZES, IN_DOMAIN, UNKNOWN
from electrolyte_ml.text import celsius

# Words for the limits of a recipe file; {} is a component.
_LIMIT_WORDS = {
    "n_solvents": "number of solvents",
    "n_salts": "number of salts",
    "n_additives": "number of additives",
    "salt_molality_mol_kg": "salt, mol/kg",
    IN_DOMAIN: "known to the models",
    FREEZES: "frozen at a temperature asked for",
    FORBIDDEN: "forbidden by a rule",
    UNKNOWN: "too uncertain for a number",
}

_MISSED_WORDS = {
    IN_DOMAIN: "not known to the models",
    FREEZES: "freezes above a temperature asked for",
    FORBIDDEN: "a rule forbids it",
    UNKNOWN: "too uncertain for a number",
}

_COMPONENT_LIMIT_WORDS = {
    "max_fraction": "{} in the solvents, wt%",
    "min_fraction": "{} in the solvents, wt%",
    "max_molality_mol_kg": "{}, mol/kg",
    "additives": "{}, wt%",
}

_AS_WEIGHT_PERCENT = ("max_fraction", "min_fraction")


def constraint_words(problem: Problem, constraint: Constraint) -> str:
    """A constraint in words, such as ``freezing point at most -45 °C``."""
    bound = "at least" if constraint.is_minimum else "at most"
    limit = problem.amount(constraint.property_name, constraint.limit)
    words = f"{_subject(constraint)} {bound} {limit}"
    if constraint.probability is not None:
        return f"{words} with a probability of {constraint.probability:.0%} or more"
    return words


def missed_words(problem: Problem, check: Check) -> str:
    """A constraint or limit that a recipe misses, in words, with the number that it has."""
    if check.name in _MISSED_WORDS:
        return _MISSED_WORDS[check.name]
    constraint = next((c for c in problem.constraints if c.name == check.name), None)
    row = _limit_row(check) if constraint is None else _constraint_row(problem, constraint, check)
    return f"{row['words']} {row['value']}, asked for {row['allowed']}"


def limit_rows(problem: Problem, checks: Sequence[Check]) -> list[dict[str, str]]:
    """Limits beside the values of a recipe.

    Parameters
    ----------
    problem
        The search problem.
    checks
        Checks of one recipe.

    Returns
    -------
    list of dict
        ``words``, ``value``, ``allowed`` and ``kept`` (yes or no), all as text.
    """
    constraints = {c.name: c for c in problem.constraints}
    rows = []
    for check in checks:
        constraint = constraints.get(check.name)
        row = (
            _limit_row(check) if constraint is None else _constraint_row(problem, constraint, check)
        )
        rows.append({**row, "kept": "yes" if check.satisfied else "no"})
    return rows


def _constraint_row(problem: Problem, constraint: Constraint, check: Check) -> dict[str, str]:
    if constraint.probability is not None:
        value = "-" if check.value is None else f"{check.value:.0%}"
        allowed = f"{constraint.probability:.0%} or more"
        return {
            "words": f"probability that {constraint_words(problem, constraint)}".partition(
                " with a "
            )[0],
            "value": value,
            "allowed": allowed,
        }
    bound = "at least" if constraint.is_minimum else "at most"
    # A value without bound has no number, such as the flash point of a liquid that does not burn.
    value = (
        "without bound"
        if check.value is None
        else problem.amount(constraint.property_name, check.value)
    )
    return {
        "words": _subject(constraint),
        "value": value,
        "allowed": f"{bound} {problem.amount(constraint.property_name, constraint.limit)}",
    }


def _limit_row(check: Check) -> dict[str, str]:
    name, _, component = check.name.partition(".")
    if component and name in _COMPONENT_LIMIT_WORDS:
        factor = 100 if name in _AS_WEIGHT_PERCENT else 1
        allowed = {"max": "at most ", "min": "at least "}.get(name[:3], "")
        return {
            "words": _COMPONENT_LIMIT_WORDS[name].format(component),
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
    if check.limit is False and check.name not in _LIMIT_WORDS:
        pair = check.name.removeprefix("not ").replace(" with ", " together with ")
        return {"words": pair, "value": _number(check.value), "allowed": "no"}
    return {
        "words": _LIMIT_WORDS.get(check.name, check.name),
        "value": _number(check.value),
        "allowed": _number(check.limit),
    }


def _subject(constraint: Constraint) -> str:
    known = registered_property(constraint.property_name)
    words, has_ends = known.label, not known.is_exact and constraint.probability is None
    if constraint.bound is not Bound.VALUE and has_ends:
        words = f"{constraint.bound} end of {words}"
    at = constraint.temperature_k
    return words if at is None else f"{words} at {celsius(at)}"


def _number(value: Any, factor: int = 1) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        low, high = value
        return _number(low, factor) if low == high else f"{low * factor:g} to {high * factor:g}"
    return f"{value * factor:.4g}"
