"""Evaluation of a model on a case: fitted anew in every fold, judged on the held-out rows.

Our models are judged by their public ``predict``, as a user's model is. No prediction is computed
in any other way here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.baselines import Baseline, cross_predict
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress
from electrolyte_ml.benchmarks.metrics import positive_metrics, prediction_metrics
from electrolyte_ml.benchmarks.user_model import UserModel, feature_frame
from electrolyte_ml.data.copies import copies_of
from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.splits import Split
from electrolyte_ml.features import compose, mixture_features
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.threads import one_thread

#: Parts of the tested rows that the model itself makes.
IN_DOMAIN, FLAGGED = "rows that the model does not flag", "rows that the model flags"
# Of a part of the tested rows.
_SHOWN = (
    "n",
    "mae_log10",
    "median_ape_percent",
    "coverage",
    "groups_covered_80",
    "width_log10",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Rows, how they are split, and which tested rows belong together.

    Attributes
    ----------
    measurements
        All n rows, in the order that the split counts them.
    split
        Folds over them.
    groups
        Group of each entry of ``split.tested``, shape (t,): metrics by group use it.
    data
        SHA-256 of each data file by name.
    split_sha256
        Of the split by row names.
    content_sha256
        Of compositions, features, temperatures and values, after cleaning and look-up of species.
    subsets
        Parts of the tested rows that are judged apart as well: which rows are in each, shape (t,),
        by the name of the part.
    further
        Rows of other files that our model also learns from, but for copies of what a fold tests.
    """

    measurements: Measurements
    split: Split
    groups: NDArray[np.intp]
    data: dict[str, str]
    split_sha256: str
    content_sha256: str
    subsets: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    further: Measurements | None = None

    def learnt(self, train: NDArray[np.intp], test: NDArray[np.intp]) -> Measurements:
        """What our model learns from in a fold: its training rows, and further ones.

        Parameters
        ----------
        train, test
            Rows of the fold.
        """
        own = self.measurements.select(train)
        if self.further is None:
            return own
        copies = copies_of(self.measurements.select(test), self.further)
        return concatenate([own, self.further.select(~copies)])

    @property
    def measured(self) -> NDArray[np.float64]:
        """Measured values of the tested rows, in the order of the folds, shape (t,)."""
        return self.measurements.value[self.split.tested]

    def job(
        self,
        *,
        task: str,
        model: str,
        seed: int,
        run: Callable[[Progress | None], JobResult],
        code: tuple[str, ...],
        version: str = "",
        skipped: str | None = None,
    ) -> Job:
        """The job of a model on this case.

        Parameters
        ----------
        task, model, seed, run, skipped
            As of `Job`.
        code
            Modules whose source decides the numbers.
        version
            What the numbers depend on beside the content of the case.
        """
        return Job(
            task=task,
            split=self.split.name,
            model=model,
            seed=seed,
            run=run,
            data=self.data,
            split_sha256=self.split_sha256,
            depends_on=code,
            version=self.content_sha256 + version,
            skipped=skipped,
        )


@one_thread()
def content_sha256(measurements: Measurements) -> str:
    """Hash of compositions, features, temperatures, values, flags and trust, row by row."""
    composition = compose(measurements.row_formulations)
    digest = hashlib.sha256()
    for species in (composition.solvents, composition.anions, composition.cations):
        digest.update("|".join(s.smiles for s in species).encode())
    arrays = (
        mixture_features(composition),
        composition.solvent_mole_fraction,
        composition.anion_fraction,
        composition.cation_fraction,
        composition.molality_mol_kg,
        composition.molecules_mol_kg,
        composition.index,
        measurements.temperature_k,
        measurements.value,
        measurements.trusted,
    )
    digest.update("|".join(measurements.flag.tolist()).encode())
    if measurements.trust is not None:
        digest.update("|".join(measurements.trust.tolist()).encode())
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


class Predictive(Protocol):
    """A fitted model of a property of recipes."""

    def predict(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Prediction:
        """The property of recipes, each at its temperature."""
        ...


#: Makes a fitted model of measurements.
Fit = Callable[[Measurements], Predictive]


def evaluate_model(case: Case, fit: Fit, progress: Progress | None) -> JobResult:
    """A model of ours, fitted anew to the rows of every fold."""
    prediction, measured = predict_folds(case, fit, progress), case.measured

    def of_rows(rows: NDArray[np.intp]) -> dict[str, float]:
        return prediction_metrics(measured[rows], prediction.select(rows), case.groups[rows])

    metrics = of_rows(np.arange(len(measured)))
    return JobResult(
        metrics={**metrics, "folds": len(case.split.folds)},
        measured=measured,
        predicted=prediction.value,
        subsets=_of_subsets(case, of_rows, prediction.in_domain),
    )


def predict_folds(case: Case, fit: Fit, progress: Progress | None = None) -> Prediction:
    """Predictions of the tested rows, in the order of the folds, by models that did not see them.

    Parameters
    ----------
    case
        Rows and folds.
    fit
        Makes a model of the rows of a fold.
    progress
        Called as ``progress(split, fold, folds)``.
    """
    parts = []
    for number, (train, test) in enumerate(case.split.folds, start=1):
        left_out = case.measurements.select(test)
        model = fit(case.learnt(train, test))
        parts.append(model.predict(left_out.row_formulations, left_out.temperature_k))
        if progress is not None:
            progress(case.split.name, number, len(case.split.folds))
    return joined(parts)


def joined(parts: Sequence[Prediction]) -> Prediction:
    """Predictions one after another; the first one's coverage is all of theirs."""
    return Prediction(
        value=np.concatenate([p.value for p in parts]),
        low=np.concatenate([p.low for p in parts]),
        high=np.concatenate([p.high for p in parts]),
        coverage=parts[0].coverage,
        in_domain=np.concatenate([p.in_domain for p in parts]),
        reason=tuple(reason for p in parts for reason in p.reason),
    )


def evaluate_baseline(
    baseline: Baseline, case: Case, seed: int, progress: Progress | None
) -> JobResult:
    """A baseline, fitted anew in every fold."""
    x = baseline.inputs(case.measurements)
    return _scored(case, partial(baseline.estimator, seed), x, progress)


def evaluate_user(case: Case, model: UserModel, progress: Progress | None) -> JobResult:
    """A user's model, made and fitted anew in every fold."""
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

    def of_rows(rows: NDArray[np.intp]) -> dict[str, float]:
        ends = None if interval is None else (interval[0][rows], interval[1][rows])
        return positive_metrics(measured[rows], predicted[rows], case.groups[rows], ends)

    return JobResult(
        metrics={**of_rows(np.arange(len(measured))), "folds": len(case.split.folds)},
        measured=measured,
        predicted=predicted,
        subsets=_of_subsets(case, of_rows),
    )


def _of_subsets(
    case: Case,
    of_rows: Callable[[NDArray[np.intp]], dict[str, float]],
    in_domain: NDArray[np.bool_] | None = None,
) -> dict[str, dict[str, float]]:
    """Numbers of the parts of the tested rows; with a domain, also of those inside and outside."""
    parts = dict(case.subsets)
    if parts and in_domain is not None:
        parts |= {IN_DOMAIN: in_domain, FLAGGED: ~in_domain}
    return {
        name: {metric: n for metric, n in of_rows(np.flatnonzero(held)).items() if metric in _SHOWN}
        for name, held in parts.items()
        if held.any()
    }
