r"""Ranks of a shortlist: recipes of which none is surely better share one.

The order of a shortlist follows the weighted mean of the objectives, each as a share :math:`r_k` of
its range among all recipes tried. The difference of two recipes in this mean,

.. math:: \Delta = \sum_k w_k \Delta_k / r_k \Big/ \sum_k w_k

has an interval made of those of the differences :math:`\Delta_k`
(`electrolyte_ml.models.differences`): errors of one property at several temperatures add up, those
of several properties are independent. A recipe is surely better where the whole interval is above
zero. Its rank is one more than the number of recipes in the list that are surely better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.differences import differences, error_correlation, surely
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.objectives import Direction, Objective
from electrolyte_ml.search.problem import Problem

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRank:
    """Where a recipe of a shortlist stands among the others.

    Attributes
    ----------
    rank
        From 1; several recipes may share it.
    shared
        Whether another recipe of the list has the same rank.
    alike
        Rows of the recipes that differ from it in no objective by more than the uncertainty.
    """

    rank: int
    shared: bool
    alike: tuple[int, ...]


def standings(
    problem: Problem,
    formulations: Sequence[Formulation],
    predictions: Mapping[str, Prediction],
    ranges: Sequence[float],
) -> list[SharedRank]:
    """Rank of each recipe of a shortlist.

    Parameters
    ----------
    problem
        Its objectives count.
    formulations
        Recipes, length n.
    predictions
        As `Evaluator.predict` returns them: recipe 0 at every temperature, then recipe 1...
    ranges
        Best less worst of each objective among all recipes tried, length m.
    """
    n = len(formulations)
    left, right = (rows.ravel() for rows in np.indices((n, n)))
    found = [
        objective_differences(problem, objective, formulations, predictions, left=left, right=right)
        for objective in problem.objectives
    ]
    better = _surely_better(problem, predictions, found, ranges, right).reshape(n, n)
    ranks = 1 + better.sum(axis=0)
    signs = [
        surely(registered_property(objective.property_name), difference)
        for objective, difference in zip(problem.objectives, found, strict=True)
    ]
    apart = (np.array(signs) != 0).any(axis=0).reshape(n, n)
    return [
        SharedRank(
            rank=rank,
            shared=int((ranks == rank).sum()) > 1,
            alike=tuple(other for other in np.flatnonzero(~apart[row]).tolist() if other != row),
        )
        for row, rank in enumerate(ranks.tolist())
    ]


def objective_differences(
    problem: Problem,
    objective: Objective,
    formulations: Sequence[Formulation],
    predictions: Mapping[str, Prediction],
    *,
    left: NDArray[np.intp],
    right: NDArray[np.intp],
) -> Prediction:
    """What the recipes `left` have more than `right` in an objective, row by row.

    Parameters
    ----------
    problem, objective
        The search problem and one of its objectives.
    formulations, predictions
        As of `standings`.
    left, right
        Numbers of recipes, shapes (k,).
    """
    known = registered_property(objective.property_name)
    mine, others = (
        predictions[known.name].select(_rows(problem, objective, recipes))
        for recipes in (left, right)
    )
    correlation = error_correlation(formulations, formulations)[left, right]
    return differences(known, mine, others, correlation)


def _rows(problem: Problem, objective: Objective, recipes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows of recipes at the temperature of an objective."""
    temperatures, at = problem.temperatures_k, objective.temperature_k
    return recipes * len(temperatures) + (0 if at is None else temperatures.index(at))


def _surely_better(
    problem: Problem,
    predictions: Mapping[str, Prediction],
    found: Sequence[Prediction],
    ranges: Sequence[float],
    right: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Whether the weighted mean of the gains of each pair is above zero with its interval, (k,)."""
    gain = np.zeros(len(right))
    below: dict[str, _Floats] = {}
    for objective, difference, reach in zip(problem.objectives, found, ranges, strict=True):
        known = registered_property(objective.property_name)
        weight = objective.weight / (reach or 1.0)
        ends = np.array([difference.value, difference.low, difference.high])
        if known.is_logarithmic:
            rows = _rows(problem, objective, right)
            ends = (ends - 1.0) * predictions[known.name].value[rows]
        is_maximum = objective.direction is Direction.MAXIMIZE
        worst = ends[1] if is_maximum else ends[2]
        with np.errstate(invalid="ignore"):
            gain += weight * (ends[0] if is_maximum else -ends[0])
            below.setdefault(known.name, np.zeros(len(right)))
            below[known.name] += weight * np.abs(ends[0] - worst)
    with np.errstate(invalid="ignore"):
        half = np.sqrt(np.sum([of_property**2 for of_property in below.values()], axis=0))
        return gain > half
