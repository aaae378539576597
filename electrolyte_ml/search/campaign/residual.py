r"""What measurements of a campaign add to a shipped prediction: a Gaussian process on its error.

The error :math:`r = y - \mu(x)` (of log10 for properties whose error is a factor) is measured in
units of the standard deviation :math:`s(x)` that the shipped interval claims. It is modelled as
:math:`z = r / s`, with a prior of unit variance

.. math:: k(x, x') = \rho\, \frac{\min(s, s')}{\max(s, s')} + (1 - \rho)
   \exp\left(-\frac{\Delta_w^2}{2\ell_w^2} - \frac{\Delta_m^2}{2\ell_m^2}
             - \frac{(\Delta T)^2}{2\ell_T^2}\right)

where :math:`\rho` is the share of the error that all recipes have in common, as an offset of the
same size for all: a laboratory that reads a tenth too high does so too where the model is unsure,
:math:`\Delta_w^2 = \Delta w^\top S \Delta w` compares mass fractions of solvents through the
similarity :math:`S` of their molecules, and :math:`\Delta_m` molalities of salts likewise. Far from
every measurement, value and interval are then those that ship. The four parameters and the noise
maximise the marginal likelihood [1]_ times a weak log-normal prior.

References
----------
.. [1] Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, chapters 2
   and 5. ISBN 0-262-18253-X
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.likeness import distances
from electrolyte_ml.species import Salt, Solvent

Array = NDArray[np.float64]
# Medians of the priors: common share; distances in mass fraction, mol/kg and kelvin; noise on the
# scale of the residual (0.02 in log10 is 5 %, a usual repeatability of a conductivity cell).
_PRIOR_MEDIAN = np.array([0.5, 0.3, 0.5, 30.0, 0.02])
_PRIOR_WIDTH = np.array([1.0, 0.7, 0.7, 0.7, 0.5])  # standard deviations of the logarithms
# Where the search for parameters begins, in widths from the medians: middle, local, wide.
_STARTS = ((0, 0, 0, 0, 0), (-1, -1, -1, 0, 0), (0.4, 1.5, 1.5, 1.5, 1))
_JITTER = 1e-9
_LARGEST_SHARE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A recipe at a temperature.

    Attributes
    ----------
    formulation
        The recipe.
    temperature_k
        Temperature, K; the same for all where a property has none.
    """

    formulation: Formulation
    temperature_k: float


class Residual:
    """Gaussian process on the errors of a shipped model.

    Parameters
    ----------
    points
        What was measured, length n.
    error
        Measured minus predicted, shape (n,).
    sigma
        Standard deviation that the shipped interval claims, shape (n,).

    Attributes
    ----------
    parameters
        Common share, three length scales (mass fraction, mol/kg, K), noise.
    """

    def __init__(self, points: Sequence[Point], error: Array, sigma: Array) -> None:
        self.points = tuple(points)
        self.sigma = np.asarray(sigma, dtype=np.float64)
        self.target = np.asarray(error, dtype=np.float64) / self.sigma
        self._space = _Space([p.formulation for p in points])
        self._features = self._space.features(points)
        self._squares = self._space.squares(self._features, self._features)
        self._alike_scale = _scale_ratio(self.sigma, self.sigma)
        self.parameters = self._fit()
        self._factor, self._weights = self._solve(self.parameters)

    def predict(self, points: Sequence[Point], sigma: Array) -> tuple[Array, Array]:
        """Mean and variance of the error in units of the shipped standard deviation.

        Parameters
        ----------
        points
            Length m.
        sigma
            Standard deviation that the shipped interval claims for them, shape (m,).

        Returns
        -------
        mean, variance
            Shapes (m,); the variance is 1 where nothing is known, noise not counted.
        """
        from scipy.linalg import solve_triangular

        features = self._space.features(points)
        squares = self._space.squares(features, self._features)
        cross = _kernel(squares, _scale_ratio(sigma, self.sigma), self.parameters)
        v = solve_triangular(self._factor, cross.T, lower=True)
        return cross @ self._weights, np.maximum(1.0 - np.sum(v**2, axis=0), 0.0)

    def left_out(self) -> Array:
        """Mean error of each point from all other recipes, parameters kept, shape (n,)."""
        kernel = self._noisy(self.parameters)
        keys = np.array([p.formulation.key for p in self.points])
        result = np.zeros(len(keys))
        for key in dict.fromkeys(keys.tolist()):
            out = keys == key
            if out.all():
                continue
            solved = np.linalg.solve(kernel[np.ix_(~out, ~out)], self.target[~out])
            between = np.ix_(out, ~out)
            clean = _kernel(
                tuple(s[between] for s in self._squares),
                self._alike_scale[between],
                self.parameters,
            )
            result[out] = clean @ solved
        return result * self.sigma

    def _fit(self) -> Array:
        from scipy.optimize import minimize

        middle = np.log(_PRIOR_MEDIAN)
        starts = [middle + _PRIOR_WIDTH * np.array(shift) for shift in _STARTS]
        bounds = [(m - 3 * w, m + 3 * w) for m, w in zip(middle, _PRIOR_WIDTH, strict=True)]
        bounds[0] = (bounds[0][0], float(np.log(_LARGEST_SHARE)))
        found = [
            minimize(
                self._cost, np.clip(s, *np.transpose(bounds)), method="L-BFGS-B", bounds=bounds
            )
            for s in starts
        ]
        best: Array = np.exp(min(found, key=lambda f: float(f.fun)).x)
        return best

    def _cost(self, log_parameters: Array) -> float:
        """Negative logarithm of marginal likelihood times prior."""
        try:
            factor, weights = self._solve(np.exp(log_parameters))
        except np.linalg.LinAlgError:
            return 1e12
        fit = 0.5 * float(self.target @ weights) + float(np.log(np.diag(factor)).sum())
        prior = (log_parameters - np.log(_PRIOR_MEDIAN)) / _PRIOR_WIDTH
        return fit + 0.5 * float(prior @ prior)

    def _solve(self, parameters: Array) -> tuple[Array, Array]:
        from scipy.linalg import cho_solve

        factor = np.asarray(np.linalg.cholesky(self._noisy(parameters)), dtype=np.float64)
        return factor, np.asarray(cho_solve((factor, True), self.target))

    def _noisy(self, parameters: Array) -> Array:
        noise = (parameters[4] / self.sigma) ** 2 + _JITTER
        return _kernel(self._squares, self._alike_scale, parameters) + np.diag(noise)


def _kernel(squares: tuple[Array, ...], alike_scale: Array, parameters: Array) -> Array:
    share, *scales = parameters[:4]
    exponent = sum(square / (2 * scale**2) for square, scale in zip(squares, scales, strict=True))
    result: Array = share * alike_scale + (1 - share) * np.exp(-exponent)
    return result


def _scale_ratio(first: Array, second: Array) -> Array:
    """The smaller over the larger of two standard deviations, shape (n, m); 1 where both are 0."""
    low = np.minimum(first[:, None], second[None, :])
    high = np.maximum(first[:, None], second[None, :])
    return np.divide(low, high, out=np.ones_like(low), where=high > 0)


class _Space:
    """Amounts of species as vectors, and squared distances that know which species are alike."""

    def __init__(self, formulations: Sequence[Formulation]) -> None:
        solvents = {s.solvent.name: s.solvent for f in formulations for s in f.solvents}
        salts = {s.salt.name: s.salt for f in formulations for s in f.salts}
        self._solvents: dict[str, Solvent] = dict(sorted(solvents.items()))
        self._salts: dict[str, Salt] = dict(sorted(salts.items()))

    def features(self, points: Sequence[Point]) -> list[Point]:
        """The points; species that are new are noted."""
        for point in points:
            for part in point.formulation.solvents:
                self._solvents.setdefault(part.solvent.name, part.solvent)
            for amount in point.formulation.salts:
                self._salts.setdefault(amount.salt.name, amount.salt)
        return list(points)

    def squares(self, first: list[Point], second: list[Point]) -> tuple[Array, Array, Array]:
        """Squared distances of solvents, of salts and of temperatures, each shape (n, m)."""
        solvents, salts = list(self._solvents), list(self._salts)
        w = [_table([p.formulation.mass_fractions for p in ps], solvents) for ps in (first, second)]
        m = [_table([p.formulation.molalities_mol_kg for p in ps], salts) for ps in (first, second)]
        t1, t2 = (np.array([p.temperature_k for p in points]) for points in (first, second))
        return (
            _alike_distance(w[0], w[1], 1 - distances(list(self._solvents.values()))),
            _alike_distance(m[0], m[1], 1 - distances(list(self._salts.values()))),
            (t1[:, None] - t2[None, :]) ** 2,
        )


def _table(amounts: Sequence[dict[str, float]], names: Sequence[str]) -> Array:
    return np.array([[a.get(name, 0.0) for name in names] for a in amounts]).reshape(
        len(amounts), len(names)
    )


def _alike_distance(first: Array, second: Array, similarity: Array) -> Array:
    """Quadratic form of the differences, shape (n, m)."""
    if not first.shape[1]:
        return np.zeros((len(first), len(second)))
    own1 = np.einsum("ij,jk,ik->i", first, similarity, first)
    own2 = np.einsum("ij,jk,ik->i", second, similarity, second)
    result: Array = np.maximum(
        own1[:, None] + own2[None, :] - 2 * first @ similarity @ second.T, 0.0
    )
    return result
