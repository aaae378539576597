r"""Calibration of a tuned model by its errors on recipes that were left out.

A Gaussian process that is sure of its own assumptions narrows intervals further than its
predictions deserve. Each measured recipe is therefore predicted from the others, and what the
errors show bounds the tuned interval:

- It is narrowed at most to the share :math:`\rho` of the shipped interval that the left-out errors
  filled, which is never zero: a few small errors prove little.
- It is not narrower than the 90 % quantile :math:`q` of these errors.
- It is that of the process, widened by the factor that would have held the errors, where this is
  wider.

The first two hold as far from the measurements as the left-out recipes were from their nearest
neighbour. Farther out they fade with the distance :math:`d` to the nearest measurement,

.. math:: w(x) = \exp\!\left[-\left(\frac{\max(0, d(x) - d_0)}{\ell}\right)^2\right]

to the shipped interval, with the median :math:`d_0` of the left-out recipes. They do not fade if
the errors are larger than shipped intervals promise: then tuning misleads anywhere. Each recipe
counts once, whatever the number of its replicates and temperatures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.campaign.residual_gp import Known, Residual
from electrolyte_ml.models.intervals import NORMAL_QUANTILE, pooled_quantile

_Floats = NDArray[np.float64]

# Distance beyond the left-out recipes over which most of the narrowing is lost: that of two
# blends which share half of their solvents.
_FADES_OVER = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What the errors on left-out recipes allow.

    Attributes
    ----------
    half_width
        90 % quantile of these errors, on their scale.
    share
        Half width that they prove, in units of that of the shipped interval.
    widening
        Factor on the interval of the process that holds the errors, 1 or more.
    distance
        Median distance of a left-out recipe from its nearest neighbour.
    """

    half_width: float
    share: float
    widening: float
    distance: float

    @classmethod
    def of(cls, residual: Residual) -> LeftOut:
        """Calibration on the measurements of a process, of one recipe or more."""
        left = residual.left_out()
        keys = np.array([f.key for f in residual.points.formulations])
        error = np.abs(residual.error - left.mean)
        relative = error / residual.points.sigma
        apart = left.distance[np.isfinite(left.distance)]
        return cls(
            half_width=pooled_quantile(error, keys),
            share=max(pooled_quantile(relative, keys) / NORMAL_QUANTILE, _proven(relative, keys)),
            widening=max(1.0, pooled_quantile(error / left.sd, keys) / NORMAL_QUANTILE),
            distance=float(np.median(apart)) if len(apart) else 0.0,
        )

    def spread(self, known: Known, sigma: _Floats) -> _Floats:
        """Standard deviation that predictions may claim, on the scale of the error, shape (n,).

        Parameters
        ----------
        known
            What the process says of n points.
        sigma
            Standard deviations of their shipped intervals, shape (n,).
        """
        beyond = np.maximum(known.distance - self.distance, 0.0)
        near = np.exp(-((beyond / _FADES_OVER) ** 2))
        holds = np.maximum(near, min(max(self.share - 1.0, 0.0), 1.0))
        least = 1.0 + (self.share - 1.0) * (near if self.share < 1.0 else np.ones_like(near))
        process = np.minimum(self.widening * np.sqrt(known.variance), 1.0)
        found: _Floats = np.maximum(
            np.maximum(process, least) * sigma, holds * self.half_width / NORMAL_QUANTILE
        )
        return found


def _proven(relative: _Floats, keys: NDArray[np.str_]) -> float:
    """Root mean square of relative errors, with one more recipe that is off as much as promised."""
    _, index, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    of_recipe = np.bincount(index.ravel(), relative**2) / sizes
    return float(np.sqrt((1.0 + of_recipe.sum()) / (1 + len(sizes))))
