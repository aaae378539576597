"""Suite ``sodium``: predictions of sodium electrolytes by models of lithium electrolytes.

Split ``cation``: trained on lithium alone (all of CALiSol-23), tested on the sodium points. Split
``source``: the shift from lithium to sodium is fitted to the points of the other papers. Each model
of ours stands there for all points, and for those of each anion that several points have. "and
simulations" adds the simulated pairs of `electrolyte_ml.benchmarks.suites.sodium_simulated`, with
the gain in MAE log10 against the same shift without them and its standard error over papers.

Members and calibration factor are those of the model that ships, which learnt them from the same
lithium rows; shift and domain are fitted to the rows of each fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.baselines import GENERAL_BASELINES
from electrolyte_ml.benchmarks.evaluation import Case, Fit, content_sha256, predict_folds
from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import prediction_metrics
from electrolyte_ml.benchmarks.store import data_sha256, table_sha256
from electrolyte_ml.benchmarks.suites.conductivity import OUR_CODE, baseline_job, lithium
from electrolyte_ml.benchmarks.suites.sodium_simulated import TABLE, gain, with_simulations
from electrolyte_ml.data.conductivities import single_cations, sodium_conductivities
from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.sources import calisol23, chayambuka2022, na_literature, sodium_table
from electrolyte_ml.data.splits import anion_groups, ordered_split, source_groups, source_split
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity import ConductivityModel, fit
from electrolyte_ml.models.conductivity.cation import LITHIUM
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.species import Salt, default_catalog

TASK = "sodium conductivities from papers, mS/cm"
SPLITS = ("cation", "source")
_FEWEST_POINTS = 4
_CODE = (
    *OUR_CODE,
    "electrolyte_ml.benchmarks.suites.sodium",
    "electrolyte_ml.benchmarks.suites.sodium_simulated",
)
_Model = Callable[[], Prediction]


@dataclass(frozen=True, slots=True, kw_only=True)
class AsLithium:
    """A model that takes every cation for lithium.

    Attributes
    ----------
    model
        Model that predicts the lithium twins.
    """

    model: ConductivityModel

    def predict(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> Prediction:
        """Conductivity of lithium twins, mS/cm, shape (n,)."""
        return self.model.predict([_lithium_twin(f) for f in formulations], temperature_k)


def _lithium_twin(formulation: Formulation) -> Formulation:
    lithium_ion = default_catalog().ion(LITHIUM)
    salts = tuple(
        replace(part, salt=Salt(cation=lithium_ion, anion=part.salt.anion))
        for part in formulation.salts
    )
    return replace(formulation, salts=salts)


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """The model with and without its shift, and baselines.

    Parameters
    ----------
    quick
        Without baselines.
    splits
        Names from `SPLITS`.
    seed
        Of the baselines.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=SPLITS, default=SPLITS)
    listed = [job for job in _our_jobs(seed) if job.split in chosen]
    if "cation" in chosen and not quick:
        listed += [baseline_job(TASK, b, cation_case(seed), seed) for b in GENERAL_BASELINES]
    return sorted(listed, key=lambda job: chosen.index(job.split))


def _our_jobs(seed: int) -> list[Job]:
    """The lithium model as it is, with the prior shift, and with the fitted one."""
    cation, source = keyed_splits(seed)
    models: list[tuple[str, KeyedSplit, _Model]] = [
        ("as lithium", cation, as_lithium),
        ("prior shift", cation, prior_shift),
        ("shift from the other papers", source, other_papers),
        ("prior shift and simulations", cation, prior_and_simulations),
        ("shift from the other papers and simulations", source, other_papers_and_simulations),
    ]
    for keyed in (cation, source):
        check(keyed, seed=seed)
    content = content_sha256(sodium_conductivities()) + sha256(TABLE.read_bytes()).hexdigest()
    return [
        Job(
            task=TASK,
            split=keyed.split.name,
            model=f"{name}, {anion}" if anion else name,
            seed=seed,
            run=partial(_run, predict, anion),
            data=keyed.data,
            split_sha256=keyed.sha256,
            depends_on=_CODE,
            version=content,
        )
        for name, keyed, predict in models
        for anion in ("", *_anions())
    ]


def _anions() -> tuple[str, ...]:
    """Anions of several sodium points."""
    groups, names = anion_groups(sodium_conductivities())
    counts = np.bincount(groups)
    return tuple(n for n, count in zip(names, counts, strict=True) if count >= _FEWEST_POINTS)


def _run(predict: _Model, anion: str, progress: Progress | None) -> JobResult:
    """Metrics of all points, or of those of one anion."""
    sodium = sodium_conductivities()
    groups, names = anion_groups(sodium)
    rows = np.flatnonzero(groups == names.index(anion)) if anion else np.arange(len(sodium))
    del progress  # all of it takes seconds
    found = predict()
    result = _result(found, rows)
    without = _WITHOUT_SIMULATIONS.get(predict)
    if without is not None and not anion:
        before, after = (np.abs(np.log10(p.value / sodium.value)) for p in (without(), found))
        smaller, error = gain(before, after, source_groups(sodium))
        result.metrics.update(gain_log10=smaller, gain_error_log10=error)
    return result


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """Both splits by row names; nothing in them is drawn."""
    del seed
    sodium, trained = sodium_conductivities(), lithium()
    both = np.concatenate([np.full(len(trained), calisol23.FILE_NAME), sodium.source])
    rows = np.concatenate([trained.source_row, sodium.source_row])
    data = {
        **data_sha256(calisol23.FILE_NAME, na_literature.FILE_NAME, chayambuka2022.FILE_NAME),
        **table_sha256(sodium_table.TABLE),
    }
    cation = ordered_split("cation", len(trained), len(sodium))
    return [
        KeyedSplit(suite="sodium", split=cation, rows=rows, table=both, data=data),
        KeyedSplit(
            suite="sodium",
            split=source_split(sodium),
            rows=sodium.source_row,
            table=sodium.source,
            data=data,
        ),
    ]


def cation_case(seed: int) -> Case:
    """All lithium rows on one side, all sodium points on the other."""
    return _case(concatenate([lithium(), sodium_conductivities()]), keyed_splits(seed)[0])


def _case(measurements: Measurements, keyed: KeyedSplit) -> Case:
    return Case(
        measurements=measurements,
        split=keyed.split,
        groups=source_groups(measurements)[keyed.split.tested],
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        content_sha256=content_sha256(measurements),
    )


@cache
def as_lithium() -> Prediction:
    """Every sodium point as if it were lithium."""
    return predict_folds(cation_case(0), lambda rows: AsLithium(model=_fit(rows)))


@cache
def prior_shift() -> Prediction:
    """Every sodium point from the prior of the shift alone."""
    return predict_folds(cation_case(0), _fit)


@cache
def other_papers() -> Prediction:
    """Every sodium point from the shift fitted to the points of the other papers."""
    return _by_paper(_fit)


@cache
def prior_and_simulations() -> Prediction:
    """Every sodium point from the prior and simulated pairs."""
    return predict_folds(cation_case(0), lambda rows: with_simulations(_fit(rows)))


@cache
def other_papers_and_simulations() -> Prediction:
    """Every sodium point from the other papers' points and simulated pairs."""
    return _by_paper(lambda rows: with_simulations(_fit(rows)))


#: The same shift without simulations.
_WITHOUT_SIMULATIONS: dict[_Model, _Model] = {
    prior_and_simulations: prior_shift,
    other_papers_and_simulations: other_papers,
}


def _by_paper(fit_fold: Fit) -> Prediction:
    """Every sodium point by a model that has not seen its paper, in the order of the points."""
    case = _case(sodium_conductivities(), keyed_splits(0)[1])
    return predict_folds(case, fit_fold).select(np.argsort(case.split.tested))


def _fit(rows: Measurements) -> ConductivityModel:
    """The members that ship, with shift and domain of all lithium rows and of those of a fold."""
    sodium = rows.select(single_cations(rows) != LITHIUM)
    return fit(concatenate([lithium(), sodium]), lithium=ConductivityModel.load())


def _result(prediction: Prediction, rows: NDArray[np.intp]) -> JobResult:
    sodium = sodium_conductivities().select(rows)
    of_rows = prediction.select(rows)
    metrics = prediction_metrics(sodium.value, of_rows, source_groups(sodium))
    metrics["bias_log10"] = float(np.log10(sodium.value / of_rows.value).mean())
    return JobResult(metrics=metrics, measured=sodium.value, predicted=of_rows.value)
