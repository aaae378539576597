"""Campaigns in simulated laboratories: whether their intervals hold.

A campaign suggests recipes of the pool, four a round, learns what was measured, and suggests again.
Judged is whether the interval that stood beside a recipe when it was suggested held what was
measured, for the first dozen recipes and for later ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.job import JobResult, Progress
from electrolyte_ml.benchmarks.suites.campaign.laboratory import CONDUCTIVITY, Laboratory
from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.state import Result
from electrolyte_ml.campaign.suggest import pick
from electrolyte_ml.search import load_problem
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.evaluation import Evaluator

_ROUNDS, _BATCH, _FIRST = 8, 4, 12
_Floats = NDArray[np.float64]


def judge_intervals(
    name: str, seeds: Sequence[int], progress: Progress | None, *, learns: bool
) -> JobResult:
    """Coverage and width of intervals, with or without what the campaign learns."""
    problem = load_problem(find_problem(name))
    parts = []
    for number, seed in enumerate(seeds, start=1):
        parts.append(rehearse(Laboratory.of(problem, seed), learns=learns))
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


def rehearse(laboratory: Laboratory, *, learns: bool) -> tuple[_Floats, ...]:
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
            said = scorer([laboratory.pool[row]] * len(kelvin), kelvin)[CONDUCTIVITY]
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
