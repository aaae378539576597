"""Suite ``simulation``: what simulations add to the models of conductivity and viscosity.

A model is fitted without what a fold leaves out, and then corrected by simulations
(`electrolyte_ml.benchmarks.cokriging`). Simulations of what is left out stay: a new electrolyte can
be simulated before anybody has measured it. Split ``sodium``: conductivities of sodium
electrolytes, one paper left out. Splits ``anion`` and ``solvent``: those of the suite
``chemistry``. Split ``viscosity-series``: that of the suite ``solutions``. Short runs with the
published force field, and long ones with the one that teaches, are judged alone and together. What
simulations add to diffusion coefficients is in the suite ``transport``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.cokriging import (
    KINDS,
    LONG,
    TABLES_OF,
    Correction,
    Simulated,
    simulated_conductivities,
    simulated_viscosities,
)
from electrolyte_ml.benchmarks.evaluation import Case, Fit, joined
from electrolyte_ml.benchmarks.fits import FIT_CODE, fit_conductivity, lacking
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import prediction_metrics
from electrolyte_ml.benchmarks.suites import chemistry, sodium, solutions
from electrolyte_ml.data.splits import Split
from electrolyte_ml.files import sha256_of
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.numeric import LN10
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.simulate.templates import TABLES

SODIUM, VISCOSITY = "sodium", "viscosity-series"
SPLITS = (SODIUM, "anion", "solvent", VISCOSITY)
#: The first of the sodium papers; what ``--quick`` runs.
QUICK = "sodium, first paper"
ALONE = "without simulations"
#: Variants: which kinds of simulations correct the model.
VARIANTS: dict[str, tuple[str, ...]] = {
    ALONE: (),
    **{f"with {kind}": (kind,) for kind in KINDS},
    f"with {' and '.join(KINDS)}": KINDS,
}
_CODE = (
    *FIT_CODE,
    "electrolyte_ml.benchmarks.cokriging",
    "electrolyte_ml.benchmarks.evaluation",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.suites.simulation",
    "electrolyte_ml.models.artefacts.viscosity",
    "electrolyte_ml.models.transport",
    "electrolyte_ml.models.viscosity",
    "electrolyte_ml.simulate.results",
)
_Floats = NDArray[np.float64]
_OF_A_PART = ("n", "mae_log10", "coverage")
_NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """A property on a split: rows and folds, how a fold is fitted, and what was simulated."""

    task: str
    case: Case
    fit: Fit
    simulated: Simulated
    variants: tuple[str, ...] = tuple(VARIANTS)
    skipped: str | None = None


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Models with and without simulations.

    Parameters
    ----------
    quick
        The first sodium paper by default: one fit.
    splits
        Names from `SPLITS`, or `QUICK`.
    seed
        Of the fits.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    default = (QUICK,) if quick else SPLITS
    chosen = chosen_splits(splits, known=(*SPLITS, QUICK), default=default)
    tables = "".join(sha256_of(TABLES / name) for names in TABLES_OF.values() for name in names)
    return [
        subject.case.job(
            task=subject.task,
            model=name,
            seed=seed,
            run=partial(_run, split, seed, VARIANTS[name]),
            code=_CODE,
            version=tables,
            skipped=subject.skipped,
        )
        for split in chosen
        for subject in [_subject(split, seed)]
        for name in subject.variants
    ]


@cache
def _subject(split: str, seed: int) -> _Subject:
    if split == VISCOSITY:
        return _Subject(
            task="measured viscosities of solutions, mPa s",
            case=solutions.case_of(split, seed),
            fit=partial(solutions.fit_viscosity, seed=seed),
            simulated=simulated_viscosities(),
            variants=tuple(n for n, kinds in VARIANTS.items() if not kinds or kinds == (LONG,)),
        )
    return _Subject(
        task="measured ionic conductivities, mS/cm",
        case=_conductivity_case(split, seed),
        fit=partial(fit_conductivity, seed=seed),
        simulated=simulated_conductivities(),
        skipped=lacking(),
    )


def _conductivity_case(split: str, seed: int) -> Case:
    if split not in (SODIUM, QUICK):
        return chemistry.case_of(split, seed)
    case = sodium.paper_case()
    folds = case.split.folds if split == SODIUM else case.split.folds[:1]
    named = Split(name=split, folds=folds)
    return replace(case, split=named, groups=case.groups[: len(named.tested)])


def _run(split: str, seed: int, kinds: Sequence[str], progress: Progress | None) -> JobResult:
    subject = _subject(split, seed)
    case, folds = subject.case, _folds(split, seed, progress)
    alone = joined([fold.left_out for fold in folds])
    parts = _simulated_parts(subject, folds)
    if not kinds:
        return _result(case, alone, parts)
    rows = np.isin(subject.simulated.kind, [KINDS.index(kind) for kind in kinds])
    simulated = subject.simulated.select(rows)
    prediction, corrections = _corrected(folds, simulated)
    scatter = [correction.scatter**2 for correction in corrections]
    of_simulations = {
        "n_simulations": len(simulated),
        "simulation_error_log10": float(np.sqrt(np.mean(simulated.error**2))),
        "simulation_scatter_log10": float(np.sqrt(np.mean(scatter))),
    }
    return _result(case, prediction, parts, _saved(case, alone, prediction), of_simulations)


def gain(
    split: str, simulated: Simulated, *, seed: int = 0, progress: Progress | None = None
) -> dict[str, float]:
    """What simulations save on a split, such as those of the first picoseconds of all runs.

    Parameters
    ----------
    split
        Name from `SPLITS`, or `QUICK`.
    simulated
        Simulations of the property of the split.
    seed
        Of the fits.
    progress
        Called after each fold that is fitted.

    Returns
    -------
    dict
        ``gain_log10`` over rows and ``gain_groups_log10`` over groups, each with its standard
        error.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    """
    case, folds = _subject(split, seed).case, _folds(split, seed, progress)
    alone = joined([fold.left_out for fold in folds])
    return _gain(_saved(case, alone, _corrected(folds, simulated)[0]), case.groups)


def _corrected(folds: Sequence[_Fold], simulated: Simulated) -> tuple[Prediction, list[Correction]]:
    """Predictions of the rows left out, corrected, and the correction of each fold."""
    corrections, corrected = [], []
    for fold in folds:
        said = fold.predict(simulated.formulations, simulated.temperature_k)
        corrections.append(Correction.of(simulated, said))
        corrected.append(
            corrections[-1].apply(fold.left_out, fold.formulations, fold.temperature_k)
        )
    return joined(corrected), corrections


def _saved(case: Case, alone: Prediction, prediction: Prediction) -> _Floats:
    return _error(case.measured, alone) - _error(case.measured, prediction)


def _simulated_parts(subject: _Subject, folds: Sequence[_Fold]) -> dict[str, NDArray[np.bool_]]:
    """Tested rows of which each kind of simulation knows the anions in the same solvents."""
    tested = [_chemistry(f) for fold in folds for f in fold.formulations]
    simulated = [_chemistry(f) for f in subject.simulated.formulations]
    parts = {}
    for number in np.unique(subject.simulated.kind).tolist():
        known = {simulated[row] for row in np.flatnonzero(subject.simulated.kind == number)}
        name = f"anions simulated in the same solvents, {KINDS[number]}"
        parts[name] = np.array([chemistry in known for chemistry in tested], dtype=np.bool_)
    return parts


def _chemistry(formulation: Formulation) -> tuple[frozenset[str], frozenset[str]]:
    anions = frozenset(amount.salt.anion.smiles for amount in formulation.salts)
    return anions, frozenset(formulation.mass_fractions)


def _result(
    case: Case,
    prediction: Prediction,
    parts: Mapping[str, NDArray[np.bool_]],
    saved: _Floats | None = None,
    further: Mapping[str, float] = _NOTHING,
) -> JobResult:
    measured, groups = case.measured, case.groups

    def gain(rows: NDArray[np.intp]) -> dict[str, float]:
        return {} if saved is None else _gain(saved[rows], groups[rows])

    subsets = {}
    for name, held in parts.items():
        rows = np.flatnonzero(held)
        if len(rows):
            of_part = prediction_metrics(measured[rows], prediction.select(rows), groups[rows])
            subsets[name] = {key: of_part[key] for key in _OF_A_PART} | gain(rows)
    return JobResult(
        metrics={
            **prediction_metrics(measured, prediction, groups),
            "folds": len(case.split.folds),
            **gain(np.arange(len(measured))),
            **further,
        },
        measured=measured,
        predicted=prediction.value,
        subsets=subsets,
    )


def _error(measured: _Floats, prediction: Prediction) -> _Floats:
    return np.abs(np.log(measured / prediction.value)) / LN10


def _gain(saved: _Floats, groups: NDArray[np.intp]) -> dict[str, float]:
    """Mean over rows, and over groups that count once each, with their standard errors.

    That of rows is found by leaving one group after the other out (jackknife).
    """
    names = np.unique(groups)
    of_group = np.array([saved[groups == name].mean() for name in names])
    found = {"gain_log10": float(saved.mean()), "gain_groups_log10": float(of_group.mean())}
    if len(names) > 1:
        n = len(names)
        without = np.array([saved[groups != name].mean() for name in names])
        found["gain_error_log10"] = float(np.sqrt((n - 1) * without.var()))
        found["gain_groups_error_log10"] = float(of_group.std(ddof=1) / np.sqrt(n))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fold:
    """The model of a fold, and what it says of the rows left out."""

    formulations: Sequence[Formulation]
    temperature_k: _Floats
    left_out: Prediction
    predict: Callable[[Sequence[Formulation], _Floats], Prediction]


_KEPT: dict[tuple[str, int], list[_Fold]] = {}


def _folds(split: str, seed: int, progress: Progress | None) -> list[_Fold]:
    """Models of the folds and their predictions; made once, for all variants."""
    if (split, seed) not in _KEPT:
        subject, made = _subject(split, seed), []
        case = subject.case
        for number, (train, test) in enumerate(case.split.folds, start=1):
            model = subject.fit(case.learnt(train, test))
            rows = case.measurements.select(test)
            made.append(
                _Fold(
                    formulations=rows.row_formulations,
                    temperature_k=rows.temperature_k,
                    left_out=model.predict(rows.row_formulations, rows.temperature_k),
                    predict=model.predict,
                )
            )
            if progress is not None:
                progress(split, number, len(case.split.folds))
        _KEPT[split, seed] = made
    return _KEPT[split, seed]
