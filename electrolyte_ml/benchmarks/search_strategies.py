"""Strategies that compete: each is asked for recipes and told what they measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.search_encodings import (
    Encoding,
    IndependentFractions,
    LegalEncoding,
)
from electrolyte_ml.benchmarks.search_worlds import World, nearest_of_pool
from electrolyte_ml.formulation import Formulation

# Points that may be illegal, or in the bottle already, before a strategy gives up.
_PATIENCE = 20_000


class Strategy(Protocol):
    """Asked for recipes, told what they measured, again and again."""

    def ask(self, n: int, /) -> list[Formulation]:
        """`n` recipes to measure next, none measured before."""
        ...

    def tell(self, values: NDArray[np.float64], /) -> None:
        """What the recipes asked for last measured, mS/cm, shape (n, m)."""
        ...


StrategyMaker = Callable[[World, int], Strategy]


class Fresh:
    """Turns what a sampler proposes into recipes that were not measured before."""

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
    """Deaf to what was measured: Sobol's sequence over legal recipes, or the pool in any order."""

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
    """Optuna's TPE on an encoding; what it cannot know is what the numbers stand for."""

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
        """What the sampler proposes, without what is illegal or was measured before."""
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
