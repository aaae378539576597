"""Suite ``solutions``: viscosity and density of solutions, from dilute to molten.

Splits are those of `electrolyte_ml.benchmarks.solution_splits`. Models and baselines learn from the
same rows; a model of ours is an entry of `MODELS`, made by its ``fit(rows)`` in every fold and
judged by its ``predict``. Parts of the tested rows are judged apart: solutions in molecular
solvents and ionic liquids without any, each by cation. Rows that a model gives no value for are
counted, and left out of its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks import solution_splits
from electrolyte_ml.benchmarks.baselines import Baseline, cross_predict
from electrolyte_ml.benchmarks.chemistry_groups import METALS, cation_groups
from electrolyte_ml.benchmarks.evaluation import (
    Case,
    Fit,
    Predictive,
    content_sha256,
    predict_folds,
)
from electrolyte_ml.benchmarks.frozen import check
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import linear_metrics, log_metrics
from electrolyte_ml.benchmarks.solution_baselines import baselines_of
from electrolyte_ml.benchmarks.solution_splits import (
    OF_PRACTICE,
    PAIR,
    SPLITS,
    SolutionRows,
    keyed_split,
    property_of_split,
    rows_of,
)
from electrolyte_ml.data.conductivities import learnt_conductivities
from electrolyte_ml.data.copies import ions_in, molecules_in, series_groups
from electrolyte_ml.data.impossible import VISCOSITY
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.solutions import DENSITY, binary_densities
from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.density.fit import fit_density
from electrolyte_ml.models.viscosity import ViscosityModel
from electrolyte_ml.models.viscosity.solution import species_sets
from electrolyte_ml.models.viscosity.solution_train import fit_solutions, without_species

TASKS = {
    VISCOSITY: "measured viscosities of solutions, mPa s",
    DENSITY: "measured densities of solutions, g/cm3",
}
PAIR_TASK = "measured densities of mixtures of two solvents, g/cm3"
MOLECULAR, IONIC = "molecular solvents", "ionic liquids alone"
OTHERS = "other cations"
#: First folds of unseen series; what ``--quick`` runs.
QUICK = {f"{name}, first fold": name for name in ("viscosity-series", "density-series")}
# Values of practice within this count as right.
_RIGHT = 0.15
_SHOWN = (
    "n",
    "n_unanswered",
    "mae_log10",
    "median_ape_percent",
    "mape_percent",
    "coverage",
    "groups_covered_80",
    "width_log10",
    "width_percent",
)
_CODE = (
    "electrolyte_ml.benchmarks.chemistry_groups",
    "electrolyte_ml.benchmarks.evaluation",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.solution_baselines",
    "electrolyte_ml.benchmarks.solution_splits",
    "electrolyte_ml.benchmarks.suites.solutions",
    "electrolyte_ml.features",
    "electrolyte_ml.formulation",
    "electrolyte_ml.species",
)

#: The splits to freeze.
keyed_splits = solution_splits.keyed_splits


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionModel:
    """A model of ours in the suite.

    Attributes
    ----------
    name
        As the leaderboard shows it.
    property_name
        What it predicts.
    fit
        Makes the model of the rows of a fold and a seed.
    code
        Modules whose source and files decide the numbers.
    quick
        Whether the short form of the suite runs it.
    """

    name: str
    property_name: str
    fit: Callable[[Measurements, int], Predictive]
    code: tuple[str, ...]
    quick: bool = True


def fit_viscosity(rows: Measurements, seed: int) -> Predictive:
    """Liquids without salt as shipped, which learnt of no ions; solutions of the fold's rows.

    Series and papers whose viscosities the fold leaves out are left out of the conductivities too.
    Intervals have the factors of the model that ships: suites judge whether those hold.
    """
    shipped = ViscosityModel.load()
    every = rows_of("viscosity-practice").measurements
    left_out = species_sets(every.formulations) - species_sets(rows.formulations)
    papers = set(every.source.tolist()) - set(rows.source.tolist())
    conductivities = without_species(learnt_conductivities(), left_out)
    others = ~np.isin(conductivities.source, sorted(papers))
    solutions = fit_solutions(
        rows,
        conductivities.select(others),
        lambda m: shipped.log10_of_solvents(m.row_formulations, m.temperature_k),
        seed=seed,
        factors=shipped.solutions.factors if shipped.solutions else None,
    )
    return replace(shipped, solutions=solutions)


def _density(rows: Measurements, seed: int) -> Predictive:
    """Solutions or mixtures without ions; with solutions, mixing is learnt of all mixtures."""
    del seed  # nothing is drawn
    if any(ions_in(f) for f in rows.formulations):
        return fit_density(rows, binary_densities())
    return fit_density(None, rows)


#: Models of ours, in the order of the leaderboard; one more is one more entry.
MODELS: tuple[SolutionModel, ...] = (
    SolutionModel(
        name="ions with their shells",
        property_name=VISCOSITY,
        fit=fit_viscosity,
        code=(
            "electrolyte_ml.data.splits",
            "electrolyte_ml.models.artefacts.viscosity",
            "electrolyte_ml.models.conductivity",
            "electrolyte_ml.models.ensemble_fit",
            "electrolyte_ml.models.intervals",
            "electrolyte_ml.models.numeric",
            "electrolyte_ml.models.viscosity",
        ),
    ),
    SolutionModel(
        name="volumes of ions and mixing",
        property_name=DENSITY,
        fit=_density,
        code=("electrolyte_ml.models.density", "electrolyte_ml.models.intervals"),
    ),
)


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our models and baselines on every split.

    Parameters
    ----------
    quick
        The first folds of unseen series, with the fast baselines.
    splits
        Names from `SPLITS` or `QUICK`.
    seed
        Of splits and models.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    chosen = chosen_splits(
        splits, known=(*SPLITS, *QUICK), default=tuple(QUICK) if quick else tuple(SPLITS)
    )
    return [job for name in chosen for job in _jobs_of(name, quick=quick, seed=seed)]


def _jobs_of(name: str, *, quick: bool, seed: int) -> list[Job]:
    whole = QUICK.get(name, name)
    property_name, case = property_of_split(whole), case_of(name, seed)
    task = PAIR_TASK if whole == PAIR else TASKS[property_name]
    judge = _Judge(case=case, rows=rows_of(whole), of_practice=whole in OF_PRACTICE)
    listed = [
        case.job(
            task=task,
            model=model.name,
            seed=seed,
            run=partial(judge.model, partial(_fitted, model, seed)),
            code=(*_CODE, *model.code),
        )
        for model in MODELS
        if model.property_name == property_name and (model.quick or not quick)
    ]
    for baseline in baselines_of(whole):
        if baseline.quick or not quick:
            job = case.job(
                task=task,
                model=baseline.name,
                seed=seed,
                run=partial(judge.baseline, baseline, seed),
                code=_CODE,
                skipped=baseline.skipped,
            )
            listed.append(job)
    return listed


def _fitted(model: SolutionModel, seed: int, rows: Measurements) -> Predictive:
    return model.fit(rows, seed)


def case_of(name: str, seed: int) -> Case:
    """Rows, folds and groups of a split, checked against the frozen one.

    Parameters
    ----------
    name
        One of `SPLITS` or `QUICK`.
    seed
        Of the split.

    Raises
    ------
    FrozenSplitError
        If the data are not those of the frozen split.
    DataNotFoundError
        If a data set is not on this machine.
    """
    whole = QUICK.get(name, name)
    keyed = keyed_split(whole, seed)
    check(keyed, seed=seed)
    if name in QUICK:
        keyed = replace(keyed, split=Split(name=name, folds=keyed.split.folds[:1]))
    measurements, split = rows_of(whole).measurements, keyed.split
    groups = split.fold_of_tested if split.labels else _series(whole)[split.tested]
    return Case(
        measurements=measurements,
        split=split,
        groups=groups,
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        content_sha256=_content(whole),
        subsets={} if whole == PAIR else _subsets(whole, split.tested),
    )


@cache
def _content(name: str) -> str:
    return content_sha256(rows_of(name).measurements)


@cache
def _series(name: str) -> NDArray[np.intp]:
    return series_groups(rows_of(name).measurements)


def _subsets(name: str, tested: NDArray[np.intp]) -> dict[str, NDArray[np.bool_]]:
    """Parts of tested rows: by solvent kind and cation; of practice, each solution."""
    rows = rows_of(name)
    index = rows.measurements.formulation_index[tested]
    if name in OF_PRACTICE:
        recipes = [f.notation() for f in rows.measurements.formulations]
        kelvin = rows.measurements.temperature_k[tested]
        labels = [f"{recipes[i]} at {k:.2f} K" for i, k in zip(index, kelvin, strict=True)]
        return {label: np.arange(len(tested)) == at for at, label in enumerate(labels)}
    found = {part: held[index] for part, held in _parts(name).items()}
    doubtful = rows.measurements.flag[tested] != ""
    found["rows that something speaks against"] = doubtful
    return {part: held for part, held in found.items() if held.any()}


@cache
def _parts(name: str) -> dict[str, NDArray[np.bool_]]:
    """Which formulations are of each kind of solvents, and of each cation in it."""
    formulations = rows_of(name).measurements.formulations
    molecular = np.array([bool(molecules_in(f)) for f in formulations])
    groups = [g if g in METALS.values() else OTHERS for g in cation_groups(formulations)]
    cations = np.array(groups)
    parts: dict[str, NDArray[np.bool_]] = {}
    for kind, held in ((MOLECULAR, molecular), (IONIC, ~molecular)):
        parts[kind] = held
        for cation in (*METALS.values(), OTHERS):
            parts[f"{kind}; {cation}"] = held & (cations == cation)
    return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """What a model's predictions of the tested rows are worth."""

    case: Case
    rows: SolutionRows
    of_practice: bool

    def model(self, fit: Fit, progress: Progress | None) -> JobResult:
        """A model of ours, fitted anew in every fold."""
        found = predict_folds(self.case, fit, progress)
        return self._result(found.value, (found.low, found.high), found.in_domain)

    def baseline(self, baseline: Baseline, seed: int, progress: Progress | None) -> JobResult:
        """A baseline, fitted anew in every fold."""
        x = baseline.inputs(self.case.measurements)
        estimator: Callable[[], Any] = partial(baseline.estimator, seed)
        value, interval = cross_predict(
            estimator, x, self.case.measurements.value, self.case.split, progress
        )
        return self._result(value, interval, None)

    def _result(
        self,
        value: NDArray[np.float64],
        interval: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
        in_domain: NDArray[np.bool_] | None,
    ) -> JobResult:
        answered = np.isfinite(value)

        def of_rows(rows: NDArray[np.bool_]) -> dict[str, float]:
            held = rows & answered
            numbers: dict[str, float] = {}
            if held.any():
                ends = None if interval is None else (interval[0][held], interval[1][held])
                domain = None if in_domain is None else in_domain[held]
                numbers = self._metrics(held, value[held], ends, domain)
            numbers["n"] = int(rows.sum())
            if rows.sum() > held.sum():
                numbers["n_unanswered"] = int(rows.sum() - held.sum())
            return numbers

        every = np.ones(len(value), dtype=np.bool_)
        shown = (*_SHOWN, "value", "off_range_percent") if self.of_practice else _SHOWN
        return JobResult(
            metrics={**of_rows(every), "folds": len(self.case.split.folds)},
            measured=self.case.measured[answered],
            predicted=value[answered],
            subsets={
                name: {metric: n for metric, n in of_rows(held).items() if metric in shown}
                for name, held in self.case.subsets.items()
            },
        )

    def _metrics(
        self,
        held: NDArray[np.bool_],
        value: NDArray[np.float64],
        ends: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
        in_domain: NDArray[np.bool_] | None,
    ) -> dict[str, float]:
        measured, groups = self.case.measured[held], self.case.groups[held]
        if self.case.measurements.property_name == VISCOSITY:
            width = None if ends is None else np.log10(ends[1] / ends[0]) / 2
            logs = np.log10(measured), np.log10(value)
            numbers = log_metrics(*logs, groups, width, in_domain)
        else:
            half = None if ends is None else (ends[1] - ends[0]) / 2
            numbers = linear_metrics(measured, value, groups, half, in_domain)
            error = 100 * np.abs(value / measured - 1)
            numbers |= {
                "mape_percent": float(error.mean()),
                "worst_ape_percent": float(error.max()),
            }
            if half is not None:
                numbers["width_percent"] = float(200 * np.median(half / value))
        return numbers | (self._of_range(held, value) if self.of_practice else {})

    def _of_range(self, held: NDArray[np.bool_], value: NDArray[np.float64]) -> dict[str, float]:
        """How far values lie outside of the ranges of practice."""
        tested = self.case.split.tested[held]
        low, high = self.rows.low[tested], self.rows.high[tested]
        off = np.maximum(np.maximum(low / value - 1, value / high - 1), 0.0)
        of_one = {"value": float(value[0])} if len(value) == 1 else {}
        return {
            **of_one,
            "off_range_percent": float(100 * off.mean()),
            "within_15_percent": float((off <= _RIGHT).mean()),
        }
