"""Why a search found nothing: which constraint stands in the way, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from electrolyte_ml.search.evaluation import Evaluation
from electrolyte_ml.search.problem import Problem, property_words


def explain_infeasible(
    problem: Problem, evaluation: Evaluation, constraint_names: Sequence[str]
) -> str:
    """Message for a search without a feasible recipe.

    Parameters
    ----------
    problem
        What was asked.
    evaluation
        Everything that was scored.
    constraint_names
        Names of the columns of `Evaluation.violations`.

    Returns
    -------
    str
        First line the sum of it, then a line for each failing constraint, most frequent first.
    """
    n = len(evaluation.predicted)
    known = evaluation.violations[evaluation.predicted]
    if not len(known):
        return f"{problem.name}: none of {n} recipes can be predicted; widen the components"
    failing = (known > 0).mean(axis=0)
    lines = [f"{problem.name}: none of {n} recipes satisfies every constraint"]
    for column in np.argsort(-failing, kind="stable"):
        if failing[column] == 0:
            continue
        name = constraint_names[column]
        share = f"{name}: fails in {failing[column]:.0%} of them"
        lines.append(f"{share}; {_nearest(problem, evaluation, int(column))}")
    if len(lines) > 2 and failing.max() < 1:
        lines.append("each constraint can be met alone, but no recipe found meets all together")
    return "\n".join(lines)


def _nearest(problem: Problem, evaluation: Evaluation, column: int) -> str:
    misses = np.where(evaluation.predicted, evaluation.violations[:, column], np.inf)
    row = int(np.argmin(misses))
    if column == len(problem.constraints):
        if misses[row] > 0:
            return "no recipe is one that the models know; see out_of_domain in [prediction]"
        return f"{int(np.sum(misses <= 0))} recipes are ones that the models know"
    constraint = problem.constraints[column]
    unit = property_words(constraint.property_name)[1]
    value = evaluation.constraint_values[row, column]
    short = abs(value - constraint.limit)
    if misses[row] > 0:
        return f"the nearest recipe has {value:.3g} {unit}, {short:.3g} {unit} off".replace(
            " ,", ","
        )
    return f"the best recipe has {value:.3g} {unit}".rstrip()
