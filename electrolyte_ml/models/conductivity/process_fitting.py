r"""Fitting the Gaussian processes of the law: the most probable ones, with numpy and SciPy alone.

Readings err by Student's distribution with three degrees of freedom, because some are misread [1]_,
and a width of 0.03 in log10 that grows where conductivity is low. Readings of one composition are
points of a few smooth curves and do not err apart: each of k of them weighs :math:`1 / \sqrt k`.
Those of good conductors weigh more, as for the networks. The law is not linear in its parameters:
the posterior is climbed by the method of Levenberg [2]_ and Marquardt [3]_, with the weights of the
distribution worked out anew in every step.

References
----------
.. [1] Lange, Little, Taylor, J. Am. Stat. Assoc. 1989, 84, 881.
   https://doi.org/10.1080/01621459.1989.10478852
.. [2] Levenberg, Q. Appl. Math. 1944, 2, 164. https://doi.org/10.1090/qam/10666
.. [3] Marquardt, J. Soc. Ind. Appl. Math. 1963, 11, 431. https://doi.org/10.1137/0111030
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from electrolyte_ml.models.conductivity.fitting import TrainingRows
from electrolyte_ml.models.conductivity.process import (
    LawProcess,
    covariance,
    standardised,
    trend,
)
from electrolyte_ml.models.conductivity_law import N_PARAMETERS, N_TRENDS, ln_conductivity
from electrolyte_ml.models.numeric import LN10

_Floats = NDArray[np.float64]

_FREEDOM = 3.0
# Width of the readings, log10, and what is added where little flows, mS/cm.
_READING_SD, _READING_SD_MS_CM = 0.03, 0.01
# Weights go with the conductivity over that of a usual electrolyte, mS/cm, within a factor of ten.
_USUAL_MS_CM, _POWER = 3.0, 0.3
_JITTER = 1e-8
# Steps at most, step of a slope, and the relative gain of a step at which to end.
_MOST_STEPS, _STEP, _ENOUGH = 80, 1e-4, 1e-5
# Damping in shares of the curvature: at first, what it changes by, and where to give up.
_DAMPING, _FACTOR, _MOST_DAMPING = 0.01, 5.0, 1e6


def fit_process(rows: TrainingRows) -> LawProcess:
    """Fit to measurements; those that are not trusted are left out.

    Parameters
    ----------
    rows
        Measurements, n rows of p distinct compositions. Memory and time go with the square and the
        third power of p.

    Returns
    -------
    LawProcess
        Rounded to single precision, so that a saved copy is the same.
    """
    rows = rows.select(np.flatnonzero(rows.trusted))
    distinct, index = np.unique(rows.features.round(6), axis=0, return_inverse=True)
    # Over compositions, not rows: a well-measured system must not set the scale.
    centre = _single(distinct.mean(axis=0))
    scale = _single(distinct.std(axis=0) + 1e-2 * (1e-3 + np.abs(centre)))
    known = _single(standardised(distinct, centre, scale))
    prior = covariance(known, known, rows.views)
    prior[np.diag_indices_from(prior)] += _JITTER
    trended, plain = cholesky(prior + trend(known, known), lower=True), cholesky(prior, lower=True)
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
    return LawProcess(centre=centre, scale=scale, known=known, weights=weights, views=rows.views)


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
        """What falls the cost, shape (7 p,), and the curvature of what the readings say."""
        jacobian = self._jacobian(self._parameters(white), self.target - error)
        trust = (_FREEDOM + 1.0) / (_FREEDOM * self.variance + error**2)
        pulled = self._by_composition(jacobian * (trust * error)[:, None])
        of_parameters = [root.T @ at for root, at in zip(self.roots, pulled.T, strict=True)]
        gradient = np.concatenate(of_parameters) - white.T.ravel()
        p = len(self.starts)
        curvature = np.empty((N_PARAMETERS, p, N_PARAMETERS, p))
        for i in range(N_PARAMETERS):
            for j in range(i, N_PARAMETERS):
                told = self._by_composition(trust * jacobian[:, i] * jacobian[:, j])
                block = self.roots[i].T @ (told[:, None] * self.roots[j])
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
    system = curvature.copy()
    at = np.diag_indices_from(system)
    system[at] += 1.0 + damping * curvature[at]
    factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
    return cho_solve(factor, gradient).reshape(N_PARAMETERS, -1).T


def _single(array: _Floats) -> _Floats:
    return array.astype(np.float32).astype(np.float64)
