"""The campaign engine of this package as a strategy: what ``electrolyte-ml campaign`` would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.search_strategies import Fresh
from electrolyte_ml.benchmarks.search_worlds import COLD_K, WARM_K, World
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.base import Prediction
from electrolyte_ml.search import Objective, OutOfDomain, Problem
from electrolyte_ml.search.campaign import Result, Status
from electrolyte_ml.search.campaign.choice import choose
from electrolyte_ml.search.campaign.tuning import TunedScorer

_PROPERTY = "conductivity_ms_cm"
_TRIALS = 400
_COVERAGE = 0.9


class CampaignSearch:
    """Suggests with the residual model of a campaign on top of the world's belief.

    Parameters
    ----------
    world
        Where to search; of a pool, the recipe nearest to each suggestion is measured.
    seed
        Of the searches.
    """

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._seed = world, seed
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
        self._fresh = Fresh(world)
        self._known: list[Formulation] = []
        self._open: list[Formulation] = []
        self._results: list[Result] = []
        self._round = 0

    def ask(self, n: int) -> list[Formulation]:
        """Suggestions, each a recipe that was not measured before."""
        self._open = []
        while len(self._open) < n:
            scorer = TunedScorer(self._believe, self._results)
            choices = choose(
                self._problem,
                scorer,
                self._known,
                n - len(self._open),
                seed=1000 * self._seed + self._round,
                n_trials=_TRIALS,
            )
            self._round += 1
            for choice in choices:
                self._known.append(choice.formulation)
                recipe = self._fresh.take(choice.formulation)
                if recipe is not None:
                    self._open.append(recipe)
        return self._open

    def tell(self, values: NDArray[np.float64]) -> None:
        """Record results."""
        self._known += self._open
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
