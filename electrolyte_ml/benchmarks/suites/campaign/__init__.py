r"""Suite ``campaign``: whether intervals of a campaign hold, in simulated laboratories.

A laboratory stands for a problem that ships with the package and a seed. It can measure the recipes
of a pool, drawn at random from those of the problem that the models know. What it finds is the
shipped prediction times errors that are drawn once,

.. math:: \log y = \mu + s\,g + o + n

with the shipped mean and standard deviation :math:`\mu` and :math:`s` of each recipe and
temperature, a field :math:`g` of variance 1 that is correlated between recipes as the errors of the
shipped model are (`electrolyte_ml.models.differences`) and over 60 K of temperature, an offset
:math:`o` of the laboratory (standard deviation 0.15 in log10) and noise :math:`n` (0.03).

A campaign then suggests from the pool, four recipes a round, learns what was measured, and suggests
again. Judged is whether the interval that stood beside a recipe when it was suggested held what was
measured, for the first dozen recipes and for later ones. The laboratories were fixed before
anything was tuned on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.campaign.suggest import pick
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.differences import error_correlation
from electrolyte_ml.models.intervals import NORMAL_QUANTILE
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import Problem, SearchSpace, load_problem
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.scorer import ModelScorer

TASK = "simulated laboratories, conductivity"
PROBLEMS = ("sodium_low_temperature", "sodium_room_temperature", "lithium_reference")
OURS, SHIPPED = "campaign", "shipped intervals, nothing learned"
_CONDUCTIVITY = "conductivity_ms_cm"
_SEEDS, _QUICK_SEEDS = 20, 2
_POOL, _DRAWN, _ROUNDS, _BATCH, _FIRST = 120, 400, 8, 4, 12
_OFFSET, _NOISE = 0.15, 0.03
_TEMPERATURE_K = 60.0
_CODE = (
    "electrolyte_ml.benchmarks.suites.campaign",
    "electrolyte_ml.campaign",
    "electrolyte_ml.models",
    "electrolyte_ml.search",
)
_Floats = NDArray[np.float64]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Campaigns in the laboratories of each problem.

    Parameters
    ----------
    quick
        Two laboratories of the first problem.
    splits
        Names of problems; all of `PROBLEMS` by default.
    seed
        Of the first laboratory.

    Raises
    ------
    InputError
        If there is no such problem in the suite.
    """
    names = chosen_splits(splits, known=PROBLEMS, default=PROBLEMS[:1] if quick else PROBLEMS)
    n_seeds = _QUICK_SEEDS if quick else _SEEDS
    return [
        Job(
            task=TASK,
            split=name,
            model=model,
            seed=seed,
            run=partial(_judge, name, range(seed, seed + n_seeds), learns=model == OURS),
            depends_on=_CODE,
            version=str(n_seeds),
        )
        for name in names
        for model in (OURS, SHIPPED)
    ]


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
        mean, sd = scorer.log10()
        between_recipes = error_correlation(pool, pool)
        kelvin = np.array(problem.temperatures_k)
        between_temperatures = np.exp(
            -0.5 * ((kelvin[:, None] - kelvin[None, :]) / _TEMPERATURE_K) ** 2
        )
        field = _root(between_recipes) @ rng.normal(size=mean.shape) @ _root(between_temperatures).T
        truth = mean + sd * field + _OFFSET * rng.normal()
        return cls(problem=problem, pool=pool, truth=truth, scorer=scorer, seed=seed)

    def measured(self, row: int, rng: np.random.Generator) -> Result:
        """The result of measuring a recipe of the pool at all temperatures."""
        values = 10.0 ** (self.truth[row] + _NOISE * rng.normal(size=self.truth.shape[1]))
        return Result(
            suggestion=None,
            formulation=self.pool[row],
            status=Status.OK,
            values={
                (_CONDUCTIVITY, at): float(value)
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
        found = self.predictions[_CONDUCTIVITY]
        shape = (len(self.rows), len(self.temperatures_k))
        low, mean, high = (np.log10(x).reshape(shape) for x in (found.low, found.value, found.high))
        return mean, (high - low) / (2 * NORMAL_QUANTILE)


def _pool(problem: Problem, rng: np.random.Generator) -> tuple[Formulation, ...]:
    """Distinct recipes of a problem that the models know at all of its temperatures."""
    space = SearchSpace(problem.components, problem.limits)
    recipes: dict[str, Formulation] = {}
    while len(recipes) < _POOL:
        drawn = space.decode_many(rng.random((_DRAWN, space.dimension)))
        known = PoolScorer.of(problem, drawn).predictions[_CONDUCTIVITY].in_domain
        held = np.asarray(known.reshape(len(drawn), -1).all(axis=1))
        for row in np.flatnonzero(held).tolist():
            recipes.setdefault(drawn[row].key, drawn[row])
    return tuple(list(recipes.values())[:_POOL])


def _root(correlation: _Floats) -> _Floats:
    """A matrix whose product with its transpose is the correlation, whatever rounding does."""
    values, vectors = np.linalg.eigh(correlation)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _judge(
    name: str, seeds: Sequence[int], progress: Progress | None, *, learns: bool
) -> JobResult:
    problem = load_problem(find_problem(name))
    parts = []
    for number, seed in enumerate(seeds, start=1):
        parts.append(_rehearse(Laboratory.of(problem, seed), learns=learns))
        if progress is not None:
            progress(name, number, len(seeds))
    measured, low, value, high, order = (np.concatenate(x) for x in zip(*parts, strict=True))
    later = order >= _FIRST
    return JobResult(
        metrics=_numbers(measured, low, value, high),
        measured=measured,
        predicted=value,
        subsets={
            f"{which} {_FIRST} recipes": _numbers(
                measured[held], low[held], value[held], high[held]
            )
            for which, held in (("first", ~later), ("after the first", later))
        },
    )


def _rehearse(laboratory: Laboratory, *, learns: bool) -> tuple[_Floats, ...]:
    """Measured values, and low, value and high at the time of suggestion, and how many before."""
    rng = np.random.default_rng([laboratory.seed, 1])
    results: list[Result] = []
    left = list(range(len(laboratory.pool)))
    found: list[tuple[float, ...]] = []
    for number in range(_ROUNDS):
        tuned = TunedScorer(laboratory.scorer, results)
        scorer = tuned if learns else TunedScorer(laboratory.scorer, [])
        evaluator = Evaluator(laboratory.problem, tuned, optimistic=True)
        candidates = [laboratory.pool[row] for row in left]
        picks = pick(evaluator, tuned, candidates, _BATCH, seed=laboratory.seed + number)
        chosen = [left[p.row] for p in picks]
        for row in chosen:
            result = laboratory.measured(row, rng)
            kelvin = np.array(laboratory.problem.temperatures_k)
            said = scorer([laboratory.pool[row]] * len(kelvin), kelvin)[_CONDUCTIVITY]
            for place, value in enumerate(result.values.values()):
                ends = said.low[place], said.value[place], said.high[place]
                found.append((value, *map(float, ends), float(number * _BATCH)))
            results.append(result)
        left = [row for row in left if row not in chosen]
    return tuple(np.array(found).T)


def _numbers(measured: _Floats, low: _Floats, value: _Floats, high: _Floats) -> dict[str, float]:
    return {
        "n": len(measured),
        "mae_log10": float(np.abs(np.log10(measured / value)).mean()),
        "coverage": float(((low <= measured) & (measured <= high)).mean()),
        "width_log10": float(np.median(np.log10(high / low))),
    }
