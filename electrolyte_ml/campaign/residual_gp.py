r"""The residual Gaussian process of a campaign, and its kernel.

A Gaussian process models the error :math:`r = y - \mu(x)` of the shipped prediction (in log10 for
properties whose error is a factor), in units of the standard deviation :math:`s(x)` that the
shipped interval claims. Its kernel has three parts,

.. math:: k(x, x') = o\, \frac{\min(s, s')}{\max(s, s')}
   + \tau^2\, \frac{(\mu - \bar\mu)(\mu' - \bar\mu)}{s\, s'}
   + v\, k_{5/2}\!\left(\sqrt{\sum_i \frac{d_i^2(x, x')}{\ell_i^2}
                              + \frac{(T - T')^2}{\ell_T^2}}\right)

an offset of variance :math:`o`, of the same size for all, as of a laboratory that reads a tenth too
high; a share :math:`\tau` of the prediction :math:`\mu` itself that may be wrong, because recipes
that a search picks are those that the model flatters most; and what alike recipes have in common,
by Matern's kernel [1]_ of the distances :math:`d_i` of solvents, of ions and of molality of
`electrolyte_ml.models.similarity`, each with a length of its own: how much an anion matters is left
to the data.

Far from every measurement, value and interval are the shipped ones; near them the interval narrows
by the share of the variance that the measurements explain. Scales and noise maximise the marginal
likelihood [1]_ times a weak log-normal prior.

References
----------
.. [1] Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, chapters 2,
   4 and 5. ISBN 0-262-18253-X
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.similarity import square_parts
from electrolyte_ml.threads import one_thread

Array = NDArray[np.float64]

# Between two laboratories: less than what sets recipes apart, which is 1 unless data say otherwise.
_OFFSET = 0.5

# Share of a prediction that may be wrong. With none a search keeps to what a misleading model
# likes; chosen of 0.25, 0.5, 0.7 and 1 in simulated laboratories that no result is reported of.
_SLOPE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    r"""What is fitted of the covariance.

    Attributes
    ----------
    local
        Variance :math:`v` of what alike recipes have in common.
    solvents, ions, molality
        Its lengths :math:`\ell_i` in units of the distance of recipes.
    temperature_k
        Its length in temperature, K.
    noise
        Standard deviation of a measurement, in the unit of the error.
    """

    local: float
    solvents: float
    ions: float
    molality: float
    temperature_k: float
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Recipes at temperatures, and what the shipped model says of them.

    Attributes
    ----------
    formulations
        Length n; the same object may stand in many rows.
    temperature_k
        Temperature, K, the same for all where a property has none, shape (n,).
    value
        Shipped prediction on the scale of its error, shape (n,).
    sigma
        Standard deviation that its interval claims, shape (n,).
    """

    formulations: tuple[Formulation, ...]
    temperature_k: Array
    value: Array
    sigma: Array

    def __len__(self) -> int:
        return len(self.formulations)

    def rows(self, rows: NDArray[np.intp]) -> Points:
        """Some of them."""
        return Points(
            formulations=tuple(self.formulations[i] for i in rows.tolist()),
            temperature_k=self.temperature_k[rows],
            value=self.value[rows],
            sigma=self.sigma[rows],
        )

    def joined(self, others: Points) -> Points:
        """These, then others."""
        return Points(
            formulations=(*self.formulations, *others.formulations),
            temperature_k=np.concatenate([self.temperature_k, others.temperature_k]),
            value=np.concatenate([self.value, others.value]),
            sigma=np.concatenate([self.sigma, others.sigma]),
        )


class Kinship:
    """Prior covariance between the errors at two sets of points.

    Parameters
    ----------
    left, right
        Of lengths n and m, at least one each.
    centre
        Prediction from which a wrong share of predictions is counted.
    """

    def __init__(self, left: Points, right: Points, centre: float) -> None:
        self._alike_scale = _scale_ratio(left.sigma, right.sigma)
        self._slope = _SLOPE**2 * np.outer(_lean(left, centre), _lean(right, centre))
        mixtures: Composition = compose(left.formulations)
        others = mixtures if right is left else compose(right.formulations)
        self._parts = square_parts(mixtures, others)
        self._heat = (left.temperature_k[:, None] - right.temperature_k[None, :]) ** 2

    def covariance(self, scales: Scales) -> Array:
        """Covariance, shape (n, m)."""
        square = self._heat / scales.temperature_k**2
        lengths = (scales.solvents, scales.ions, scales.molality)
        for part, length in zip(self._parts, lengths, strict=True):
            square = square + part / length**2
        apart = np.sqrt(5 * square)
        matern = (1 + apart + apart**2 / 3) * np.exp(-apart)
        result: Array = _OFFSET * self._alike_scale + self._slope + scales.local * matern
        return result


def prior_variance(points: Points, centre: float, scales: Scales) -> Array:
    """Covariance of each point with itself, shape (n,)."""
    result: Array = _OFFSET + scales.local + (_SLOPE * _lean(points, centre)) ** 2
    return result


def _lean(points: Points, centre: float) -> Array:
    """Distance of predictions from the centre in standard deviations; none where one is certain."""
    away = points.value - centre
    usable = (points.sigma > 0) & np.isfinite(away)
    return np.divide(away, points.sigma, out=np.zeros_like(away), where=usable)


def _scale_ratio(first: Array, second: Array) -> Array:
    """The smaller over the larger of two standard deviations, shape (n, m); 1 where both are 0."""
    low = np.minimum(first[:, None], second[None, :])
    high = np.maximum(first[:, None], second[None, :])
    return np.divide(low, high, out=np.ones_like(low), where=high > 0)


# Medians of the priors: variance; lengths of solvents, ions and molality in distance of recipes,
# and in kelvin; noise on the scale of the error (0.025 in log10 is 6 %, a usual repeatability of a
# conductivity cell).
_PRIOR_MEDIAN = np.array([1.0, 0.5, 0.5, 0.5, 60.0, 0.025])

_PRIOR_WIDTH = np.array([0.7, 0.7, 0.7, 0.7, 0.7, 0.4])  # standard deviations of the logarithms

# Where the search for parameters begins, in widths from the medians: middle, local, wide.
_STARTS = ((0, 0, 0, 0, 0, 0), (0, -1, -1, -1, 0, 0), (0, 1, 1, 1, 0, 0))

_WIDTHS_ALLOWED = 3

# With fewer measurements the likelihood says next to nothing.
_FEWEST_TO_FIT = 6

_JITTER = 1e-9


class Residual:
    """Gaussian process on the errors of a shipped model.

    Parameters
    ----------
    points
        What was measured, length n, with positive `sigma`; may be none.
    error
        Measured minus predicted, shape (n,).
    scales
        Of the covariance; fitted by default.
    centre
        Prediction from which a wrong share of predictions is counted; the mean by default.
    """

    @one_thread()
    def __init__(
        self,
        points: Points,
        error: Array,
        *,
        scales: Scales | None = None,
        centre: float | None = None,
    ) -> None:
        self.points = points
        self.error = np.asarray(error, dtype=np.float64)
        self._target = self.error / points.sigma
        self._centre = centre
        if len(points):
            self._centre = float(np.mean(points.value)) if centre is None else centre
            self._kinship = Kinship(points, points, self._centre)
        self.scales = self._fit() if scales is None else scales
        if len(points):
            self._factor, self._weights = self._solve(self.scales)

    @one_thread()
    def predict(self, points: Points) -> tuple[Array, Array]:
        """Mean and variance of the error as shares of what the shipped interval claims.

        Parameters
        ----------
        points
            Length m.

        Returns
        -------
        mean
            In units of the shipped standard deviation, shape (m,).
        variance
            As a share of what it is without any measurement, 1 where nothing is known, noise not
            counted, shape (m,).
        """
        from scipy.linalg import solve_triangular

        if self._centre is None or not len(self.points):
            return np.zeros(len(points)), np.ones(len(points))
        cross = Kinship(points, self.points, self._centre).covariance(self.scales)
        explained = np.sum(solve_triangular(self._factor, cross.T, lower=True) ** 2, axis=0)
        left = 1.0 - explained / prior_variance(points, self._centre, self.scales)
        return cross @ self._weights, np.maximum(left, 0.0)

    def expecting(self, points: Points) -> Residual:
        """The same with points taken to come out as predicted: only the doubt around them falls.

        Parameters
        ----------
        points
            What is being measured, with positive `sigma`.
        """
        mean, _ = self.predict(points)
        return Residual(
            self.points.joined(points),
            np.concatenate([self.error, mean * points.sigma]),
            scales=self.scales,
            centre=self._centre,
        )

    def left_out(self) -> Array:
        """Mean error of each point from all other recipes, scales kept, shape (n,)."""
        clean = self._kinship.covariance(self.scales)
        noisy = clean + np.diag(self._noise(self.scales))
        keys = np.array([f.key for f in self.points.formulations])
        result = np.zeros(len(keys))
        for key in dict.fromkeys(keys.tolist()):
            out = keys == key
            if not out.all():
                solved = np.linalg.solve(noisy[np.ix_(~out, ~out)], self._target[~out])
                result[out] = clean[np.ix_(out, ~out)] @ solved
        return result * self.points.sigma

    def _fit(self) -> Scales:
        from scipy.optimize import minimize

        if len(self.points) < _FEWEST_TO_FIT:
            return _scales(np.log(_PRIOR_MEDIAN))
        reach = _WIDTHS_ALLOWED * _PRIOR_WIDTH
        middle = np.log(_PRIOR_MEDIAN)
        bounds = list(zip(middle - reach, middle + reach, strict=True))
        starts = [middle + _PRIOR_WIDTH * np.array(shift) for shift in _STARTS]
        found = [minimize(self._cost, s, method="L-BFGS-B", bounds=bounds) for s in starts]
        return _scales(min(found, key=lambda f: float(f.fun)).x)

    def _cost(self, logarithms: Array) -> float:
        """Negative logarithm of marginal likelihood times prior."""
        try:
            factor, weights = self._solve(_scales(logarithms))
        except np.linalg.LinAlgError:
            return 1e12
        fit = 0.5 * float(self._target @ weights) + float(np.log(np.diag(factor)).sum())
        prior = (logarithms - np.log(_PRIOR_MEDIAN)) / _PRIOR_WIDTH
        return fit + 0.5 * float(prior @ prior)

    def _solve(self, scales: Scales) -> tuple[Array, Array]:
        from scipy.linalg import cho_solve

        noisy = self._kinship.covariance(scales) + np.diag(self._noise(scales))
        factor = np.asarray(np.linalg.cholesky(noisy), dtype=np.float64)
        return factor, np.asarray(cho_solve((factor, True), self._target))

    def _noise(self, scales: Scales) -> Array:
        result: Array = (scales.noise / self.points.sigma) ** 2 + _JITTER
        return result


def _scales(logarithms: Array) -> Scales:
    local, solvents, ions, molality, temperature, noise = np.exp(logarithms).tolist()
    return Scales(
        local=local,
        solvents=solvents,
        ions=ions,
        molality=molality,
        temperature_k=temperature,
        noise=noise,
    )
