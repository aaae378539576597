r"""Compositions on a grid of the simplex: a map from the unit cube, and back.

`decode_composition` is bounded stick-breaking on a grid. Components take steps one after the other.
A component takes :math:`v` of the remaining :math:`R` steps with a probability in proportion to the
number of ways :math:`N(R - v)` in which the later components can take the rest within their bounds,

.. math:: N_i(R) = \sum_{v=l_i}^{h_i} N_{i+1}(R - v), \qquad N_n(R) = \delta_{R,0}

so that a uniform point of the unit cube gives every legal composition the same probability. This
is the exact grid form of the Beta quantiles of continuous stick-breaking [1]_, for any bounds.
No point is rejected, and `encode_composition` inverts the map.

Where ratios are bounded too, `legal_values` leaves out amounts that cannot be completed to a legal
composition. For one inequality this is exact without a search: a weighted sum is largest if all
free steps go to the largest weight. For several inequalities that bound guides a search, because
no whole numbers may satisfy all of them.

References
----------
.. [1] Devroye, Non-Uniform Random Variate Generation, Springer 1986, chapter V.
   https://doi.org/10.1007/978-1-4613-8643-8
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.search.limits import Form, Steps

# This share of each draw is uniform over values, not over compositions: nearly pure solvents are a
# vanishing share of all compositions of many components, yet often the best.
_SHARE_OF_VALUES = 0.1


def after(forms: tuple[Form, ...], steps: int) -> tuple[Form, ...]:
    """Inequalities of the remaining components, after the first one has taken `steps`."""
    return tuple((weights[1:], constant + weights[0] * steps) for weights, constant in forms)


@lru_cache(maxsize=262144)
def can_be_shared(bounds: tuple[Steps, ...], total: int, forms: tuple[Form, ...]) -> bool:
    """Whether any steps within `bounds` add up to `total` and obey all inequalities."""
    if not sum(low for low, _ in bounds) <= total <= sum(high for _, high in bounds):
        return False
    if not forms:
        return True
    if not bounds:
        return all(constant >= 0 for _, constant in forms)
    return bool(legal_values(bounds, total, forms, enough=1))


def legal_values(
    bounds: tuple[Steps, ...], total: int, forms: tuple[Form, ...], enough: int | None = None
) -> list[int]:
    """Values of the first component that can be completed, in ascending order.

    Parameters
    ----------
    bounds
        Fewest and most steps of each component.
    total
        Sum of all steps.
    forms
        Inequalities.
    enough
        Stop after this many values; None for all.
    """
    (low, high), rest = bounds[0], bounds[1:]
    first = max(low, total - sum(most for _, most in rest))
    last = min(high, total - sum(fewest for fewest, _ in rest))
    values = np.arange(first, last + 1)
    for weights, constant in forms:
        best = _largest(rest, weights[1:], total)[total - values]
        values = values[best + weights[0] * values + constant >= 0]
    found = [int(value) for value in values]
    # A single remaining component takes all remaining steps: no search is needed.
    if len(forms) > 1 and len(rest) > 1:
        kept = []
        for value in found[len(found) // 2 :] + found[: len(found) // 2]:
            if can_be_shared(rest, total - value, after(forms, value)):
                kept.append(value)
                if len(kept) == enough:
                    break
        found = sorted(kept)
    return found


@lru_cache(maxsize=4096)
def _largest(
    bounds: tuple[Steps, ...], weights: tuple[int, ...], total: int
) -> NDArray[np.float64]:
    """Largest weighted sum of steps that add up to 0, 1 ... `total`, shape (total + 1,).

    Minus infinity where no steps within the bounds add up to that.
    """
    result = np.full(total + 1, -np.inf)
    lowest = sum(low for low, _ in bounds)
    value = float(sum(w * low for w, (low, _) in zip(weights, bounds, strict=True)))
    best_first = sorted(range(len(bounds)), key=lambda i: -weights[i])
    gains = [w for i in best_first for w in [weights[i]] * (bounds[i][1] - bounds[i][0])]
    sums = value + np.concatenate([[0.0], np.cumsum(gains)])
    reach = sums[: max(0, total - lowest + 1)]
    result[lowest : lowest + len(reach)] = reach
    return result


def decode_composition(
    point: Sequence[float], bounds: Sequence[Steps], total: int, forms: Sequence[Form] = ()
) -> list[int]:
    """Steps of each component.

    Parameters
    ----------
    point
        One number in [0, 1] for each component but the last.
    bounds
        Fewest and most steps of each component.
    total
        Sum of all steps.
    forms
        Inequalities that the steps obey.

    Returns
    -------
    list of int
        Steps within bounds that add up to `total`.

    Raises
    ------
    ValueError
        If no steps within the bounds add up to `total`.
    """
    key = tuple(bounds)
    open_forms = tuple(forms)
    if not can_be_shared(key, total, open_forms):
        raise ValueError(f"no steps within {key} add up to {total}")
    shares = []
    remaining = total
    for i, u in enumerate(point[: len(key) - 1]):
        values, edges = _cells(key[i:], remaining, total, open_forms)
        steps = values[min(bisect_right(edges, u), len(edges) - 1)]
        shares.append(steps)
        remaining -= steps
        open_forms = after(open_forms, steps)
    return [*shares, remaining]


def encode_composition(
    steps: Sequence[int], bounds: Sequence[Steps], forms: Sequence[Form] = ()
) -> list[float]:
    """Point that `decode_composition` turns into `steps`.

    Raises
    ------
    ValueError
        If a component is out of its bounds, or an inequality is not obeyed.
    """
    key = tuple(bounds)
    for amount, (low, high) in zip(steps, key, strict=True):
        if not low <= amount <= high:
            raise ValueError(f"{amount} steps are out of the bounds {low} to {high}")
    point = []
    total = remaining = sum(steps)
    open_forms = tuple(forms)
    for i, amount in enumerate(steps[:-1]):
        values, edges = _cells(key[i:], remaining, total, open_forms)
        cell = values.index(amount)
        point.append(((edges[cell - 1] if cell else 0.0) + edges[cell]) / 2)
        remaining -= amount
        open_forms = after(open_forms, amount)
    return point


@lru_cache(maxsize=1024)
def completions(bounds: tuple[Steps, ...], total: int) -> NDArray[np.float64]:
    """Number of compositions within `bounds` of every sum from 0 to `total`, shape (total + 1,)."""
    if not bounds:
        return np.eye(1, total + 1)[0]
    low, high = bounds[0]
    window = np.zeros(min(high, total) + 1)
    window[low:] = 1.0
    return np.convolve(completions(bounds[1:], total), window)[: total + 1]


@lru_cache(maxsize=65536)
def _cells(
    bounds: tuple[Steps, ...], remaining: int, total: int, forms: tuple[Form, ...]
) -> tuple[Sequence[int], array[float]]:
    """Values of the first component, and the upper edges of their cells."""
    (low, high), rest = bounds[0], bounds[1:]
    first = max(low, remaining - sum(most for _, most in rest))
    last = min(high, remaining - sum(fewest for fewest, _ in rest))
    ways = completions(rest, total)[remaining - last : remaining - first + 1][::-1]
    values: Sequence[int] = range(first, last + 1)
    if forms:
        legal = legal_values(bounds, remaining, forms)
        ways = ways[[value - first for value in legal]]
        values = legal
    share = (1 - _SHARE_OF_VALUES) * ways / ways.sum() + _SHARE_OF_VALUES / len(ways)
    edges = np.cumsum(share)
    edges[-1] = 1.0
    return values, array("d", edges)
