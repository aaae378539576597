"""Suite ``sodium``: sodium electrolytes of papers, predicted without their paper.

Split ``cation``: no sodium point of these papers is learnt from. Trained on lithium alone, on all
cations, the model shows what sodium gains from each. Split
``source``: trained on all cations and on the points of the other papers. Each stands there for all
points, and for those of each anion that several points have. Copies of a tested point in other
files are never learnt from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.baselines import GENERAL_BASELINES
from electrolyte_ml.benchmarks.evaluation import Case, content_sha256, predict_folds
from electrolyte_ml.benchmarks.fits import fit_conductivity
from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import prediction_metrics
from electrolyte_ml.benchmarks.store import data_sha256, table_sha256
from electrolyte_ml.benchmarks.suites.conductivity import OUR_CODE, baseline_job, lithium
from electrolyte_ml.data.conductivities import (
    LITHIUM_SOURCE,
    SODIUM_SOURCES,
    single_cations,
    sodium_conductivities,
)
from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.sources import calisol23, chayambuka2022, na_literature, sodium_table
from electrolyte_ml.data.splits import anion_groups, ordered_split, source_groups, source_split
from electrolyte_ml.data.union import conductivity_union
from electrolyte_ml.prediction import Prediction

TASK = "sodium conductivities from papers, mS/cm"
SPLITS = ("cation", "source")
_FEWEST_POINTS = 4
_CODE = (
    *OUR_CODE,
    "electrolyte_ml.benchmarks.suites.sodium",
)
_Model = Callable[[], Prediction]
LITHIUM = "[Li+]"
LITHIUM_ALONE, ALL_CATIONS, OTHER_PAPERS = (
    "trained on lithium alone",
    "trained on all cations, but none of these points",
    "trained on all cations and the other papers",
)


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """The model trained on lithium, on all cations and with the other papers, and baselines.

    Parameters
    ----------
    quick
        Split ``cation`` alone by default, without baselines: two fits in all.
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
    chosen = chosen_splits(splits, known=SPLITS, default=SPLITS[:1] if quick else SPLITS)
    listed = [job for job in _our_jobs(seed) if job.split in chosen]
    if "cation" in chosen and not quick:
        listed += [baseline_job(TASK, b, cation_case(seed), seed) for b in GENERAL_BASELINES]
    return sorted(listed, key=lambda job: chosen.index(job.split))


def _our_jobs(seed: int) -> list[Job]:
    """The model without points of sodium, and with those of the other papers."""
    cation, source = keyed_splits(seed)
    models: list[tuple[str, KeyedSplit, _Model]] = [
        (LITHIUM_ALONE, cation, partial(predicted, LITHIUM_ALONE, seed)),
        (ALL_CATIONS, cation, partial(predicted, ALL_CATIONS, seed)),
        (OTHER_PAPERS, source, partial(predicted, OTHER_PAPERS, seed)),
    ]
    for keyed in (cation, source):
        check(keyed, seed=seed)
    content = content_sha256(sodium_conductivities()) + content_sha256(_union())
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
    return _result(found, rows)


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
    return _case(concatenate([lithium(), sodium_conductivities()]), keyed_splits(seed)[0], None)


def paper_case() -> Case:
    """Sodium points, one paper left out; the model also learns from all other cations."""
    further = concatenate([lithium(), _union()])
    return _case(sodium_conductivities(), keyed_splits(0)[1], further)


def _case(measurements: Measurements, keyed: KeyedSplit, further: Measurements | None) -> Case:
    return Case(
        measurements=measurements,
        split=keyed.split,
        groups=source_groups(measurements)[keyed.split.tested],
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        content_sha256=content_sha256(measurements),
        further=further,
    )


@cache
def predicted(model: str, seed: int) -> Prediction:
    """Predictions of the sodium points, in their order.

    Parameters
    ----------
    model
        `LITHIUM_ALONE`, `ALL_CATIONS` or `OTHER_PAPERS`.
    seed
        Of the fits.
    """
    if model == OTHER_PAPERS:
        case = paper_case()
        found = predict_folds(case, partial(fit_conductivity, seed=seed))
        return found.select(np.argsort(case.split.tested))
    further = _union()
    if model == LITHIUM_ALONE:
        further = further.select(single_cations(further) == LITHIUM)
    case = _case(concatenate([lithium(), sodium_conductivities()]), keyed_splits(0)[0], further)
    return predict_folds(case, partial(fit_conductivity, seed=seed))


@cache
def _union() -> Measurements:
    """Rows of the union that are neither of the sodium points nor of `lithium`."""
    union = conductivity_union()
    return union.measurements.select(~np.isin(union.dataset, (*SODIUM_SOURCES, LITHIUM_SOURCE)))


def _result(prediction: Prediction, rows: NDArray[np.intp]) -> JobResult:
    sodium = sodium_conductivities().select(rows)
    of_rows = prediction.select(rows)
    metrics = prediction_metrics(sodium.value, of_rows, source_groups(sodium))
    metrics["bias_log10"] = float(np.log10(sodium.value / of_rows.value).mean())
    return JobResult(metrics=metrics, measured=sodium.value, predicted=of_rows.value)
