"""Suite ``sodium``: what models of lithium electrolytes say about sodium.

Split ``cation``: trained on lithium alone (all of CALiSol-23), tested on the sodium points. Split
``source``: the shift from lithium to sodium is fitted to the points of the other papers. Each model
of ours stands there for all points, and for those of each anion that several points have. "and
simulations" adds the simulated pairs of `electrolyte_ml.benchmarks.sodium_simulated`, with the gain
in MAE log10 against the same shift without them and its standard error over papers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.base import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.baselines import GENERAL_BASELINES
from electrolyte_ml.benchmarks.conductivity import OUR_CODE, baseline_job
from electrolyte_ml.benchmarks.conductivity_splits import Case, content_sha256, lithium
from electrolyte_ml.benchmarks.environment import data_sha256, table_sha256
from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.benchmarks.sodium_simulated import TABLE, gain, predict_with, simulated_pairs
from electrolyte_ml.data.measurements import concatenate
from electrolyte_ml.data.sources import calisol23, chayambuka2022, na_literature, sodium_table
from electrolyte_ml.data.splits import anion_groups, ordered_split, source_groups, source_split
from electrolyte_ml.models.conductivity.artefact import load
from electrolyte_ml.models.conductivity.cation import CationShift, prior
from electrolyte_ml.models.conductivity.intervals import NORMAL_QUANTILE, centre_of, scale_of
from electrolyte_ml.models.conductivity.training import (
    fit_sodium_shift,
    lithium_members,
    measured_sodium,
    twins_of,
)

TASK = "sodium conductivities from papers, mS/cm"
SPLITS = ("cation", "source")
_FEWEST_POINTS = 4
_CODE = (*OUR_CODE, "electrolyte_ml.benchmarks.sodium")
_Values = tuple[NDArray[np.float64], NDArray[np.float64]]
_Model = Callable[[Progress | None], _Values]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """The shipped model with and without its shift, and baselines.

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
    listed = [job for job in our_jobs(seed) if job.split in chosen]
    if "cation" in chosen and not quick:
        case = _cation_case(seed)
        listed += [baseline_job(TASK, b, case, seed) for b in GENERAL_BASELINES]
    return sorted(listed, key=lambda job: chosen.index(job.split))


def our_jobs(seed: int) -> list[Job]:
    """The shipped lithium model as it is, with the prior shift, and with the fitted one."""
    cation, source = keyed_splits(seed)
    models: list[tuple[str, KeyedSplit, _Model]] = [
        ("as lithium", cation, _as_lithium),
        ("prior shift", cation, prior_shift),
        ("shift from the other papers", source, _other_papers),
        ("prior shift and simulations", cation, prior_and_simulations),
        ("shift from the other papers and simulations", source, other_papers_and_simulations),
    ]
    for keyed in (cation, source):
        check(keyed, seed=seed)
    content = content_sha256(measured_sodium()) + sha256(TABLE.read_bytes()).hexdigest()
    return [
        Job(
            task=TASK,
            split=keyed.split.name,
            model=f"{name}, {anion}" if anion else name,
            seed=seed,
            run=partial(_run, values, anion),
            data=keyed.data,
            split_sha256=keyed.sha256,
            depends_on=_CODE,
            version=content,
        )
        for name, keyed, values in models
        for anion in ("", *_anions())
    ]


def _anions() -> tuple[str, ...]:
    """Anions of several sodium points."""
    groups, names = anion_groups(measured_sodium())
    counts = np.bincount(groups)
    return tuple(n for n, count in zip(names, counts, strict=True) if count >= _FEWEST_POINTS)


def _run(values: _Model, anion: str, progress: Progress | None) -> JobResult:
    """Metrics of all points, or of those of one anion."""
    groups, names = anion_groups(measured_sodium())
    rows = groups == names.index(anion) if anion else np.ones(len(groups), dtype=np.bool_)
    found = values(progress)
    result = _result(found, rows)
    without = _WITHOUT_SIMULATIONS.get(values)
    if without is not None and not anion:
        sodium = measured_sodium()
        measured = np.log10(sodium.value)
        before, after = (np.abs(v[0] - measured) for v in (without(None), found))
        smaller, error = gain(before, after, source_groups(sodium))
        result.metrics.update(gain_log10=smaller, gain_error_log10=error)
    return result


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """Both splits by row names; nothing in them is drawn."""
    del seed
    sodium, trained = measured_sodium(), lithium()
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


def _cation_case(seed: int) -> Case:
    sodium = measured_sodium()
    keyed = keyed_splits(seed)[0]
    both = concatenate([lithium(), sodium])
    return Case(
        measurements=both,
        split=keyed.split,
        groups=source_groups(sodium),
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        content_sha256=content_sha256(both),
    )


def _as_lithium(progress: Progress | None) -> _Values:
    del progress
    return _twins()


def prior_shift(progress: Progress | None) -> _Values:
    """Every sodium point from the prior of the shift alone."""
    del progress
    return _shifted(prior(), np.arange(len(measured_sodium())))


def _other_papers(progress: Progress | None) -> _Values:
    return _by_paper(_shifted, progress)


def prior_and_simulations(progress: Progress | None) -> _Values:
    """Every sodium point from the prior and simulated pairs."""
    del progress
    return _with_simulations(prior(), np.arange(len(measured_sodium())))


def other_papers_and_simulations(progress: Progress | None) -> _Values:
    """Every sodium point from the other papers' points and simulated pairs."""
    return _by_paper(_with_simulations, progress)


def _by_paper(
    predict: Callable[[CationShift, NDArray[np.intp]], _Values], progress: Progress | None
) -> _Values:
    """Each paper's points from the shift fitted to the others."""
    sodium, model = measured_sodium(), load()
    groups = source_groups(sodium)
    value, half_width = np.zeros(len(sodium)), np.zeros(len(sodium))
    papers = np.unique(groups)
    for number, paper in enumerate(papers, start=1):
        at = np.flatnonzero(groups == paper)
        shift = fit_sodium_shift(model.ensemble, model.factor, sodium.select(groups != paper))
        value[at], half_width[at] = predict(shift, at)
        if progress is not None:
            progress("source", number, len(papers))
    return value, half_width


def _with_simulations(shift: CationShift, at: NDArray[np.intp]) -> _Values:
    model = load()
    twins = twins_of(model.ensemble, model.factor, measured_sodium().select(at))
    correction, sd = predict_with(simulated_pairs(), shift, twins)
    return _twins()[0][at] + correction, NORMAL_QUANTILE * sd


def _shifted(shift: CationShift, at: NDArray[np.intp]) -> _Values:
    """Prediction and half width in log10 of some sodium points."""
    model = load()
    twins = twins_of(model.ensemble, model.factor, measured_sodium().select(at))
    correction, sd = shift.predict(twins)
    return _twins()[0][at] + correction, NORMAL_QUANTILE * sd


#: The same shift without simulations.
_WITHOUT_SIMULATIONS: dict[_Model, _Model] = {
    prior_and_simulations: prior_shift,
    other_papers_and_simulations: _other_papers,
}


@cache
def _twins() -> _Values:
    """Prediction and half width in log10 of all sodium points as if they were lithium."""
    model = load()
    members = lithium_members(model.ensemble, measured_sodium())
    return centre_of(members), model.factor * scale_of(members)


def _result(values: _Values, rows: NDArray[np.bool_]) -> JobResult:
    sodium = measured_sodium().select(rows)
    measured = np.log10(sodium.value)
    predicted, half_width = (value[rows] for value in values)
    metrics = log_metrics(measured, predicted, source_groups(sodium), half_width)
    metrics["bias_log10"] = float((measured - predicted).mean())
    return JobResult(metrics=metrics, measured=sodium.value, predicted=np.power(10.0, predicted))
