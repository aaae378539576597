"""Recipes of a whole space, any part of which can be made without the others."""

from __future__ import annotations

import warnings
from enum import StrEnum
from functools import lru_cache

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.grid import RecipeGrid
from electrolyte_ml.search.limits import Components, Limits
from electrolyte_ml.search.space import SearchSpace


class Sampling(StrEnum):
    """How recipes of a space are chosen.

    ``sobol`` spreads them over the space by a scrambled Sobol sequence; a few come twice. ``grid``
    takes every recipe in order, or every so many where there are more than are asked for.
    """

    SOBOL = "sobol"
    GRID = "grid"


class SampledSpace:
    """Recipes of a space by number.

    Parameters
    ----------
    components, limits
        Components of recipes and their limits.
    sampling
        How they are chosen.
    n
        How many numbers there are; a grid with fewer recipes has as many numbers as recipes.
    seed
        Of the scrambling.

    Attributes
    ----------
    n_points
        Numbers that there are.
    """

    def __init__(
        self, components: Components, limits: Limits, sampling: Sampling, n: int, seed: int
    ) -> None:
        self._space = space_of(components, limits)
        self._grid = grid_of(components, limits) if sampling is Sampling.GRID else None
        self._seed = seed
        self.n_points = n if self._grid is None else min(n, self._grid.n_recipes)

    def recipes(self, start: int, stop: int) -> tuple[list[int], list[Formulation]]:
        """Distinct recipes of the numbers from `start` to before `stop`, and their numbers."""
        formulations = self._sobol(start, stop) if self._grid is None else self._row(start, stop)
        first: dict[str, tuple[int, Formulation]] = {}
        for number, formulation in zip(range(start, stop), formulations, strict=True):
            if formulation is not None:
                first.setdefault(formulation.key, (number, formulation))
        return [number for number, _ in first.values()], [f for _, f in first.values()]

    def _sobol(self, start: int, stop: int) -> list[Formulation | None]:
        from scipy.stats import qmc

        engine = qmc.Sobol(self._space.dimension, scramble=True, seed=self._seed)
        if start:
            engine.fast_forward(start)
        with warnings.catch_warnings():
            # Sums over the points would profit from a power of two; here nothing is summed.
            warnings.simplefilter("ignore", UserWarning)
            points = engine.random(stop - start)
        return list(self._space.decode_many(points))

    def _row(self, start: int, stop: int) -> list[Formulation | None]:
        grid = self._grid
        assert grid is not None
        numbers = (i * grid.n_recipes // self.n_points for i in range(start, stop))
        steps = (grid.steps(number) for number in numbers)
        return [None if found is None else self._space.formulation(found) for found in steps]


@lru_cache(maxsize=4)
def space_of(components: Components, limits: Limits) -> SearchSpace:
    """The space of a problem, made once in a process."""
    return SearchSpace(components, limits)


@lru_cache(maxsize=4)
def grid_of(components: Components, limits: Limits) -> RecipeGrid:
    """The grid of a problem, counted once in a process."""
    return RecipeGrid(space_of(components, limits).sets, limits)
