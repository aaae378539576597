"""A number from a trajectory, its error, and whether it may be quoted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.errors import ElectrolyteError


class NotConvergedError(ElectrolyteError, RuntimeError):
    """The simulation is too short for a number that a caller requires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean with its standard error.

    Attributes
    ----------
    value
        The number, in the unit that the name of the quantity carries.
    error
        One standard error, from blocks; NaN where there are too few.
    reasons
        Why it may not be quoted, a line each; empty for a converged number.
    """

    value: float
    error: float
    reasons: tuple[str, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether nothing speaks against quoting it."""
        return not self.reasons

    def quoted(self) -> float:
        """The number, if it may be quoted.

        Raises
        ------
        NotConvergedError
            With the reasons, if it may not.
        """
        if self.reasons:
            raise NotConvergedError("; ".join(self.reasons))
        return self.value

    @property
    def relative_error(self) -> float:
        """Error by value; infinite where there is none."""
        known = math.isfinite(self.error) and math.isfinite(self.value) and self.value != 0
        return self.error / abs(self.value) if known else math.inf

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Estimate:
        """Estimate of its JSON form."""
        value, error = (math.nan if held[n] is None else held[n] for n in ("value", "error"))
        return cls(value=value, error=error, reasons=tuple(held["reasons"]))

    def to_dict(self) -> dict[str, Any]:
        """JSON form; numbers that are not finite become null."""
        return {
            "value": self.value if math.isfinite(self.value) else None,
            "error": self.error if math.isfinite(self.error) else None,
            "converged": self.converged,
            "reasons": list(self.reasons),
        }


def from_blocks(
    value: float,
    blocks: Sequence[float] | np.ndarray,
    *,
    largest_relative_error: float,
    reasons: Sequence[str] = (),
) -> Estimate:
    """Estimate whose error is that of the mean over blocks.

    Parameters
    ----------
    value
        The number from all data.
    blocks
        The same number from each of several equal stretches.
    largest_relative_error
        Beyond this error by value the number is not quoted.
    reasons
        Further reasons against quoting it.

    Returns
    -------
    Estimate
        Value, error and reasons.
    """
    if len(blocks) < 2:
        too_short = "the recording is too short for blocks"
        return Estimate(value=value, error=math.nan, reasons=(*reasons, too_short))
    found = list(reasons)
    error = float(np.std(blocks, ddof=1) / math.sqrt(len(blocks)))
    if error > largest_relative_error * abs(value):
        found.append(
            f"blocks scatter by {error:.3g} about {value:.3g}, "
            f"more than {100 * largest_relative_error:.0f} %"
        )
    return Estimate(value=value, error=error, reasons=tuple(found))


def block_means(series: np.ndarray, n_blocks: int) -> list[float]:
    """Means of equal stretches of a series; none where a stretch would hold one sample."""
    if len(series) < 2 * n_blocks:
        return []
    return [float(part.mean()) for part in np.array_split(series, n_blocks)]


def refused(*reasons: str) -> Estimate:
    """An estimate without a value, and why."""
    return Estimate(value=math.nan, error=math.nan, reasons=reasons)


def drift_reason(series: np.ndarray, name: str, tolerance: float) -> tuple[str, ...]:
    """A reason if the second half of a series departs from the first by more than `tolerance`."""
    first, second = (float(half.mean()) for half in np.array_split(series, 2))
    if abs(second - first) <= tolerance:
        return ()
    return (f"{name} drifts from {first:.3g} to {second:.3g} between the halves",)
