"""Suite ``window``: one-electron limits, learned and computed.

Splits ``family``, ``scaffold`` and ``random``: limits of the package's table (extended tight
binding, not calibrated) from the structure alone, five folds; intervals are calibrated on families
held out of the training part. Splits ``catalog`` and ``catalog, published``: our own density
functional theory and that of BattSLM on species of the catalog. Neither the calibration nor the
choice of its form uses any of them; the model was trained on none of them, or on all but the one
predicted. For the comparison with ours, oxidation limits are raised by the calibration's offset
between the two theories.
Splits ``glassy carbon`` and ``cells``: the same models against measured oxidation limits and
against voltages reported for cells, which no model is fitted to.
"""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import linear_metrics
from electrolyte_ml.benchmarks.store import data_sha256
from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.window import references
from electrolyte_ml.models.window.dataset import (
    TrainingSet,
    group_folds,
    random_folds,
    training_set,
)
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
from electrolyte_ml.quantum.shipped import COMPUTED, shipped_rows

WITHIN = ("family", "scaffold", "random")


@cache
def molecules() -> TrainingSet:
    """The neutral molecules of the table."""
    return training_set()


def fold_of_row(name: str, seed: int) -> NDArray[np.intp]:
    """Fold of each molecule, 0 to 4, shape (n,).

    Parameters
    ----------
    name
        From `WITHIN`.
    seed
        Of the order of groups or rows.
    """
    data = molecules()
    if name == "random":
        return random_folds(len(data.smiles), seed)
    return group_folds(getattr(data, name), seed)


def keyed_split(name: str, seed: int) -> KeyedSplit:
    """A split with the row numbers of the table, counted from 0."""
    data, folds = molecules(), fold_of_row(name, seed)
    number = {row.smiles: i for i, row in enumerate(shipped_rows())}
    content = files("electrolyte_ml.quantum").joinpath("tables", COMPUTED).read_bytes()
    return KeyedSplit(
        suite="window",
        split=Split(
            name=name,
            folds=tuple(
                (np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
                for fold in np.unique(folds)
            ),
        ),
        rows=np.array([number[smiles] for smiles in data.smiles], dtype=np.intp),
        table=np.full(len(data.smiles), COMPUTED),
        data={COMPUTED: hashlib.sha256(content).hexdigest()},
    )


GRAPH = "graph network (DeepChem)"
# Narrower than the 300 of DeepChem, and few epochs: one of all folds takes half a minute.
_EPOCHS, _BATCH, _WIDTH = 6, 32, 128
_PACKAGES = ("torch", "deepchem", "torch_geometric")

_Floats = NDArray[np.float64]


def skipped() -> str | None:
    """Why the network cannot run here, None if it can."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    return f"needs {', '.join(missing)}: pip install 'electrolyte_ml[deep]'" if missing else None


def graph_network(data: TrainingSet, folds: NDArray[np.intp], seed: int) -> dict[str, _Floats]:
    """Predictions of each row by a network that has not seen its fold; one network for both limits.

    Parameters
    ----------
    data
        The molecules, n of them.
    folds
        Fold of each row, shape (n,).
    seed
        Of weights and batches.

    Returns
    -------
    dict
        By axis, V against Li/Li+, shapes (n,).
    """
    with warnings.catch_warnings():
        # DeepChem warns of every library that it could use and that is not there.
        warnings.simplefilter("ignore")
        import deepchem
        import torch

    graphs = deepchem.feat.DMPNNFeaturizer().featurize(list(data.smiles))
    target = np.stack(list(data.limits.values()), axis=1)
    value = np.empty_like(target)
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        centre, scale = target[train].mean(axis=0), target[train].std(axis=0)
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - DeepChem draws its batches from this generator
        with tempfile.TemporaryDirectory() as folder:
            model = deepchem.models.torch_models.DMPNNModel(
                n_tasks=target.shape[1],
                enc_hidden=_WIDTH,
                ffn_hidden=_WIDTH,
                batch_size=_BATCH,
                model_dir=folder,
            )
            known = deepchem.data.NumpyDataset(X=graphs[train], y=(target[train] - centre) / scale)
            model.fit(known, nb_epoch=_EPOCHS, checkpoint_interval=0)
            found = model.predict(deepchem.data.NumpyDataset(X=graphs[test]))
        value[test] = np.reshape(found, (len(test), -1)) * scale + centre
    return dict(zip(data.limits, value.T, strict=True))


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
    "electrolyte_ml.benchmarks.suites.window",
    "electrolyte_ml.data",
    "electrolyte_ml.models.window",
    "electrolyte_ml.quantum",
)

# The graph network takes long, and is not trained again when our own model changes.
_GRAPH_CODE = (
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.suites.window",
    "electrolyte_ml.models.window.dataset",
)

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
        # The graph network takes minutes a fold, and rows left out at random say little.
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
        predicted = _out_of_fold(axis, seed)[[row_of[smiles] for smiles in wanted]]
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
def _out_of_fold(axis: str, seed: int) -> _Floats:
    """Learned limits of all molecules, each left out of the fit, calibrated without the catalog."""
    data = molecules()
    target = _blind(seed).axes[axis].calibration.apply(data.terms[axis])
    value, _ = fit_gp(data.features, target, seed).out_of_fold(np.arange(len(target)))
    return value


@cache
def _blind(seed: int) -> WindowModel:
    return without_catalog(molecules(), seed)
