"""What to measure next: acquisition, and the mix of exploitation and exploration.

Which of many candidates to measure next: those that could turn out best.

Most candidates are picked by the hopeful end of their interval, because they are believed to be
good or because little is known of them (upper confidence bound [1]_); some by doubt alone, among
those that could beat everything that is expected. Experiments under way, and picks of the same
batch, are taken to come out as predicted: doubt falls around them, and the next pick goes
elsewhere. Several objectives are weighed against each other by Chebyshev's scalarisation with
weights drawn anew for each pick [2]_.

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
from electrolyte_ml.campaign.events import Quantity, column_name
from electrolyte_ml.errors import InfeasibleError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import property_of
from electrolyte_ml.search.engine import ProgressCallback, SearchResult, run_search
from electrolyte_ml.search.evaluation import Evaluator, explain_infeasible
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.proposals import finite_or_none
from electrolyte_ml.search.rationale import reasons
from electrolyte_ml.search.shortlist import component_set, fronts, most_of_one_set, nearly_same

# Of four suggestions one explores: enough to find what the model does not believe in, few enough
# that most of the work in the laboratory pays.
ONE_EXPLORES_OF = 4

# Of the sum of all objectives, so that of two recipes with the same worst one the better wins.
_AUGMENTATION = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A candidate that was picked.

    Attributes
    ----------
    row
        Its number.
    explores
        Whether it was picked by doubt.
    """

    row: int
    explores: bool


def pick(
    evaluator: Evaluator,
    scorer: TunedScorer,
    candidates: Sequence[Formulation],
    n: int,
    *,
    pending: Sequence[Formulation] = (),
    seed: int,
) -> list[Pick]:
    """Pick candidates to measure together.

    Parameters
    ----------
    evaluator
        Of the problem.
    scorer
        Predictions, fine-tuned on what was measured.
    candidates
        Recipes that satisfy every constraint and can be measured.
    n
        How many; all of them if there are fewer.
    pending
        Experiments under way.
    seed
        Of the weights of objectives.

    Returns
    -------
    list of Pick
        In the order picked. One set of components takes no more than its share while there are
        others.
    """
    batch = _Batch(evaluator, scorer, candidates, pending)
    random = np.random.default_rng(seed)
    weights = np.array([o.weight for o in evaluator.problem.objectives])
    n = min(n, len(candidates))
    n_explore = n // ONE_EXPLORES_OF
    picks: list[Pick] = []
    while len(picks) < n:
        explores = len(picks) >= n - n_explore
        drawn = random.dirichlet(np.ones(len(weights))) * weights
        row = int(np.argmax(batch.scores(drawn / drawn.sum(), most_of_one_set(n), explores)))
        picks.append(Pick(row=row, explores=explores))
        batch.take(row)
    return picks


class _Batch:
    """Candidates with what a pick needs to know of them."""

    def __init__(
        self,
        evaluator: Evaluator,
        scorer: TunedScorer,
        candidates: Sequence[Formulation],
        pending: Sequence[Formulation],
    ) -> None:
        self._evaluator = evaluator
        self._candidates = candidates
        self._rows, self._at = _laid_out(evaluator, candidates)
        self._shipped = scorer.base(self._rows, self._at)
        self._scorer = scorer
        if pending:
            rows, at = _laid_out(evaluator, pending)
            self._scorer = scorer.expecting(scorer.base(rows, at), rows, at)
        self._sets = [component_set(f) for f in candidates]
        self._taken = np.zeros(len(candidates), dtype=bool)
        self._used: dict[frozenset[str], int] = {}

    def scores(
        self, weights: NDArray[np.float64], most_of_one_set: int, explores: bool
    ) -> NDArray[np.float64]:
        """How much each candidate is worth measuring; minus infinity where it must not be."""
        predictions = self._scorer.correct(self._shipped, self._rows, self._at)
        hopeful = self._evaluator.log_gains(predictions, hopeful=True)
        expected = self._evaluator.log_gains(predictions, hopeful=False)
        low, high = hopeful.min(axis=0), hopeful.max(axis=0)
        could_be = _scalar(hopeful, low, high, weights)
        is_expected = _scalar(expected, low, high, weights)
        score = could_be
        if explores and (could_be > is_expected.max()).any():
            score = np.where(could_be > is_expected.max(), could_be - is_expected, -np.inf)
        used = np.array([self._used.get(s, 0) >= most_of_one_set for s in self._sets])
        free = ~self._taken & ~used
        if not np.isfinite(score[free]).any():
            score = could_be
        return np.where(free if free.any() else ~self._taken, score, -np.inf)

    def take(self, row: int) -> None:
        """Note a pick, as if it had come out as predicted."""
        picked = self._candidates[row]
        self._taken[row] = True
        self._used[self._sets[row]] = self._used.get(self._sets[row], 0) + 1
        n = len(self._evaluator.temperatures_k)
        own = np.arange(row * n, (row + 1) * n)
        shipped: Mapping[str, Prediction] = {
            name: p.select(own) for name, p in self._shipped.items()
        }
        self._scorer = self._scorer.expecting(shipped, [picked] * n, self._at[own])


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
    """One number for several objectives, shape (n,), more is better."""
    missing = (high - gains) / np.where(high > low, high - low, 1.0)
    weighted = missing * weights
    score: NDArray[np.float64] = -weighted.max(axis=1) - _AUGMENTATION * weighted.sum(axis=1)
    return score


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
        if property_of(name).is_measurable
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
