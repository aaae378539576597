"""Suspected slips of units: papers that lie a constant factor off all others.

For each paper, its rows are compared with the curves of every other paper (`neighbours`): on the
same system if there is any such, else on the same salt in similar solvents, else on the same
cation. The median over rows gives the difference to each other paper, the median over these the
paper's offset. Half a decade, the border between a factor of one and of ten, is the threshold; the
paper farthest off is set aside and the offsets of the others are taken again without it, so that
one slip is not blamed on its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.paper_curves import Likeness, comparisons
from electrolyte_ml.properties import property_of

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
