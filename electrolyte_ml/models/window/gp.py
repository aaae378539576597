"""Gaussian process over molecules with a Tanimoto, a Gaussian and a linear kernel.

The covariance of two molecules is ``a T + b exp(-d**2 / (2 l**2)) + c z z'``. T is the Tanimoto
similarity of their fragments (10.1016/j.neunet.2005.07.009), d the distance between their
standardised descriptors, and z z' the mean product of these. The linear kernel stands for group
contributions, which extrapolate beyond the molecules trained on.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.numeric import squared_distance, tanimoto
from electrolyte_ml.models.window.features import MoleculeFeatures

Matrix = NDArray[np.float64]
# Start and bounds of the logarithms of a, b, c, l and the noise, all variances in V**2.
_START = np.log([0.3, 0.5, 0.5, 6.0, 0.02])
_BOUNDS = [(-7.0, 4.0), (-7.0, 4.0), (-7.0, 4.0), (0.0, 4.0), (-7.0, 1.0)]
_NOISE = 4
_FIT_ON = 700


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeGP:
    """A fitted process for one target.

    Attributes
    ----------
    features
        Of the training molecules, n rows.
    target
        Their values, V, shape (n,).
    centre, scale
        Of the descriptors, shapes (d,).
    hyperparameters
        Logarithms of a, b, c, l and the noise variance, shape (5,).
    """

    features: MoleculeFeatures
    target: Matrix
    centre: Matrix
    scale: Matrix
    hyperparameters: Matrix
    _factor: Matrix = field(init=False, repr=False)
    _weights: Matrix = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from scipy.linalg import cho_solve, cholesky

        covariance = self._covariance(self.features)
        covariance[np.diag_indices_from(covariance)] += np.exp(self.hyperparameters[_NOISE])
        factor = cholesky(covariance, lower=True)
        object.__setattr__(self, "_factor", factor)
        object.__setattr__(
            self, "_weights", cho_solve((factor, True), self.target - self.target.mean())
        )

    def predict(self, features: MoleculeFeatures) -> tuple[Matrix, Matrix]:
        """Mean and standard deviation of molecules without the noise, V, shapes (m,)."""
        from scipy.linalg import solve_triangular

        cross = self._covariance(features)
        mean = self.target.mean() + cross @ self._weights
        explained = solve_triangular(self._factor, cross.T, lower=True)
        a, b, c = np.exp(self.hyperparameters[:3])
        prior = a + b + c * (self._scaled(features) ** 2).mean(axis=1)
        variance = prior - (explained**2).sum(axis=0)
        return mean, np.sqrt(np.maximum(variance, 0.0))

    def out_of_fold(self, folds: NDArray[np.intp]) -> tuple[Matrix, Matrix]:
        """Out-of-fold predictions of the training molecules.

        Hyperparameters, centre and scale are those of all molecules. The predictions follow from
        blocks of the inverse covariance (Rasmussen and Williams 2006, equations 5.10 to 5.12 for
        one molecule a fold; no DOI).

        Parameters
        ----------
        folds
            Fold of each, shape (n,).

        Returns
        -------
        mean, spread
            V, shapes (n,); the spread without the noise.
        """
        from scipy.linalg import cho_solve

        inverse = cho_solve((self._factor, True), np.eye(len(self.target)))
        mean, spread = np.empty_like(self.target), np.empty_like(self.target)
        for fold in np.unique(folds):
            rows = np.flatnonzero(folds == fold)
            covariance = np.linalg.inv(inverse[np.ix_(rows, rows)])
            mean[rows] = self.target[rows] - covariance @ self._weights[rows]
            variance = np.diag(covariance) - np.exp(self.hyperparameters[_NOISE])
            spread[rows] = np.sqrt(np.maximum(variance, 0.0))
        return mean, spread

    def _covariance(self, features: MoleculeFeatures) -> Matrix:
        similar = tanimoto(features.bits, self.features.bits)
        one, two = self._scaled(features), self._scaled(self.features)
        a, b, c, length = np.exp(self.hyperparameters[:4])
        radial = np.exp(-squared_distance(one, two) / (2 * length**2))
        return a * similar + b * radial + c * _products(one, two)

    def _scaled(self, features: MoleculeFeatures) -> Matrix:
        return (features.descriptors - self.centre) / self.scale


def fit_gp(features: MoleculeFeatures, target: Matrix, seed: int) -> MoleculeGP:
    """Fit the hyperparameters by marginal likelihood on up to 700 molecules, then use all.

    Parameters
    ----------
    features
        Of n molecules.
    target
        Values, V, shape (n,).
    seed
        Draws the 700.
    """
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(target))[:_FIT_ON])
    centre = features.descriptors.mean(axis=0)
    scale = features.descriptors.std(axis=0)
    scale[scale == 0] = 1.0
    part = features.select(rows)
    scaled = (part.descriptors - centre) / scale
    similar, distance = tanimoto(part.bits, part.bits), squared_distance(scaled, scaled)
    products = _products(scaled, scaled)
    values = target[rows] - target[rows].mean()
    found = minimize(
        lambda h: _negative_log_likelihood(h, similar, distance, products, values),
        _START,
        method="L-BFGS-B",
        jac=True,
        bounds=_BOUNDS,
        options={"maxiter": 60},
    )
    return MoleculeGP(
        features=features, target=target, centre=centre, scale=scale, hyperparameters=found.x
    )


def _negative_log_likelihood(
    hyperparameters: Matrix, similar: Matrix, distance: Matrix, products: Matrix, values: Matrix
) -> tuple[float, Matrix]:
    """Equations 2.30 and 5.9 of Rasmussen and Williams 2006 (no DOI), with the gradient."""
    from scipy.linalg import cho_solve, cholesky

    a, b, c, length, noise = np.exp(hyperparameters)
    radial = np.exp(-distance / (2 * length**2))
    covariance = a * similar + b * radial + c * products
    covariance[np.diag_indices_from(covariance)] += noise
    factor = cholesky(covariance, lower=True)
    weights = cho_solve((factor, True), values)
    inner = np.outer(weights, weights) - cho_solve((factor, True), np.eye(len(values)))
    parts = (
        a * similar,
        b * radial,
        c * products,
        b * radial * distance / length**2,
        noise * np.eye(len(values)),
    )
    gradient = np.array([-0.5 * np.sum(inner * part) for part in parts])
    value = 0.5 * values @ weights + np.log(np.diag(factor)).sum()
    return float(value), gradient


def _products(first: Matrix, second: Matrix) -> Matrix:
    """Mean product of standardised descriptors, shape (n, m)."""
    products: Matrix = first @ second.T / first.shape[1]
    return products
