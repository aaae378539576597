"""Recipes of a whole space, any part of which can be made without the others.

In a search, every number of solvents comes equally often. A screening would then make the few
recipes of one solvent again and again. Here each kind of recipe, by its numbers of salts, solvents
and additives, comes at most about as often as it has recipes, and else as often as the others.
"""

from __future__ import annotations

import warnings
from enum import StrEnum
from functools import lru_cache
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.component_sets import KINDS, Counts
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

        engine = qmc.Sobol(1 + self._space.dimension, scramble=True, seed=self._seed)
        if start:
            engine.fast_forward(start)
        with warnings.catch_warnings():
            # Sums over the points would profit from a power of two; here nothing is summed.
            warnings.simplefilter("ignore", UserWarning)
            points = engine.random(stop - start)
        return list(self._space.decode_many(self._of_kinds(points[:, 0], points[:, 1:])))

    def _of_kinds(
        self, which: NDArray[np.float64], points: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Points whose numbers of components are those of the kinds that `which` chooses."""
        kinds = self._space.kinds()
        sizes = np.array([_rough_size(self._space, kind) for kind in kinds])
        shares = _shares(sizes, self.n_points)
        chosen = np.minimum(np.searchsorted(np.cumsum(shares), which, "right"), len(kinds) - 1)
        for place, name in enumerate(f"n_{kind}s" for kind in KINDS):
            if name in self._space.names:
                at = np.array([self._space.place_of(kind)[place] for kind in kinds])
                points[:, self._space.names.index(name)] = at[chosen]
        return points

    def _row(self, start: int, stop: int) -> list[Formulation | None]:
        grid = self._grid
        assert grid is not None
        numbers = (i * grid.n_recipes // self.n_points for i in range(start, stop))
        steps = (grid.steps(number) for number in numbers)
        return [None if found is None else self._space.formulation(found) for found in steps]


def _rough_size(space: SearchSpace, kind: Counts) -> float:
    """About how many recipes there are of a kind; bounds of single components are left out."""
    limits, sets = space.limits, space.sets
    n_salts, n_solvents, _ = kind
    low, high = limits.molality_steps
    chosen = prod(comb(len(members), n) for members, n in zip(sets.members, kind, strict=True))
    additives = [high - low + 1 for low, high in (sets.steps[i] for i in sets.members[2])]
    return (
        float(chosen)
        * (high - low + 1) ** n_salts
        * comb(limits.whole - 1, n_solvents - 1)
        * (sum(additives) / max(1, len(additives))) ** kind[2]
    )


def _shares(sizes: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Shares of n points, equal but for kinds that have fewer recipes than that."""
    shares = np.zeros(len(sizes))
    left, open_ = 1.0, np.ones(len(sizes), dtype=np.bool_)
    while open_.any():
        equal = left / np.count_nonzero(open_)
        few = open_ & (sizes / n < equal)
        if not few.any():
            shares[open_] = equal
            break
        shares[few] = sizes[few] / n
        left, open_ = left - float(shares[few].sum()), open_ & ~few
    return shares / shares.sum()


@lru_cache(maxsize=4)
def space_of(components: Components, limits: Limits) -> SearchSpace:
    """The space of a problem, made once in a process."""
    return SearchSpace(components, limits)


@lru_cache(maxsize=4)
def grid_of(components: Components, limits: Limits) -> RecipeGrid:
    """The grid of a problem, counted once in a process."""
    return RecipeGrid(space_of(components, limits).sets, limits)
