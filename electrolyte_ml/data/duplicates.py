"""Duplicates, and the noise of labels: how well rows agree that ought to be equal.

Models cannot be more accurate on a held-out paper than papers agree with each other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.paper_curves import Likeness, comparisons
from electrolyte_ml.properties import property_of
from electrolyte_ml.text import celsius, significant

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
class Conflict:
    """Different values of one recipe at one temperature in one source.

    Attributes
    ----------
    source, recipe
        Where, and what both are labelled with.
    n_pairs
        Pairs of rows of this source and recipe that differ.
    rows
        The two rows that differ most, as numbered in the file.
    temperature_k
        Their temperature, K; NaN where the property has none.
    values
        Their values, in the unit of the property.
    unit
        That unit.
    """

    source: str
    recipe: str
    n_pairs: int
    rows: tuple[int, int]
    temperature_k: float
    values: tuple[float, float]
    unit: str

    def __str__(self) -> str:
        at = "" if math.isnan(self.temperature_k) else f" at {celsius(self.temperature_k)}"
        more = f", and {self.n_pairs - 1} more of this recipe" if self.n_pairs > 1 else ""
        return (
            f"{self.source}: {self.recipe}{at} has {significant(self.values[0])} in row "
            f"{self.rows[0]} and {significant(self.values[1])} {self.unit} in row "
            f"{self.rows[1]}{more}"
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {
            "source": self.source,
            "recipe": self.recipe,
            "n_pairs": self.n_pairs,
            "rows": list(self.rows),
            "temperature_k": None if math.isnan(self.temperature_k) else self.temperature_k,
            "values": list(self.values),
            "unit": self.unit,
        }


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
    conflicts
        Those rows by source and recipe, the largest difference first.
    across
        Agreement between papers on the same system at near concentrations, interpolated in
        temperature, flagged rows left out: the floor of any error on a held-out paper; None if no
        two papers meet.
    """

    exact: int
    repeats: Agreement | None
    conflicts: tuple[Conflict, ...]
    across: Agreement | None

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {
            "exact": self.exact,
            "conflicting_within_papers": None if self.repeats is None else self.repeats.to_dict(),
            "conflicts": [c.to_dict() for c in self.conflicts],
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
    kind = property_of(measurements.property_name)
    values = np.log10(measurements.value) if kind.positive else measurements.value
    differences, first, second = _repeated(measurements, values)
    conflicting = differences > _SAME_VALUE
    conflicts = differences[conflicting]
    repeats = None
    if len(conflicts):
        repeats = Agreement(
            n_pairs=len(conflicts), median=float(np.median(conflicts)), logarithmic=kind.positive
        )
    comparable = kind.positive and kind.at_temperature
    return Duplicates(
        exact=int((~conflicting).sum()),
        repeats=repeats,
        conflicts=_conflicts(measurements, conflicts, first[conflicting], second[conflicting]),
        across=_across(measurements) if comparable else None,
    )


def _repeated(
    measurements: Measurements, values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """Absolute differences of rows of one paper that ought to be equal, and which rows they are."""
    keys = np.array([f.key for f in measurements.formulations], dtype=object)
    none = np.empty(0, dtype=np.intp)
    if not len(keys):
        return np.empty(0), none, none
    formulation = np.unique(keys, return_inverse=True)[1][measurements.formulation_index]
    source = np.unique(measurements.source, return_inverse=True)[1]
    kelvin = np.nan_to_num(measurements.temperature_k, nan=0.0)  # only to sort and compare
    order = np.lexsort((values, kelvin, formulation, source))
    same = (np.diff(source[order]) == 0) & (np.diff(formulation[order]) == 0)
    same &= np.abs(np.diff(kelvin[order])) <= _SAME_TEMPERATURE_K
    first, second = order[:-1][same], order[1:][same]
    return np.abs(values[second] - values[first]), first, second


def _conflicts(
    measurements: Measurements,
    differences: NDArray[np.float64],
    first: NDArray[np.intp],
    second: NDArray[np.intp],
) -> tuple[Conflict, ...]:
    """Pairs of rows that differ, gathered by source and recipe, the largest difference first."""
    recipes = measurements.row_formulations
    pairs: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for i in np.argsort(-differences, kind="stable").tolist():
        one, other = sorted((int(first[i]), int(second[i])))
        pairs[str(measurements.source[one]), recipes[one].key].append((one, other))
    return tuple(
        Conflict(
            source=source,
            recipe=recipes[held[0][0]].notation(),
            n_pairs=len(held),
            rows=(
                int(measurements.source_row[held[0][0]]),
                int(measurements.source_row[held[0][1]]),
            ),
            temperature_k=float(measurements.temperature_k[held[0][0]]),
            values=(
                float(measurements.value[held[0][0]]),
                float(measurements.value[held[0][1]]),
            ),
            unit=property_of(measurements.property_name).measured_unit,
        )
        for (source, _), held in pairs.items()
    )


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
