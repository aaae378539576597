"""Numbers that say how good predictions of a positive quantity are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Far outside anything measured; keeps one absurd prediction from hiding all others.
_LOG10_RANGE = (-9.0, 3.0)


def log_metrics(
    log10_measured: NDArray[np.float64],
    log10_predicted: NDArray[np.float64],
    groups: NDArray[np.intp],
    log10_half_width: NDArray[np.float64] | None = None,
) -> dict[str, float]:
    """Errors in the unit of the quantity and in its decadic logarithm.

    Parameters
    ----------
    log10_measured, log10_predicted
        Shape (n,).
    groups
        Group of each row that was held out together, shape (n,).
    log10_half_width
        Half width of the interval, shape (n,), if there is one.

    Returns
    -------
    dict
        ``n``; ``mae`` and ``r2`` in the unit; ``mae_log10`` and ``r2_log10``;
        ``median_ape_percent``; ``worst_group_mae_log10``; with intervals also ``coverage``,
        ``width_log10`` (median) and ``groups_covered_80``, the share of groups of which at least
        80 % are covered.
    """
    error = np.abs(log10_measured - log10_predicted)
    measured = np.power(10.0, log10_measured)
    predicted = np.power(10.0, np.clip(log10_predicted, *_LOG10_RANGE))
    result = {
        "n": len(error),
        "mae": float(np.abs(measured - predicted).mean()),
        "r2": _r2(measured, predicted),
        "mae_log10": float(error.mean()),
        "r2_log10": _r2(log10_measured, log10_predicted),
        "median_ape_percent": float(100 * np.median(np.abs(predicted / measured - 1))),
        "worst_group_mae_log10": float(_by_group(error, groups).max()),
    }
    if log10_half_width is not None:
        covered = (error <= log10_half_width).astype(np.float64)
        result["coverage"] = float(covered.mean())
        result["width_log10"] = float(2 * np.median(log10_half_width))
        result["groups_covered_80"] = float((_by_group(covered, groups) >= 0.8).mean())
    return result


def _r2(measured: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    unexplained = ((measured - predicted) ** 2).sum()
    return float(1 - unexplained / ((measured - measured.mean()) ** 2).sum())


def _by_group(values: NDArray[np.float64], groups: NDArray[np.intp]) -> NDArray[np.float64]:
    """Mean of the values in each group."""
    place = np.unique(groups, return_inverse=True)[1].ravel()
    means: NDArray[np.float64] = np.bincount(place, values) / np.bincount(place)
    return means
