"""Suite ``conductivity``: CALiSol-23 on grouped splits, and the sodium points.

The random split of rows is inflated, because rows of one temperature series are on both sides; it
is there for comparison with published figures, beside the splits that do not leak.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.baselines import BASELINES, Baseline
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.benchmarks.sodium import sodium_tasks
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.splits import (
    Split,
    cold_split,
    formulation_groups,
    grouped_split,
    leave_one_group_out,
    random_split,
    source_groups,
    system_groups,
)
from electrolyte_ml.errors import InputError
from electrolyte_ml.models.conductivity.artefact import load
from electrolyte_ml.models.conductivity.fitting import TrainingRows
from electrolyte_ml.models.conductivity.intervals import centre_of, scale_of
from electrolyte_ml.models.conductivity.training import (
    out_of_fold,
    training_rows,
    usable_lithium,
)

TASK = "CALiSol-23 ionic conductivity, mS/cm"
OURS = "physics network"
SPLITS = ("random", "formulation", "system", "source", "cold", "sodium")
_QUICK = ("formulation",)


@dataclass(frozen=True, slots=True)
class _Case:
    split: Split
    groups: NDArray[np.intp]


def run_conductivity(
    *,
    quick: bool = False,
    splits: Sequence[str] | None = None,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Run our model and baselines on the splits.

    Parameters
    ----------
    quick
        Unseen formulations only, our model only.
    splits
        Names from `SPLITS`.
    seed
        Of splits and models.
    progress
        Called as ``progress(what, done, total)`` after every fit.

    Returns
    -------
    list of dict
        Tasks in the contract's form; the metrics name n and the seed.

    Raises
    ------
    InputError
        If there is no such split.
    DataNotFoundError
        If the data set is not on this machine.
    """
    chosen = tuple(splits or (_QUICK if quick else SPLITS))
    unknown = [name for name in chosen if name not in SPLITS]
    if unknown:
        raise InputError(f"unknown split {', '.join(unknown)}; there are {', '.join(SPLITS)}")
    measurements = usable_lithium()
    rows = training_rows(measurements)
    tasks = []
    for name in chosen:
        if name == "sodium":
            tasks += sodium_tasks(seed)
            continue
        case = _case(name, measurements, seed)
        tasks.append(_ours(case, rows, seed, progress))
        if not quick:
            tasks += [_baseline(b, case, measurements, rows, seed) for b in BASELINES]
    return tasks


def _case(name: str, measurements: Measurements, seed: int) -> _Case:
    groups = {
        "formulation": formulation_groups,
        "system": system_groups,
        "source": source_groups,
    }.get(name, system_groups)(measurements)
    if name == "random":
        return _Case(random_split(len(measurements), seed=seed), groups)
    if name == "cold":
        return _Case(cold_split(measurements), groups)
    if name == "source":
        return _Case(leave_one_group_out(name, groups), groups)
    return _Case(grouped_split(name, groups, seed=seed), groups)


def _ours(
    case: _Case,
    rows: TrainingRows,
    seed: int,
    progress: Callable[[str, int, int], None] | None,
) -> dict[str, Any]:
    tested, members = out_of_fold(rows, case.split, seed=seed, progress=progress)
    metrics = log_metrics(
        rows.log10_conductivity[tested],
        centre_of(members),
        case.groups[tested],
        load().factor * scale_of(members),
    )
    return _task(case, OURS, seed, metrics)


def _baseline(
    baseline: Baseline, case: _Case, measurements: Measurements, rows: TrainingRows, seed: int
) -> dict[str, Any]:
    inputs = baseline.inputs(measurements, rows)
    target = rows.log10_conductivity
    tested, predicted = [], []
    for train, test in case.split.folds:
        model = baseline.estimator(seed).fit(inputs[train], target[train])
        tested.append(test)
        predicted.append(model.predict(inputs[test]))
    at = np.concatenate(tested)
    metrics = log_metrics(target[at], np.concatenate(predicted), case.groups[at])
    return _task(case, baseline.name, seed, metrics)


def _task(case: _Case, model: str, seed: int, metrics: dict[str, float]) -> dict[str, Any]:
    return {
        "task": TASK,
        "split": case.split.name,
        "model": model,
        "metrics": {**metrics, "folds": len(case.split.folds), "seed": seed},
    }
