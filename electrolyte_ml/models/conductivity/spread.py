"""Mean of the ensemble, and its spread with conformal calibration.

The spread of an ensemble ranks predictions by their uncertainty, but is far too narrow. It is
therefore multiplied by a factor: the conformal quantile of out-of-fold errors in units of the
spread (`electrolyte_ml.models.intervals`). There is one factor for each class of cations (Mondrian
conformal prediction [1]_), because salts of organic cations follow rules that hold for all of them,
those of metals do not, and of metals other than lithium few were measured. Whole series are held
out, all rows of a set of species, because what a user designs is a series that the model has not
seen.

References
----------
.. [1] Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2nd ed., Springer 2022.
   https://doi.org/10.1007/978-3-031-06649-8
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

# Members agree where data are dense; laboratories do not (4 %, 0.018 in log10). With the factors,
# no interval is narrower than 11 %.
FLOOR = 0.0125


def centre_of(members: NDArray[np.float64]) -> NDArray[np.float64]:
    """Prediction of the ensemble, shape (n,): the interquartile mean of the members.

    Like the median, the interquartile mean resists outlying members. The median follows one member
    and then another, so that its curves have corners and may have several maxima.
    """
    cut = len(members) // 4
    middle: NDArray[np.float64] = np.sort(members, axis=0)[cut : len(members) - cut]
    return middle.mean(axis=0)


def scale_of(members: NDArray[np.float64], beyond: NDArray[np.float64]) -> NDArray[np.float64]:
    """Uncalibrated scale of the error in log10, shape (n,).

    Parameters
    ----------
    members
        Predictions of the ensemble, log10, shape (E, n).
    beyond
        What is added for lying beyond all that was measured, `Reach.beyond`, log10, shape (n,).
    """
    scale: NDArray[np.float64] = np.sqrt(members.var(axis=0) + FLOOR**2 + beyond**2)
    return scale


def factors_of(classes: NDArray[np.str_], factors: Mapping[str, float]) -> NDArray[np.float64]:
    """Conformal factor of each row by the class of its cations, shape (n,)."""
    factor = np.zeros(len(classes))
    for name, of_class in factors.items():
        factor[classes == name] = of_class
    return factor
