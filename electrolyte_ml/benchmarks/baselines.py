"""What a reader would try first: published recipes, and descriptors with gradient boosting.

The three one-hot baselines are trained as published for CALiSol-23 [1]_: raw columns, log(1 + k) as
target, the settings given there. On its random split they reach R2 0.938 (random forest), 0.951
(XGBoost) and 0.962 (support vectors), as published.

References
----------
.. [1] https://github.com/Kyeongbin-Tom/calisol23-ionic-conductivity
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks import inputs
from electrolyte_ml.benchmarks.base import Progress
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.splits import Split
from electrolyte_ml.errors import MissingDependencyError

Interval = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A model with ``fit(X, value)`` and ``predict(X)``, and what it is given.

    Attributes
    ----------
    name
        As the leaderboard shows it.
    inputs
        Function of the measurements to a matrix of shape (n, p).
    estimator
        Function of a seed to an unfitted model of the value itself; if it also has
        ``predict_interval(X)``, its intervals are judged.
    needs
        Module that it cannot do without, and the extra that installs it; empty for none.
    quick
        Whether the short form of a suite runs it.
    """

    name: str
    inputs: Callable[[Measurements], NDArray[np.float64]]
    estimator: Callable[[int], Any]
    needs: tuple[str, str] | None = None
    quick: bool = False

    @property
    def skipped(self) -> str | None:
        """Why it cannot run here; None if it can."""
        if self.needs is None or find_spec(self.needs[0]) is not None:
            return None
        return f"needs {self.needs[0]}: pip install 'electrolyte_ml[{self.needs[1]}]'"


def cross_predict(
    estimator: Callable[[], Any],
    x: Any,
    value: NDArray[np.float64],
    split: Split,
    progress: Progress | None = None,
) -> tuple[NDArray[np.float64], Interval | None]:
    """Predictions of the tested rows of all folds by models that did not see them.

    Parameters
    ----------
    estimator
        Makes an unfitted model with ``fit``, ``predict`` and maybe ``predict_interval``.
    x
        Matrix of shape (n, p).
    value
        Shape (n,).
    split
        Folds over the n rows.
    progress
        Called as ``progress(split, fold, folds)``.

    Returns
    -------
    predicted
        In the order of ``split.tested``, shape (t,).
    interval
        Lower and upper ends, shapes (t,); None if the model has no intervals.
    """
    predicted, low, high = [], [], []
    for number, (train, test) in enumerate(split.folds, start=1):
        model = estimator()
        model.fit(x[train], value[train])
        predicted.append(np.asarray(model.predict(x[test]), dtype=np.float64))
        if hasattr(model, "predict_interval"):
            ends = model.predict_interval(x[test])
            low.append(ends[0])
            high.append(ends[1])
        if progress is not None:
            progress(split.name, number, len(split.folds))
    interval = (np.concatenate(low), np.concatenate(high)) if low else None
    return np.concatenate(predicted), interval


def _log1p(model: Any) -> Any:
    from sklearn.compose import TransformedTargetRegressor

    return TransformedTargetRegressor(model, func=np.log1p, inverse_func=np.expm1)


def _log10(model: Any) -> Any:
    from sklearn.compose import TransformedTargetRegressor

    return TransformedTargetRegressor(
        model, func=np.log10, inverse_func=_power_of_ten, check_inverse=False
    )


def _power_of_ten(exponent: NDArray[np.float64]) -> NDArray[np.float64]:
    power: NDArray[np.float64] = np.power(10.0, exponent)
    return power


def _random_forest(seed: int) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    # Threads add the trees up in any order, which moves the last digit.
    return _log1p(RandomForestRegressor(100, random_state=seed, n_jobs=1))


def _xgboost(seed: int) -> Any:
    try:
        from xgboost import XGBRegressor
    except ImportError as error:
        raise MissingDependencyError(
            "this baseline needs XGBoost: pip install 'electrolyte_ml[bench]'"
        ) from error
    return _log1p(
        XGBRegressor(n_estimators=100, learning_rate=0.1, random_state=seed, n_jobs=1, verbosity=0)
    )


def _support_vectors(seed: int) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR

    del seed  # nothing is drawn
    return _log1p(make_pipeline(StandardScaler(), SVR(kernel="rbf", C=10.0, epsilon=0.1)))


def _boosting(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return _log10(
        HistGradientBoostingRegressor(max_iter=300, learning_rate=0.08, random_state=seed)
    )


def _gaussian_process(seed: int) -> Any:
    from electrolyte_ml.benchmarks.gaussian_process import SampledGaussianProcess

    return SampledGaussianProcess(seed)


_XGBOOST = ("xgboost", "bench")
#: Baselines of the conductivity suite, in the order of the leaderboard.
BASELINES: tuple[Baseline, ...] = (
    Baseline(
        name="random forest, one-hot",
        inputs=inputs.raw_columns,
        estimator=_random_forest,
        quick=True,
    ),
    Baseline(
        name="XGBoost, one-hot",
        inputs=inputs.raw_columns,
        estimator=_xgboost,
        needs=_XGBOOST,
        quick=True,
    ),
    Baseline(name="SVR, one-hot", inputs=inputs.raw_columns, estimator=_support_vectors),
    Baseline(name="gradient boosting, RDKit", inputs=inputs.rdkit_descriptors, estimator=_boosting),
    Baseline(
        name="gradient boosting, Mordred", inputs=inputs.mordred_descriptors, estimator=_boosting
    ),
    Baseline(
        name="gradient boosting, our features",
        inputs=inputs.model_descriptors,
        estimator=_boosting,
    ),
    Baseline(
        name="Gaussian process, our features",
        inputs=inputs.model_descriptors,
        estimator=_gaussian_process,
    ),
)
#: Baselines that can be asked about salts and solvents that are not columns of CALiSol-23.
GENERAL_BASELINES: tuple[Baseline, ...] = (
    Baseline(name="random forest, one-hot", inputs=inputs.one_hot, estimator=_random_forest),
    Baseline(name="XGBoost, one-hot", inputs=inputs.one_hot, estimator=_xgboost, needs=_XGBOOST),
    Baseline(name="SVR, one-hot", inputs=inputs.one_hot, estimator=_support_vectors),
    *BASELINES[3:],
)
