"""Copies: the same measurement in several places, and what must leave training with it.

Compilations take values from the same papers, under other orders of solvents, bases of ratios and
units of concentration. Two rows are copies if they have the same ions and molecules, whatever their
amounts, temperatures within 0.6 K and values within 1 %. That is wide on purpose: a row that only
looks like a copy of a tested one costs a little training data, a copy that stays makes the test
worthless.

To count a measurement once, more is asked: the amounts must be alike, too (`once`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species.ionic_liquids import ions_of

SAME_TEMPERATURE_K = 0.6
#: The smaller of two values is at least this share of the larger.
SAME_VALUE = 0.99
# Rounding must not part what lies on the border.
_BORDER = 1 + 1e-9
# More than any two rows of one set of species lie apart on the scales below.
_APART = 1e7
_NO_MOLECULES = 1e-6


def species_of(formulation: Formulation) -> frozenset[str]:
    """SMILES of all ions and molecules, whether an ion came with a salt or an ionic liquid."""
    return ions_in(formulation) | molecules_in(formulation)


def ions_in(formulation: Formulation) -> frozenset[str]:
    """SMILES of the ions, those of ionic liquids included."""
    salts = [ion.smiles for s in formulation.salts for ion in (s.salt.cation, s.salt.anion)]
    liquids = [ion for s in formulation.solvents for ion in ions_of(s.solvent)]
    return frozenset([*salts, *liquids])


def molecules_in(formulation: Formulation) -> frozenset[str]:
    """SMILES of the neutral molecules."""
    return frozenset(s.solvent.smiles for s in formulation.solvents if not ions_of(s.solvent))


def series_groups(measurements: Measurements) -> NDArray[np.intp]:
    """Number of each row's series: its set of ions and molecules, shape (n,)."""
    numbers = _numbered([measurements.formulations])[0]
    return numbers[measurements.formulation_index]


def copies_of(rows: Measurements, within: Measurements) -> NDArray[np.bool_]:
    """Which rows of a table are copies of any of some rows, those rows themselves included.

    Parameters
    ----------
    rows
        What a fold leaves out.
    within
        What might be trained on, calibrated on or pre-trained on.

    Returns
    -------
    ndarray of bool, shape (n,)
        Rows of `within` that must leave.
    """
    from scipy.spatial import cKDTree

    found = np.zeros(len(within), dtype=np.bool_)
    if not len(rows) or not len(within):
        return found
    numbers = _numbered([rows.formulations, within.formulations])
    held, places = (_places(m, n) for m, n in zip((rows, within), numbers, strict=True))
    distance, _ = cKDTree(held).query(places, k=1, p=np.inf, distance_upper_bound=_BORDER * _BORDER)
    found[:] = distance <= _BORDER
    return found


def once(measurements: Measurements, rank: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each row, the row that stands for the same measurement.

    A row gives way to a copy of a smaller rank with like amounts: solvents whose mole fractions
    differ by less than 0.4 in sum, and a molality within 50 % or 0.05 mol/kg. Of rows of one rank
    repeats give way to the first of them: one paper by way of two compilations, temperatures within
    0.1 K and amounts within 1 %.

    Parameters
    ----------
    measurements
        Values of one property, n rows.
    rank
        Rank of the file that each row is from, shape (n,): the best documented has the smallest.

    Returns
    -------
    ndarray of int, shape (n,)
        Number of the row that stands for it; its own number where nothing does.
    """
    from scipy.spatial import cKDTree

    stands_for = np.arange(len(measurements), dtype=np.intp)
    if not len(measurements):
        return stands_for
    places = _places(measurements, _numbered([measurements.formulations])[0])
    pairs = cKDTree(places).query_pairs(_BORDER, p=np.inf, output_type="ndarray")
    first, second = pairs[:, 0], pairs[:, 1]
    swap = (rank[first] > rank[second]) | ((rank[first] == rank[second]) & (first > second))
    better, worse = np.where(swap, second, first), np.where(swap, first, second)
    across = rank[better] < rank[worse]
    gives_way = np.zeros(len(pairs), dtype=np.bool_)
    gives_way[across] = _alike(measurements, better[across], worse[across], _ACROSS_FILES)
    within = ~across & _same_paper_and_temperature(measurements, better, worse)
    gives_way[within] = _alike(measurements, better[within], worse[within], _WITHIN_A_PAPER)
    better, worse = better[gives_way], worse[gives_way]
    # Of several that stand for a row, the best documented and of these the first is named.
    order = np.lexsort((better, rank[better]))[::-1]
    stands_for[worse[order]] = better[order]
    return stands_for


def _places(measurements: Measurements, numbers: NDArray[np.intp]) -> NDArray[np.float64]:
    """Coordinates in which rows at most one apart, in all of them, are copies, shape (n, 3)."""
    return np.column_stack(
        [
            _APART * numbers[measurements.formulation_index],
            measurements.temperature_k / SAME_TEMPERATURE_K,
            np.log(measurements.value) / -np.log(SAME_VALUE),
        ]
    )


def _numbered(tables: Sequence[Sequence[Formulation]]) -> list[NDArray[np.intp]]:
    """Number of each formulation's set of species, the same in all tables."""
    known: dict[frozenset[str], int] = {}
    return [
        np.array([known.setdefault(species_of(f), len(known)) for f in table], dtype=np.intp)
        for table in tables
    ]


def _alike(
    measurements: Measurements,
    better: NDArray[np.intp],
    worse: NDArray[np.intp],
    tolerance: _Tolerance,
) -> NDArray[np.bool_]:
    """Whether the amounts of pairs of rows, which have one set of species, are alike."""
    index = measurements.formulation_index
    if not len(better):
        return np.empty(0, dtype=np.bool_)
    both = np.column_stack([index[better], index[worse]])
    pairs, back = np.unique(both, axis=0, return_inverse=True)
    formulations = measurements.formulations
    alike = [tolerance.holds(formulations[a], formulations[b]) for a, b in pairs.tolist()]
    return np.array(alike, dtype=np.bool_)[back.ravel()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tolerance:
    """How far amounts may differ: mole fractions of molecules in sum, molality as ratio or gap."""

    shares: float
    ratio: float
    mol_kg: float

    def holds(self, left: Formulation, right: Formulation) -> bool:
        shares, others = (_shares(f) for f in (left, right))
        apart = sum(abs(shares.get(s, 0.0) - others.get(s, 0.0)) for s in {*shares, *others})
        low, high = sorted((_ionic_mol_kg(left), _ionic_mol_kg(right)))
        return apart <= self.shares and high <= max(self.ratio * low, low + self.mol_kg)


# Volume and mole ratios of two solvents differ by up to 0.3; mol/L of solution, of solvent, and
# mol/kg by up to a half in concentrated solutions of tables that do not tell their unit.
_ACROSS_FILES = _Tolerance(shares=0.4, ratio=1.5, mol_kg=0.05)
# One paper by way of two compilations: only rounding differs.
_WITHIN_A_PAPER = _Tolerance(shares=0.005, ratio=1.01, mol_kg=0.0)
_REPEATED_K = 0.1


def _shares(formulation: Formulation) -> dict[str, float]:
    """Mole fractions among the molecules; none in an ionic liquid."""
    moles = {
        s.solvent.smiles: s.mass_fraction / s.solvent.molar_mass_g_mol
        for s in formulation.solvents
        if not ions_of(s.solvent)
    }
    total = sum(moles.values())
    return {name: n / total for name, n in moles.items()}


def _ionic_mol_kg(formulation: Formulation) -> float:
    """Molality of salts and ionic liquids by kilogram of molecules, or of ionic liquid alone."""
    liquid = [s for s in formulation.solvents if ions_of(s.solvent)]
    mass = 1.0 - sum(s.mass_fraction for s in liquid)
    if mass < _NO_MOLECULES:
        return formulation.molality_mol_kg
    moles = sum(1000 * s.mass_fraction / s.solvent.molar_mass_g_mol for s in liquid)
    return (formulation.molality_mol_kg + moles) / mass


def _same_paper_and_temperature(
    measurements: Measurements, better: NDArray[np.intp], worse: NDArray[np.intp]
) -> NDArray[np.bool_]:
    paper = np.unique(measurements.source, return_inverse=True)[1].ravel()
    kelvin = measurements.temperature_k
    same: NDArray[np.bool_] = paper[better] == paper[worse]
    return same & (np.abs(kelvin[better] - kelvin[worse]) <= _REPEATED_K)
