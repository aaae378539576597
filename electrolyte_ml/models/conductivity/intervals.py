"""Intervals: the ensemble's spread, scaled until it holds what it did not see.

The spread of an ensemble ranks predictions by how sure they are, but is far too narrow where the
members know their way, and less so where they do not: between chemistries that were never measured
their spread grows faster than their error. The spread is therefore compressed, and multiplied by
one factor, the conformal quantile of the errors of held-out predictions [1]_ measured in units of
it. Sources (papers) are held out for it, because a user's laboratory is one that the model has not
seen.

Papers differ little in how concentrated their solutions are, so that what was held out does not
tell how wrong a curve goes beyond the last of its points; that was measured by fitting to what is
below 0.8, 1.05 and 1.6 mol/kg and predicting the rest.

References
----------
.. [1] Lei et al., J. Am. Stat. Assoc. 2018, 113, 1094.
   https://doi.org/10.1080/01621459.2017.1307116
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COVERAGE = 0.9
NORMAL_QUANTILE = 1.645
# Members agree perfectly where data are dense; laboratories do not (4 %, 0.018 in log10).
FLOOR = 0.01
# Standard deviation of the error, log10, one e-fold of salt beyond the highest measured with its
# anion; it grows with the square of their number.
_SALT_SD = 0.2
# Spread, log10, at which compression halves it; of 0.06 to unlimited, the one that covers unseen
# formulations, papers and anions alike (partition 1).
_HALVING_SPREAD = 0.1


def centre_of(members: NDArray[np.float64]) -> NDArray[np.float64]:
    """Prediction of the ensemble, shape (n,): the mean of the middle half of the members.

    A runaway member cannot move it, as it cannot move the median; but the median follows one member
    and then another, so that it has corners and, of curves with one maximum each, several.
    """
    cut = len(members) // 4
    middle: NDArray[np.float64] = np.sort(members, axis=0)[cut : len(members) - cut]
    return middle.mean(axis=0)


def deviations_of(members: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compressed deviations of the members from their mean, log10, shape (E, n)."""
    spread = members.std(axis=0)
    compressed: NDArray[np.float64] = (members - members.mean(axis=0)) / (
        1.0 + spread / _HALVING_SPREAD
    )
    return compressed


def scale_of(members: NDArray[np.float64]) -> NDArray[np.float64]:
    """Uncalibrated scale of the error in log10, shape (n,), of predictions of shape (E, n)."""
    return np.sqrt(deviations_of(members).var(axis=0) + FLOOR**2)


def conformal_factor(
    error: NDArray[np.float64], scale: NDArray[np.float64], coverage: float = COVERAGE
) -> float:
    """Number of scales that hold a share of held-out errors.

    Parameters
    ----------
    error
        Of held-out predictions, log10, shape (n,).
    scale
        From `scale_of`, shape (n,).
    coverage
        Share to hold, 0 to 1.
    """
    n = len(error)
    level = min(1.0, coverage * (1.0 + 1.0 / n))
    return float(np.quantile(np.abs(error) / scale, level))


def error_variance(
    members: NDArray[np.float64], factor: float, beyond: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variance of the error, log10, shape (n,).

    Parameters
    ----------
    members
        Predictions of the ensemble, log10, shape (E, n).
    factor
        From `conformal_factor`.
    beyond
        Natural logarithm of the concentration over the highest measured, zero below, shape (n,).
    """
    known = factor / NORMAL_QUANTILE * scale_of(members)
    variance: NDArray[np.float64] = known**2 + (_SALT_SD * beyond**2) ** 2
    return variance
