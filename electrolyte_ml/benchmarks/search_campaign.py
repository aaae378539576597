"""The campaign engine of this package as a strategy: what ``electrolyte-ml campaign`` would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.search_worlds import COLD_K, WARM_K, World
from electrolyte_ml.campaign import Result, Status
from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.suggest import choose, pick
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import Objective, OutOfDomain, Problem
from electrolyte_ml.search.evaluation import Evaluator

_PROPERTY = "conductivity_ms_cm"
_TRIALS = 400
_COVERAGE = 0.9


class CampaignSearch:
    """Suggests as ``electrolyte-ml campaign suggest`` does, with the world's belief as its model.

    Parameters
    ----------
    world
        Where to search; of a pool, the free recipes are the candidates.
    seed
        Of the searches.
    believing
        False for the same search with a model that says the same of every recipe.
    """

    def __init__(self, world: World, seed: int, *, believing: bool = True) -> None:
        self._world, self._seed, self._believing = world, seed, believing
        self._temperatures = (WARM_K, COLD_K)[: world.n_objectives]
        self._problem = Problem(
            name="benchmark",
            components=world.space.components,
            limits=world.space.limits,
            objectives=tuple(
                Objective(property_name=_PROPERTY, temperature_k=t) for t in self._temperatures
            ),
            out_of_domain=OutOfDomain.ALLOW,
        )
        self._open: list[Formulation] = []
        self._results: list[Result] = []
        self._round = 0

    def ask(self, n: int) -> list[Formulation]:
        """Suggestions, each a recipe that was not measured before."""
        scorer = TunedScorer(self._believe, self._results)
        known = [r.formulation for r in self._results]
        seed = 1000 * self._seed + self._round
        self._round += 1
        if self._world.pool:
            measured = {f.key for f in known}
            free = [f for f in self._world.pool if f.key not in measured]
            picks = pick(Evaluator(self._problem, scorer), scorer, free, n, seed=seed)
            self._open = [free[p.row] for p in picks]
        else:
            choices = choose(self._problem, scorer, known, n, seed=seed, n_trials=_TRIALS)
            self._open = [c.formulation for c in choices]
        return self._open

    def tell(self, values: NDArray[np.float64]) -> None:
        """Record results."""
        self._results += [
            Result(
                suggestion=None,
                formulation=recipe,
                status=Status.OK,
                values={
                    (_PROPERTY, t): float(v) for t, v in zip(self._temperatures, row, strict=True)
                },
            )
            for recipe, row in zip(self._open, values, strict=True)
        ]

    def _believe(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Mapping[str, Prediction]:
        """The world's belief in the form of a scorer."""
        distinct = {id(f): f for f in formulations}
        place = {key: row for row, key in enumerate(distinct)}
        belief = np.zeros((len(distinct), len(self._temperatures)))
        if self._believing:
            belief = self._world.belief(list(distinct.values()))
        column = [self._temperatures.index(float(t)) for t in temperature_k]
        log10 = belief[[place[id(f)] for f in formulations], column]
        n, half_width = len(formulations), self._world.belief_half_width
        return {
            _PROPERTY: Prediction(
                value=np.power(10.0, log10),
                low=np.power(10.0, log10 - half_width),
                high=np.power(10.0, log10 + half_width),
                coverage=_COVERAGE,
                in_domain=np.ones(n, dtype=bool),
                reason=(None,) * n,
            )
        }
