"""Pareto fronts, and how much of the objectives' space a set of recipes covers.

Everything here takes gains: objectives with the sign that makes more better, scaled so that 0 is
the worst and 1 the best of the recipes compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 4096


def scaled(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every objective from 0 (worst present) to 1 (best present), shape (n, m)."""
    low, high = gains.min(axis=0), gains.max(axis=0)
    # An objective that is the same for all recipes tells nothing: everybody is best.
    flat = high == low
    result: NDArray[np.float64] = np.where(
        flat, 1.0, (gains - low) / np.where(flat, 1.0, high - low)
    )
    return result


def fronts(gains: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """Rows of the first, second, ... non-dominated front.

    Parameters
    ----------
    gains
        Shape (n, m).

    Yields
    ------
    ndarray
        Row numbers in ascending order; equal rows share a front.
    """
    # Sorted best first by objective 1, then 2...: a row can be dominated by rows before it only.
    left = np.lexsort(-gains.T[::-1])
    while len(left):
        front: list[int] = []
        dominated = np.zeros(len(left), dtype=bool)
        for place, row in enumerate(left):
            held = gains[front]
            beaten = np.all(held >= gains[row], axis=1) & np.any(held > gains[row], axis=1)
            if beaten.any():
                dominated[place] = True
            else:
                front.append(int(row))
        yield np.sort(np.array(front, dtype=np.intp))
        left = left[dominated]


def trailing(gains: NDArray[np.float64], front: NDArray[np.intp]) -> NDArray[np.float64]:
    """How far each row is behind the front: the least that would lift it onto it, shape (n,).

    The additive epsilon indicator against the nearest front member; 0 for the front itself.
    """
    behind = gains[front][None, :, :] - gains[:, None, :]
    return np.maximum(np.max(behind, axis=2), 0.0).min(axis=1)


def coverage(gains: NDArray[np.float64], seed: int = 0) -> NDArray[np.bool_]:
    """Which points of a fixed random sample of the unit cube each row dominates, shape (n, p).

    The mean over a union of rows is its hypervolume, for any number of objectives.
    """
    sample = np.random.default_rng(seed).random((_SAMPLES, gains.shape[1]))
    covered = np.ones((len(gains), _SAMPLES), dtype=bool)
    for j in range(gains.shape[1]):
        covered &= gains[:, j, None] >= sample[None, :, j]
    return covered
