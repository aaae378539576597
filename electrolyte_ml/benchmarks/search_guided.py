"""A strategy that knows chemistry beforehand and learns where it was wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.residual_process import Inputs, ResidualProcess
from electrolyte_ml.benchmarks.search_models import recipe_inputs
from electrolyte_ml.benchmarks.search_worlds import World
from electrolyte_ml.formulation import Formulation

_CANDIDATES = 1000
_CHILDREN = 300
_PARENTS = 8
_MOVED_SHARE = 0.25
# Optimism in standard deviations, chosen of 0.5, 1 and 2 in worlds of seeds 100 to 103.
_OPTIMISM = 2.0
_AUGMENTATION = 0.05


class GuidedSearch:
    """Belief plus a Gaussian process on what it got wrong; picks by upper confidence bound.

    Several objectives are weighed against each other by Chebyshev's scalarisation with weights
    drawn anew for each pick [1]_; within a batch, picks are taken to come out as expected.

    Parameters
    ----------
    world
        Where to search.
    seed
        Of candidates and weights.
    believing
        False for the same search without any belief.

    References
    ----------
    .. [1] Knowles, IEEE Trans. Evol. Comput. 2006, 10, 50. https://doi.org/10.1109/TEVC.2005.851274
    """

    def __init__(self, world: World, seed: int, *, believing: bool = True) -> None:
        self._world = world
        self._believing = believing
        self._random = np.random.default_rng(seed)
        self._seen: set[str] = set()
        self._open: list[Formulation] = []
        self._recipes: list[Formulation] = []
        self._log10: list[NDArray[np.float64]] = []
        usual = list(world.pool) or world.space.decode_many(self._points(_CANDIDATES))
        self._scale = _Scale(recipe_inputs(usual))
        self._centre = self._belief(usual).mean(axis=0)

    def ask(self, n: int) -> list[Formulation]:
        """The most promising recipes."""
        candidates = self._candidates()
        at, offset = self._seen_by_process(candidates)
        known, before = self._seen_by_process(self._recipes)
        residual = np.array(self._log10).reshape(-1, self._world.n_objectives) - before
        processes = [ResidualProcess.tuned(k, r) for k, r in zip(known, residual.T, strict=True)]
        chosen: list[int] = []
        for _ in range(n):
            parts = [
                process.posterior(k, r, a)
                for process, k, r, a in zip(processes, known, residual.T, at, strict=True)
            ]
            shift = np.stack([mean for mean, _ in parts], axis=1)
            doubt = np.stack([sd for _, sd in parts], axis=1)
            score = self._scalar(offset + shift + _OPTIMISM * doubt)
            score[chosen] = -np.inf
            chosen.append(int(np.argmax(score)))
            # Until it is measured a pick is taken to come out as expected: doubt falls around it.
            pick = np.array(chosen[-1:])
            known = [k.joined(a.rows(pick)) for k, a in zip(known, at, strict=True)]
            residual = np.concatenate([residual, shift[pick]])
        self._open = [candidates[i] for i in chosen]
        self._seen |= {f.key for f in self._open}
        return self._open

    def tell(self, values: NDArray[np.float64]) -> None:
        """Learn where the belief was wrong."""
        self._recipes += self._open
        self._log10 += list(np.log10(values))

    def _points(self, n: int) -> NDArray[np.float64]:
        return self._random.random((n, self._world.space.dimension))

    def _candidates(self) -> list[Formulation]:
        """The free pool; else recipes from everywhere, and near the best that were measured."""
        if self._world.pool:
            return [f for f in self._world.pool if f.key not in self._seen]
        space = self._world.space
        points = self._points(_CANDIDATES)
        if self._recipes:
            total = np.argsort(-self._scalar(np.array(self._log10)), kind="stable")[:_PARENTS]
            parents = np.array([space.encode(self._recipes[i]) for i in total])
            parents = parents[self._random.integers(len(parents), size=_CHILDREN)]
            moved = self._random.random(parents.shape) < _MOVED_SHARE
            children = np.where(moved, self._random.random(parents.shape), parents)
            points = np.concatenate([points, children])
        distinct = {f.key: f for f in space.decode_many(points)}
        return [f for key, f in distinct.items() if key not in self._seen]

    def _belief(self, recipes: Sequence[Formulation]) -> NDArray[np.float64]:
        if self._believing and recipes:
            return self._world.belief(recipes)
        return np.zeros((len(recipes), self._world.n_objectives))

    def _seen_by_process(
        self, recipes: Sequence[Formulation]
    ) -> tuple[list[Inputs], NDArray[np.float64]]:
        """Inputs for the process of each objective, and what is expected beforehand."""
        belief = self._belief(recipes)
        descriptors = self._scale(recipe_inputs(recipes)) if recipes else self._scale.nothing
        centred = (belief - self._centre).T
        return [Inputs(descriptors=descriptors, belief=b) for b in centred], belief

    def _scalar(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """One number for several objectives, with weights drawn anew."""
        low, high = values.min(axis=0), values.max(axis=0)
        missing = (high - values) / np.where(high > low, high - low, 1.0)
        weighted = missing * self._random.dirichlet(np.ones(values.shape[1]))
        score: NDArray[np.float64] = -weighted.max(axis=1) - _AUGMENTATION * weighted.sum(axis=1)
        return score


class _Scale:
    """Standardised descriptors, so that two recipes are about 1 apart."""

    def __init__(self, usual: NDArray[np.float64]) -> None:
        self._mean, self._sd = usual.mean(axis=0), usual.std(axis=0)
        # A descriptor that is the same for all recipes tells nothing.
        self._varies = self._sd > 1e-9 * (1 + np.abs(self._mean))
        self._norm = np.sqrt(2 * self._varies.sum())

    @property
    def nothing(self) -> NDArray[np.float64]:
        """Descriptors of no recipe."""
        return np.empty((0, int(self._varies.sum())))

    def __call__(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = (inputs - self._mean)[:, self._varies] / self._sd[self._varies]
        return np.asarray(scaled / self._norm)
