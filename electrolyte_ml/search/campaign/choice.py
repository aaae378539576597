"""What to measure next: mostly what should be good, some of what could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.errors import InfeasibleError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.campaign.results_file import Quantity, column_name
from electrolyte_ml.search.engine import ProgressCallback, run_search
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.infeasible import explain_infeasible
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.properties import PROPERTIES
from electrolyte_ml.search.proposals import finite_or_none
from electrolyte_ml.search.scoring import Scorer
from electrolyte_ml.search.selection import nearly_same, shortlist
from electrolyte_ml.search.wording import reasons

# Of four suggestions, one goes where the interval is wide enough to hold something better: enough
# to correct the model, few enough that most of the work in the laboratory pays.
_ONE_EXPLORES_OF = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A recipe to measure next.

    Attributes
    ----------
    formulation
        The recipe.
    predictions
        Value, low and high of each property that the problem asks for, by label.
    why
        One line.
    """

    formulation: Formulation
    predictions: Mapping[str, dict[str, Any]]
    why: str


def choose(
    problem: Problem,
    scorer: Scorer,
    known: Sequence[Formulation],
    n: int,
    *,
    seed: int,
    n_trials: int | None = None,
    progress: ProgressCallback | None = None,
) -> list[Choice]:
    """Choose recipes that are worth measuring and differ from all that are known.

    Parameters
    ----------
    problem
        What is sought.
    scorer
        Predictions, fine-tuned on what was measured.
    known
        Recipes pending, measured or failed: neither they nor anything nearly the same is chosen.
    n
        How many; fewer come back only if fewer are left.
    seed, n_trials, progress
        As in `run_search`.

    Raises
    ------
    InfeasibleError
        If no recipe satisfies every constraint, or none is left that is not known.
    """
    evaluator = Evaluator(problem, scorer)
    result = run_search(problem, evaluator, n_trials=n_trials, seed=seed, progress=progress)
    feasible = np.flatnonzero(result.evaluation.feasible)
    if not len(feasible):
        raise InfeasibleError(
            explain_infeasible(problem, result.evaluation, evaluator.constraint_names)
        )
    fresh = [i for i in feasible.tolist() if _is_new(result.formulations[i], known)]
    if not fresh:
        raise InfeasibleError(
            f"{problem.name}: every recipe found is measured or pending, or nearly the same as one "
            "that is; record results, widen the problem, or search longer with --trials"
        )
    candidates = [result.formulations[i] for i in fresh]
    weights = [o.weight for o in problem.objectives]
    n_explore = n // _ONE_EXPLORES_OF
    gains = evaluator.gains(result.evaluation)[fresh]
    good = shortlist(candidates, gains, weights, n - n_explore, taken=known)
    chosen = [candidates[i] for i in good]
    left = [i for i, f in enumerate(candidates) if i not in good and _is_new(f, chosen)]
    explorers: list[Formulation] = []
    if n_explore and left:
        others = [candidates[i] for i in left]
        could_be = evaluator.optimistic_gains(evaluator.predict(others))
        rows = shortlist(others, could_be, weights, n_explore, taken=[*known, *chosen])
        explorers = [others[row] for row in rows]
    return _choices(evaluator, chosen, explorers)


def quantities(problem: Problem) -> list[Quantity]:
    """Properties at temperatures that a problem asks for, each once."""
    return list(dict.fromkeys((t.property_name, t.temperature_k) for t in problem.terms))


def measurable(problem: Problem) -> list[Quantity]:
    """Those that an experiment can answer."""
    return [
        (name, temperature)
        for name, temperature in quantities(problem)
        if name not in PROPERTIES or PROPERTIES[name].is_measurable
    ]


def _is_new(formulation: Formulation, known: Sequence[Formulation]) -> bool:
    return not any(nearly_same(formulation, other) for other in known)


def _choices(
    evaluator: Evaluator, chosen: list[Formulation], explorers: list[Formulation]
) -> list[Choice]:
    problem = evaluator.problem
    both = [*chosen, *explorers]
    predictions = evaluator.predict(both)
    objectives = evaluator.evaluate(predictions).objectives
    why = reasons(problem, chosen, objectives[: len(chosen)])
    why += ["explores: hardly known, and could be better than it looks"] * len(explorers)
    n_temperatures = len(evaluator.temperatures_k)
    choices = []
    for row, formulation in enumerate(both):
        told: dict[str, dict[str, Any]] = {}
        for name, temperature in quantities(problem):
            at = 0 if temperature is None else problem.temperatures_k.index(temperature)
            place = row * n_temperatures + at
            prediction = predictions[name]
            told[column_name((name, temperature))] = {
                end: finite_or_none(getattr(prediction, end)[place])
                for end in ("value", "low", "high")
            }
        choices.append(Choice(formulation=formulation, predictions=told, why=why[row]))
    return choices
