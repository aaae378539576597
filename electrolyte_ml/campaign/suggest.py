"""Choosing what to measure next: batches that mix exploitation and exploration.

Most recipes are picked by their upper confidence bound [1]_, the better end of the interval. Some
explore: they have the largest uncertainty among recipes that could beat every expected value.
Pending experiments, and earlier picks of a batch, are assumed to give the predicted values: the
uncertainty around them falls, and the next pick goes elsewhere; recipes that would tell nearly the
same as one of them are not picked while there are others. What is likely to fail, as recipes near
it did (`electrolyte_ml.campaign.failures`), is worth less by that probability. Several objectives
are combined by augmented Chebyshev scalarisation with random weights for each pick [2]_.

References
----------
.. [1] Srinivas, Krause, Kakade and Seeger, IEEE Trans. Inf. Theory 2012, 58, 3250.
   https://doi.org/10.1109/TIT.2011.2182033
.. [2] Knowles, IEEE Trans. Evol. Comput. 2006, 10, 50. https://doi.org/10.1109/TEVC.2005.851274
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.failures import Failures
from electrolyte_ml.campaign.learning import Ignorance, lessons
from electrolyte_ml.campaign.state import LearningGain, Quantity, column_name
from electrolyte_ml.errors import InfeasibleError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.similarity import square_distances
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.engine import ProgressCallback, SearchResult, run_search
from electrolyte_ml.search.evaluation import Evaluator, explain_infeasible
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.rationale import reasons
from electrolyte_ml.search.shortlist import component_set, fronts, most_of_one_set, nearly_same
from electrolyte_ml.search.space import SearchSpace

# One suggestion of four explores: enough to find recipes that the model underestimates, few enough
# that most experiments exploit.
ONE_EXPLORES_OF = 4

# Weight of the sum of all objectives: of two recipes with equal worst objective the better wins.
_AUGMENTATION = 0.05

# Candidates for a batch, best first; more cost time and are hardly ever picked.
_MOST_CANDIDATES = 400

# A converged search offers near-copies of one recipe; another seed converges elsewhere.
_MOST_SEARCHES = 3

_SEED_STEP = 7919

# Recipes that stand for the space of a problem where a campaign wants to learn; more cost time and
# change the choices little.
_SAMPLED, _MOST_SAMPLED = 2000, 200

# Recipes whose errors are correlated by 0.8 tell nearly the same: measuring both in one batch gives
# little. This is their squared distance, see `electrolyte_ml.models.differences`.
_LEAST_SQUARE_APART = 0.034

# Failure is mentioned from here on.
_LIKELY_TO_FAIL = 0.2

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
        Reason for the choice, one line.
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
    failures: Failures | None = None,
    seed: int,
    n_trials: int | None = None,
    progress: ProgressCallback | None = None,
) -> list[Choice]:
    """Choose recipes to measure that differ from all known ones.

    The search maximises the better end of each interval, whatever the risk attitude of the problem:
    an experiment may try a recipe that a shortlist must not risk. Constraints hold as in `propose`.

    Parameters
    ----------
    problem
        The search problem.
    scorer
        Scorer, fine-tuned on the measurements.
    known
        Recipes pending, measured or failed; neither they nor near-copies are chosen.
    n
        Number of recipes; fewer only if fewer are left.
    pending
        Those of `known` whose results are still open.
    failures
        What failed experiments say; nothing failed by default.
    seed, n_trials, progress
        As in `run_search`.

    Raises
    ------
    InfeasibleError
        If no recipe satisfies every constraint, or all that do are known.
    """
    evaluator = Evaluator(problem, scorer, optimistic=True)
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
    picks = pick(evaluator, scorer, candidates, n, pending=pending, failures=failures, seed=seed)
    return _choices(problem, scorer, [candidates[p.row] for p in picks], picks)


def choose_to_learn(
    problem: Problem,
    scorer: TunedScorer,
    known: Sequence[Formulation],
    n: int,
    *,
    pending: Sequence[Formulation] = (),
    failures: Failures | None = None,
    seed: int,
    progress: ProgressCallback | None = None,
) -> tuple[list[Choice], LearningGain]:
    """Choose recipes that tell most of the others of a problem; see `campaign.learning`.

    Parameters
    ----------
    problem, scorer, known, n, pending, failures, seed
        As in `choose`.
    progress
        Called as ``progress(done, total)`` after each choice.

    Returns
    -------
    tuple
        The recipes, and what is to be gained by measuring them.

    Raises
    ------
    InfeasibleError
        If no recipe satisfies every constraint, or all that do are known.
    """
    evaluator = Evaluator(problem, scorer)
    sample = _sample(evaluator, seed)
    keys = {f.key for f in known}
    risk = (failures or Failures.of([])).probability(sample)
    free = np.array([f.key not in keys for f in sample])
    if not free.any():
        raise InfeasibleError(f"{problem.name}: every recipe of the sample is measured or pending")
    rows, at = _laid_out(evaluator, sample)
    waiting = _waiting(evaluator, scorer, pending)
    objectives = [o.property_name for o in problem.objectives]
    names = [n for n, _ in measurable(problem) if n in objectives] or [
        n for n, _ in measurable(problem)
    ]
    ignorance = Ignorance(
        waiting,
        _asked_for(evaluator, scorer.base(rows, at)),
        sample,
        problem.temperatures_k,
        list(dict.fromkeys(names)),
    )
    found = lessons(ignorance, n, np.where(free, 1.0 - risk, 0.0), progress=progress)
    chosen = [sample[lesson.row] for lesson in found]
    predictions = evaluator.predict(chosen)
    choices = [
        Choice(
            formulation=formulation,
            predictions=_intervals(evaluator, predictions, row),
            why=f"tells most of the others: {found[row].share:.0%} of what is not known goes",
        )
        for row, formulation in enumerate(chosen)
    ]
    return choices, ignorance.gain


def _sample(evaluator: Evaluator, seed: int) -> list[Formulation]:
    """Random recipes of a problem that satisfy every constraint."""
    problem = evaluator.problem
    space = SearchSpace(problem.components, problem.limits)
    points = np.random.default_rng(seed).random((_SAMPLED, space.dimension))
    drawn = list({f.key: f for f in space.decode_many(points)}.values())
    evaluation = evaluator(drawn)
    feasible = np.flatnonzero(evaluation.feasible)[:_MOST_SAMPLED].tolist()
    if not feasible:
        raise InfeasibleError(explain_infeasible(problem, evaluation, evaluator.constraint_names))
    return [drawn[row] for row in feasible]


def quantities(problem: Problem) -> list[Quantity]:
    """Properties and temperatures of the objectives and constraints, each once."""
    return list(dict.fromkeys((t.property_name, t.temperature_k) for t in problem.terms))


def measurable(problem: Problem) -> list[Quantity]:
    """Quantities of a problem that can be measured."""
    return [
        (name, temperature)
        for name, temperature in quantities(problem)
        if registered_property(name).is_measurable
    ]


def _fresh(
    evaluator: Evaluator, result: SearchResult, known: Sequence[Formulation]
) -> list[Formulation]:
    """Best feasible recipes of a search, without near-copies of known ones or of each other."""
    feasible = np.flatnonzero(result.evaluation.feasible)
    if not len(feasible):
        problem = evaluator.problem
        raise InfeasibleError(
            explain_infeasible(problem, result.evaluation, evaluator.constraint_names)
        )
    of_set: dict[frozenset[str], list[Formulation]] = {}
    for formulation in known:
        of_set.setdefault(component_set(formulation), []).append(formulation)
    fresh: list[Formulation] = []
    for row in feasible[_best_first(evaluator.gains(result.evaluation)[feasible])].tolist():
        recipe = result.formulations[row]
        others = of_set.setdefault(component_set(recipe), [])
        if not any(nearly_same(recipe, other) for other in others):
            others.append(recipe)
            fresh.append(recipe)
            if len(fresh) == _MOST_CANDIDATES:
                break
    return fresh


def _best_first(gains: NDArray[np.float64]) -> NDArray[np.intp]:
    """Rows in the order of their fronts."""
    if gains.shape[1] == 1:
        # With one objective every front is one value: sorting is faster.
        return np.argsort(-gains[:, 0], kind="stable")
    return np.concatenate(list(fronts(gains)))


def _choices(
    problem: Problem, scorer: TunedScorer, chosen: list[Formulation], picks: list[Pick]
) -> list[Choice]:
    evaluator = Evaluator(problem, scorer, optimistic=True)
    predictions = evaluator.predict(chosen)
    objectives = evaluator.evaluate(predictions, chosen).objectives
    why = reasons(problem, chosen, objectives, optimistic=True)
    choices = []
    for row, formulation in enumerate(chosen):
        intervals = _intervals(evaluator, predictions, row)
        line = _EXPLORES if picks[row].explores else why[row]
        risk = picks[row].failure_probability
        if risk >= _LIKELY_TO_FAIL:
            line += f"; may fail as recipes near it did (probability {risk:.0%})"
        choices.append(Choice(formulation=formulation, predictions=intervals, why=line))
    return choices


def _intervals(
    evaluator: Evaluator, predictions: Mapping[str, Prediction], row: int
) -> dict[str, dict[str, float | None]]:
    """Predictions of a recipe by the names of their columns."""
    return {
        column_name((name, at)): evaluator.interval(predictions, row, name, at)
        for name, at in quantities(evaluator.problem)
    }


def _waiting(
    evaluator: Evaluator, scorer: TunedScorer, pending: Sequence[Formulation]
) -> TunedScorer:
    """The scorer with pending experiments."""
    if not pending:
        return scorer
    rows, at = _laid_out(evaluator, pending)
    return scorer.with_pending(_asked_for(evaluator, scorer.base(rows, at)), rows, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A candidate that was picked.

    Attributes
    ----------
    row
        Number of the candidate.
    explores
        Whether it was picked for its uncertainty.
    failure_probability
        Probability that the experiment fails.
    """

    row: int
    explores: bool
    failure_probability: float


def pick(
    evaluator: Evaluator,
    scorer: TunedScorer,
    candidates: Sequence[Formulation],
    n: int,
    *,
    pending: Sequence[Formulation] = (),
    failures: Failures | None = None,
    seed: int,
) -> list[Pick]:
    """Pick candidates to measure together.

    Parameters
    ----------
    evaluator
        Evaluator of the problem.
    scorer
        Scorer, fine-tuned on the measurements.
    candidates
        Recipes that satisfy every constraint and can be measured.
    n
        Number of picks; all candidates if there are fewer.
    pending
        Pending experiments.
    failures
        What failed experiments say; nothing failed by default.
    seed
        Seed of the weights of objectives.

    Returns
    -------
    list of Pick
        Picks in order. The picks of one set of components are limited while there are others.
    """
    risk = (failures or Failures.of([])).probability(candidates)
    batch = _Batch(evaluator, scorer, candidates, pending, 1.0 - risk)
    random = np.random.default_rng(seed)
    weights = np.array([o.weight for o in evaluator.problem.objectives])
    n = min(n, len(candidates))
    n_explore = n // ONE_EXPLORES_OF
    picks: list[Pick] = []
    while len(picks) < n:
        explores = len(picks) >= n - n_explore
        drawn = random.dirichlet(np.ones(len(weights))) * weights
        row = int(np.argmax(batch.scores(drawn / drawn.sum(), most_of_one_set(n), explores)))
        picks.append(Pick(row=row, explores=explores, failure_probability=float(risk[row])))
        batch.take(row)
    return picks


class _Batch:
    """State of picking: candidates, their predictions, and the picks so far."""

    def __init__(
        self,
        evaluator: Evaluator,
        scorer: TunedScorer,
        candidates: Sequence[Formulation],
        pending: Sequence[Formulation],
        chance: NDArray[np.float64],
    ) -> None:
        self._evaluator = evaluator
        self._chance = chance
        self._mixtures = compose(candidates)
        self._near = np.zeros(len(candidates), dtype=bool)
        if pending:
            self._near |= self._too_near(pending)
        self._candidates = candidates
        self._rows, self._at = _laid_out(evaluator, candidates)
        self._shipped = _asked_for(evaluator, scorer.base(self._rows, self._at))
        self._scorer = _waiting(evaluator, scorer, pending)
        self._sets = [component_set(f) for f in candidates]
        self._taken = np.zeros(len(candidates), dtype=bool)
        self._used: dict[frozenset[str], int] = {}

    def scores(
        self, weights: NDArray[np.float64], most_of_one_set: int, explores: bool
    ) -> NDArray[np.float64]:
        """Acquisition of each candidate; minus infinity where it must not be picked."""
        predictions = self._scorer.correct(self._shipped, self._rows, self._at)
        optimistic = self._evaluator.log_gains(predictions, optimistic=True)
        expected = self._evaluator.log_gains(predictions, optimistic=False)
        low, high = optimistic.min(axis=0), optimistic.max(axis=0)
        could_be = _scalar(optimistic, low, high, weights)
        is_expected = _scalar(expected, low, high, weights)
        score = could_be
        if explores and (could_be > is_expected.max()).any():
            score = np.where(could_be > is_expected.max(), could_be - is_expected, -np.inf)
        used = np.array([self._used.get(s, 0) >= most_of_one_set for s in self._sets])
        choices = (~self._taken & ~used & ~self._near, ~self._taken & ~used, ~self._taken)
        free = next(rows for rows in choices if rows.any())
        if not np.isfinite(score[free]).any():
            score = could_be
        least = score[free & np.isfinite(score)].min()
        # What may fail is worth that much less than the least of all.
        score = least + (score - least) * self._chance
        return np.where(free, score, -np.inf)

    def _too_near(self, recipes: Sequence[Formulation]) -> NDArray[np.bool_]:
        """Candidates that would tell nearly the same as one of some recipes."""
        square = square_distances(self._mixtures, compose(recipes))
        return np.asarray((square < _LEAST_SQUARE_APART).any(axis=1))

    def take(self, row: int) -> None:
        """Note a pick, assumed to give the predicted value."""
        picked = self._candidates[row]
        self._taken[row] = True
        self._near |= self._too_near([picked])
        self._used[self._sets[row]] = self._used.get(self._sets[row], 0) + 1
        n = len(self._evaluator.temperatures_k)
        own = np.arange(row * n, (row + 1) * n)
        shipped: Mapping[str, Prediction] = {
            name: p.select(own) for name, p in self._shipped.items()
        }
        self._scorer = self._scorer.with_pending(shipped, [picked] * n, self._at[own])


def _asked_for(
    evaluator: Evaluator, predictions: Mapping[str, Prediction]
) -> dict[str, Prediction]:
    """Predictions of the properties that the problem asks for."""
    names = evaluator.problem.property_names
    return {name: p for name, p in predictions.items() if name in names}


def _laid_out(
    evaluator: Evaluator, recipes: Sequence[Formulation]
) -> tuple[list[Formulation], NDArray[np.float64]]:
    """Recipes at every temperature of the problem, as `Evaluator.predict` lays them out."""
    temperatures = evaluator.temperatures_k
    rows = [f for f in recipes for _ in temperatures]
    return rows, np.tile(temperatures, len(recipes))


def _scalar(
    gains: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Augmented Chebyshev scalarisation of several objectives, shape (n,), more is better."""
    missing = (high - gains) / np.where(high > low, high - low, 1.0)
    weighted = missing * weights
    score: NDArray[np.float64] = -weighted.max(axis=1) - _AUGMENTATION * weighted.sum(axis=1)
    return score
