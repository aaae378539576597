r"""How much the error of a model at one recipe says about its error at another.

Errors are counted in units of the standard deviation :math:`s` that the shipped interval claims.
Their prior covariance has three parts,

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

References
----------
.. [1] Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, chapter 4.
   ISBN 0-262-18253-X
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.similarity import square_parts

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
