r"""Gaussian processes of the parameters of the law, and their fit.

Each of the seven parameters of `electrolyte_ml.models.conductivity.law` is a Gaussian process over
the standardised features :math:`z` of a composition. All have the same kernel, the mean over views
:math:`v` of a mixture (see `electrolyte_ml.features`) of

.. math::

   k_v(z, z') = 1 + 0.12\, \overline{z z'} + (1 + d)\, e^{-d}, \qquad
   d^2 = \frac{3\, \overline{(z - z')^2}}{2.5^2} ,

where the bars are means over the features of the view: a constant, a linear and a Matern kernel of
order 3/2 [1]_. The kernel of the first two parameters has a further linear term
:math:`0.25\,z_t \cdot z_t'` in the features :math:`z_t` of the law's trend, so that the processes
learn its slopes. Powers of concentration and temperature in place of the law would fit as well but
extrapolate badly beyond the measured range.

The fit is the maximum of the posterior. Errors of readings follow Student's distribution with three
degrees of freedom, because some are outliers [2]_, and a scale of 0.03 in log10 that grows where
conductivity is low. Readings of one composition are points of a few smooth curves with correlated
errors: each of k of them weighs :math:`1 / \sqrt k`. Those of good conductors weigh more, as for
the networks. The law is not linear in its parameters: the posterior is maximised by the method of
Levenberg [3]_ and Marquardt [4]_ with iterative reweighting. Prediction needs numpy alone; the fit
needs SciPy.

References
----------
.. [1] Rasmussen, Williams, Gaussian Processes for Machine Learning, MIT Press 2006, eq. 4.17.
   https://doi.org/10.7551/mitpress/3206.001.0001
.. [2] Lange, Little, Taylor, J. Am. Stat. Assoc. 1989, 84, 881.
   https://doi.org/10.1080/01621459.1989.10478852
.. [3] Levenberg, Q. Appl. Math. 1944, 2, 164. https://doi.org/10.1090/qam/10666
.. [4] Marquardt, J. Soc. Ind. Appl. Math. 1963, 11, 431. https://doi.org/10.1137/0111030
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.descriptors import TREND_COLUMNS, LawMembers
from electrolyte_ml.models.conductivity.law import N_PARAMETERS, N_TRENDS, ln_conductivity
from electrolyte_ml.models.conductivity.rows import TrainingRows
from electrolyte_ml.models.numeric import LN10

_Floats = NDArray[np.float64]

# Standardised features are held within this, so that an odd species is not far from all others.
_CLIP = 3.0
_COMMON, _LINEAR, _MATERN, _TREND = 1.0, 0.12, 1.0, 0.25
# Length scale of the Matern kernel, root mean square distance of standardised features.
_LENGTH = 2.5
# Compositions at a time: few enough for a processor's cache.
_CHUNK = 256
_FREEDOM = 3.0
# Scale of the errors of readings: log10, and an absolute part that matters at low values, mS/cm.
_READING_SD, _READING_SD_MS_CM = 0.03, 0.01
# Weights go with the conductivity over that of a usual electrolyte, mS/cm, within a factor of ten.
_USUAL_MS_CM, _POWER = 3.0, 0.3
_JITTER = 1e-8
# Steps at most, step of a slope, and the relative gain of a step at which to end.
_MOST_STEPS, _STEP, _ENOUGH = 80, 1e-4, 1e-5
# Damping relative to the curvature: first value, factor of change, and highest value.
_DAMPING, _FACTOR, _MOST_DAMPING = 0.01, 5.0, 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class LawGP(LawMembers):
    """Gaussian processes after their fit.

    Attributes
    ----------
    centre, scale
        Standardisation of the f features, shape (f,).
    known
        Standardised features of the p compositions that it was fitted to, shape (p, f).
    weights
        Of the kernel with each of them, shape (p, 7).
    views
        Which features each part of the kernel looks at, shape (k, f).
    """

    centre: _Floats
    scale: _Floats
    known: _Floats
    weights: _Floats
    views: NDArray[np.bool_]

    def arrays(self) -> dict[str, _Floats]:
        """All arrays by name, for a file; `of_arrays` takes them back."""
        held = {name: getattr(self, name) for name in ("centre", "scale", "known", "weights")}
        return held | {"views": self.views.astype(np.float64)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, _Floats]) -> LawGP:
        """Processes from their `arrays`."""
        return cls(
            centre=arrays["centre"],
            scale=arrays["scale"],
            known=arrays["known"],
            weights=arrays["weights"],
            views=arrays["views"] > 0,
        )

    def parameters(self, features: _Floats) -> _Floats:
        """Parameters of the law of the one member, shape (1, u, 7), of features (u, f)."""
        out = np.empty((1, len(features), N_PARAMETERS))
        for start in range(0, len(features), _CHUNK):
            rows = slice(start, start + _CHUNK)
            z = standardised(features[rows], self.centre, self.scale)
            out[0, rows] = kernel(z, self.known, self.views) @ self.weights
            out[0, rows, :N_TRENDS] += trend_kernel(z, self.known) @ self.weights[:, :N_TRENDS]
        return out


def standardised(features: _Floats, centre: _Floats, scale: _Floats) -> _Floats:
    """Features as the processes see them, shape (u, f)."""
    held: _Floats = np.clip((features - centre) / scale, -_CLIP, _CLIP)
    return held


def kernel(first: _Floats, second: _Floats, views: NDArray[np.bool_]) -> _Floats:
    """Kernel of a parameter; shapes (u, f), (p, f), (k, f) to (u, p)."""
    total = np.zeros((len(first), len(second)))
    for view in views:
        a, b, n = first[:, view], second[:, view], view.sum()
        product = a @ b.T
        squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2.0 * product
        distance = np.sqrt(np.maximum(squared, 0.0) * (3.0 / n)) / _LENGTH
        total += _LINEAR / n * product + _MATERN * (1.0 + distance) * np.exp(-distance)
    mean: _Floats = _COMMON + total / len(views)
    return mean


def trend_kernel(first: _Floats, second: _Floats) -> _Floats:
    """Linear kernel added for the first two parameters; shapes (u, f), (p, f) to (u, p)."""
    added: _Floats = _TREND * first[:, TREND_COLUMNS] @ second[:, TREND_COLUMNS].T
    return added


def fit_law_gp(rows: TrainingRows) -> LawGP:
    """Fit to measurements; those that are not trusted are left out.

    Parameters
    ----------
    rows
        Measurements, n rows of p distinct compositions. Memory and time go with the square and the
        third power of p.

    Returns
    -------
    LawGP
        Rounded to single precision, so that a saved copy is the same.
    """
    from scipy.linalg import cholesky, solve_triangular

    rows = rows.learnt()
    distinct, index = np.unique(rows.features[rows.index].round(6), axis=0, return_inverse=True)
    # Over compositions, not rows: a well-measured system must not set the scale.
    centre = _single(distinct.mean(axis=0))
    scale = _single(distinct.std(axis=0) + 1e-2 * (1e-3 + np.abs(centre)))
    known = _single(standardised(distinct, centre, scale))
    prior = kernel(known, known, rows.views)
    prior[np.diag_indices_from(prior)] += _JITTER
    trended, plain = (
        cholesky(prior + trend_kernel(known, known), lower=True),
        cholesky(prior, lower=True),
    )
    roots = [trended] * N_TRENDS + [plain] * (N_PARAMETERS - N_TRENDS)
    white = _Posterior(rows, roots, index.ravel()).most_probable()
    weights = _single(
        np.column_stack(
            [
                solve_triangular(root, of_parameter, lower=True, trans="T")
                for root, of_parameter in zip(roots, white.T, strict=True)
            ]
        )
    )
    return LawGP(centre=centre, scale=scale, known=known, weights=weights, views=rows.views)


class _Posterior:
    """Of independent standard normal numbers that roots of the priors turn into parameters."""

    def __init__(self, rows: TrainingRows, roots: list[_Floats], index: NDArray[np.intp]) -> None:
        order = np.argsort(index, kind="stable")
        rows = rows.select(order)
        self.roots, self.index = roots, index[order]
        self.starts = np.searchsorted(self.index, np.arange(len(roots[0])))
        self.molality, self.temperature = rows.molality_mol_kg, rows.temperature_k
        self.target = np.log(rows.conductivity_ms_cm)
        sd = np.hypot(_READING_SD, _READING_SD_MS_CM / rows.conductivity_ms_cm)
        weight = np.bincount(self.index)[self.index] ** -0.5
        weight *= (
            np.clip(rows.conductivity_ms_cm / _USUAL_MS_CM, 0.1, 10.0) ** _POWER / weight.mean()
        )
        self.variance = (LN10 * sd) ** 2 / weight

    def most_probable(self) -> _Floats:
        """The numbers at the maximum, shape (p, 7)."""
        white = np.zeros((len(self.starts), N_PARAMETERS))
        error, cost = self._cost(white)
        damping = _DAMPING
        for _ in range(_MOST_STEPS):
            gradient, curvature = self._slopes(white, error)
            before = cost
            while damping < _MOST_DAMPING:
                moved = white + _step(gradient, curvature, damping)
                new_error, new_cost = self._cost(moved)
                if new_cost < cost:
                    white, error, cost = moved, new_error, new_cost
                    damping /= _FACTOR
                    break
                damping *= _FACTOR
            if before - cost < _ENOUGH * before:
                break
        return white

    def _parameters(self, white: _Floats) -> _Floats:
        """Of the law, of every reading, shape (n, 7)."""
        of_compositions = [root @ w for root, w in zip(self.roots, white.T, strict=True)]
        return np.column_stack(of_compositions)[self.index]

    def _law(self, parameters: _Floats) -> _Floats:
        found: _Floats = ln_conductivity(parameters, self.molality, self.temperature, np)
        return found

    def _cost(self, white: _Floats) -> tuple[_Floats, float]:
        """Errors of the readings, natural logarithm, and the cost: minus the log posterior."""
        error = self.target - self._law(self._parameters(white))
        surprise = np.log1p(error**2 / (_FREEDOM * self.variance)).sum()
        return error, float(0.5 * (white**2).sum() + 0.5 * (_FREEDOM + 1.0) * surprise)

    def _slopes(self, white: _Floats, error: _Floats) -> tuple[_Floats, _Floats]:
        """Negative gradient of the cost, shape (7 p,), and the curvature of the likelihood."""
        jacobian = self._jacobian(self._parameters(white), self.target - error)
        trust = (_FREEDOM + 1.0) / (_FREEDOM * self.variance + error**2)
        pulled = self._by_composition(jacobian * (trust * error)[:, None])
        of_parameters = [root.T @ at for root, at in zip(self.roots, pulled.T, strict=True)]
        gradient = np.concatenate(of_parameters) - white.T.ravel()
        p = len(self.starts)
        curvature = np.empty((N_PARAMETERS, p, N_PARAMETERS, p))
        for i in range(N_PARAMETERS):
            for j in range(i, N_PARAMETERS):
                pulled = self._by_composition(trust * jacobian[:, i] * jacobian[:, j])
                block = self.roots[i].T @ (pulled[:, None] * self.roots[j])
                curvature[i, :, j], curvature[j, :, i] = block, block.T
        return gradient, curvature.reshape(N_PARAMETERS * p, N_PARAMETERS * p)

    def _jacobian(self, parameters: _Floats, at: _Floats) -> _Floats:
        out = np.empty_like(parameters)
        for i in range(N_PARAMETERS):
            moved = parameters.copy()
            moved[:, i] += _STEP
            out[:, i] = (self._law(moved) - at) / _STEP
        return out

    def _by_composition(self, values: _Floats) -> _Floats:
        found: _Floats = np.add.reduceat(values, self.starts, axis=0)
        return found


def _step(gradient: _Floats, curvature: _Floats, damping: float) -> _Floats:
    from scipy.linalg import cho_factor, cho_solve

    system = curvature.copy()
    at = np.diag_indices_from(system)
    system[at] += 1.0 + damping * curvature[at]
    factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
    return cho_solve(factor, gradient).reshape(N_PARAMETERS, -1).T


def _single(array: _Floats) -> _Floats:
    return array.astype(np.float32).astype(np.float64)
