"""Whole numbers of grid steps, so that sums and limits hold exactly and not within rounding.

A limit such as 0.35 is taken as the decimal it was written as, never as the nearest binary number.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache


@lru_cache(maxsize=4096)
def exact(value: float) -> Fraction:
    """The decimal number that `value` was written as.

    Examples
    --------
    >>> exact(0.35)
    Fraction(7, 20)
    """
    return Fraction(repr(float(value)))


def steps_at_least(value: float, step: float) -> int:
    """Fewest whole steps that are not below `value`."""
    return -int(-exact(value) // exact(step))


def steps_at_most(value: float, step: float) -> int:
    """Most whole steps that are not above `value`."""
    return int(exact(value) // exact(step))


def steps_equal(value: float, step: float, tolerance: float = 1e-9) -> int | None:
    """Whole steps that make up `value`, or None if it does not lie on the grid."""
    steps = round(value / step)
    return steps if abs(steps * step - value) <= tolerance else None


@lru_cache(maxsize=4096)
def amount(steps: int, step: float) -> float:
    """The double nearest to `steps` times `step`; it never passes a limit that the steps obey."""
    return float(steps * exact(step))


def divides_one(step: float) -> bool:
    """Whether a whole number of steps makes exactly 1."""
    return 0 < step <= 0.5 and (1 / exact(step)).denominator == 1
