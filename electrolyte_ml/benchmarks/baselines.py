"""Baselines: published models, and gradient boosting on descriptors.

The three one-hot baselines are trained as published for CALiSol-23 [1]_: raw columns, log(1 + k) as
target, the settings given there. On its random split they reach R2 0.938 (random forest), 0.951
(XGBoost) and 0.962 (support vectors), as published.

References
----------
.. [1] https://github.com/Kyeongbin-Tom/calisol23-ionic-conductivity
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.job import Progress
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import calisol23
from electrolyte_ml.data.splits import Split
from electrolyte_ml.errors import MissingDependencyError
from electrolyte_ml.features import Composition, compose, mixture_features
from electrolyte_ml.models.intervals import NORMAL_QUANTILE

# Of two descriptors that correlate more than this over the species at hand, one is left out.
_SAME = 0.95
# Larger values (Ipc of a large molecule, say) swamp every other descriptor.
_LARGEST = 1e5
# Columns that published baselines do not use: source of a row, target, and unit of c.
_NOT_INPUTS = ["row", "doi", "k", "c units"]


def raw_columns(measurements: Measurements) -> NDArray[np.float64]:
    """Columns of CALiSol-23 as they stand, words as one column a value, shape (n, p).

    This is the table that published baselines are trained on: fractions by whatever basis the row
    has, the concentration in whatever unit it has.
    """
    import pandas as pd

    table = pd.read_csv(data_path(calisol23.FILE_NAME)).set_index("row", drop=False)
    rows = table.loc[measurements.source_row].drop(columns=_NOT_INPUTS)
    return pd.get_dummies(rows).to_numpy(dtype=np.float64)


def one_hot(measurements: Measurements) -> NDArray[np.float64]:
    """Mole fractions of solvents and ions, molality, and temperature, shape (n, p)."""
    composition = compose(measurements.row_formulations)
    amounts = np.column_stack(
        [
            composition.solvent_mole_fraction,
            composition.anion_fraction,
            composition.cation_fraction,
            composition.molality_mol_kg,
        ]
    )
    return np.column_stack([amounts[composition.index], measurements.temperature_k])


def model_descriptors(measurements: Measurements) -> NDArray[np.float64]:
    """The features of the shipped model with molality and temperature, shape (n, p)."""
    composition = compose(measurements.row_formulations)
    return _with_state(mixture_features(composition), composition, measurements)


def rdkit_descriptors(measurements: Measurements) -> NDArray[np.float64]:
    """All RDKit descriptors, mixed by mole fraction, molality and temperature, shape (n, p)."""
    return _mixed("rdkit", measurements)


def mordred_descriptors(measurements: Measurements) -> NDArray[np.float64]:
    """All two-dimensional Mordred descriptors, mixed likewise, shape (n, p)."""
    return _mixed("mordred", measurements)


def _mixed(family: str, measurements: Measurements) -> NDArray[np.float64]:
    composition = compose(measurements.row_formulations)
    solvents = _table(family, tuple(s.smiles for s in composition.solvents))
    anions = _table(family, tuple(a.smiles for a in composition.anions))
    mixed = np.column_stack(
        [composition.solvent_mole_fraction @ solvents, composition.anion_fraction @ anions]
    )
    return _with_state(mixed, composition, measurements)


def _with_state(
    features: NDArray[np.float64], composition: Composition, measurements: Measurements
) -> NDArray[np.float64]:
    molality = composition.molality_mol_kg[composition.index]
    temperature = measurements.temperature_k
    state = [molality, np.sqrt(molality), np.log(molality), temperature, 1000.0 / temperature]
    return np.column_stack([features[composition.index], *state])


@cache
def _table(family: str, smiles: tuple[str, ...]) -> NDArray[np.float64]:
    """Descriptors of species that are defined, vary, and say different things, shape (s, p)."""
    from electrolyte_ml.features.molecule import calculate

    names = tuple(f"{family}.{name}" for name in _names(family))
    values = np.array([calculate(one, names) for one in smiles])
    usable = np.isfinite(values).all(axis=0)
    usable &= (np.abs(np.where(usable, values, 0.0)).max(axis=0) < _LARGEST) & (
        np.ptp(np.where(usable, values, 0.0), axis=0) > 1e-9
    )
    values = values[:, usable]
    correlation = np.abs(np.corrcoef(values.T)) if values.shape[1] > 1 else np.eye(values.shape[1])
    kept: list[int] = []
    for column in range(values.shape[1]):
        if not kept or correlation[column, kept].max() < _SAME:
            kept.append(column)
    chosen: NDArray[np.float64] = values[:, kept]
    return chosen


@cache
def _names(family: str) -> tuple[str, ...]:
    if family == "rdkit":
        from rdkit.Chem import Descriptors

        return tuple(name for name, _ in Descriptors._descList)  # made at run time
    from mordred import Calculator, descriptors

    return tuple(str(d) for d in Calculator(descriptors, ignore_3D=True).descriptors)


# Cost grows with the cube of the rows: this many decide the length scales, this many the fit.
_TUNING_ROWS = 300
_ROWS = 3000
_COMPONENTS = 12


class SampledGaussianProcess:
    """Matern process of log10 of a positive quantity on principal components of its inputs.

    Length scales are set by marginal likelihood on a small sample; the process itself is exact on
    a larger one. The last five columns of the inputs (molality and temperature in several forms)
    are kept beside the principal components of the others.

    Parameters
    ----------
    seed
        Of the samples.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, inputs: NDArray[np.float64], value: NDArray[np.float64]) -> Self:
        """Fit to rows of shape (n, p) with positive values, shape (n,)."""
        from sklearn.decomposition import PCA
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.preprocessing import StandardScaler

        order = np.random.default_rng(self.seed).permutation(len(value))[:_ROWS]
        target = np.log10(value[order])
        composition = inputs[:, :-5]
        self._scale_composition = StandardScaler().fit(composition)
        n_components = min(_COMPONENTS, *composition[order].shape)
        self._components = PCA(n_components, whiten=True, random_state=self.seed).fit(
            self._scale_composition.transform(composition[order])
        )
        self._scale_state = StandardScaler().fit(inputs[:, [-5, -2]])
        seen = self._seen(inputs[order])
        first = slice(0, _TUNING_ROWS)
        tuned = GaussianProcessRegressor(_kernel(seen.shape[1]), normalize_y=True, alpha=0.0)
        with warnings.catch_warnings():
            # A length scale at its upper bound is an input that does not matter.
            warnings.simplefilter("ignore", ConvergenceWarning)
            kernel = tuned.fit(seen[first], target[first]).kernel_
        self._process = GaussianProcessRegressor(
            kernel, optimizer=None, normalize_y=True, alpha=0.0
        ).fit(seen, target)
        return self

    def predict(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Median of the value, shape (n,)."""
        median: NDArray[np.float64] = np.power(10.0, self._process.predict(self._seen(inputs)))
        return median

    def predict_interval(
        self, inputs: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the 90 % interval, shapes (n,)."""
        mean, sd = self._process.predict(self._seen(inputs), return_std=True)
        half = NORMAL_QUANTILE * sd
        return np.power(10.0, mean - half), np.power(10.0, mean + half)

    def _seen(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        composition = self._components.transform(self._scale_composition.transform(inputs[:, :-5]))
        return np.column_stack([composition, self._scale_state.transform(inputs[:, [-5, -2]])])


def _kernel(n_inputs: int) -> Any:
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    scales = np.ones(n_inputs)
    smooth = Matern(scales, (1e-1, 1e3), nu=2.5)
    return ConstantKernel(1.0, (1e-2, 1e3)) * smooth + WhiteKernel(1e-2, (1e-5, 1.0))


Interval = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A model with ``fit(X, value)`` and ``predict(X)``, and its inputs.

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


def of_log10(model: Any) -> Any:
    """A model of the value by way of its decadic logarithm."""
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


def boosting_regressor(seed: int) -> Any:
    """Histogram gradient boosting, as all suites of the union and of solutions use it."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=400, learning_rate=0.06, l2_regularization=1.0, random_state=seed
    )


def extra_trees_regressor(seed: int) -> Any:
    """Extra trees, as all suites of the union and of solutions use them."""
    from sklearn.ensemble import ExtraTreesRegressor

    # Threads add the trees up in any order, which moves the last digit.
    return ExtraTreesRegressor(
        200, min_samples_leaf=2, max_features=0.4, random_state=seed, n_jobs=1
    )


def xgboost_regressor(seed: int, *, trees: int, learning_rate: float) -> Any:
    """A regressor of XGBoost on one thread.

    Raises
    ------
    MissingDependencyError
        If XGBoost is not installed.
    """
    try:
        from xgboost import XGBRegressor
    except ImportError as error:
        raise MissingDependencyError(
            "this baseline needs XGBoost: pip install 'electrolyte_ml[bench]'"
        ) from error
    return XGBRegressor(
        n_estimators=trees, learning_rate=learning_rate, random_state=seed, n_jobs=1, verbosity=0
    )


def _xgboost(seed: int) -> Any:
    return _log1p(xgboost_regressor(seed, trees=100, learning_rate=0.1))


def _support_vectors(seed: int) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR

    del seed  # nothing is drawn
    return _log1p(make_pipeline(StandardScaler(), SVR(kernel="rbf", C=10.0, epsilon=0.1)))


def _boosting(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return of_log10(
        HistGradientBoostingRegressor(max_iter=300, learning_rate=0.08, random_state=seed)
    )


def _gaussian_process(seed: int) -> Any:
    return SampledGaussianProcess(seed)


_XGBOOST = ("xgboost", "bench")
#: Baselines of the conductivity suite, in the order of the leaderboard.
BASELINES: tuple[Baseline, ...] = (
    Baseline(
        name="random forest, one-hot",
        inputs=raw_columns,
        estimator=_random_forest,
        quick=True,
    ),
    Baseline(
        name="XGBoost, one-hot",
        inputs=raw_columns,
        estimator=_xgboost,
        needs=_XGBOOST,
        quick=True,
    ),
    Baseline(name="SVR, one-hot", inputs=raw_columns, estimator=_support_vectors),
    Baseline(name="gradient boosting, RDKit", inputs=rdkit_descriptors, estimator=_boosting),
    Baseline(name="gradient boosting, Mordred", inputs=mordred_descriptors, estimator=_boosting),
    Baseline(
        name="gradient boosting, our features",
        inputs=model_descriptors,
        estimator=_boosting,
    ),
    Baseline(
        name="Gaussian process, our features",
        inputs=model_descriptors,
        estimator=_gaussian_process,
    ),
)
#: Baselines that can predict salts and solvents that are not columns of CALiSol-23.
GENERAL_BASELINES: tuple[Baseline, ...] = (
    Baseline(name="random forest, one-hot", inputs=one_hot, estimator=_random_forest),
    Baseline(name="XGBoost, one-hot", inputs=one_hot, estimator=_xgboost, needs=_XGBOOST),
    Baseline(name="SVR, one-hot", inputs=one_hot, estimator=_support_vectors),
    *BASELINES[3:],
)
