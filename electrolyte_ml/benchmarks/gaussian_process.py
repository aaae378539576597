"""An exact Gaussian process on a sample of the rows, for a baseline with intervals of its own."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.intervals import NORMAL_QUANTILE

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
