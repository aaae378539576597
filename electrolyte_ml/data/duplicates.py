"""Duplicates, and the noise of labels: how well rows agree that ought to be equal.

Models cannot be more accurate on a held-out paper than papers agree with each other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.neighbours import Likeness, comparisons
from electrolyte_ml.data.properties import kind_of

# Temperatures closer than this are one.
_SAME_TEMPERATURE_K = 0.1
_SAME_VALUE = 1e-9
# Concentrations read off plots differ by a few percent between papers on the same mixture.
_TOLERANCE = 0.05
# Interpolating a VFT curve in 1/T over more than this errs by about as much as papers differ.
_LARGEST_GAP_K = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well pairs of rows agree.

    Attributes
    ----------
    n_pairs
        Pairs compared.
    median
        Median absolute difference: of lg for a positive property, else in the unit.
    per_pair_median
        The same as the median over pairs of papers, each pair counted once; None within papers.
    n_papers
        Pairs of papers; None within papers.
    logarithmic
        Whether differences are of decadic logarithms.
    """

    n_pairs: int
    median: float
    logarithmic: bool
    per_pair_median: float | None = None
    n_papers: int | None = None

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON; ``percent`` is the same as relative difference."""
        shown: dict[str, object] = {
            "n_pairs": self.n_pairs,
            "median_log10" if self.logarithmic else "median": self.median,
        }
        if self.logarithmic:
            shown["median_percent"] = percent(self.median)
        if self.per_pair_median is not None:
            shown |= {
                "n_pairs_of_papers": self.n_papers,
                "median_of_pairs_of_papers_log10": self.per_pair_median,
                "median_of_pairs_of_papers_percent": percent(self.per_pair_median),
            }
        return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What a table holds twice.

    Attributes
    ----------
    exact
        Rows that repeat another of the same paper: formulation, temperature and value.
    repeats
        Agreement of rows of one paper, formulation and temperature with different values; None if
        there are none.
    across
        Agreement between papers on the same system at near concentrations, interpolated in
        temperature, flagged rows left out: the floor of any error on a held-out paper; None if no
        two papers meet.
    """

    exact: int
    repeats: Agreement | None
    across: Agreement | None

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {
            "exact": self.exact,
            "conflicting_within_papers": None if self.repeats is None else self.repeats.to_dict(),
            "across_papers": None if self.across is None else self.across.to_dict(),
        }


def percent(log10: float) -> float:
    """Relative difference of a difference of decadic logarithms, percent."""
    return float(100 * (10**log10 - 1))


def find_duplicates(measurements: Measurements) -> Duplicates:
    """Find exact and conflicting duplicates.

    Parameters
    ----------
    measurements
        Values of one property.
    """
    kind = kind_of(measurements.property_name)
    values = np.log10(measurements.value) if kind.positive else measurements.value
    differences = _repeated(measurements, values)
    conflicts = differences[differences > _SAME_VALUE]
    repeats = None
    if len(conflicts):
        repeats = Agreement(
            n_pairs=len(conflicts), median=float(np.median(conflicts)), logarithmic=kind.positive
        )
    comparable = kind.positive and kind.temperature
    return Duplicates(
        exact=int((differences <= _SAME_VALUE).sum()),
        repeats=repeats,
        across=_across(measurements) if comparable else None,
    )


def _repeated(measurements: Measurements, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Absolute differences of neighbours in one paper that ought to be equal."""
    keys = np.array([f.key for f in measurements.formulations], dtype=object)
    if not len(keys):
        return np.array([])
    formulation = np.unique(keys, return_inverse=True)[1][measurements.formulation_index]
    source = np.unique(measurements.source, return_inverse=True)[1]
    kelvin = np.nan_to_num(measurements.temperature_k, nan=0.0)  # only to sort and compare
    order = np.lexsort((values, kelvin, formulation, source))
    same = (np.diff(source[order]) == 0) & (np.diff(formulation[order]) == 0)
    same &= np.abs(np.diff(kelvin[order])) <= _SAME_TEMPERATURE_K
    differences: NDArray[np.float64] = np.abs(np.diff(values[order]))[same]
    return differences


def _across(measurements: Measurements) -> Agreement | None:
    by_pair: dict[tuple[int, int], list[NDArray[np.float64]]] = defaultdict(list)
    unflagged = measurements.select(measurements.flag == "")
    for c in comparisons(
        unflagged,
        tolerance=_TOLERANCE,
        farthest=Likeness.SAME_SYSTEM,
        largest_gap_k=_LARGEST_GAP_K,
    ):
        by_pair[min(c.source, c.other), max(c.source, c.other)].append(np.abs(c.difference))
    if not by_pair:
        return None
    pairs = [np.concatenate(d) for d in by_pair.values()]
    every = np.concatenate(pairs)
    return Agreement(
        n_pairs=len(every),
        median=float(np.median(every)),
        logarithmic=True,
        per_pair_median=float(np.median([np.median(p) for p in pairs])),
        n_papers=len(pairs),
    )
