"""Conformal prediction intervals.

A score is the absolute error of a held-out prediction, plain or in units of its scale. The
conformal quantile of n scores is the ``ceil(c (n + 1))``-th smallest. A further score stays within
it with a probability of at least c, whatever their distribution, as long as the scores are
exchangeable [1]_, [2]_.

References
----------
.. [1] Lei et al., J. Am. Stat. Assoc. 2018, 113, 1094.
   https://doi.org/10.1080/01621459.2017.1307116
.. [2] Vovk, Gammerman, Shafer, Algorithmic Learning in a Random World, 2nd ed., Springer 2022.
   https://doi.org/10.1007/978-3-031-06649-8
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

#: Share of measurements that every interval is meant to hold.
COVERAGE = 0.9
#: Half width of an interval of that coverage in standard deviations of a normal distribution.
NORMAL_QUANTILE = 1.645


def conformal_quantile(scores: NDArray[np.float64], coverage: float = COVERAGE) -> float:
    """Conformal quantile of scores.

    Parameters
    ----------
    scores
        Of held-out predictions, shape (n,), n at least 1.
    coverage
        The probability, 0 to 1.

    Returns
    -------
    float
        The ``ceil(coverage (n + 1))``-th smallest score; the largest where n is too small for it.
    """
    # Rounded first: 0.9 times 10 must not become the tenth score by the last bit of a float.
    rank = math.ceil(round(coverage * (len(scores) + 1), 9))
    return float(np.sort(scores)[min(max(rank, 1), len(scores)) - 1])


def conformal_factor(
    error: NDArray[np.float64], scale: NDArray[np.float64], coverage: float = COVERAGE
) -> float:
    """Conformal quantile of errors in units of their scales.

    Parameters
    ----------
    error
        Of held-out predictions, shape (n,).
    scale
        Uncalibrated scale of each error, positive, shape (n,).
    coverage
        Share to hold, 0 to 1.
    """
    return conformal_quantile(np.abs(error) / scale, coverage)


def pooled_quantile(
    scores: NDArray[np.float64], groups: NDArray[np.str_], coverage: float = COVERAGE
) -> float:
    """Conformal quantile for a further group, each group counting once.

    Errors within a group are correlated. The quantile for a new group therefore comes from held-out
    groups, by the pooled distribution functions of Dunn, Wasserman and Ramdas 2023
    (10.1080/01621459.2022.2060112).

    Parameters
    ----------
    scores
        Shape (n,).
    groups
        Group of each score, shape (n,); with fewer than ``coverage / (1 - coverage)`` there is no
        such score, and the largest one stands for it.
    coverage
        Share to hold, 0 to 1.
    """
    _, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    weights = 1.0 / (sizes[index.ravel()] * (len(sizes) + 1))
    order = np.argsort(scores)
    # The weight that is missing to one is that of the further group, all of it beyond the scores.
    place = int(np.searchsorted(np.cumsum(weights[order]), coverage))
    return float(scores[order][min(place, len(scores) - 1)])
