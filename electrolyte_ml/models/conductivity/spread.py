"""Mean of the ensemble, and its spread with conformal calibration.

The spread of an ensemble ranks predictions by their uncertainty. It is far too narrow near the
training data and less so far from them: between chemistries that were never measured, the spread
grows faster than the error. The spread is therefore compressed, and multiplied by one factor: the
conformal quantile of out-of-fold errors in units of the compressed spread
(`electrolyte_ml.models.intervals`). Whole papers are held out for it, because a user's laboratory
is one that the model has not seen.

Papers cover similar ranges of concentration, so that these errors do not show the error of
extrapolating beyond the highest measured concentration. That error was measured by fitting to rows
below 0.8, 1.05 and 1.6 mol/kg and predicting the others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.intervals import NORMAL_QUANTILE

# Members agree perfectly where data are dense; laboratories do not (4 %, 0.018 in log10).
FLOOR = 0.01
# Standard deviation of the error, log10, one e-fold of salt beyond the highest measured with its
# anion; it grows with the square of their number.
_SALT_SD = 0.2
# Spread, log10, at which compression halves it; of 0.06 to unlimited, the one that covers unseen
# formulations, papers and anions (partition 1).
_HALVING_SPREAD = 0.1


def centre_of(members: NDArray[np.float64]) -> NDArray[np.float64]:
    """Prediction of the ensemble, shape (n,): the interquartile mean of the members.

    Like the median, the interquartile mean resists outlying members. The median follows one member
    and then another, so that its curves have corners and may have several maxima.
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


def error_variance(
    members: NDArray[np.float64], factor: float, beyond: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variance of the error, log10, shape (n,).

    Parameters
    ----------
    members
        Predictions of the ensemble, log10, shape (E, n).
    factor
        From `electrolyte_ml.models.intervals.conformal_factor`.
    beyond
        Natural logarithm of the concentration over the highest measured, zero below, shape (n,).
    """
    known = factor / NORMAL_QUANTILE * scale_of(members)
    variance: NDArray[np.float64] = known**2 + (_SALT_SD * beyond**2) ** 2
    return variance
