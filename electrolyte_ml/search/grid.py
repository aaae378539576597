"""Every recipe of a problem by its number, so that a grid can be cut into parts that need no other.

Recipes are counted set of components by set of components. Within a set, the steps of salts, of
solvents and of additives are counted like digits; a composition is found from its number by the
number of ways in which later components can share what is left.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, combinations, product
from math import comb, prod

from electrolyte_ml.errors import InputError
from electrolyte_ml.search.component_sets import ComponentSets
from electrolyte_ml.search.grid_simplex import completions
from electrolyte_ml.search.limits import Limits, Steps

# Sets are held in memory and counted one by one.
_MOST_SETS = 500_000


@dataclass(frozen=True, slots=True)
class _Set:
    """A set of components, and how many amounts each kind of them can have."""

    salts: tuple[int, ...]
    solvents: tuple[int, ...]
    additives: tuple[int, ...]
    counts: tuple[int, int, int]


class RecipeGrid:
    """The recipes of a problem, numbered.

    Where ratios are limited, some numbers have no recipe.

    Parameters
    ----------
    sets, limits
        Sets of components of the problem, and its limits.

    Raises
    ------
    InputError
        If there are too many sets of components to be counted.
    """

    def __init__(self, sets: ComponentSets, limits: Limits) -> None:
        self._steps = sets.steps
        self._forms = sets.forms
        self._whole, self._molality = limits.whole, limits.molality_steps
        self._sets = [found for found in map(self._counted, _legal(sets)) if prod(found.counts)]
        self._ends = list(accumulate(prod(found.counts) for found in self._sets))

    @property
    def n_recipes(self) -> int:
        """Numbers that there are."""
        return self._ends[-1] if self._ends else 0

    def steps(self, number: int) -> dict[int, int] | None:
        """Steps of each component of the recipe of a number, from 0; None if ratios forbid it."""
        place = bisect_right(self._ends, number)
        found = self._sets[place]
        rest = number - (self._ends[place - 1] if place else 0)
        _, n_solvents, n_additives = found.counts
        rest, of_additives = divmod(rest, n_additives)
        of_salts, of_solvents = divmod(rest, n_solvents)
        solvents = _composition(self._bounds(found.solvents), self._whole, of_solvents)
        if not all(
            sum(w * s for w, s in zip(weights, solvents, strict=True)) + constant >= 0
            for weights, constant in self._forms(found.solvents)
        ):
            return None
        steps = dict(zip(found.salts, self._salts(found.salts, of_salts), strict=True))
        steps |= zip(found.solvents, solvents, strict=True)
        for i in found.additives:
            low, high = self._steps[i]
            of_additives, more = divmod(of_additives, high - low + 1)
            steps[i] = low + more
        return steps

    def _bounds(self, members: tuple[int, ...]) -> tuple[Steps, ...]:
        return tuple(self._steps[i] for i in members)

    def _counted(self, kinds: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]) -> _Set:
        salts, solvents, additives = kinds
        low, high = self._molality
        return _Set(
            salts,
            solvents,
            additives,
            (
                sum(_ways(self._bounds(salts), total) for total in range(low, high + 1)),
                _ways(self._bounds(solvents), self._whole),
                prod(most - fewest + 1 for fewest, most in self._bounds(additives)),
            ),
        )

    def _salts(self, salts: tuple[int, ...], number: int) -> list[int]:
        bounds = self._bounds(salts)
        for total in range(self._molality[0], self._molality[1] + 1):
            ways = _ways(bounds, total)
            if number < ways:
                return _composition(bounds, total, number)
            number -= ways
        raise IndexError("there are fewer amounts of the salts")


def _legal(
    sets: ComponentSets,
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """Legal sets of salts, solvents and additives."""
    spans = (range(few, most + 1) for few, most in zip(sets.fewest, sets.most, strict=True))
    counts = list(product(*spans))
    n_sets = sum(
        prod(comb(len(m), k) for m, k in zip(sets.members, count, strict=True)) for count in counts
    )
    if n_sets > _MOST_SETS:
        raise InputError(
            f"there are {n_sets} sets of components, too many for a grid (at most {_MOST_SETS}); "
            "sample them (sobol), or name fewer components"
        )
    for count in counts:
        salts, solvents, additives = (
            combinations(members, k) for members, k in zip(sets.members, count, strict=True)
        )
        for chosen in product(salts, solvents, additives):
            if sets.is_legal(frozenset().union(*chosen)):
                yield chosen


def _ways(bounds: tuple[Steps, ...], total: int) -> int:
    return int(completions(bounds, total)[total])


def _composition(bounds: tuple[Steps, ...], total: int, number: int) -> list[int]:
    """The composition of a number among all that add up to `total`."""
    found = []
    for i, (low, high) in enumerate(bounds):
        ways = completions(bounds[i + 1 :], total)
        for value in range(low, min(high, total) + 1):
            count = int(ways[total - value])
            if number < count:
                found.append(value)
                total -= value
                break
            number -= count
        else:
            raise IndexError("there are fewer compositions")
    return found
