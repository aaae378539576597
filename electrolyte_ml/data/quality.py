"""Checks of a data set: duplicates, suspected slips of units, and one report of all.

Duplicates, and the noise of labels: how well rows agree that ought to be equal.

Models cannot be more accurate on a held-out paper than papers agree with each other.

Suspected slips of units: papers that lie a constant factor off all others.

For each paper, its rows are compared with the curves of every other paper (`neighbours`): on the
same system if there is any such, else on the same salt in similar solvents, else on the same
cation. The median over rows gives the difference to each other paper, the median over these the
paper's offset. Half a decade, the border between a factor of one and of ten, is the threshold; the
paper farthest off is set aside and the offsets of the others are taken again without it, so that
one slip is not blamed on its neighbours.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.catalog import all_cards, shipped_cards
from electrolyte_ml.data.cleaning import Action, CleaningReport
from electrolyte_ml.data.contradictions import Contradiction, find_contradictions
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.paper_curves import Likeness, comparisons
from electrolyte_ml.data.sources import load_tables
from electrolyte_ml.properties import property_of
from electrolyte_ml.text import significant

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
        at = "" if math.isnan(self.temperature_k) else f" at {self.temperature_k:.1f} K"
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


_CONSISTENCY_TOLERANCE = 0.2

_FLOOR_MOL_KG = 0.1

_FEWEST_ROWS = 3

_HALF_A_DECADE = 0.5

# What interpolation may add to the difference of two papers, taken from either side.
_EQUALLY_FAR = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOffset:
    """How far one paper is from the others.

    Attributes
    ----------
    source
        DOI.
    n_rows
        Rows of the paper.
    n_compared
        Rows of it that could be compared.
    n_others
        Papers it was compared with.
    likeness
        How alike the formulations were.
    offset_log10
        lg of its values less lg of the others', median over the other papers.
    spread_log10
        Median absolute deviation of the difference to single papers; 0 for one other paper.
    suspected
        Whether it is nearer to a factor of ten off than to none.
    """

    source: str
    n_rows: int
    n_compared: int
    n_others: int
    likeness: Likeness
    offset_log10: float
    spread_log10: float
    suspected: bool

    def __str__(self) -> str:
        side = "above" if self.offset_log10 > 0 else "below"
        decade = 10 ** max(1, round(abs(self.offset_log10)))
        papers = "paper" if self.n_others == 1 else "papers"
        return (
            f"{self.source}: {10 ** abs(self.offset_log10):.3g} times {side} {self.n_others} other "
            f"{papers} ({self.likeness.label}); if it is a slip of units, a factor of {decade}"
        )

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return {
            "source": self.source,
            "n_rows": self.n_rows,
            "n_compared": self.n_compared,
            "n_others": self.n_others,
            "likeness": self.likeness.label,
            "offset_log10": self.offset_log10,
            "spread_log10": self.spread_log10,
            "suspected": self.suspected,
        }


def source_offsets(measurements: Measurements) -> tuple[SourceOffset, ...]:
    """Offset of every paper that can be compared with another.

    Parameters
    ----------
    measurements
        Values of one property.

    Returns
    -------
    tuple of SourceOffset
        Farthest off first. Empty for a property that may be negative or has no temperature, and
        where there is one paper only.
    """
    kind = property_of(measurements.property_name)
    if not (kind.positive and kind.at_temperature and len(set(measurements.source.tolist())) > 1):
        return ()
    table = _Differences(measurements)
    aside: set[int] = set()
    found: dict[int, SourceOffset] = {}
    while True:
        offsets = {s: table.offset(s, aside) for s in table.sources if s not in aside}
        known = {s: o for s, o in offsets.items() if o is not None}
        worst = max((abs(o.offset_log10) for o in known.values()), default=0.0)
        if worst <= _HALF_A_DECADE:
            break
        # Two papers that only know each other are equally far off: both are suspected.
        far = [s for s, o in known.items() if abs(o.offset_log10) >= worst - _EQUALLY_FAR]
        found |= {s: known[s] for s in far}
        aside |= set(far)
    found |= known
    return tuple(sorted(found.values(), key=lambda o: -abs(o.offset_log10)))


class _Differences:
    """Differences between papers, by how alike the formulations are."""

    def __init__(self, measurements: Measurements) -> None:
        self.names, counts = np.unique(measurements.source, return_counts=True)
        self.n_rows = counts
        self.pairs: dict[tuple[int, Likeness], dict[int, list[np.ndarray]]] = {}
        self.rows: dict[tuple[int, Likeness], set[int]] = defaultdict(set)
        self.sources = range(len(self.names))
        self._collect(measurements, Likeness.SAME_SYSTEM, self.sources)
        # With one other paper on its system, setting that aside would leave nothing to compare.
        lonely = [s for s in self.sources if len(self.pairs.get((s, Likeness.SAME_SYSTEM), {})) < 2]
        if lonely:
            self._collect(measurements, Likeness.SAME_CATION, lonely)

    def _collect(
        self, measurements: Measurements, farthest: Likeness, sources: Collection[int]
    ) -> None:
        for source, likeness in list(self.pairs):
            if source in sources:
                del self.pairs[source, likeness], self.rows[source, likeness]
        for c in comparisons(
            measurements,
            tolerance=_CONSISTENCY_TOLERANCE,
            farthest=farthest,
            floor_mol_kg=_FLOOR_MOL_KG,
            sources=sources,
        ):
            place = (c.source, c.likeness)
            self.pairs.setdefault(place, {}).setdefault(c.other, []).append(c.difference)
            self.rows[place].update(c.rows.tolist())

    def _nearest(self, source: int, aside: set[int]) -> Likeness | None:
        """Best likeness at which a paper can be compared with one that is not set aside."""
        for likeness in Likeness:
            others = set(self.pairs.get((source, likeness), {})) - aside
            if others and len(self.rows[source, likeness]) >= _FEWEST_ROWS:
                return likeness
        return None

    def offset(self, source: int, aside: set[int]) -> SourceOffset | None:
        likeness = self._nearest(source, aside)
        if likeness is None:
            return None
        pairs = self.pairs[source, likeness]
        to_each = np.array(
            [np.median(np.concatenate(d)) for other, d in pairs.items() if other not in aside]
        )
        offset = float(np.median(to_each))
        return SourceOffset(
            source=str(self.names[source]),
            n_rows=int(self.n_rows[source]),
            n_compared=len(self.rows[source, likeness]),
            n_others=len(to_each),
            likeness=likeness,
            offset_log10=offset,
            spread_log10=float(np.median(np.abs(to_each - offset))),
            suspected=abs(offset) > _HALF_A_DECADE,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCheck:
    """What was found in the rows of one property.

    Attributes
    ----------
    measurements
        The rows kept, for further checks.
    n_flagged, n_sources
        Rows with a flag, and papers.
    duplicates
        Exact and conflicting duplicates, and how well papers agree.
    offsets
        Papers that could be compared with others, farthest off first.
    contradictions
        Pairs of different curves of one recipe in one paper.
    """

    measurements: Measurements
    n_flagged: int
    n_sources: int
    duplicates: Duplicates
    offsets: tuple[SourceOffset, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def property_name(self) -> str:
        """The property."""
        return self.measurements.property_name

    @property
    def n_rows(self) -> int:
        """Rows kept."""
        return len(self.measurements)

    @property
    def n_formulations(self) -> int:
        """Distinct formulations."""
        return len(self.measurements.formulations)

    @property
    def suspected(self) -> tuple[SourceOffset, ...]:
        """Papers that may have a slip of units."""
        return tuple(o for o in self.offsets if o.suspected)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "property": self.property_name,
            "n_rows": self.n_rows,
            "n_flagged": self.n_flagged,
            "n_formulations": self.n_formulations,
            "n_sources": self.n_sources,
            "duplicates": self.duplicates.to_dict(),
            "suspected_unit_slips": [o.to_dict() for o in self.suspected],
            "n_sources_compared": len(self.offsets),
            "contradictions": [c.to_dict() for c in self.contradictions],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """Report on one data set.

    Attributes
    ----------
    name
        Of the data set.
    report
        What reading it did to rows.
    tables
        What was found, one for each property.
    """

    name: str
    report: CleaningReport
    tables: tuple[TableCheck, ...]

    def count(self, action: Action) -> int:
        """Rows something was done to; a row may be flagged or corrected for several reasons."""
        return sum(note.n_rows for note in self.report.notes if note.action is action)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "name": self.name,
            **self.report.to_dict(),
            "tables": [table.to_dict() for table in self.tables],
        }


def check_source(name: str) -> DataCheck:
    """Read a data set and look for everything that speaks against it.

    Nothing that is found here changes the data: what is flagged is not deleted.

    Parameters
    ----------
    name
        A data set of the package or one that was imported.

    Raises
    ------
    InputError
        If there is no such data set.
    DataNotFoundError
        If its file is not on this machine.
    """
    tables, report = load_tables(name)
    checks = tuple(_check_table(m, papers_only=name in shipped_cards()) for m in tables)
    return DataCheck(name=name, report=report, tables=checks)


def _check_table(measurements: Measurements, *, papers_only: bool) -> TableCheck:
    return TableCheck(
        measurements=measurements,
        n_flagged=int((measurements.flag != "").sum()),
        n_sources=len(set(measurements.source.tolist())),
        duplicates=find_duplicates(measurements),
        offsets=source_offsets(measurements),
        contradictions=find_contradictions(measurements, papers_only=papers_only),
    )


def available_names() -> tuple[str, ...]:
    """Data sets that are on this machine."""
    return tuple(name for name, card in all_cards().items() if card.available)
