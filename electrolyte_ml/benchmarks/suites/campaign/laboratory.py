r"""Simulated laboratories: what a problem's recipes would be measured to have.

A laboratory stands for a problem that ships with the package and a seed. It can measure the recipes
of a pool. What it finds is the shipped prediction times errors that are drawn once,

.. math:: \log y = \mu + s\,g + o + n

with the shipped mean and standard deviation :math:`\mu` and :math:`s` of each recipe and
temperature, a field :math:`g` of variance 1 that is correlated between recipes as the errors of the
shipped model are (`electrolyte_ml.models.differences`) and over 60 K of temperature, an offset
:math:`o` of the laboratory (standard deviation 0.15 in log10) and noise :math:`n` (0.03). The
laboratories were fixed before anything was tuned on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.differences import error_correlation
from electrolyte_ml.models.intervals import NORMAL_QUANTILE
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import Problem, SearchSpace
from electrolyte_ml.search.scorer import ModelScorer

CONDUCTIVITY = "conductivity_ms_cm"
_POOL, _DRAWN = 120, 400
_OFFSET, _NOISE = 0.15, 0.03
_TEMPERATURE_K = 60.0
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Laboratory:
    """A simulated laboratory.

    Attributes
    ----------
    problem
        The search problem; its objectives are conductivities.
    pool
        Recipes that can be measured, length n.
    truth
        Logarithms (base 10) of what is measured, in mS/cm, without noise, shape (n, temperatures).
    scorer
        What the shipped models say of the pool.
    seed
        Of the noise.
    """

    problem: Problem
    pool: tuple[Formulation, ...]
    truth: _Floats
    scorer: PoolScorer
    seed: int

    @classmethod
    def of(cls, problem: Problem, seed: int) -> Laboratory:
        """The laboratory of a problem and a seed; always the same for the same models."""
        rng = np.random.default_rng([seed, len(problem.name)])
        pool = _pool(problem, rng)
        scorer = PoolScorer.of(problem, pool)
        truth = drawn_truth(problem, pool, scorer, rng)
        return cls(problem=problem, pool=pool, truth=truth, scorer=scorer, seed=seed)

    def measured(self, row: int, rng: np.random.Generator) -> Result:
        """The result of measuring a recipe of the pool at all temperatures."""
        values = 10.0 ** (self.truth[row] + _NOISE * rng.normal(size=self.truth.shape[1]))
        return Result(
            suggestion=None,
            formulation=self.pool[row],
            status=Status.OK,
            values={
                (CONDUCTIVITY, at): float(value)
                for at, value in zip(self.problem.temperatures_k, values, strict=True)
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolScorer:
    """Predictions of the recipes of a pool, worked out once.

    Attributes
    ----------
    rows
        Number of each recipe by its key.
    temperatures_k
        Temperatures of the problem, K.
    predictions
        By property: recipe 0 at every temperature, then recipe 1...
    """

    rows: Mapping[str, int]
    temperatures_k: tuple[float, ...]
    predictions: Mapping[str, Prediction]

    @classmethod
    def of(cls, problem: Problem, pool: Sequence[Formulation]) -> PoolScorer:
        """Predictions by the shipped models."""
        kelvin = np.tile(problem.temperatures_k, len(pool))
        rows = [f for f in pool for _ in problem.temperatures_k]
        scorer = ModelScorer(problem.scored_names, problem.prices)
        return cls(
            rows={f.key: row for row, f in enumerate(pool)},
            temperatures_k=problem.temperatures_k,
            predictions=scorer(rows, kelvin),
        )

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: _Floats, /
    ) -> dict[str, Prediction]:
        """Predictions of recipes of the pool."""
        places = [self.temperatures_k.index(float(t)) for t in temperature_k]
        n = len(self.temperatures_k)
        at = [self.rows[f.key] * n + place for f, place in zip(formulations, places, strict=True)]
        return {name: p.select(at) for name, p in self.predictions.items()}

    def log10(self) -> tuple[_Floats, _Floats]:
        """Mean and standard deviation of the logarithm, shapes (n, temperatures)."""
        found = self.predictions[CONDUCTIVITY]
        shape = (len(self.rows), len(self.temperatures_k))
        low, mean, high = (np.log10(x).reshape(shape) for x in (found.low, found.value, found.high))
        return mean, (high - low) / (2 * NORMAL_QUANTILE)


def drawn_truth(
    problem: Problem, recipes: Sequence[Formulation], scorer: PoolScorer, rng: np.random.Generator
) -> _Floats:
    """Logarithms (base 10) of what a laboratory finds without noise, shape (n, temperatures)."""
    mean, sd = scorer.log10()
    between_recipes = error_correlation(recipes, recipes)
    kelvin = np.array(problem.temperatures_k)
    between_temperatures = np.exp(
        -0.5 * ((kelvin[:, None] - kelvin[None, :]) / _TEMPERATURE_K) ** 2
    )
    field = _root(between_recipes) @ rng.normal(size=mean.shape) @ _root(between_temperatures).T
    return np.asarray(mean + sd * field + _OFFSET * rng.normal())


def _pool(problem: Problem, rng: np.random.Generator) -> tuple[Formulation, ...]:
    """Distinct recipes of a problem that the models know at all of its temperatures."""
    space = SearchSpace(problem.components, problem.limits)
    recipes: dict[str, Formulation] = {}
    while len(recipes) < _POOL:
        drawn = space.decode_many(rng.random((_DRAWN, space.dimension)))
        known = PoolScorer.of(problem, drawn).predictions[CONDUCTIVITY].in_domain
        held = np.asarray(known.reshape(len(drawn), -1).all(axis=1))
        for row in np.flatnonzero(held).tolist():
            recipes.setdefault(drawn[row].key, drawn[row])
    return tuple(list(recipes.values())[:_POOL])


def _root(correlation: _Floats) -> _Floats:
    """A matrix whose product with its transpose is the correlation, whatever rounding does."""
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
