"""Suite ``differences``: intervals of differences between two recipes, on series left out.

Pairs of measured conductivities at one temperature are drawn from the tested rows of each fold of
unseen series, one half within a paper, the other among all papers, small series as often as large
ones. What is judged is whether the interval of the difference holds the measured one, by the
distance of the recipes: with errors correlated as in `electrolyte_ml.models.differences`, and as if
they were independent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.evaluation import Case, predict_folds
from electrolyte_ml.benchmarks.fits import FIT_CODE, fit_conductivity, lacking
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.suites.chemistry import QUICK, case_of
from electrolyte_ml.data.copies import series_groups
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import compose
from electrolyte_ml.models.differences import correlation_at, differences
from electrolyte_ml.models.similarity import square_distances_of_pairs
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property

TASK = "differences of ionic conductivity between two recipes, lg"
CORRELATED, INDEPENDENT = "errors correlated by distance", "errors independent"
_PAIRS_OF_A_FOLD = 20_000
_SAME_TEMPERATURE_K = 1.0
# Squared distances: nearly the same recipe, another amount, another solvent of the family, another
# family.
_BINS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, np.inf)
_SAME_PAPER, _ANY_PAPER = "one paper", "two papers"
_CODE = (
    *FIT_CODE,
    "electrolyte_ml.benchmarks.evaluation",
    "electrolyte_ml.benchmarks.suites.differences",
    "electrolyte_ml.models.differences",
    "electrolyte_ml.models.similarity",
)
_Floats = NDArray[np.float64]
_Rows = NDArray[np.intp]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Intervals with and without the correlation of errors.

    Parameters
    ----------
    quick
        The first fold of unseen series.
    splits
        Names of `electrolyte_ml.benchmarks.suites.chemistry`; unseen series by default.
    seed
        Of the split, the models and the pairs.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    listed = []
    known = ("series", QUICK)
    for name in chosen_splits(splits, known=known, default=(QUICK if quick else "series",)):
        case = case_of(name, seed)
        listed += [
            case.job(
                task=TASK,
                model=model,
                seed=seed,
                run=partial(_judge, case, seed, is_correlated=model == CORRELATED),
                code=_CODE,
                skipped=lacking(),
            )
            for model in (CORRELATED, INDEPENDENT)
        ]
    return listed


def _judge(case: Case, seed: int, progress: Progress | None, *, is_correlated: bool) -> JobResult:
    prediction = predict_folds(case, partial(fit_conductivity, seed=seed), progress)
    tested = case.measurements.select(case.split.tested)
    left, right = _pairs(tested, case.split.fold_of_tested, seed)
    square = square_distances_of_pairs(compose(tested.row_formulations), left, right)
    correlation = correlation_at(square) if is_correlated else np.zeros(len(square))
    known = registered_property("conductivity_ms_cm")
    found = differences(known, prediction.select(left), prediction.select(right), correlation)
    measured = tested.value[left] / tested.value[right]
    same_paper = np.array(tested.source)[left] == np.array(tested.source)[right]
    return JobResult(
        metrics=_numbers(measured, found),
        measured=measured,
        predicted=found.value,
        subsets={
            name: _numbers(measured[held], found.select(held))
            for name, held in _parts(square, same_paper).items()
            if held.any()
        },
    )


def _numbers(measured: _Floats, found: Prediction) -> dict[str, float]:
    inside = (found.low <= measured) & (measured <= found.high)
    return {
        "n": len(measured),
        "mae_log10": float(np.abs(np.log10(measured / found.value)).mean()),
        "coverage": float(inside.mean()),
        "width_log10": float(np.median(np.log10(found.high / found.low))),
    }


def _parts(square: _Floats, same_paper: NDArray[np.bool_]) -> Mapping[str, NDArray[np.bool_]]:
    """Pairs by the distance of the recipes, and by whether one paper measured both."""
    ends = np.sqrt(_BINS)
    parts = {_SAME_PAPER: same_paper, _ANY_PAPER: ~same_paper}
    for low, high in pairwise(ends.tolist()):
        held = (square >= low**2) & (square < high**2)
        reach = f"{low:.2f} to {high:.2f}" if np.isfinite(high) else f"beyond {low:.2f}"
        parts[f"distance {reach}"] = held
    return parts


def _pairs(tested: Measurements, folds: _Rows, seed: int) -> tuple[_Rows, _Rows]:
    """Rows of different recipes of one fold at one temperature."""
    rng = np.random.default_rng(seed)
    source = np.unique(np.array(tested.source), return_inverse=True)[1].ravel()
    everyone = np.zeros_like(source)
    series = series_groups(tested)
    found = []
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        for groups in (source, everyone):
            chance = 1.0 / np.sqrt(np.bincount(series[rows])[series[rows]])
            left = rng.choice(rows, _PAIRS_OF_A_FOLD // 2, p=chance / chance.sum())
            right = _partners(left, rows, groups, tested.temperature_k, rng)
            found.append((left, right))
    left, right = (np.concatenate(side) for side in zip(*found, strict=True))
    different = tested.formulation_index[left] != tested.formulation_index[right]
    return left[different], right[different]


def _partners(
    left: _Rows, rows: _Rows, groups: _Rows, kelvin: _Floats, rng: np.random.Generator
) -> _Rows:
    """For each row, one of the same group at the same temperature."""
    order = rows[np.lexsort((kelvin[rows], groups[rows]))]
    # One number that sorts by group and then by temperature, which is far below 10,000 K.
    place = groups[order] * 1e4 + kelvin[order]
    at = groups[left] * 1e4 + kelvin[left]
    first = np.searchsorted(place, at - _SAME_TEMPERATURE_K, side="left")
    behind = np.searchsorted(place, at + _SAME_TEMPERATURE_K, side="right")
    partners: _Rows = order[first + (rng.random(len(left)) * (behind - first)).astype(np.intp)]
    return partners
