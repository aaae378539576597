r"""Gaussian process of the residuals of a shipped model on the measurements of a campaign.

It models the error :math:`r = y - \mu(x)` of the shipped prediction (in log10 for properties whose
error is a factor), in units of the standard deviation :math:`s(x)` of the shipped interval. Its
kernel has three parts,

.. math:: k(x, x') = o\, \frac{\min(s, s')}{\max(s, s')}
   + \tau^2\, \frac{(\mu - \bar\mu)(\mu' - \bar\mu)}{s\, s'}
   + v\, k_{5/2}\!\left(\sqrt{\sum_i \frac{d_i^2(x, x')}{\ell_i^2}
                              + \frac{(T - T')^2}{\ell_T^2}}\right)

an offset of variance :math:`o` common to all recipes, such as that of a laboratory that reads 10 %
too high; an error of the scale of predictions, with standard deviation :math:`\tau`, because a
search picks the recipes that the model overestimates most; and the errors that similar recipes
share, by a Matern kernel [1]_ of the distances :math:`d_i` of solvents, of ions and of molality of
`electrolyte_ml.models.similarity`, each with a length scale of its own.

Far from all measurements, predictions and intervals are those of the shipped model. Near them, the
interval narrows by the share of the variance that the measurements explain, as far as the errors on
left-out recipes allow (`electrolyte_ml.campaign.left_out`). The hyperparameters
maximise the marginal likelihood [1]_ times a weak log-normal prior.

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

# Variance between laboratories, less than that between recipes, whose prior median is 1.
_OFFSET = 0.5

# Standard deviation of the error of scale. At zero a search stays with the favourites of a
# misleading model; chosen from 0.25, 0.5, 0.7 and 1 in simulated laboratories used for nothing
# else.
_SLOPE = 0.7

# Medians of the priors: variance; lengths of solvents, ions and molality in distance of recipes,
# and in kelvin; noise on the scale of the error (0.025 in log10 is 6 %, a usual repeatability of a
# conductivity cell).
_PRIOR_MEDIAN = np.array([1.0, 0.5, 0.5, 0.5, 60.0, 0.025])

_PRIOR_WIDTH = np.array([0.7, 0.7, 0.7, 0.7, 0.7, 0.4])  # standard deviations of the logarithms

# Starts of the optimisation, in widths from the medians: middle, local, wide.
_STARTS = ((0, 0, 0, 0, 0, 0), (0, -1, -1, -1, 0, 0), (0, 1, 1, 1, 0, 0))

# Distance of temperatures beside that of recipes: the medians above make 60 K as far as 0.5.
_DISTANCE_PER_K = 0.5 / 60.0

_WIDTHS_ALLOWED = 3

# With fewer measurements the priors are used.
_FEWEST_TO_FIT = 6

_JITTER = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    r"""Fitted parameters of the covariance.

    Attributes
    ----------
    local
        Variance :math:`v` of the errors that similar recipes share.
    solvents, ions, molality
        Length scales :math:`\ell_i` in units of the distance of recipes.
    temperature_k
        Length scale of temperature, K.
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
    """Recipes at temperatures, with the predictions of the shipped model.

    Attributes
    ----------
    formulations
        Recipes, length n; the same object may occur in many rows.
    temperature_k
        Temperature, K, shape (n,); the same for all rows of a property without one.
    value
        Shipped prediction on the scale of its error, shape (n,).
    sigma
        Standard deviation of the shipped interval, shape (n,).
    """

    formulations: tuple[Formulation, ...]
    temperature_k: Array
    value: Array
    sigma: Array

    def __len__(self) -> int:
        return len(self.formulations)

    def rows(self, rows: NDArray[np.intp]) -> Points:
        """The points of these rows."""
        return Points(
            formulations=tuple(self.formulations[i] for i in rows.tolist()),
            temperature_k=self.temperature_k[rows],
            value=self.value[rows],
            sigma=self.sigma[rows],
        )

    def joined(self, others: Points) -> Points:
        """These points, then `others`."""
        return Points(
            formulations=(*self.formulations, *others.formulations),
            temperature_k=np.concatenate([self.temperature_k, others.temperature_k]),
            value=np.concatenate([self.value, others.value]),
            sigma=np.concatenate([self.sigma, others.sigma]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the measurements say of some points.

    Attributes
    ----------
    mean
        Mean of the residual in units of the shipped standard deviation, shape (n,).
    variance
        Variance as a share of the prior variance, without noise, shape (n,).
    distance
        Distance to the nearest measurement, that of recipes and of temperatures; infinite without
        any. Shape (n,).
    """

    mean: Array
    variance: Array
    distance: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutPrediction:
    """Residuals of measured points, each predicted from the other recipes.

    Attributes
    ----------
    mean
        Mean on the scale of the error, shape (n,).
    sd
        Standard deviation that an interval there would have, with the noise of a measurement, on
        the scale of the error, shape (n,).
    distance
        Distance to the nearest measurement of another recipe; infinite without any. Shape (n,).
    """

    mean: Array
    sd: Array
    distance: Array


class ResidualKernel:
    """Prior covariance between the residuals at two sets of points.

    Parameters
    ----------
    left, right
        Points, n and m of them, at least one each.
    centre
        Prediction without error of scale.
    """

    def __init__(self, left: Points, right: Points, centre: float) -> None:
        self._width_ratio = _ratio_of_widths(left.sigma, right.sigma)
        self._slope = _SLOPE**2 * np.outer(
            _standardised(left, centre), _standardised(right, centre)
        )
        mixtures: Composition = compose(left.formulations)
        others = mixtures if right is left else compose(right.formulations)
        self._parts = square_parts(mixtures, others)
        self._temperature_square = (left.temperature_k[:, None] - right.temperature_k[None, :]) ** 2

    def distance(self) -> Array:
        """Distance of recipes and temperatures, shape (n, m)."""
        square = self._temperature_square * _DISTANCE_PER_K**2
        for part in self._parts:
            square = square + part
        result: Array = np.sqrt(square)
        return result

    def covariance(self, scales: Hyperparameters) -> Array:
        """Covariance, shape (n, m)."""
        square = self._temperature_square / scales.temperature_k**2
        lengths = (scales.solvents, scales.ions, scales.molality)
        for part, length in zip(self._parts, lengths, strict=True):
            square = square + part / length**2
        apart = np.sqrt(5 * square)
        matern = (1 + apart + apart**2 / 3) * np.exp(-apart)
        result: Array = _OFFSET * self._width_ratio + self._slope + scales.local * matern
        return result


def prior_variance(points: Points, centre: float, scales: Hyperparameters) -> Array:
    """Covariance of each point with itself, shape (n,)."""
    result: Array = _OFFSET + scales.local + (_SLOPE * _standardised(points, centre)) ** 2
    return result


def _standardised(points: Points, centre: float) -> Array:
    """Distance of predictions from the centre in standard deviations; 0 without an error."""
    away = points.value - centre
    usable = (points.sigma > 0) & np.isfinite(away)
    return np.divide(away, points.sigma, out=np.zeros_like(away), where=usable)


def _ratio_of_widths(first: Array, second: Array) -> Array:
    """The smaller over the larger of two standard deviations, shape (n, m); 1 where both are 0."""
    low = np.minimum(first[:, None], second[None, :])
    high = np.maximum(first[:, None], second[None, :])
    return np.divide(low, high, out=np.ones_like(low), where=high > 0)


class Residual:
    """Gaussian process of the residuals of a shipped model.

    Parameters
    ----------
    points
        Measured points, length n, with positive `sigma`; may be none.
    error
        Measured minus predicted, shape (n,).
    scales
        Parameters of the covariance; fitted by default.
    centre
        Prediction without error of scale; the mean by default.
    """

    @one_thread()
    def __init__(
        self,
        points: Points,
        error: Array,
        *,
        scales: Hyperparameters | None = None,
        centre: float | None = None,
    ) -> None:
        self.points = points
        self.error = np.asarray(error, dtype=np.float64)
        self._target = self.error / points.sigma
        self._centre = centre
        if len(points):
            self._centre = float(np.mean(points.value)) if centre is None else centre
            self._kernel = ResidualKernel(points, points, self._centre)
        self.scales = self._fit() if scales is None else scales
        if len(points):
            self._factor, self._weights = self._solve(self.scales)

    @one_thread()
    def predict(self, points: Points) -> Known:
        """What the measurements say of points, length m."""
        from scipy.linalg import solve_triangular

        if self._centre is None or not len(self.points):
            nothing = np.zeros(len(points))
            return Known(mean=nothing, variance=nothing + 1.0, distance=nothing + np.inf)
        kernel = ResidualKernel(points, self.points, self._centre)
        cross = kernel.covariance(self.scales)
        explained = np.sum(solve_triangular(self._factor, cross.T, lower=True) ** 2, axis=0)
        left = 1.0 - explained / prior_variance(points, self._centre, self.scales)
        return Known(
            mean=cross @ self._weights,
            variance=np.maximum(left, 0.0),
            distance=kernel.distance().min(axis=1),
        )

    @one_thread()
    def covariance(self, points: Points) -> Array:
        """Covariance of the residuals at points after the measurements, shape (m, m).

        In units of the shipped standard deviations, without noise.
        """
        from scipy.linalg import solve_triangular

        if self._centre is None or not len(self.points):
            centre = float(np.mean(points.value)) if len(points) else 0.0
            return ResidualKernel(points, points, centre).covariance(self.scales)
        prior = ResidualKernel(points, points, self._centre).covariance(self.scales)
        cross = ResidualKernel(points, self.points, self._centre).covariance(self.scales)
        explained = solve_triangular(self._factor, cross.T, lower=True)
        result: Array = prior - explained.T @ explained
        return result

    def with_pending(self, points: Points) -> Residual:
        """Copy with pending points, assumed to give the predicted values: only variances fall.

        Parameters
        ----------
        points
            Pending points, with positive `sigma`.
        """
        return Residual(
            self.points.joined(points),
            np.concatenate([self.error, self.predict(points).mean * points.sigma]),
            scales=self.scales,
            centre=self._centre,
        )

    def left_out(self) -> LeftOutPrediction:
        """Each recipe predicted from the others, with the same parameters, n rows."""
        clean, apart = self._kernel.covariance(self.scales), self._kernel.distance()
        noise = self._noise(self.scales)
        noisy, prior = clean + np.diag(noise), np.diag(clean)
        keys = np.array([f.key for f in self.points.formulations])
        mean, variance = np.zeros(len(keys)), np.ones(len(keys))
        distance = np.full(len(keys), np.inf)
        for key in dict.fromkeys(keys.tolist()):
            out = keys == key
            if out.all():
                break
            cross = clean[np.ix_(out, ~out)]
            solved = np.linalg.solve(noisy[np.ix_(~out, ~out)], cross.T)
            mean[out] = solved.T @ self._target[~out]
            variance[out] = 1.0 - np.sum(cross.T * solved, axis=0) / prior[out]
            distance[out] = apart[np.ix_(out, ~out)].min(axis=1)
        sigma = self.points.sigma
        return LeftOutPrediction(
            mean=mean * sigma,
            sd=sigma * np.sqrt(np.maximum(variance, 0.0) + noise),
            distance=distance,
        )

    def _fit(self) -> Hyperparameters:
        from scipy.optimize import minimize

        if len(self.points) < _FEWEST_TO_FIT:
            return _hyperparameters_of(np.log(_PRIOR_MEDIAN))
        reach = _WIDTHS_ALLOWED * _PRIOR_WIDTH
        middle = np.log(_PRIOR_MEDIAN)
        bounds = list(zip(middle - reach, middle + reach, strict=True))
        starts = [middle + _PRIOR_WIDTH * np.array(shift) for shift in _STARTS]
        found = [minimize(self._cost, s, method="L-BFGS-B", bounds=bounds) for s in starts]
        return _hyperparameters_of(min(found, key=lambda f: float(f.fun)).x)

    def _cost(self, logarithms: Array) -> float:
        """Negative logarithm of marginal likelihood times prior."""
        try:
            factor, weights = self._solve(_hyperparameters_of(logarithms))
        except np.linalg.LinAlgError:
            return 1e12
        fit = 0.5 * float(self._target @ weights) + float(np.log(np.diag(factor)).sum())
        prior = (logarithms - np.log(_PRIOR_MEDIAN)) / _PRIOR_WIDTH
        return fit + 0.5 * float(prior @ prior)

    def _solve(self, scales: Hyperparameters) -> tuple[Array, Array]:
        from scipy.linalg import cho_solve

        noisy = self._kernel.covariance(scales) + np.diag(self._noise(scales))
        factor = np.asarray(np.linalg.cholesky(noisy), dtype=np.float64)
        return factor, np.asarray(cho_solve((factor, True), self._target))

    def _noise(self, scales: Hyperparameters) -> Array:
        result: Array = (scales.noise / self.points.sigma) ** 2 + _JITTER
        return result


def _hyperparameters_of(logarithms: Array) -> Hyperparameters:
    local, solvents, ions, molality, temperature, noise = np.exp(logarithms).tolist()
    return Hyperparameters(
        local=local,
        solvents=solvents,
        ions=ions,
        molality=molality,
        temperature_k=temperature,
        noise=noise,
    )
