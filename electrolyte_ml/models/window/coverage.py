"""How far an interval must reach to hold nine tenths of what comes next."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

COVERAGE = 0.9


def conformal_quantile(errors: NDArray[np.float64]) -> float:
    """Error that a further one stays below with 90 %, as far as n errors can tell.

    The ``ceil(0.9 (n + 1))``-th smallest (10.1007/978-3-031-06649-8), the largest if there is none.
    """
    rank = math.ceil(COVERAGE * (len(errors) + 1))
    return float(np.sort(errors)[min(rank, len(errors)) - 1])


def pooled_quantile(scores: NDArray[np.float64], groups: NDArray[np.str_]) -> float:
    """Score that holds 90 % of a further group, each group counting once.

    Parameters
    ----------
    scores
        Shape (n,).
    groups
        Group of each score, shape (n,); with fewer than ten there is no such score, and the
        largest one stands for it.
    """
    _, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    weights = 1.0 / (sizes[index.ravel()] * (len(sizes) + 1))
    order = np.argsort(scores)
    # The weight that is missing to one is that of the further group, all of it beyond the scores.
    place = int(np.searchsorted(np.cumsum(weights[order]), COVERAGE))
    return float(scores[order][min(place, len(scores) - 1)])
