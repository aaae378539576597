"""Warnings of recipes of a problem, at all of its temperatures and for its cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.liquid import liquid_range
from electrolyte_ml.models.warnings import scored_warnings
from electrolyte_ml.rules import RecipeWarning, Severity
from electrolyte_ml.search.problem import Problem

Warnings = tuple[RecipeWarning, ...]
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def problem_warnings(problem: Problem, formulations: Sequence[Formulation]) -> list[Warnings]:
    """Warnings of each recipe at any temperature of the problem, the gravest first.

    Parameters
    ----------
    problem
        Its cell, its rules and its temperatures count.
    formulations
        Recipes, length n.
    """
    if not formulations:
        return []
    temperatures = problem.temperatures_k
    rows = [f for f in formulations for _ in temperatures]
    found = scored_warnings(
        rows,
        np.tile(temperatures, len(formulations)),
        liquid_range(rows),
        cell=problem.cell,
        off=problem.rules.off,
    )
    return of_recipes(found, len(temperatures))


def of_recipes(rows: Sequence[Warnings], n_temperatures: int) -> list[Warnings]:
    """Warnings of recipes from those of their rows, a row for each temperature."""
    return [
        tuple(
            sorted(
                dict.fromkeys(w for row in rows[i : i + n_temperatures] for w in row),
                key=lambda w: _RANK[w.severity],
            )
        )
        for i in range(0, len(rows), n_temperatures)
    ]
