r"""Intervals of differences between recipes.

Errors of alike recipes are alike: what a model gets wrong in EC:DMC it gets wrong in EC:EMC, too.
The interval of a difference is therefore narrower than the intervals of both recipes suggest. With
the half widths :math:`h` of their intervals and the correlation :math:`\rho` of their errors,

.. math::

   h_d^2 = h_i^2 + h_j^2 - 2 \rho h_i h_j, \qquad \rho = 0.95\, e^{-d^2 / 0.2}

with the distance :math:`d` of the recipes (`electrolyte_ml.models.similarity`). Both constants are
those of measured conductivities of series that a model had not seen, in pairs at one temperature:
half of the correlation is lost at a distance of 0.37, about that of EC:DEC and EC:DMC with the same
salt. ``electrolyte-ml bench differences`` judges the law, which is used for all properties.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.similarity import square_distances
from electrolyte_ml.prediction import Prediction, join_faults
from electrolyte_ml.properties import Property

# Nearly the same recipe: what is left is the scatter of measurements.
_HIGHEST_CORRELATION = 0.95
_SQUARE_DISTANCE = 0.2
_Floats = NDArray[np.float64]


def error_correlation(left: Sequence[Formulation], right: Sequence[Formulation]) -> _Floats:
    """Correlation of the errors of predictions, 0 to 1.

    Parameters
    ----------
    left, right
        Recipes, lengths k and n.

    Returns
    -------
    ndarray of float, shape (k, n)
        1 for the same recipe.
    """
    square = square_distances(compose(left), compose(right))
    mine, others = (np.array([f.key for f in recipes]) for recipes in (left, right))
    return np.where(mine[:, None] == others, 1.0, correlation_at(square))


def correlation_at(square_distance: _Floats) -> _Floats:
    """Correlation of the errors of different recipes from their squared distance."""
    result: _Floats = _HIGHEST_CORRELATION * np.exp(-square_distance / _SQUARE_DISTANCE)
    return result


def differences(
    known: Property, prediction: Prediction, base: Prediction, correlation: _Floats
) -> Prediction:
    """What each recipe has more or less than another, with the interval of the difference.

    Parameters
    ----------
    known
        The property.
    prediction, base
        Predictions of n recipes and of those that they are compared with, at the same temperatures.
    correlation
        Of the errors of each pair, shape (n,).

    Returns
    -------
    Prediction
        Of n rows: ``prediction - base``, or the factor ``prediction / base`` for a property whose
        error is a factor. No value where one of both has none.
    """
    mine, others = (_on_scale(known, p) for p in (prediction, base))
    value = _subtract(mine[0], others[0])
    above = _half_width(mine[2], others[1], correlation)
    below = _half_width(mine[1], others[2], correlation)
    # Equal numbers with equal intervals come from the same source, such as one limiting species.
    same = np.all([_equal(a, b) for a, b in _ends(prediction, base)], axis=0)
    above, below = np.where(same, 0.0, above), np.where(same, 0.0, below)
    ends = (value, value - below, value + above)
    shown = [np.exp(end) if known.is_logarithmic else end for end in ends]
    missing = np.isnan(value)
    reasons = (
        join_faults(list(dict.fromkeys(both)))
        or (f"no {known.label} to compare" if nothing else None)
        for *both, nothing in zip(prediction.reason, base.reason, missing.tolist(), strict=True)
    )
    return Prediction(
        value=shown[0],
        low=shown[1],
        high=shown[2],
        coverage=min(prediction.coverage, base.coverage),
        in_domain=prediction.in_domain & base.in_domain & ~missing,
        reason=tuple(reasons),
    )


def surely(known: Property, difference: Prediction) -> NDArray[np.intp]:
    """+1 where the whole interval of a difference is above zero, -1 where it is below, else 0."""
    nothing = 1.0 if known.is_logarithmic else 0.0
    with np.errstate(invalid="ignore"):
        more, less = difference.low > nothing, difference.high < nothing
    return more.astype(np.intp) - less.astype(np.intp)


def _on_scale(known: Property, prediction: Prediction) -> tuple[_Floats, _Floats, _Floats]:
    """Value and half widths below and above it, on the scale of the error; NaN without a value."""
    value, low, high = prediction.value, prediction.low, prediction.high
    if known.is_logarithmic:
        with np.errstate(divide="ignore", invalid="ignore"):
            value, low, high = (np.log(x) for x in (value, low, high))
            value = np.where(np.isfinite(value), value, np.nan)
    return value, _subtract(value, low), _subtract(high, value)


def _half_width(mine: _Floats, other: _Floats, correlation: _Floats) -> _Floats:
    with np.errstate(invalid="ignore"):
        square = mine**2 + other**2 - 2 * correlation * mine * other
    # Rounding leaves -1e-17 between equal recipes.
    return np.sqrt(np.maximum(square, 0.0))


def _subtract(left: _Floats, right: _Floats) -> _Floats:
    """Differences of numbers that may be infinite: liquids that do not burn are alike."""
    with np.errstate(invalid="ignore"):
        difference = left - right
    return np.where(left == right, 0.0, difference)


def _ends(first: Prediction, second: Prediction) -> list[tuple[_Floats, _Floats]]:
    return [(getattr(first, end), getattr(second, end)) for end in ("value", "low", "high")]


def _equal(first: _Floats, second: _Floats) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = first == second
    return result
