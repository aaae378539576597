"""Suite ``viscosity``: CheMixHub's pure and binary liquids, on its own folds and on stricter ones.

Split ``published``: the five folds that come with the data set, trained on their training rows
alone; rows of one pair of molecules are on both sides. Split ``pair``: no pair of molecules is on
both sides. Split ``molecule``: a tenth of the molecules is new in each of five folds, water aside.
Molecules are distinguished by canonical SMILES: the data set lists some of them twice.

Our model is judged by the `ViscosityModel.predict` that ships, on recipes without the catalog's
viscosities: these would be answers to the test. Its intervals are calibrated on the other folds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.benchmarks.store import data_sha256
from electrolyte_ml.data.sources import chemixhub_logv
from electrolyte_ml.data.splits import Split
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.intervals import conformal_factor
from electrolyte_ml.models.viscosity.domain import Novelty, doubts
from electrolyte_ml.models.viscosity.fit import fit_liquids
from electrolyte_ml.models.viscosity.law import inverse_temperature
from electrolyte_ml.models.viscosity.model import ViscosityModel
from electrolyte_ml.models.viscosity.network import MoleculeTable
from electrolyte_ml.models.viscosity.pure_liquids import PROPERTY
from electrolyte_ml.models.viscosity.rows import LiquidRows, molecule_split, pair_split
from electrolyte_ml.models.viscosity.train import molecule_table

TASK = "CheMixHub viscosity of pure and binary liquids, mPa s"
OURS = "mixing law with networks"
SPLITS = ("published", "pair", "molecule")
_QUICK_FOLDS = 2
_FILES = (chemixhub_logv.FILE_NAME, chemixhub_logv.COMPOUNDS_FILE_NAME)
# Prior standard deviations of a pure liquid's log10 viscosity and of its slope, and the noise.
_LEVEL_SD, _SLOPE_SD, _NOISE = 0.4, 0.2, 0.03
_USUAL_SLOPE = 0.45
_CODE = (
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.suites.viscosity",
    "electrolyte_ml.data",
    "electrolyte_ml.models.viscosity",
    "electrolyte_ml.species",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fold:
    """Training and test rows, and the recipes of the test rows."""

    trained: LiquidRows
    tested: LiquidRows
    recipes: tuple[Formulation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """Predictions of the test rows of one fold; scale and novelty where there is an interval."""

    log10: NDArray[np.float64]
    scale: NDArray[np.float64] | None = None
    novelty: NDArray[np.intp] | None = None


_Model = Callable[[_Fold, int], _Guess]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our model and baselines on every split.

    Parameters
    ----------
    quick
        Two of the folds by pair, without gradient boosting.
    splits
        Names from `SPLITS`.
    seed
        Of splits and models; the published folds do not depend on it.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If the data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=SPLITS, default=("pair",) if quick else SPLITS)
    models: dict[str, _Model] = {
        OURS: _ours,
        "gradient boosting, descriptors": _boosting,
        "ideal mixing": _ideal,
    }
    if quick:
        del models["gradient boosting, descriptors"]
    n_folds = _QUICK_FOLDS if quick else None
    listed = []
    for name in chosen:
        keyed = _keyed(name, seed)
        check(keyed, seed=seed)
        listed += [
            Job(
                task=TASK,
                split=name,
                model=model,
                seed=seed,
                run=partial(_run, name, run, seed, n_folds),
                data=keyed.data,
                split_sha256=keyed.sha256,
                depends_on=_CODE,
                version=f"folds: {n_folds or 'all'}",
            )
            for model, run in models.items()
        ]
    return listed


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """All splits of the suite with the row numbers of the data file."""
    return [_keyed(name, seed) for name in SPLITS]


@cache
def _rows() -> tuple[LiquidRows, NDArray[np.intp]]:
    """All rows, and their numbers in the file."""
    measurements, _ = chemixhub_logv.load()
    return LiquidRows.of([(measurements, 1.0)]), measurements.source_row


@cache
def _recipes() -> tuple[Formulation, ...]:
    """Recipe of every row, of solvents without the catalog's viscosities."""
    measurements, _ = chemixhub_logv.load()
    bare = [_without_viscosities(f) for f in measurements.formulations]
    return tuple(bare[i] for i in measurements.formulation_index.tolist())


def _without_viscosities(formulation: Formulation) -> Formulation:
    parts = [
        replace(part, solvent=replace(part.solvent, properties=held))
        for part in formulation.solvents
        for held in [{n: v for n, v in part.solvent.properties.items() if n != PROPERTY}]
    ]
    return replace(formulation, solvents=tuple(parts))


@cache
def _table() -> MoleculeTable:
    return molecule_table(_rows()[0])


def _split(name: str, seed: int) -> Split:
    rows, number = _rows()
    if name == "pair":
        return pair_split(rows, seed=seed)
    if name == "molecule":
        return molecule_split(rows, seed=seed)
    place = {int(file_row): at for at, file_row in enumerate(number)}

    def rows_of(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        return np.array([place[i] for i in numbers.tolist() if i in place], dtype=np.intp)

    folds = [chemixhub_logv.published_fold(k) for k in range(chemixhub_logv.N_FOLDS)]
    return Split(name=name, folds=tuple((rows_of(f["train"]), rows_of(f["test"])) for f in folds))


def _keyed(name: str, seed: int) -> KeyedSplit:
    _, number = _rows()
    return KeyedSplit(
        suite="viscosity",
        split=_split(name, seed),
        rows=number,
        table=np.full(len(number), chemixhub_logv.FILE_NAME),
        data=data_sha256(*_FILES),
    )


def _run(
    name: str, model: _Model, seed: int, n_folds: int | None, progress: Progress | None
) -> JobResult:
    rows, _ = _rows()
    folds = _split(name, seed).folds[:n_folds]
    guesses, groups = [], []
    for number, (train, test) in enumerate(folds, start=1):
        fold = _Fold(
            trained=rows.select(train),
            tested=rows.select(test),
            recipes=tuple(_recipes()[row] for row in test.tolist()),
        )
        guesses.append(model(fold, seed))
        groups.append(_groups(name, fold))
        if progress is not None:
            progress(f"{name}: fold", number, len(folds))
    measured = rows.log10_viscosity[np.concatenate([test for _, test in folds])]
    predicted = np.concatenate([guess.log10 for guess in guesses])
    metrics = log_metrics(
        measured, predicted, np.concatenate(groups), _half_width(guesses, measured - predicted)
    )
    of_fold = np.repeat(np.arange(len(folds)), [len(test) for _, test in folds])
    by_fold = np.bincount(of_fold, np.abs(measured - predicted)) / np.bincount(of_fold)
    metrics |= {
        "folds": len(folds),
        "mae_log10_of_folds": float(by_fold.mean()),
        "worst_fold_mae_log10": float(by_fold.max()),
    }
    return JobResult(
        metrics=metrics, measured=np.power(10.0, measured), predicted=np.power(10.0, predicted)
    )


def _groups(name: str, fold: _Fold) -> NDArray[np.intp]:
    """Group of each test row that was held out as one: its pair, or its new molecule."""
    tested = fold.tested
    if name != "molecule":
        return tested.pair
    new = ~np.isin(tested.first, fold.trained.molecules())
    return np.where(new, tested.first, tested.second)


def _half_width(guesses: list[_Guess], error: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Half widths of 90 % intervals; each fold's factors come from the errors of the others."""
    if any(guess.scale is None or guess.novelty is None for guess in guesses) or len(guesses) < 2:
        return None
    scale = np.concatenate([g.scale for g in guesses if g.scale is not None])
    novelty = np.concatenate([g.novelty for g in guesses if g.novelty is not None])
    fold = np.repeat(np.arange(len(guesses)), [len(g.log10) for g in guesses])
    out = np.empty(len(scale))
    for number in range(len(guesses)):
        for level in Novelty:
            here = (fold == number) & (novelty == level)
            others = (fold != number) & (novelty == level)
            if here.any():
                read = others if others.any() else fold != number
                out[here] = conformal_factor(error[read], scale[read]) * scale[here]
    return out


def _ours(fold: _Fold, seed: int) -> _Guess:
    liquid = fit_liquids(fold.trained, _table(), seed=seed)
    prediction = ViscosityModel.of_liquids(liquid).predict(fold.recipes, fold.tested.temperature_k)
    log10 = np.log10(prediction.value)
    return _Guess(
        log10=log10,
        scale=np.log10(prediction.high) - log10,
        novelty=doubts(liquid, fold.tested.liquids()).novelty,
    )


def _boosting(fold: _Fold, seed: int) -> _Guess:
    """Gradient boosting on fraction-weighted descriptors and temperature."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(max_iter=500, learning_rate=0.1, random_state=seed)
    model.fit(_mixed(fold.trained), fold.trained.log10_viscosity)
    return _Guess(log10=model.predict(_mixed(fold.tested)))


def _mixed(rows: LiquidRows) -> NDArray[np.float64]:
    first, second = _table().descriptors[rows.first], _table().descriptors[rows.second]
    x = rows.share[:, None]
    return np.column_stack([x * first + (1 - x) * second, rows.temperature_k])


def _ideal(fold: _Fold, seed: int) -> _Guess:
    """Arrhenius' ideal mixing of pure liquids, each with the level and slope that fit best."""
    from scipy import sparse
    from scipy.sparse.linalg import lsmr

    del seed
    trained = fold.trained
    n = len(trained.smiles)

    def design(rows: LiquidRows) -> sparse.csr_matrix:
        at = np.arange(len(rows))
        t = inverse_temperature(rows.temperature_k)
        values = [rows.share, 1 - rows.share, rows.share * t, (1 - rows.share) * t]
        columns = [rows.first, rows.second, n + rows.first, n + rows.second]
        entries = (np.concatenate(values), (np.tile(at, 4), np.concatenate(columns)))
        return sparse.csr_matrix(entries, shape=(len(rows), 2 * n))

    usual = np.repeat([trained.log10_viscosity.mean(), _USUAL_SLOPE], n)
    sd = sparse.diags(np.repeat([_LEVEL_SD, _SLOPE_SD], n))
    matrix = sparse.vstack([design(trained) @ sd / _NOISE, sparse.eye(2 * n)]).tocsr()
    residual = (trained.log10_viscosity - design(trained) @ usual) / _NOISE
    found = usual + sd @ lsmr(matrix, np.concatenate([residual, np.zeros(2 * n)]), maxiter=500)[0]
    return _Guess(log10=design(fold.tested) @ found)
