"""Comparing papers with each other: rows of one against the curves of another.

A *series* is one paper's rows on one formulation, sorted by temperature. A row is compared with the
series of other papers whose salt concentration is near, interpolated linearly in 1/T on the decadic
logarithm (Arrhenius within the gap of two points), never extrapolated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.splits import formulation_groups, source_groups, system_groups
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species import Solvent

# Solvent mixtures that share this much of their moles by chemical class are similar.
_SIMILAR_SHARE = 0.75
# All ethers hold cations by ether oxygens and have a low permittivity: one class.
_CLASSES = {"glyme": "ether", "cyclic ether": "ether", "linear ether": "ether"}
# Points this close to the end of a curve (about 3 K at room temperature) still count as on it.
_EDGE_PER_K = 3e-5
# Within about 1 K at room temperature two temperatures are one.
_SAME_PER_K = 1e-5


class Likeness(IntEnum):
    """How alike two formulations are that are compared; the smaller, the better."""

    SAME_SYSTEM = 0
    SAME_SALT = 1
    SAME_CATION = 2

    @property
    def label(self) -> str:
        """In words."""
        return (
            "same salt and solvent mixture",
            "same salt, similar solvents",
            "same cation, similar solvents",
        )[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Rows of one paper on one formulation against one series of another paper.

    Attributes
    ----------
    source, other
        Numbers of the two papers (`source_groups`).
    likeness
        How alike the formulations are.
    rows
        Rows of the measurements that could be compared, shape (r,).
    difference
        lg of each row's value less that of the other paper at the same temperature, shape (r,).
    """

    source: int
    other: int
    likeness: Likeness
    rows: NDArray[np.intp]
    difference: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    source: NDArray[np.intp]
    system: NDArray[np.intp]
    molality: NDArray[np.float64]
    rows: list[NDArray[np.intp]]
    inverse_t: list[NDArray[np.float64]]
    log: list[NDArray[np.float64]]
    first: NDArray[np.intp]


def comparisons(
    measurements: Measurements,
    *,
    tolerance: float,
    farthest: Likeness,
    floor_mol_kg: float = 0.0,
    largest_gap_k: float = np.inf,
    sources: Collection[int] | None = None,
) -> Iterator[Comparison]:
    """Compare every paper with every other.

    Parameters
    ----------
    measurements
        Values of a positive property with temperatures.
    tolerance
        Largest relative difference of molality.
    farthest
        How unlike formulations may be; only those with salt are compared across systems.
    floor_mol_kg
        Molalities closer than this are near whatever their ratio.
    largest_gap_k
        Widest gap between two temperatures of a curve that is interpolated over.
    sources
        Papers to compare with all others (`source_groups`); all by default.

    Yields
    ------
    Comparison
    """
    if len(set(measurements.source.tolist())) < 2:
        return
    series = _series(measurements)
    alike = _Alike(measurements, series, farthest)
    for i in range(len(series.rows)):
        if sources is not None and int(series.source[i]) not in sources:
            continue
        gap = np.maximum(floor_mol_kg, tolerance * series.molality[i]) + 1e-9
        near = np.abs(series.molality - series.molality[i]) <= gap
        likeness = alike.to(i)
        near &= (series.source != series.source[i]) & (likeness <= farthest)
        for j in np.flatnonzero(near).tolist():
            found = _compared(series, i, j, Likeness(int(likeness[j])), largest_gap_k)
            if found is not None:
                yield found


def _compared(
    series: _Series, i: int, j: int, likeness: Likeness, largest_gap_k: float
) -> Comparison | None:
    x, other_x = series.inverse_t[i], series.inverse_t[j]
    inside = (x >= other_x[0] - _EDGE_PER_K) & (x <= other_x[-1] + _EDGE_PER_K)
    if np.isfinite(largest_gap_k):
        above = np.clip(np.searchsorted(other_x, x), 1, max(len(other_x) - 1, 1))
        low, high = other_x[above - 1], other_x[np.minimum(above, len(other_x) - 1)]
        beside = np.minimum(np.abs(x - low), np.abs(x - high)) <= _SAME_PER_K
        inside &= beside | (high - low <= largest_gap_k * x**2)
    if not inside.any():
        return None
    return Comparison(
        source=int(series.source[i]),
        other=int(series.source[j]),
        likeness=likeness,
        rows=series.rows[i][inside],
        difference=series.log[i][inside] - np.interp(x[inside], other_x, series.log[j]),
    )


def _series(measurements: Measurements) -> _Series:
    source, system = source_groups(measurements), system_groups(measurements)
    group = formulation_groups(measurements)
    inverse_t = 1 / measurements.temperature_k
    log = np.log10(measurements.value)
    molality = np.array([f.molality_mol_kg for f in measurements.formulations])
    order = np.lexsort((inverse_t, group, source))
    cuts = np.flatnonzero((np.diff(source[order]) != 0) | (np.diff(group[order]) != 0)) + 1
    rows = np.split(order, cuts)
    first = np.array([r[0] for r in rows], dtype=np.intp)
    of_row = molality[measurements.formulation_index]
    return _Series(
        source=source[first],
        system=system[first],
        molality=np.array([np.median(of_row[r]) for r in rows]),
        rows=rows,
        inverse_t=[inverse_t[r] for r in rows],
        log=[log[r] for r in rows],
        first=first,
    )


def _class_shares(formulations: tuple[Formulation, ...]) -> NDArray[np.float64]:
    """Mole fraction of each chemical class among the solvents, shape (u, classes)."""
    names = [[_class(s.solvent) for s in f.solvents] for f in formulations]
    column = {name: i for i, name in enumerate(sorted({n for row in names for n in row}))}
    shares = np.zeros((len(formulations), len(column)))
    for row, formulation in enumerate(formulations):
        held = formulation.solvent_mole_fractions
        for name, part in zip(names[row], formulation.solvents, strict=True):
            shares[row, column[name]] += held[part.solvent.name]
    return shares


def _class(solvent: Solvent) -> str:
    return _CLASSES.get(solvent.family, solvent.family or solvent.smiles)


class _Alike:
    """How alike the formulation of a series is to that of every other."""

    def __init__(self, measurements: Measurements, series: _Series, farthest: Likeness) -> None:
        self.series = series
        self.across_systems = farthest > Likeness.SAME_SYSTEM
        if not self.across_systems:
            return
        formulations = measurements.formulations
        of = measurements.formulation_index[series.first]
        self.shares = _class_shares(formulations)[of]
        salts = ["|".join(sorted(s.salt.name for s in f.salts)) for f in formulations]
        cations = ["|".join(sorted(s.salt.cation.smiles for s in f.salts)) for f in formulations]
        self.salt, self.cation = np.array(salts)[of], np.array(cations)[of]

    def to(self, i: int) -> NDArray[np.intp]:
        """Likeness of each series to series `i`; one more than the farthest where there is none."""
        none = len(Likeness)
        system = self.series.system
        likeness = np.where(system == system[i], int(Likeness.SAME_SYSTEM), none)
        # Pure liquids of one chemical class differ by decades: only solutions are compared.
        if not self.across_systems or self.series.molality[i] == 0:
            return likeness
        cation = np.where(self.cation == self.cation[i], int(Likeness.SAME_CATION), none)
        across = np.where(self.salt == self.salt[i], int(Likeness.SAME_SALT), cation)
        shared = np.minimum(self.shares, self.shares[i]).sum(axis=1)
        return np.where((likeness == none) & (shared >= _SIMILAR_SHARE), across, likeness)
