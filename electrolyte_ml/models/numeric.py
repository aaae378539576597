"""Functions that several models compute with, for numpy and, where ``xp`` is given, for torch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Natural logarithm of ten: from decadic to natural logarithms.
LN10 = float(np.log(10.0))
_EXP_LIMIT = 30.0


def power_of_ten(log10: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers of decadic logarithms; NaN where they are too large for double precision."""
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = np.power(10.0, log10)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def silu(x: Any, xp: Any = np) -> Any:
    """The activation x / (1 + exp(-x)), in the precision of the array.

    Parameters
    ----------
    x
        Array of any shape.
    xp
        ``numpy`` or ``torch``: the module that the array belongs to.
    """
    if xp is not np:
        return xp.nn.functional.silu(x)
    return np.divide(x, 1.0 + np.exp(-x), dtype=x.dtype)


def softplus(x: Any, xp: Any) -> Any:
    """log(1 + exp(x)), which is x itself beyond 30 to double precision.

    Parameters
    ----------
    x
        Array of any shape.
    xp
        ``numpy`` or ``torch``: the module that the array belongs to.
    """
    small = xp.log1p(xp.exp(xp.clip(x, -_EXP_LIMIT, _EXP_LIMIT)))
    return small + xp.clip(x - _EXP_LIMIT, 0.0, None)


def sigmoid(x: Any, xp: Any) -> Any:
    """1 / (1 + exp(-x)), 1 to double precision beyond 30.

    Parameters
    ----------
    x
        Array of any shape.
    xp
        ``numpy`` or ``torch``: the module that the array belongs to.
    """
    return 1.0 / (1.0 + xp.exp(-xp.clip(x, -_EXP_LIMIT, _EXP_LIMIT)))


def squared_distance(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Squared Euclidean distances of rows of shapes (n, d) and (m, d), shape (n, m)."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None, :]
    # Rounding leaves -1e-15 between equal rows.
    return np.maximum(squares - 2.0 * first @ second.T, 0.0)


def tanimoto(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Tanimoto similarity of rows of bits, shape (n, m); of two rows without any bit it is 1."""
    # Of thousands of fragments a few hundred occur in both.
    shared = first.any(axis=0) & second.any(axis=0)
    both = first[:, shared].astype(np.float32) @ second[:, shared].astype(np.float32).T
    return _of_unions(both.astype(np.float64), first, second)


def count_tanimoto(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Tanimoto similarity of rows of counts, sum of minima by sum of maxima, shape (n, m)."""
    # sum(max) = sum(a) + sum(b) - sum(min), so that one sum over pairs is enough.
    both = np.array([np.minimum(row, second).sum(axis=1) for row in first], dtype=np.float64)
    return _of_unions(both.reshape(len(first), len(second)), first, second)


def _of_unions(
    both: NDArray[np.float64], first: NDArray[Any], second: NDArray[Any]
) -> NDArray[np.float64]:
    size, other = (rows.sum(axis=1, dtype=np.float64) for rows in (first, second))
    either = size[:, None] + other[None, :] - both
    return np.divide(both, either, out=np.ones_like(both), where=either > 0)
