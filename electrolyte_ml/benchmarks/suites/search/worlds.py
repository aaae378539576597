"""Simulated laboratories with known truth, in which strategies of search are compared.

A simulated laboratory: a frozen model as ground truth, with experimental noise.

It serves to compare search strategies and to rehearse campaigns.

Worlds of the search suite: true values, prior model of the searcher, and legal recipes.

The seed divides the papers of CALiSol-23 into two halves. The first half makes the true values: a
Gaussian process fitted to it, or its measured recipes themselves as a pool. The second half makes
the searcher's prior model, by gradient boosting. Truth and prior model thus share neither papers
nor kind of model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.suites.search.models import (
    Log10Conductivity,
    boosting,
    boosting_half_width,
    gaussian_process,
)
from electrolyte_ml.data.conductivities import lithium_conductivities
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.neighbours import measured_recipes
from electrolyte_ml.models.similarity import square_distances
from electrolyte_ml.search import Components, Limits, SearchSpace
from electrolyte_ml.species import default_catalog

#: Function of recipes to the true values of each property, positive, shape (n, m).
Nature = Callable[[Sequence[Formulation]], NDArray[np.float64]]


class SimulatedLaboratory:
    """Simulated measurements of recipes.

    Parameters
    ----------
    nature
        True values of recipes.
    relative_noise
        Standard deviation of a measurement, relative; noise is log-normal, so that a measured
        conductivity stays positive.
    seed
        Seed of the noise.

    Attributes
    ----------
    n_measured
        Experiments so far.

    Raises
    ------
    InputError
        If the noise is negative.
    """

    def __init__(self, nature: Nature, *, relative_noise: float = 0.05, seed: int = 0) -> None:
        if not 0 <= relative_noise < 1:
            raise InputError(f"relative_noise must be from 0 to below 1, given {relative_noise}")
        self.nature = nature
        self.relative_noise = relative_noise
        self.n_measured = 0
        self._random = np.random.default_rng(seed)

    def measure(self, recipes: Sequence[Formulation]) -> NDArray[np.float64]:
        """Measured values, shape (n, m); a recipe measured twice gives two values."""
        truth = self.nature(recipes)
        self.n_measured += len(recipes)
        scale = np.log1p(self.relative_noise)
        noisy: NDArray[np.float64] = truth * np.exp(scale * self._random.normal(size=truth.shape))
        return noisy


WARM_K, COLD_K = 298.15, 253.15

# Components on a lithium laboratory's shelf; all were measured in CALiSol-23.
_SOLVENTS = ("EC", "PC", "GBL", "DMC", "EMC", "DEC", "EA", "MA", "DME", "DOL", "THF", "2-MeTHF")

_SALTS = ("LiPF6", "LiBF4", "LiBOB", "LiClO4", "LiTFSI", "LiAsF6")

_LIMITS = Limits(
    salt_molality_mol_kg=(0.3, 2.0), max_solvents=3, max_fraction={"EC": 0.5}, min_solvents=1
)

_NOISE = 0.05

_ROOM_TOLERANCE_K = 2.0


@dataclass(frozen=True)
class World:
    """A place to search.

    Attributes
    ----------
    space
        Legal recipes.
    nature
        True values, mS/cm, shape (n, m).
    belief
        Predictions of the searcher's prior model, log10 of mS/cm, shape (n, m).
    belief_half_width
        Of an interval around it that holds 90 % of papers it was not fitted to, log10.
    pool
        Recipes that can be measured, if there are only so many; empty if any can.
    n_objectives
        Properties measured, m.
    relative_noise, seed
        Of the laboratory.
    """

    space: SearchSpace
    nature: Nature
    belief: Log10Conductivity
    belief_half_width: float
    pool: tuple[Formulation, ...]
    n_objectives: int
    relative_noise: float
    seed: int

    def first_objective(self) -> World:
        """The same world where nobody asks for more than conductivity at 25 degC."""
        nature, belief = self.nature, self.belief
        return replace(
            self,
            n_objectives=1,
            nature=lambda recipes: nature(recipes)[:, :1],
            belief=lambda recipes: belief(recipes)[:, :1],
        )

    def laboratory(self) -> SimulatedLaboratory:
        """A laboratory with the noise of this world, always the same."""
        return SimulatedLaboratory(self.nature, relative_noise=self.relative_noise, seed=self.seed)

    @cached_property
    def pool_truth(self) -> NDArray[np.float64]:
        """True values of the pool, or of a wide and then local search of the space, shape (p, m).

        Searches are measured against its best values.
        """
        if self.pool:
            return self.nature(self.pool)
        rng = np.random.default_rng(self.seed)
        points = rng.random((_WIDE, self.space.dimension))
        values = self.nature(self.space.decode_many(points))
        for _ in range(_LOCAL_ROUNDS):
            best = np.unique(np.argsort(-values, axis=0)[:_PARENTS])
            parents = points[rng.choice(best, _CHILDREN)]
            moved = rng.random(parents.shape) < _MOVED_SHARE
            children = np.where(moved, rng.random(parents.shape), parents)
            near = np.clip(parents + rng.normal(0, _STEP, parents.shape), 0, 1)
            children = np.where(rng.random((_CHILDREN, 1)) < 0.5, children, near)
            points = np.concatenate([points, children])
            values = np.concatenate([values, self.nature(self.space.decode_many(children))])
        return values


_WIDE, _LOCAL_ROUNDS, _PARENTS, _CHILDREN = 4096, 12, 40, 400

_MOVED_SHARE, _STEP = 0.2, 0.05


@lru_cache(maxsize=16)
def simulated_world(seed: int) -> World:
    """Any legal recipe can be measured, at 25 and at -20 degC."""
    lithium = _lithium()
    mine = _dealt(lithium, seed)
    log10 = gaussian_process(lithium.select(mine), seed, (WARM_K, COLD_K))
    return World(
        space=SearchSpace(_shelf(), _LIMITS),
        nature=lambda recipes: np.power(10.0, log10(recipes)),
        belief=boosting(lithium.select(~mine), seed, (WARM_K, COLD_K)),
        belief_half_width=boosting_half_width(lithium.select(~mine), seed),
        pool=(),
        n_objectives=2,
        relative_noise=_NOISE,
        seed=seed,
    )


@lru_cache(maxsize=16)
def pool_world(seed: int) -> World:
    """World whose recipes are those of some papers, with the papers' values.

    Only recipes of components on the shelf: the few recipes of a rare solvent would be the nearest
    neighbours of half of all blends, and the result would depend on chance.
    """
    lithium = _lithium()
    components = _shelf()
    names = set(components.names)
    mine = _dealt(lithium, seed)
    held = [
        (parse_recipe(entry["recipe"]), entry["conductivity_ms_cm"])
        for entry in measured_recipes(lithium.select(mine))
        if abs(entry["temperature_k"] - WARM_K) <= _ROOM_TOLERANCE_K
    ]
    held = [(f, v) for f, v in held if names >= {*f.mass_fractions, *f.molalities_mol_kg}]
    truth: dict[str, list[float]] = {}
    for recipe, value in held:
        truth.setdefault(recipe.key, []).append(value)
    pool = {recipe.key: recipe for recipe, _ in held}
    return World(
        space=SearchSpace(components, Limits(salt_molality_mol_kg=(0.1, 3.0), max_solvents=4)),
        nature=lambda recipes: np.array([[np.mean(truth[f.key])] for f in recipes]),
        belief=boosting(lithium.select(~mine), seed, (WARM_K,)),
        belief_half_width=boosting_half_width(lithium.select(~mine), seed),
        pool=tuple(pool.values()),
        n_objectives=1,
        relative_noise=0.0,
        seed=seed,
    )


def _shelf() -> Components:
    catalog = default_catalog()
    return Components(
        solvents=tuple(catalog.solvent(name) for name in _SOLVENTS),
        salts=tuple(catalog.salt(name) for name in _SALTS),
    )


@lru_cache(maxsize=1)
def _lithium() -> Measurements:
    return lithium_conductivities()


def nearest_of_pool(
    recipes: Sequence[Formulation], pool: Sequence[Formulation], free: NDArray[np.bool_]
) -> list[int]:
    """Members of a pool nearest to recipes, each free one at most once; `free` is updated."""
    square = square_distances(compose(recipes), compose(pool))
    taken = []
    for row in square:
        nearest = int(np.argmin(np.where(free, row, np.inf)))
        free[nearest] = False
        taken.append(nearest)
    return taken


def _dealt(lithium: Measurements, seed: int) -> NDArray[np.bool_]:
    """Rows of the papers that make the world: about half, dealt in the order of their size."""
    papers, counts = np.unique(lithium.source, return_counts=True)
    rng = np.random.default_rng(seed)
    by_size = papers[np.argsort(-counts, kind="stable")]
    # Of every two papers that follow each other in size one goes to each side.
    first = rng.random((len(by_size) + 1) // 2) < 0.5
    side = np.stack([first, ~first], axis=1).ravel()[: len(by_size)]
    return np.isin(lithium.source, by_size[side])
