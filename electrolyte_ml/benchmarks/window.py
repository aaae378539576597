"""Suite ``window``: one-electron limits, learned and computed.

Splits ``family``, ``scaffold`` and ``random``: limits of the package's table (extended tight
binding, not calibrated) from the structure alone, five folds; intervals are scaled on families left
out of the training part. Split ``catalog``: published density functional theory (BattSLM) on
species of the catalog, none of which the model or the calibration has seen; whoever chose the form
of the calibration had seen them. Splits ``glassy carbon`` and ``cells``: the same models against
measured oxidation limits and against voltages reported for cells, which no model is fitted to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.base import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.environment import data_sha256
from electrolyte_ml.benchmarks.metrics import linear_metrics
from electrolyte_ml.models.window import references
from electrolyte_ml.models.window.calibration import COVERAGE
from electrolyte_ml.models.window.gaussian import GaussianProcess, fit
from electrolyte_ml.models.window.model import WindowModel
from electrolyte_ml.models.window.prediction import OXIDATION, REDUCTION
from electrolyte_ml.models.window.training import (
    TrainingSet,
    group_folds,
    named_molecules,
    random_folds,
    training_set,
    without_catalog,
)

SPLITS = ("family", "scaffold", "random", "catalog", "glassy carbon", "cells")
_WITHIN, _DFT_FILE = ("family", "scaffold", "random"), "battslm_rx392.csv"
_EXPERIMENTS = {
    "glassy carbon": (references.glassy_carbon_limits, "oxidation_reduction_limits_measured.csv"),
    "cells": (references.working_voltages, "battslm_solvfunc87.csv"),
}
_NAMES = {OXIDATION: "oxidation limit", REDUCTION: "reduction limit"}
_OURS = "Gaussian process"
_CODE = (
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.window",
    "electrolyte_ml.data",
    "electrolyte_ml.models.window",
    "electrolyte_ml.quantum",
)

_Floats = NDArray[np.float64]
# Value and half width of the interval of each row, from its training set, target and folds.
_Model = Callable[[TrainingSet, _Floats, NDArray[np.intp], int], tuple[_Floats, _Floats | None]]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our model and baselines on the splits.

    Parameters
    ----------
    quick
        Families left out only, without baselines.
    splits
        Names from `SPLITS`.
    seed
        Of the folds and the fit.

    Raises
    ------
    InputError
        If there is no such split.
    DataNotFoundError
        If a data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=SPLITS, default=("family",) if quick else SPLITS)
    listed = []
    for split in chosen:
        if split in _WITHIN:
            listed += _within_jobs(split, quick=quick, seed=seed)
        else:
            listed += _outside_jobs(split, seed)
    return listed


def _within_jobs(split: str, *, quick: bool, seed: int) -> list[Job]:
    models: dict[str, _Model] = {
        _OURS: _gaussian_process,
        "gradient boosting": _boosting,
        "mean": _mean,
    }
    return [
        Job(
            task=f"computed {_NAMES[axis]} (GFN2- and IPEA1-xTB), V vs Li/Li+",
            split=split,
            model=name,
            seed=seed,
            run=partial(_run_within, split, axis, model, seed),
            depends_on=_CODE,
        )
        for axis in _NAMES
        for name, model in list(models.items())[: 1 if quick else None]
    ]


def _outside_jobs(split: str, seed: int) -> list[Job]:
    axes = (OXIDATION, REDUCTION) if split == "catalog" else (OXIDATION,)
    files = [_DFT_FILE] if split == "catalog" else [_DFT_FILE, _EXPERIMENTS[split][1]]
    return [
        Job(
            task=f"{_NAMES[axis]}, V vs Li/Li+: {_source(split)}",
            split=split,
            model=f"{tier}, species of the catalog unseen",
            seed=seed,
            run=partial(_run_outside, split, axis, tier, seed),
            data=data_sha256(*files),
            depends_on=_CODE,
        )
        for axis in axes
        for tier in ("table", "model")
    ]


def _source(split: str) -> str:
    return {
        "catalog": "wB97X-V/def2-TZVPPD/SMD (BattSLM)",
        "glassy carbon": "measured on glassy carbon",
        "cells": "highest voltage reported in cells",
    }[split]


def _run_within(
    split: str, axis: str, model: _Model, seed: int, progress: Progress | None
) -> JobResult:
    del progress
    data = training_set()
    target = data.limits[axis]
    groups = data.family if split == "family" else data.scaffold
    random = split == "random"
    folds = random_folds(len(target), seed) if random else group_folds(groups, seed)
    value, half_width = model(data, target, folds, seed)
    held_out = folds if random else np.unique(groups, return_inverse=True)[1].ravel()
    return JobResult(
        metrics={**linear_metrics(target, value, held_out, half_width), "folds": 5},
        measured=target,
        predicted=value,
    )


def _gaussian_process(
    data: TrainingSet, target: _Floats, folds: NDArray[np.intp], seed: int
) -> tuple[_Floats, _Floats]:
    value, half_width = np.empty_like(target), np.empty_like(target)
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        process = fit(data.features.select(train), target[train], seed)
        value[test], spread = process.predict(data.features.select(test))
        half_width[test] = spread * _factor(process, data.family[train], seed)
    return value, half_width


def _factor(process: GaussianProcess, family: NDArray[np.str_], seed: int) -> float:
    """Standard deviations that hold 90 % of families left out of the training part."""
    ratios = np.empty_like(process.target)
    folds = group_folds(family, seed)
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        # The same hyperparameters: fitting them again changes the factor little.
        inner = replace(
            process, features=process.features.select(train), target=process.target[train]
        )
        mean, spread = inner.predict(process.features.select(test))
        ratios[test] = np.abs(mean - process.target[test]) / spread
    return float(np.quantile(ratios, COVERAGE, method="higher"))


def _boosting(
    data: TrainingSet, target: _Floats, folds: NDArray[np.intp], seed: int
) -> tuple[_Floats, None]:
    from sklearn.ensemble import HistGradientBoostingRegressor

    inputs = data.features.descriptors
    value = np.empty_like(target)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        model = HistGradientBoostingRegressor(
            max_iter=200, learning_rate=0.06, min_samples_leaf=8, random_state=seed
        )
        value[test] = model.fit(inputs[train], target[train]).predict(inputs[test])
    return value, None


def _mean(
    data: TrainingSet, target: _Floats, folds: NDArray[np.intp], seed: int
) -> tuple[_Floats, None]:
    del data, seed
    value = np.empty_like(target)
    for fold in np.unique(folds):
        value[folds == fold] = target[folds != fold].mean()
    return value, None


def _run_outside(
    split: str, axis: str, tier: str, seed: int, progress: Progress | None
) -> JobResult:
    del progress
    reference = references.dft_limits(axis) if split == "catalog" else _EXPERIMENTS[split][0]()
    data, blind = training_set(), _blind(seed)
    position = {smiles: i for i, smiles in enumerate(data.smiles)}
    wanted = [s for s in reference.smiles if s in position]
    if split == "catalog":
        wanted = [s for s in wanted if s in named_molecules()]
    value_of = dict(zip(reference.smiles, reference.value.tolist(), strict=True))
    measured = np.array([value_of[s] for s in wanted])
    if tier == "model":
        limits = blind.predict(wanted)[axis]
        predicted = np.array([limit.value for limit in limits])
        half_width = np.array([limit.high - limit.value for limit in limits])
    else:
        at = np.array([position[s] for s in wanted])
        line = blind.axes[axis].calibration
        predicted = line.apply(data.limits[axis][at], data.multiple_bond[at])
        half_width = np.full(len(at), line.half_width_v)
    groups = np.arange(len(wanted))
    return JobResult(
        metrics=linear_metrics(measured, predicted, groups, half_width),
        measured=measured,
        predicted=predicted,
    )


@cache
def _blind(seed: int) -> WindowModel:
    return without_catalog(training_set(), seed)
