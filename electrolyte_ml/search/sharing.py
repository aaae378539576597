"""Which amounts can still be completed to a composition that obeys bounds and inequalities.

For one inequality the answer is exact without a search: the largest value that a weighted sum can
take is reached by giving every step that is free to the largest weight. Several inequalities are
searched, with that as the bound, because whole numbers may fall between two of them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.search.limits import Steps
from electrolyte_ml.search.ratios import Form


def after(forms: tuple[Form, ...], steps: int) -> tuple[Form, ...]:
    """Inequalities of the components that are left, when the first one has taken `steps`."""
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
        Steps to share out.
    forms
        Inequalities.
    enough
        Stop at so many of them; all if None.
    """
    (low, high), rest = bounds[0], bounds[1:]
    first = max(low, total - sum(most for _, most in rest))
    last = min(high, total - sum(fewest for fewest, _ in rest))
    values = np.arange(first, last + 1)
    for weights, constant in forms:
        best = _largest(rest, weights[1:], total)[total - values]
        values = values[best + weights[0] * values + constant >= 0]
    found = [int(value) for value in values]
    # One component takes what is left: its best is its only value, and nothing can fall between.
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
