r"""What measurements of a campaign add to a shipped prediction: a Gaussian process on its error.

The error :math:`r = y - \mu(x)` (of log10 for properties whose error is a factor) is measured in
units of the standard deviation :math:`s(x)` that the shipped interval claims, with the covariance
of `electrolyte_ml.search.campaign.kinship`. Far from every measurement, value and interval are
those that ship: what is told of the doubt is the share of it that is left. Scales and noise
maximise the marginal likelihood [1]_ times a weak log-normal prior.

References
----------
.. [1] Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, chapters 2
   and 5. ISBN 0-262-18253-X
"""

from __future__ import annotations

import numpy as np

from electrolyte_ml.search.campaign.kinship import (
    Array,
    Kinship,
    Points,
    Scales,
    prior_variance,
)

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
