"""Strategies of the search suite: each proposes recipes and receives their measured values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.suites.search.models import (
    Encoding,
    IndependentFractions,
    LegalEncoding,
)
from electrolyte_ml.benchmarks.suites.search.worlds import COLD_K, WARM_K, World, nearest_of_pool
from electrolyte_ml.campaign import Result, Status
from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.suggest import choose, pick
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import Objective, OutOfDomain, Problem
from electrolyte_ml.search.evaluation import Evaluator

# Illegal or already measured points before a strategy gives up.
_PATIENCE = 20_000


class Strategy(Protocol):
    """Proposes recipes and receives their measured values, in turns (ask and tell)."""

    def ask(self, n: int, /) -> list[Formulation]:
        """`n` recipes to measure next, none measured before."""
        ...

    def tell(self, values: NDArray[np.float64], /) -> None:
        """Measured values of the recipes proposed last, mS/cm, shape (n, m)."""
        ...


StrategyMaker = Callable[[World, int], Strategy]


class Fresh:
    """Filter of a sampler's proposals: recipes that were not measured before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._free = np.ones(len(world.pool), dtype=bool)
        self._seen: set[str] = set()

    def take(self, recipe: Formulation | None) -> Formulation | None:
        """The recipe, or the free one of the pool that is nearest; None if there is none."""
        if recipe is None:
            return None
        if self._world.pool:
            (nearest,) = nearest_of_pool([recipe], self._world.pool, self._free)
            return self._world.pool[nearest]
        key = recipe.key
        if key in self._seen:
            return None
        self._seen.add(key)
        return recipe


class RandomRecipes:
    """Random search: Sobol's sequence over legal recipes, or the pool in random order."""

    def __init__(self, world: World, seed: int) -> None:
        from scipy.stats import qmc

        order = np.random.default_rng(seed).permutation(len(world.pool))
        self._pool = [world.pool[i] for i in order]
        self._space = world.space
        self._points = qmc.Sobol(world.space.dimension, seed=seed)
        self._fresh = Fresh(world)

    def ask(self, n: int) -> list[Formulation]:
        """The next recipes of the sequence."""
        if self._pool:
            found, self._pool = self._pool[:n], self._pool[n:]
            return found
        found = []
        while len(found) < n:
            # One point at a time keeps the sequence whole whatever the batch.
            recipe = self._fresh.take(self._space.decode(self._points.random(1)[0].tolist()))
            if recipe is not None:
                found.append(recipe)
        return found

    def tell(self, values: NDArray[np.float64]) -> None:
        """Learns nothing."""


class TreeSampler:
    """Optuna's TPE on an encoding, without knowledge of the chemistry."""

    def __init__(self, world: World, encoding: Encoding, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._study = optuna.create_study(
            directions=["maximize"] * world.n_objectives,
            sampler=optuna.samplers.TPESampler(seed=seed),
        )
        self._encoding = encoding
        self._ranges: dict[str, Any] = {
            name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in encoding.names
        }
        self._failed = optuna.trial.TrialState.FAIL
        self._fresh = Fresh(world)
        self._open: list[Any] = []

    def ask(self, n: int) -> list[Formulation]:
        """Proposals of the sampler that are legal and were not measured before."""
        found: list[Formulation] = []
        self._open = []
        for _ in range(_PATIENCE):
            trial = self._study.ask(self._ranges)
            point = [trial.params[name] for name in self._encoding.names]
            recipe = self._fresh.take(self._encoding.decode(point))
            if recipe is None:
                self._study.tell(trial, state=self._failed)
                continue
            found.append(recipe)
            self._open.append(trial)
            if len(found) == n:
                return found
        raise RuntimeError(f"{_PATIENCE} points in a row were illegal or known")

    def tell(self, values: NDArray[np.float64]) -> None:
        """Tell the study, in logarithms, in which the sampler's rankings are the same."""
        for trial, row in zip(self._open, np.log10(values).tolist(), strict=True):
            self._study.tell(trial, row)


def tree_sampler(kind: str) -> StrategyMaker:
    """TPE on one of the encodings: ``legal``, ``independent`` or ``dirichlet``."""

    def make(world: World, seed: int) -> Strategy:
        encoding: Encoding = LegalEncoding(world.space)
        if kind != "legal":
            encoding = IndependentFractions(world.space, uniform=kind == "dirichlet")
        return TreeSampler(world, encoding, seed)

    return make


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


_RECIPES = 1000
_TARGET = "log10_conductivity"


class BaybeSearch:
    """BayBE's default recommender, one objective, with amounts as numbers.

    Parameters
    ----------
    world
        Where to search; of several objectives it receives the first.
    seed
        Of the list and of BayBE's random numbers.
    """

    def __init__(self, world: World, seed: int) -> None:
        from baybe import Campaign
        from baybe.objectives import SingleTargetObjective
        from baybe.parameters import NumericalDiscreteParameter
        from baybe.searchspace import SearchSpace
        from baybe.targets import NumericalTarget
        from baybe.utils.random import set_random_seed

        set_random_seed(seed)
        points = np.random.default_rng(seed).random((_RECIPES, world.space.dimension))
        recipes = world.pool or tuple(world.space.decode_many(points))
        frame = _amounts(recipes)
        self._recipe_of = {
            tuple(row): recipes[i]
            for i, row in zip(frame.index, frame.to_numpy().tolist(), strict=True)
        }
        self._columns = list(frame.columns)
        parameters = [
            NumericalDiscreteParameter(name, sorted(set(frame[name].tolist()))) for name in frame
        ]
        self._campaign: Any = Campaign(
            SearchSpace.from_dataframe(frame, parameters=parameters),
            SingleTargetObjective(NumericalTarget(_TARGET)),
        )
        self._asked = frame.iloc[:0]

    def ask(self, n: int) -> list[Formulation]:
        """Recommendations of BayBE."""
        self._asked = self._campaign.recommend(batch_size=n)
        rows = self._asked[self._columns].to_numpy().tolist()
        return [self._recipe_of[tuple(row)] for row in rows]

    def tell(self, values: NDArray[np.float64]) -> None:
        """Tell BayBE logarithms, as everybody learns."""
        measured = self._asked.copy()
        measured[_TARGET] = np.log10(values[:, 0])
        self._campaign.add_measurements(measured)


def _amounts(recipes: Sequence[Formulation]) -> pd.DataFrame:
    """Distinct recipes as amounts, one column for each that varies."""
    composition = compose(recipes)
    amounts = np.column_stack(
        [
            composition.solvent_mole_fraction,
            composition.anion_fraction,
            composition.molality_mol_kg,
        ]
    )
    names = [s.name for s in (*composition.solvents, *composition.anions)]
    frame = pd.DataFrame(amounts, columns=[*names, "molality"]).round(6).drop_duplicates()
    return frame.loc[:, frame.max() > frame.min()]
