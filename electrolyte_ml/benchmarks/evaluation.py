"""Evaluating a model on a case: fold by fold, then the metrics of all tested rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.base import JobResult, Progress
from electrolyte_ml.benchmarks.baselines import Baseline, cross_predict
from electrolyte_ml.benchmarks.conductivity_splits import Case
from electrolyte_ml.benchmarks.fits import ensemble_members
from electrolyte_ml.benchmarks.metrics import log_metrics, positive_metrics
from electrolyte_ml.benchmarks.user_model import UserModel, feature_frame
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.splits import Split
from electrolyte_ml.features import compose
from electrolyte_ml.models.conductivity.artefact import load
from electrolyte_ml.models.conductivity.domain import Domain
from electrolyte_ml.models.conductivity.intervals import (
    NORMAL_QUANTILE,
    centre_of,
    error_variance,
)
from electrolyte_ml.prediction import wide


def evaluate_ours(case: Case, seed: int, progress: Progress | None) -> JobResult:
    """The lithium ensemble, fitted anew in every fold; intervals as shipped."""
    (members, _), measured = ensemble_members(case, seed, progress), case.measured
    centre, fold_domains = centre_of(members), domains_of(case.measurements, case.split)
    beyond = salt_beyond(fold_domains, case.measurements, case.split)
    half_width = NORMAL_QUANTILE * np.sqrt(error_variance(members, load().factor, beyond))
    metrics = log_metrics(
        np.log10(measured),
        centre,
        case.groups,
        half_width,
        known_to_training(fold_domains, case.measurements, case.split, half_width),
    )
    return JobResult(
        metrics={**metrics, "folds": len(case.split.folds)},
        measured=measured,
        predicted=np.power(10.0, centre),
    )


def domains_of(measurements: Measurements, split: Split) -> tuple[Domain, ...]:
    """What a model trained on each fold knows."""
    none = measurements.select(np.empty(0, dtype=np.intp))
    return tuple(Domain.of(measurements.select(train), none) for train, _ in split.folds)


def known_to_training(
    domains: tuple[Domain, ...],
    measurements: Measurements,
    split: Split,
    half_width: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Whether a model trained on a fold would say that it knows a tested row, shape (t,).

    Parameters
    ----------
    domains
        Of the folds.
    measurements
        All rows.
    split
        Folds over them.
    half_width
        Of the interval in log10, in the order of ``split.tested``, shape (t,).
    """
    known = []
    for domain, (_, test) in zip(domains, split.folds, strict=True):
        of_test = measurements.formulation_index[test]
        faulty = {i for i in set(of_test.tolist()) if domain.faults(measurements.formulations[i])}
        known += [
            i not in faulty and domain.temperature_fault(measurements.formulations[i], t) is None
            for i, t in zip(
                of_test.tolist(), measurements.temperature_k[test].tolist(), strict=True
            )
        ]
    narrow = np.array([wide(float(width)) is None for width in half_width], dtype=np.bool_)
    return np.array(known, dtype=np.bool_) & narrow


def salt_beyond(
    domains: tuple[Domain, ...], measurements: Measurements, split: Split
) -> NDArray[np.float64]:
    """How far beyond what a fold holds the salt of a tested row is, shape (t,)."""
    beyond = []
    for domain, (_, test) in zip(domains, split.folds, strict=True):
        composition = compose(measurements.select(test).row_formulations)
        beyond.append(domain.salt_beyond(composition)[composition.index])
    return np.concatenate(beyond)


def evaluate_baseline(
    baseline: Baseline, case: Case, seed: int, progress: Progress | None
) -> JobResult:
    """A baseline, fitted anew in every fold."""
    x = baseline.inputs(case.measurements)
    return _scored(case, partial(baseline.estimator, seed), x, progress)


def evaluate_user(case: Case, model: UserModel, progress: Progress | None) -> JobResult:
    """A stranger's model, made and fitted anew in every fold."""
    return _scored(case, model.new, _Rows(feature_frame(case.measurements)), progress)


class _Rows:
    """A data frame whose rows are taken by number, as those of an array are."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __getitem__(self, rows: NDArray[np.intp]) -> Any:
        return self.frame.iloc[rows]


def _scored(
    case: Case, estimator: Callable[[], Any], x: Any, progress: Progress | None
) -> JobResult:
    value = case.measurements.value
    predicted, interval = cross_predict(estimator, x, value, case.split, progress)
    measured = case.measured
    metrics = positive_metrics(measured, predicted, case.groups, interval)
    return JobResult(
        metrics={**metrics, "folds": len(case.split.folds)}, measured=measured, predicted=predicted
    )
