r"""Unit interval to amounts that add up: bounded stick-breaking on a grid.

Steps are shared out over components one after the other. A component takes :math:`v` of the
remaining :math:`R` steps with a probability in proportion to the number of ways
:math:`N(R - v)` in which the components after it can take the rest within their own bounds,

.. math:: N_i(R) = \sum_{v=l_i}^{h_i} N_{i+1}(R - v), \qquad N_n(R) = \delta_{R,0}

so that a uniform point of the unit cube gives every legal composition the same chance: the exact
grid form of the Beta quantiles of continuous stick-breaking [1]_, for any bounds. Nothing is ever
rejected, and `encode` inverts `decode`. Where ratios are bounded as well, values that no completion
could obey are left out beforehand.

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

from electrolyte_ml.search.limits import Steps
from electrolyte_ml.search.ratios import Form
from electrolyte_ml.search.sharing import after, can_be_shared, legal_values

# This share of each draw is uniform over the values instead of over the compositions: near-pure
# blends are a vanishing share of all blends of many components, yet often the ones sought.
_SHARE_OF_VALUES = 0.1


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
        Steps to share out.
    forms
        Inequalities that the steps obey.

    Returns
    -------
    list of int
        Within bounds, and adding up to `total`.

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


def count_compositions(bounds: Sequence[Steps], total: int) -> float:
    """Number of ways to share out `total` steps within bounds."""
    return float(_completions(tuple(bounds), total)[total])


@lru_cache(maxsize=1024)
def _completions(bounds: tuple[Steps, ...], total: int) -> NDArray[np.float64]:
    """Number of compositions within `bounds` of every sum from 0 to `total`, shape (total + 1,)."""
    if not bounds:
        return np.eye(1, total + 1)[0]
    low, high = bounds[0]
    window = np.zeros(min(high, total) + 1)
    window[low:] = 1.0
    return np.convolve(_completions(bounds[1:], total), window)[: total + 1]


@lru_cache(maxsize=65536)
def _cells(
    bounds: tuple[Steps, ...], remaining: int, total: int, forms: tuple[Form, ...]
) -> tuple[Sequence[int], array[float]]:
    """Values of the first component, and the upper edges of their cells."""
    (low, high), rest = bounds[0], bounds[1:]
    first = max(low, remaining - sum(most for _, most in rest))
    last = min(high, remaining - sum(fewest for fewest, _ in rest))
    ways = _completions(rest, total)[remaining - last : remaining - first + 1][::-1]
    values: Sequence[int] = range(first, last + 1)
    if forms:
        legal = legal_values(bounds, remaining, forms)
        ways = ways[[value - first for value in legal]]
        values = legal
    share = (1 - _SHARE_OF_VALUES) * ways / ways.sum() + _SHARE_OF_VALUES / len(ways)
    edges = np.cumsum(share)
    edges[-1] = 1.0
    return values, array("d", edges)
