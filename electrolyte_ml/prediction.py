"""Predictions: values with their intervals and domain flags, never a bare number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.row_table import RowTable

if TYPE_CHECKING:
    import pandas as pd

# Half width of an interval in log10 beyond which a prediction is of no use: a factor of 4.
_WIDEST_HALF_WIDTH = 0.6
# Rows shown in the short form.
_SHOWN_ROWS = 3


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Prediction(RowTable):
    """Predicted values with their intervals and domain flags.

    ``prediction[3]`` is one row and ``prediction[2:5]`` several, each a `Prediction` again.

    Attributes
    ----------
    value
        Best estimate, shape (n,), in the unit of the property's name; NaN where there is none.
    low, high
        Bounds of the interval, shape (n,).
    coverage
        Share of measurements that the interval is meant to hold, 0 to 1.
    in_domain
        Whether the recipe is in the domain of the model, shape (n,).
    reason
        Reason, in words, why a row is out of the domain; None without one, shape (n,).

    Examples
    --------
    >>> prediction = Prediction.unavailable(2, "no model")
    >>> len(prediction), prediction[0].reason
    (2, ('no model',))
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

    def __getitem__(self, rows: int | slice | Sequence[int] | NDArray[Any]) -> Self:
        if isinstance(rows, int | np.integer):
            if not -len(self) <= rows < len(self):
                raise IndexError(f"row {rows} of a prediction of {len(self)} rows")
            return self.select([int(rows)])
        return self.select(np.arange(len(self))[rows])

    def __iter__(self) -> Iterator[Self]:
        return (self[row] for row in range(len(self)))

    def __repr__(self) -> str:
        first = [shown(self.record(row)) for row in range(min(_SHOWN_ROWS, len(self)))]
        more = ["..."] if len(self) > _SHOWN_ROWS else []
        outside = len(self) - int(np.sum(self.in_domain))
        notes = [f"; {outside} outside the domain"] if outside else []
        rows = "1 row" if len(self) == 1 else f"{len(self)} rows"
        return f"<{type(self).__name__}, {rows}: {', '.join([*first, *more])}{''.join(notes)}>"

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html())

    @staticmethod
    def unavailable(n: int, reason: str) -> Prediction:
        """A prediction without values for `n` rows, with the reason."""
        nothing = np.full(n, np.nan)
        return Prediction(
            value=nothing,
            low=nothing,
            high=nothing,
            coverage=float("nan"),
            in_domain=np.zeros(n, dtype=bool),
            reason=(reason,) * n,
        )

    @staticmethod
    def certain(
        values: NDArray[np.float64], reasons: tuple[str | None, ...] | None = None
    ) -> Prediction:
        """Values without error, shape (n,); NaN where there is none, with the reason given."""
        return Prediction(
            value=values,
            low=values,
            high=values,
            coverage=1.0,
            in_domain=np.isfinite(values),
            reason=(None,) * len(values) if reasons is None else reasons,
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

    def to_frame(self) -> pd.DataFrame:
        """One line for each row, with the columns of `record`; NaN where there is no value."""
        import pandas as pd

        held = {field.name: getattr(self, field.name) for field in fields(self)}
        columns = {
            name: pd.Series(values, dtype=object) if isinstance(values, tuple) else values
            for name, values in held.items()
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self)))


def join_faults(faults: Sequence[str | None]) -> str | None:
    """Faults joined to one line; None if all are None."""
    return "; ".join(fault for fault in faults if fault) or None


def wide(half_width_log10: float) -> str | None:
    """Reason if the interval of a positive property is too wide to be useful; else None."""
    if half_width_log10 <= _WIDEST_HALF_WIDTH:
        return None
    return f"uncertain by a factor of {10.0 ** min(half_width_log10, 3.0):.0f}"


def flat_record(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested record as the columns of a table: names are joined with dots.

    An interval becomes two columns, ``.low`` and ``.high``; other lists become text, warnings with
    their severity.

    Examples
    --------
    >>> flat_record({"key": "eml1-0", "density_g_cm3": {"value": 1.2, "low": 1.1}})
    {'key': 'eml1-0', 'density_g_cm3.value': 1.2, 'density_g_cm3.low': 1.1}
    """
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            flat |= flat_record(value, f"{prefix}{name}.")
        elif name.endswith("_interval"):
            low, high = value or (None, None)
            flat |= {f"{prefix}{name}.low": low, f"{prefix}{name}.high": high}
        else:
            flat[prefix + name] = "; ".join(map(_item, value)) if isinstance(value, list) else value
    return flat


def _item(item: str | Mapping[str, str]) -> str:
    """An item of a list as text."""
    return item if isinstance(item, str) else f"{item['severity']}: {item['text']}"


def shown(record: Mapping[str, Any]) -> str:
    """A record as ``6.41 (4.9 to 8.31)``; ``none`` where there is no value."""
    if record["value"] is None:
        return "none"
    low, high = ("?" if record[end] is None else f"{record[end]:.3g}" for end in ("low", "high"))
    return f"{record['value']:.3g} ({low} to {high})"


def is_unknown(low: float | None, high: float | None) -> bool:
    """Whether the interval is so wide that "unknown" is shown instead of a number."""
    if low is None or high is None:
        return low is not high  # one bound is beyond all numbers
    if low <= 0:
        return False
    return wide(np.log10(high / low) / 2.0) is not None


def unknown_rows(prediction: Prediction) -> NDArray[np.bool_]:
    """Whether "unknown" is shown instead of the number, shape (n,); see `is_unknown`."""
    low, high = (np.asarray(end, dtype=np.float64) for end in (prediction.low, prediction.high))
    one_bound = np.isfinite(low) != np.isfinite(high)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.log10(high / low) / 2.0
    return one_bound | ((low > 0) & (half > _WIDEST_HALF_WIDTH))


def number_or_none(value: float) -> float | None:
    """`value` as a plain float, or None for NaN and infinities, which JSON cannot hold."""
    return float(value) if np.isfinite(value) else None
