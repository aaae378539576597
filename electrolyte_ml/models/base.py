"""What every model returns: a value is never bare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LN10 = float(np.log(10.0))
# Half width of an interval in log10 beyond which a number says little: a factor of 4 each way.
_WIDEST_HALF_WIDTH = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Predicted values with their intervals and domain flags.

    Attributes
    ----------
    value
        Best estimate, shape (n,), in the unit of the property's name; NaN where there is none.
    low, high
        Bounds of the interval, shape (n,).
    coverage
        Share of measurements that the interval is meant to hold, 0 to 1.
    in_domain
        Whether the model knows this kind of recipe, shape (n,).
    reason
        In words, why a row is out of the domain; None where nothing is to be said, shape (n,).
    """

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    coverage: float
    in_domain: NDArray[np.bool_]
    reason: tuple[str | None, ...]

    def __post_init__(self) -> None:
        shapes = {np.shape(a) for a in (self.value, self.low, self.high, self.in_domain)}
        if shapes != {(len(self.reason),)}:
            raise ValueError(f"arrays of a prediction must all have one shape (n,), given {shapes}")

    def __len__(self) -> int:
        return len(self.reason)

    @classmethod
    def unavailable(cls, n: int, reason: str) -> Prediction:
        """A prediction that says why there is no value, for `n` rows."""
        nothing = np.full(n, np.nan)
        return cls(
            value=nothing,
            low=nothing,
            high=nothing,
            coverage=float("nan"),
            in_domain=np.zeros(n, dtype=bool),
            reason=(reason,) * n,
        )

    def record(self, row: int) -> dict[str, Any]:
        """One row as the command line's contract writes it; NaN becomes None."""
        return {
            "value": number_or_none(self.value[row]),
            "low": number_or_none(self.low[row]),
            "high": number_or_none(self.high[row]),
            "coverage": number_or_none(self.coverage),
            "in_domain": bool(self.in_domain[row]),
            "reason": self.reason[row],
        }


def join_faults(faults: Sequence[str]) -> str | None:
    """One line of several faults; None for none."""
    return "; ".join(faults) or None


def wide(half_width_log10: float) -> str | None:
    """Why an interval of a positive property is too wide to be believed; None if it is not."""
    if half_width_log10 <= _WIDEST_HALF_WIDTH:
        return None
    return f"uncertain by a factor of {10.0 ** min(half_width_log10, 3.0):.0f}"


def is_unknown(low: float | None, high: float | None) -> bool:
    """Whether the answer is "unknown" instead of a number, by the ends of its interval."""
    if low is None or high is None or low <= 0:
        return False
    return wide(np.log10(high / low) / 2.0) is not None


def number_or_none(value: float) -> float | None:
    """`value` as a plain float, or None for NaN, which JSON cannot hold."""
    return None if np.isnan(value) else float(value)
