"""What to measure next: mostly what should be good, some of what could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import InfeasibleError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.campaign.acquisition import Pick, pick
from electrolyte_ml.search.campaign.results_file import Quantity, column_name
from electrolyte_ml.search.campaign.tuning import TunedScorer
from electrolyte_ml.search.engine import ProgressCallback, SearchResult, run_search
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.infeasible import explain_infeasible
from electrolyte_ml.search.pareto import fronts
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.properties import PROPERTIES
from electrolyte_ml.search.proposals import finite_or_none
from electrolyte_ml.search.selection import component_set, nearly_same
from electrolyte_ml.search.wording import reasons

# Candidates for a batch, best first: more of them cost time and are hardly ever picked.
_MOST_CANDIDATES = 400
# A search that has converged offers one recipe in many shades; another seed converges elsewhere.
_MOST_SEARCHES = 3
_SEED_STEP = 7919
_EXPLORES = "explores: hardly known, and could be better than anything expected"


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
    scorer: TunedScorer,
    known: Sequence[Formulation],
    n: int,
    *,
    pending: Sequence[Formulation] = (),
    seed: int,
    n_trials: int | None = None,
    progress: ProgressCallback | None = None,
) -> list[Choice]:
    """Choose recipes that are worth measuring and differ from all that are known.

    The search goes by the hopeful end of each objective, whatever the risk attitude of the
    problem: a laboratory finds out what a shortlist must not gamble on. Constraints hold as in
    `propose`.

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
    pending
        Those of them that are being measured: what they will tell need not be asked again.
    seed, n_trials, progress
        As in `run_search`.

    Raises
    ------
    InfeasibleError
        If no recipe satisfies every constraint, or none is left that is not known.
    """
    evaluator = Evaluator(problem, scorer, hopeful=True)
    candidates: list[Formulation] = []
    for attempt in range(_MOST_SEARCHES):
        result = run_search(
            problem,
            evaluator,
            n_trials=n_trials,
            seed=(seed + attempt * _SEED_STEP) % 2**32,
            progress=progress,
        )
        candidates += _fresh(evaluator, result, [*known, *candidates])
        if len(candidates) >= n:
            break
    if not candidates:
        raise InfeasibleError(
            f"{problem.name}: every recipe found is measured or pending, or nearly the same as one "
            "that is; record results, widen the problem, or search longer with --trials"
        )
    picks = pick(evaluator, scorer, candidates, n, pending=pending, seed=seed)
    return _choices(problem, scorer, [candidates[p.row] for p in picks], picks)


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


def _fresh(
    evaluator: Evaluator, result: SearchResult, known: Sequence[Formulation]
) -> list[Formulation]:
    """The best feasible recipes of a search, none nearly the same as a known one or as another."""
    feasible = np.flatnonzero(result.evaluation.feasible)
    if not len(feasible):
        problem = evaluator.problem
        raise InfeasibleError(
            explain_infeasible(problem, result.evaluation, evaluator.constraint_names)
        )
    alike: dict[frozenset[str], list[Formulation]] = {}
    for formulation in known:
        alike.setdefault(component_set(formulation), []).append(formulation)
    fresh: list[Formulation] = []
    for row in feasible[_best_first(evaluator.gains(result.evaluation)[feasible])].tolist():
        recipe = result.formulations[row]
        relatives = alike.setdefault(component_set(recipe), [])
        if not any(nearly_same(recipe, other) for other in relatives):
            relatives.append(recipe)
            fresh.append(recipe)
            if len(fresh) == _MOST_CANDIDATES:
                break
    return fresh


def _best_first(gains: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows in the order of their fronts."""
    if gains.shape[1] == 1:
        # Every front is one recipe, and finding them one by one takes long.
        return np.argsort(-gains[:, 0], kind="stable")
    return np.concatenate(list(fronts(gains)))


def _choices(
    problem: Problem, scorer: TunedScorer, chosen: list[Formulation], picks: list[Pick]
) -> list[Choice]:
    evaluator = Evaluator(problem, scorer, hopeful=True)
    predictions = evaluator.predict(chosen)
    why = reasons(problem, chosen, evaluator.evaluate(predictions).objectives, hopeful=True)
    n_temperatures = len(evaluator.temperatures_k)
    choices = []
    for row, formulation in enumerate(chosen):
        told: dict[str, dict[str, Any]] = {}
        for name, temperature in quantities(problem):
            at = 0 if temperature is None else problem.temperatures_k.index(temperature)
            place = row * n_temperatures + at
            prediction = predictions[name]
            told[column_name((name, temperature))] = {
                end: finite_or_none(getattr(prediction, end)[place])
                for end in ("value", "low", "high")
            }
        line = _EXPLORES if picks[row].explores else why[row]
        choices.append(Choice(formulation=formulation, predictions=told, why=line))
    return choices
