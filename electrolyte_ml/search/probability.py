r"""How likely a limit is obeyed, read off a prediction and its interval.

The interval from `low` to `high` is taken as that of a normal distribution cut in two halves of
their own width, on the logarithmic scale for properties whose error is a factor:

.. math:: P(y \le L) = \Phi\left(z_c \frac{L - v}{h}\right), \qquad
   z_c = \Phi^{-1}\left(\tfrac{1 + c}{2}\right)

with the coverage :math:`c` and :math:`h = high - v` where :math:`L > v`, else :math:`v - low`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.search.properties import PROPERTIES
from electrolyte_ml.search.terms import Constraint

if TYPE_CHECKING:
    from electrolyte_ml.prediction import Prediction


def probability_obeyed(prediction: Prediction, constraint: Constraint) -> NDArray[np.float64]:
    """Probability that a property obeys a limit.

    Parameters
    ----------
    prediction
        Of n rows.
    constraint
        The limit, and on which side of it the property must be.

    Returns
    -------
    ndarray
        Shape (n,), 0 to 1; NaN where there is no prediction. A number that is certain gives 0 or 1.
    """
    from scipy.special import ndtr, ndtri

    known = PROPERTIES.get(constraint.property_name)
    low, value, high = (
        np.asarray(x, dtype=np.float64) for x in (prediction.low, prediction.value, prediction.high)
    )
    limit = np.full_like(value, constraint.limit)
    if known is not None and known.is_logarithmic:
        with np.errstate(divide="ignore", invalid="ignore"):
            low, value, high, limit = (
                np.log(np.maximum(x, 0.0)) for x in (low, value, high, limit)
            )
    z_interval = ndtri((1 + prediction.coverage) / 2) if prediction.coverage < 1 else 1.0
    half = np.where(limit > value, high - value, value - low)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = ndtr(z_interval * (limit - value) / half)
    certain = half == 0
    met = value >= limit if constraint.is_minimum else value <= limit
    chance = np.where(certain, met, 1 - below if constraint.is_minimum else below)
    return np.where(np.isfinite(value), chance, np.nan)
