"""Shortlists in simulated laboratories: what the rule that picks them is worth.

One search of a problem gives the recipes, as `electrolyte-ml propose` does; each rule picks a list
from the same ones. A laboratory (`laboratory`) then says what they would be measured to have. The
worth of a recipe is the geometric mean of its conductivities at the temperatures of the objectives,
with their weights. A list has reached the best where its best recipe is within 5 % of the best of
all recipes that the search found to be allowed. Rules are compared seed by seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.job import JobResult, Progress
from electrolyte_ml.benchmarks.suites.campaign.laboratory import PoolScorer, drawn_truth
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search import Problem, load_problem
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.engine import run_search
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.shortlist import Picking, chemistry, nearly_same, scaled, shortlist

PRESENT, FORMER = "present rule", "former rule"
_N = 8
_CLOSE = 0.95
_Floats = NDArray[np.float64]
_Rule = Callable[[Sequence[Formulation], _Floats, Sequence[float]], list[int]]

# As shortlists were picked before they were spread over chemistries.
_FORMER = Picking(
    quality_lost_per_distance=4.0,
    repeated_chemistry=1.0,
    repeated_bulk=1.0,
    repeated_salts=1.0,
    nearer_is_better=False,
    distinct_anchors=False,
    most_with_one_solvent=1.0,
    one_set_of=4,
)


def _highest_mean(
    formulations: Sequence[Formulation], gains: _Floats, weights: Sequence[float]
) -> list[int]:
    """Rows of the highest weighted mean of the scaled objectives, near-copies left out."""
    worth = scaled(gains) @ np.asarray(weights)
    picked: list[int] = []
    for row in np.argsort(-worth, kind="stable").tolist():
        if len(picked) < _N and not any(
            nearly_same(formulations[row], formulations[other]) for other in picked
        ):
            picked.append(row)
    return picked


#: Rules by their names in the leaderboard, ours first.
RULES: Mapping[str, _Rule] = {
    PRESENT: lambda recipes, gains, weights: shortlist(recipes, gains, weights, _N),
    FORMER: lambda recipes, gains, weights: shortlist(recipes, gains, weights, _N, rule=_FORMER),
    "highest weighted mean": _highest_mean,
}


def judge_shortlists(
    name: str, seeds: Sequence[int], progress: Progress | None, *, rule: str
) -> JobResult:
    """Worth and chemistries of the lists of a rule, and how far the present rule is ahead."""
    lists = []
    for number, seed in enumerate(seeds, start=1):
        lists.append(_lists(name, seed))
        if progress is not None:
            progress(name, number, len(seeds))
    figures = np.array([of_seed[rule] for of_seed in lists])
    regret, reached, chemistries = figures.mean(axis=0).tolist()
    metrics = {
        "n": _N,
        "seeds": len(seeds),
        "regret_percent": regret,
        "reached_95": reached,
        "chemistries": chemistries,
    }
    if rule != PRESENT:
        # Less regret is ahead.
        ahead = (np.array([of_seed[PRESENT] for of_seed in lists]) - figures) * [-1.0, 1.0, 1.0]
        error = ahead.std(axis=0, ddof=1) / np.sqrt(len(seeds))
        names = ("regret_percent", "reached_95", "chemistries")
        for what, mean, of_mean in zip(names, ahead.mean(axis=0), error, strict=True):
            metrics |= {f"{what}_ahead": float(mean), f"{what}_ahead_se": float(of_mean)}
    return JobResult(metrics=metrics)


@lru_cache(maxsize=64)
def _lists(name: str, seed: int) -> Mapping[str, tuple[float, float, float]]:
    """Regret in percent, whether the best was reached, and number of chemistries, by rule."""
    problem = load_problem(find_problem(name))
    recipes, gains = _found(problem, seed)
    scorer = PoolScorer.of(problem, recipes)
    rng = np.random.default_rng([seed, len(problem.name), 2])
    truth = drawn_truth(problem, recipes, scorer, rng)
    weights = [o.weight for o in problem.objectives]
    at = [scorer.temperatures_k.index(o.temperature_k or 0.0) for o in problem.objectives]
    worth = truth[:, at] @ (np.array(weights) / np.sum(weights))
    figures = {}
    for rule, pick in RULES.items():
        rows = pick(recipes, gains, weights)
        share = float(10.0 ** (worth[rows].max() - worth.max()))
        kinds = {chemistry(recipes[row]) for row in rows}
        figures[rule] = (100 * (1 - share), float(share >= _CLOSE), float(len(kinds)))
    return figures


def _found(problem: Problem, seed: int) -> tuple[list[Formulation], _Floats]:
    """Allowed recipes of a search, and their objectives with the sign that makes more better."""
    evaluator = Evaluator(problem, known_only=True)
    result = run_search(problem, evaluator, seed=seed)
    allowed = np.flatnonzero(result.evaluation.feasible)
    gains = evaluator.gains(result.evaluation)[allowed]
    return [result.formulations[row] for row in allowed], gains
