r"""What many short pairs say together: mean and spread of log(Na/Li), and against measured ones.

The log10 of a simulated ratio is

.. math:: y_i = \mu + u_i + e_i, \qquad u_i \sim N(0, \tau^2), \quad e_i \sim N(0, s_i^2),

with :math:`s_i` the error of the recordings of pair :math:`i` and :math:`\tau` the spread between
electrolytes. :math:`\tau` is the value at which the weighted squares are as large as expected [1]_.

References
----------
.. [1] Paule, Mandel, J. Res. Natl. Bur. Stand. 1982, 87, 377. https://doi.org/10.6028/jres.087.022
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from electrolyte_ml.simulate.ions import TABLES
from electrolyte_ml.simulate.results import Ratio

MEASURED = TABLES / "measured_ratios.csv"
# No electrolytes differ by a factor of ten in this ratio.
_LARGEST_SPREAD = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Mean of log10 ratios over electrolytes.

    Attributes
    ----------
    mean_log10
        Mean.
    error_log10
        Its standard error.
    spread_log10
        Standard deviation between electrolytes, beyond the errors of their recordings.
    n_pairs
        Ratios behind it.
    """

    mean_log10: float
    error_log10: float
    spread_log10: float
    n_pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRatio:
    """A ratio of two conductivities that is known from experiment.

    Attributes
    ----------
    recipe
        Recipe of the sodium half.
    log10
        log10 of sodium over lithium.
    error_log10
        Its standard error.
    """

    recipe: str
    log10: float
    error_log10: float


def pool(values_log10: Sequence[float], errors_log10: Sequence[float]) -> Pooled:
    """Mean and spread of log10 ratios.

    Parameters
    ----------
    values_log10
        log10 of each ratio.
    errors_log10
        Standard error of each, above 0.

    Returns
    -------
    Pooled
        With a spread of NaN for a single ratio.

    Raises
    ------
    ValueError
        If there is nothing to pool.
    """
    if not values_log10:
        raise ValueError("no ratios to pool")
    spread = _spread(values_log10, errors_log10)
    weights = _weights(errors_log10, spread)
    mean = sum(w * y for w, y in zip(weights, values_log10, strict=True)) / sum(weights)
    return Pooled(
        mean_log10=mean,
        error_log10=1 / math.sqrt(sum(weights)),
        spread_log10=spread if len(values_log10) > 1 else math.nan,
        n_pairs=len(values_log10),
    )


def pool_ratios(ratios: Iterable[Ratio]) -> dict[tuple[str, str], Pooled]:
    """Pool ratios by cation set and charge scale; those without an error bar are left out."""
    grouped: dict[tuple[str, str], list[Ratio]] = defaultdict(list)
    for ratio in ratios:
        if math.isfinite(ratio.error) and ratio.value > 0:
            grouped[_setting(ratio)].append(ratio)
    return {
        setting: pool([r.log10 for r in held], [r.error_log10 for r in held])
        for setting, held in grouped.items()
    }


def against_measured(
    ratios: Iterable[Ratio], measured: Iterable[MeasuredRatio]
) -> dict[tuple[str, str], Pooled]:
    """Pool simulated less measured log10 ratios, by cation set and charge scale.

    Parameters
    ----------
    ratios
        Simulated ratios.
    measured
        What they should be; recipes that nobody measured are left out.

    Returns
    -------
    dict
        (cation set, charge scale) to the mean deviation and its spread.
    """
    known = {m.recipe: m for m in measured}
    grouped: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for ratio in ratios:
        truth = known.get(ratio.labels["recipe"])
        if truth is not None and math.isfinite(ratio.error) and ratio.value > 0:
            error = math.hypot(ratio.error_log10, truth.error_log10)
            grouped[_setting(ratio)].append((ratio.log10 - truth.log10, error))
    return {
        setting: pool([d for d, _ in held], [e for _, e in held])
        for setting, held in grouped.items()
    }


def measured_ratios(path: Path = MEASURED) -> list[MeasuredRatio]:
    """The ratios that are known; sources are in the table."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            MeasuredRatio(
                recipe=row["recipe"],
                log10=math.log10(float(row["ratio"])),
                error_log10=float(row["error_log10"]),
            )
            for row in csv.DictReader(file)
        ]


def _setting(ratio: Ratio) -> tuple[str, str]:
    labels: Mapping[str, str] = ratio.labels
    return labels["cation_set"], labels["charge_scale"]


def _spread(values: Sequence[float], errors: Sequence[float]) -> float:
    """Spread at which there is no surplus; 0 if the errors explain all."""
    if len(values) < 2 or _surplus(values, errors, 0.0) <= 0:
        return 0.0
    if _surplus(values, errors, _LARGEST_SPREAD) >= 0:
        return _LARGEST_SPREAD
    from scipy.optimize import brentq

    root: float = brentq(lambda spread: _surplus(values, errors, spread), 0.0, _LARGEST_SPREAD)
    return root


def _weights(errors: Sequence[float], spread: float) -> list[float]:
    return [1 / (error**2 + spread**2) for error in errors]


def _surplus(values: Sequence[float], errors: Sequence[float], spread: float) -> float:
    """Weighted squares less their expectation; falls with the spread."""
    weights = _weights(errors, spread)
    mean = sum(w * y for w, y in zip(weights, values, strict=True)) / sum(weights)
    squares = sum(w * (y - mean) ** 2 for w, y in zip(weights, values, strict=True))
    return squares - (len(values) - 1)
