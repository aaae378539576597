"""Numbers that say how good predictions are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.prediction import Prediction

# Far outside anything measured; keeps one absurd prediction from hiding all others.
_LOG10_RANGE = (-9.0, 3.0)
# A group counts as covered if the intervals hold this share of it.
_GROUP_COVERAGE = 0.8


def log_metrics(
    log10_measured: NDArray[np.float64],
    log10_predicted: NDArray[np.float64],
    groups: NDArray[np.intp],
    log10_half_width: NDArray[np.float64] | None = None,
    in_domain: NDArray[np.bool_] | None = None,
) -> dict[str, float]:
    """Errors of a positive quantity in its unit and in its decadic logarithm.

    Parameters
    ----------
    log10_measured, log10_predicted
        Shape (n,).
    groups
        Group of each row that was held out together, shape (n,).
    log10_half_width
        Half width of the interval, shape (n,), if there is one.
    in_domain
        False where a row is outside the model's domain, shape (n,), if it has one.

    Returns
    -------
    dict
        ``n``; ``mae`` and ``r2`` in the unit; ``mae_log10``, ``r2_log10``; ``spearman``;
        ``median_ape_percent``; ``worst_group_mae_log10`` and ``median_group_mae_log10``; with
        intervals also ``coverage``, ``width_log10`` (median) and ``groups_covered_80``, the share
        of groups of which at least 80 % are covered; with a domain also ``n_flagged``,
        ``mae_log10_in_domain`` and ``mae_log10_flagged``, where there are such rows. Correlations
        are left out where all measured values are equal.
    """
    error = np.abs(log10_measured - log10_predicted)
    measured = np.power(10.0, log10_measured)
    predicted = np.power(10.0, np.clip(log10_predicted, *_LOG10_RANGE))
    of_group = _by_group(error, groups)
    result = {
        "n": len(error),
        "mae": float(np.abs(measured - predicted).mean()),
        **_if_finite("r2", _r2(measured, predicted)),
        "mae_log10": float(error.mean()),
        **_if_finite("r2_log10", _r2(log10_measured, log10_predicted)),
        **_if_finite("spearman", _spearman(log10_measured, log10_predicted)),
        "median_ape_percent": float(100 * np.median(np.abs(predicted / measured - 1))),
        "worst_group_mae_log10": float(of_group.max()),
        "median_group_mae_log10": float(np.median(of_group)),
    }
    if log10_half_width is not None:
        result |= _coverage(error <= log10_half_width, groups)
        result["width_log10"] = float(2 * np.median(log10_half_width))
    if in_domain is not None:
        result |= _by_domain("mae_log10", error, in_domain)
    return result


def positive_metrics(
    measured: NDArray[np.float64],
    predicted: NDArray[np.float64],
    groups: NDArray[np.intp],
    interval: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> dict[str, float]:
    """Errors of a positive quantity predicted by a model that may not know it is positive.

    Predictions that are not positive are counted in ``n_not_positive`` if there are any; errors in
    the unit take them as they are, logarithmic errors as the lowest measured value.

    Parameters
    ----------
    measured, predicted
        In the unit of the quantity, shape (n,); `measured` is positive.
    groups
        Group of each row that was held out together, shape (n,).
    interval
        Lower and upper ends of the interval, shapes (n,), if there is one.

    Returns
    -------
    dict
        As from `log_metrics`.
    """
    floor = float(measured.min())
    held = np.where(predicted > 0, predicted, floor)
    result = log_metrics(np.log10(measured), np.log10(held), groups)
    result["mae"] = float(np.abs(measured - predicted).mean())
    result |= _if_finite("r2", _r2(measured, predicted))
    n_not_positive = int((predicted <= 0).sum())
    if n_not_positive:
        result["n_not_positive"] = n_not_positive
    if interval is not None:
        low, high = interval
        result |= _coverage((low <= measured) & (measured <= high), groups)
        ends = [np.log10(np.where(end > 0, end, floor)) for end in (low, high)]
        result["width_log10"] = float(np.median(ends[1] - ends[0]))
    return result


def prediction_metrics(
    measured: NDArray[np.float64], prediction: Prediction, groups: NDArray[np.intp]
) -> dict[str, float]:
    """Errors of a positive quantity predicted with an interval that is even in its logarithm.

    Parameters
    ----------
    measured
        In the unit of the quantity, positive, shape (n,).
    prediction
        Of the n rows.
    groups
        Group of each row that was held out together, shape (n,).

    Returns
    -------
    dict
        As from `log_metrics`, with intervals and domain.
    """
    return log_metrics(
        np.log10(measured),
        np.log10(prediction.value),
        groups,
        np.log10(prediction.high / prediction.low) / 2.0,
        prediction.in_domain,
    )


def linear_metrics(
    measured: NDArray[np.float64],
    predicted: NDArray[np.float64],
    groups: NDArray[np.intp],
    half_width: NDArray[np.float64] | None = None,
    in_domain: NDArray[np.bool_] | None = None,
) -> dict[str, float]:
    """Errors of a quantity on its own scale, such as a density or a potential.

    Parameters
    ----------
    measured, predicted
        In the unit of the quantity, shape (n,).
    groups
        Group of each row that was held out together, shape (n,).
    half_width
        Half width of the interval, shape (n,), if there is one.
    in_domain
        False where a row is outside the model's domain, shape (n,), if it has one.

    Returns
    -------
    dict
        ``n``, ``mae``, ``bias`` (mean of measured - predicted), ``r2``, ``spearman``,
        ``worst_group_mae``, ``median_group_mae``; with intervals also ``coverage``, ``width`` and
        ``groups_covered_80``; with a domain also ``n_flagged``, ``mae_in_domain``,
        ``mae_flagged``.
    """
    error = np.abs(measured - predicted)
    of_group = _by_group(error, groups)
    result = {
        "n": len(error),
        "mae": float(error.mean()),
        "bias": float((measured - predicted).mean()),
        **_if_finite("r2", _r2(measured, predicted)),
        **_if_finite("spearman", _spearman(measured, predicted)),
        "worst_group_mae": float(of_group.max()),
        "median_group_mae": float(np.median(of_group)),
    }
    if half_width is not None:
        result |= _coverage(error <= half_width, groups)
        result["width"] = float(2 * np.median(half_width))
    if in_domain is not None:
        result |= _by_domain("mae", error, in_domain)
    return result


def pairs_ranked_right(measured: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    """Share of pairs with different measured values that predictions have in the same order.

    Parameters
    ----------
    measured, predicted
        Shape (n,); a pair of equal predictions counts as half right.
    """
    apart = measured[:, None] - measured
    agree = np.sign(apart) * np.sign(predicted[:, None] - predicted)
    return float((0.5 + 0.5 * agree[apart != 0]).mean())


def _coverage(covered: NDArray[np.bool_], groups: NDArray[np.intp]) -> dict[str, float]:
    of_group = _by_group(covered.astype(np.float64), groups)
    return {
        "coverage": float(covered.mean()),
        "groups_covered_80": float((of_group >= _GROUP_COVERAGE).mean()),
    }


def _by_domain(
    name: str, error: NDArray[np.float64], in_domain: NDArray[np.bool_]
) -> dict[str, float]:
    result: dict[str, float] = {"n_flagged": int((~in_domain).sum())}
    if in_domain.any():
        result[f"{name}_in_domain"] = float(error[in_domain].mean())
    if not in_domain.all():
        result[f"{name}_flagged"] = float(error[~in_domain].mean())
    return result


def _r2(measured: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    from sklearn.metrics import r2_score

    # Not defined where all values are equal, which may still differ in the last bit.
    if len(measured) < 2 or np.ptp(measured) <= 1e-12 * np.abs(measured).max():
        return float("nan")
    return float(r2_score(measured, predicted))


def _spearman(measured: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    from scipy.stats import spearmanr

    if len(measured) < 2 or np.ptp(measured) == 0 or np.ptp(predicted) == 0:
        return float("nan")
    return float(spearmanr(measured, predicted).statistic)


def _if_finite(name: str, value: float) -> dict[str, float]:
    """Nothing for a number that is not defined: JSON has no NaN, and 0 would be a lie."""
    return {name: value} if np.isfinite(value) else {}


def _by_group(values: NDArray[np.float64], groups: NDArray[np.intp]) -> NDArray[np.float64]:
    """Mean of the values in each group."""
    place = np.unique(groups, return_inverse=True)[1].ravel()
    means: NDArray[np.float64] = np.bincount(place, values) / np.bincount(place)
    return means
