"""Which of many candidates to measure next: those that could turn out best.

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
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.campaign.tuning import TunedScorer
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.selection import component_set, most_of_one_set

if TYPE_CHECKING:
    from electrolyte_ml.prediction import Prediction

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
