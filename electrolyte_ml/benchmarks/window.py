"""Suite ``window``: one-electron limits, learned and computed.

Splits ``family``, ``scaffold`` and ``random``: limits of the package's table (extended tight
binding, not calibrated) from the structure alone, five folds; intervals are scaled on families left
out of the training part. Splits ``catalog`` and ``catalog, published``: our own density functional
theory and that of BattSLM on species of the catalog. Neither the calibration nor the choice of its
form has seen any of them; the model has seen none, or not the one that is asked. To be compared
with ours, oxidation limits are raised by what the calibration says that it lies above the other.
Splits ``glassy carbon`` and ``cells``: the same models against measured oxidation limits and
against voltages reported for cells, which no model is fitted to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.base import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.environment import data_sha256
from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.benchmarks.metrics import linear_metrics
from electrolyte_ml.benchmarks.window_graph import NAME as GRAPH
from electrolyte_ml.benchmarks.window_graph import graph_network, skipped
from electrolyte_ml.benchmarks.window_splits import WITHIN, fold_of_row, keyed_split, molecules
from electrolyte_ml.models.window import references
from electrolyte_ml.models.window.dataset import TrainingSet
from electrolyte_ml.models.window.gp import fit_gp
from electrolyte_ml.models.window.limits import OXIDATION, REDUCTION
from electrolyte_ml.models.window.model import WindowModel
from electrolyte_ml.models.window.references import (
    model_limits,
    of_the_catalog,
    shift_v,
    table_limits,
)
from electrolyte_ml.models.window.train import family_factor, without_catalog

_DFT_FILE = "battslm_rx392.csv"
_THEORY = {
    "catalog": (references.dft_limits, "wB97X/6-31+G*/IEF-PCM"),
    "catalog, published": (references.published_limits, "wB97X-V/def2-TZVPPD/SMD (BattSLM)"),
}
_EXPERIMENTS = {
    "glassy carbon": (
        references.glassy_carbon_limits,
        "measured on glassy carbon",
        "oxidation_reduction_limits_measured.csv",
    ),
    "cells": (
        references.working_voltages,
        "highest voltage reported in cells",
        "battslm_solvfunc87.csv",
    ),
}
SPLITS = (*WITHIN, *_THEORY, *_EXPERIMENTS)
_NAMES = {OXIDATION: "oxidation limit", REDUCTION: "reduction limit"}
_OURS = "Gaussian process"
_TABLE, _MODEL_ALL, _MODEL_ONE = (
    "table, species of the catalog unseen",
    "model, species of the catalog unseen",
    "model, each species unseen in turn",
)
_CODE = (
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.window",
    "electrolyte_ml.benchmarks.window_graph",
    "electrolyte_ml.benchmarks.window_splits",
    "electrolyte_ml.data",
    "electrolyte_ml.models.window",
    "electrolyte_ml.quantum",
)

# The graph network takes long, and is not trained again when our own model changes.
_GRAPH_CODE = (
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.window_graph",
    "electrolyte_ml.benchmarks.window_splits",
    "electrolyte_ml.models.window.dataset",
)

_Floats = NDArray[np.float64]
# Value and half width of the interval of each row, from the molecules, the axis and the folds.
_Model = Callable[[TrainingSet, str, NDArray[np.intp], int], tuple[_Floats, _Floats | None]]


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
        If there is no such split, or the table is not that of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=SPLITS, default=("family",) if quick else SPLITS)
    listed = []
    for split in chosen:
        if split in WITHIN:
            listed += _within_jobs(split, quick=quick, seed=seed)
        else:
            listed += _outside_jobs(split, seed)
    return listed


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """Splits of the package's table with its row numbers."""
    return [keyed_split(name, seed) for name in WITHIN]


def _within_jobs(split: str, *, quick: bool, seed: int) -> list[Job]:
    models: dict[str, _Model] = {_OURS: _gaussian_process}
    if not quick:
        models |= {"gradient boosting": _boosting, "mean": _mean, GRAPH: _graph}
    keyed = keyed_split(split, seed)
    check(keyed, seed=seed)
    return [
        Job(
            task=f"computed {_NAMES[axis]} (GFN2- and IPEA1-xTB), V vs Li/Li+",
            split=split,
            model=name,
            seed=seed,
            run=partial(_run_within, split, axis, model, seed),
            data=keyed.data,
            split_sha256=keyed.sha256,
            depends_on=_GRAPH_CODE if name == GRAPH else _CODE,
            skipped=skipped() if name == GRAPH else None,
        )
        for name, model in models.items()
        # The graph network takes minutes a fold, and rows left out at random tell little.
        if name != GRAPH or split != "random"
        for axis in _NAMES
    ]


def _outside_jobs(split: str, seed: int) -> list[Job]:
    theory = split in _THEORY
    source = (_THEORY if theory else _EXPERIMENTS)[split][1]
    files = [_DFT_FILE] if theory else [_DFT_FILE, _EXPERIMENTS[split][2]]
    return [
        Job(
            task=f"{_NAMES[axis]}, V vs Li/Li+: {source}",
            split=split,
            model=tier,
            seed=seed,
            run=partial(_run_outside, split, axis, tier, seed),
            data=data_sha256(*files),
            depends_on=_CODE,
        )
        for axis in (_NAMES if theory else (OXIDATION,))
        for tier in ((_TABLE, _MODEL_ALL, _MODEL_ONE) if theory else (_TABLE, _MODEL_ALL))
    ]


def _run_within(
    split: str, axis: str, model: _Model, seed: int, progress: Progress | None
) -> JobResult:
    del progress
    data, folds = molecules(), fold_of_row(split, seed)
    value, half_width = model(data, axis, folds, seed)
    groups = folds if split == "random" else getattr(data, split)
    held_out = np.unique(groups, return_inverse=True)[1].ravel()
    target = data.limits[axis]
    return JobResult(
        metrics={**linear_metrics(target, value, held_out, half_width), "folds": 5},
        measured=target,
        predicted=value,
    )


def _gaussian_process(
    data: TrainingSet, axis: str, folds: NDArray[np.intp], seed: int
) -> tuple[_Floats, _Floats]:
    target = data.limits[axis]
    value, half_width = np.empty_like(target), np.empty_like(target)
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        process = fit_gp(data.features.select(train), target[train], seed)
        value[test], spread = process.predict(data.features.select(test))
        half_width[test] = spread * family_factor(process, data.family[train], seed)[0]
    return value, half_width


def _graph(
    data: TrainingSet, axis: str, folds: NDArray[np.intp], seed: int
) -> tuple[_Floats, None]:
    del data
    return _both_sides(folds.tobytes(), seed)[axis], None


@cache
def _both_sides(folds: bytes, seed: int) -> dict[str, _Floats]:
    """The graph network learns both limits at once, and the jobs of both take them from here."""
    return graph_network(molecules(), np.frombuffer(folds, dtype=np.intp), seed)


def _boosting(
    data: TrainingSet, axis: str, folds: NDArray[np.intp], seed: int
) -> tuple[_Floats, None]:
    from sklearn.ensemble import HistGradientBoostingRegressor

    inputs, target = data.features.descriptors, data.limits[axis]
    value = np.empty_like(target)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        model = HistGradientBoostingRegressor(
            max_iter=200, learning_rate=0.06, min_samples_leaf=8, random_state=seed
        )
        value[test] = model.fit(inputs[train], target[train]).predict(inputs[test])
    return value, None


def _mean(data: TrainingSet, axis: str, folds: NDArray[np.intp], seed: int) -> tuple[_Floats, None]:
    del seed
    target = data.limits[axis]
    value = np.empty_like(target)
    for fold in np.unique(folds):
        value[folds == fold] = target[folds != fold].mean()
    return value, None


def _run_outside(
    split: str, axis: str, tier: str, seed: int, progress: Progress | None
) -> JobResult:
    del progress
    data, blind = molecules(), _blind(seed)
    if split in _THEORY:
        reference = of_the_catalog(_THEORY[split][0](axis))
    else:
        reference = _EXPERIMENTS[split][0]()
    value_of = dict(zip(reference.smiles, reference.value.tolist(), strict=True))
    # Both tiers on the same molecules: those of the table.
    wanted = [smiles for smiles in reference.smiles if smiles in set(data.smiles)]
    half_width: _Floats | None
    if tier == _MODEL_ALL:
        predicted, half_width = model_limits(blind, axis, wanted)
    elif tier == _TABLE:
        predicted, half_width = table_limits(blind, axis, wanted, data)
    else:
        row_of = {smiles: row for row, smiles in enumerate(data.smiles)}
        predicted = _left_out(axis, seed)[[row_of[smiles] for smiles in wanted]]
        half_width = None
    predicted = predicted + shift_v(blind, axis, reference)
    measured = np.array([value_of[smiles] for smiles in wanted])
    groups = np.arange(len(wanted))
    return JobResult(
        metrics=linear_metrics(measured, predicted, groups, half_width),
        measured=measured,
        predicted=predicted,
    )


@cache
def _left_out(axis: str, seed: int) -> _Floats:
    """Learned limits of all molecules, each left out of the fit, calibrated without the catalog."""
    data = molecules()
    target = _blind(seed).axes[axis].calibration.apply(data.terms[axis])
    value, _ = fit_gp(data.features, target, seed).left_out(np.arange(len(target)))
    return value


@cache
def _blind(seed: int) -> WindowModel:
    return without_catalog(molecules(), seed)
