"""Measured coulombic efficiencies of lithium metal, each with how it was measured.

Efficiencies crowd below 100 %: what differs is what is lost. The scale of models is

    LCE = -log10(1 - CE),

2 for 99 %, 3 for 99.9 % [1]_.

One measurement may stand in several tables. It is counted once: rows of the same molecules and ions
whose efficiencies differ by no more than rounding, whose molar ratios of salt to solvents are
within 30 %, and whose method is not known to be another one, are copies (`without_copies`).

References
----------
.. [1] Kim et al., PNAS 2023, 120, e2214357120. https://doi.org/10.1073/pnas.2214357120
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.catalog import card_of
from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.copies import species_of
from electrolyte_ml.data.measurements import Measurements, Trust, concatenate
from electrolyte_ml.errors import AmountError, InputErrors
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis
from electrolyte_ml.species import default_catalog
from electrolyte_ml.text import nearest_or_all, shown

EFFICIENCY = "coulombic_efficiency_percent"
#: Data sets of efficiencies, the best documented first.
FILES = ("himnn_lce23", "s4_efficiency", "helena")
#: A fixed reservoir of lithium, cycled and stripped at the end; and plating and stripping in turn,
#: averaged over cycles.
AURBACH, CYCLING = "aurbach", "cycling"
_METHODS = {"aurbach": AURBACH, "cycle": CYCLING, "cycling": CYCLING}
NO_LOSS = "an efficiency of 100 % or more has no logarithm of what is lost"
# Efficiencies of one measurement in two tables differ by rounding, percent.
_ROUNDING = 0.06
_SAME_RATIO = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycling:
    """How an efficiency was measured.

    Attributes
    ----------
    method
        `AURBACH` or `CYCLING`; empty if untold.
    current_ma_cm2, capacity_mah_cm2
        Current density, mA/cm2, and capacity of each half cycle, mAh/cm2; NaN if untold.
    cycles
        Number of cycles; NaN if untold.
    """

    method: str = ""
    current_ma_cm2: float = math.nan
    capacity_mah_cm2: float = math.nan
    cycles: float = math.nan

    @classmethod
    def of_words(cls, method: str, current: str, capacity: str, cycles: str) -> Cycling:
        """Of the cells of a table; cells without a number are untold."""
        return cls(
            method=_METHODS.get(method.strip().lower(), ""),
            current_ma_cm2=number_in(current),
            capacity_mah_cm2=number_in(capacity),
            cycles=number_in(cycles.strip().lstrip(">")),
        )

    @property
    def conditions(self) -> dict[str, str | float]:
        """What an efficiency depends on, for results."""
        return {
            "method": self.method,
            "current_ma_cm2": self.current_ma_cm2,
            "capacity_mah_cm2": self.capacity_mah_cm2,
        }


#: How an efficiency is measured where nothing else is said.
DEFAULT_CYCLING = Cycling(method=AURBACH, current_ma_cm2=0.5, capacity_mah_cm2=1.0, cycles=10)
#: Lowest and highest current density, mA/cm2, and capacity of a half cycle, mAh/cm2, that
#: efficiencies were measured with.
CURRENTS_MA_CM2, CAPACITIES_MAH_CM2 = (0.1, 1.0), (0.08, 2.0)


def asked_cycling(
    method: str | None = None,
    current_ma_cm2: float | None = None,
    capacity_mah_cm2: float | None = None,
) -> Cycling:
    """How an efficiency is asked to be measured; what is None is as in `DEFAULT_CYCLING`.

    Parameters
    ----------
    method
        ``aurbach`` or ``cycling``.
    current_ma_cm2, capacity_mah_cm2
        Current density, mA/cm2, and capacity of each half cycle, mAh/cm2.

    Raises
    ------
    InputErrors
        If the method is unknown, or no efficiency was measured with such a current or capacity;
        one line for each fault.

    Examples
    --------
    >>> asked_cycling("cycling", capacity_mah_cm2=0.5).current_ma_cm2
    0.5
    """
    known = AURBACH if method is None else _METHODS.get(method.strip().lower())
    faults = []
    if known is None:
        hint = nearest_or_all(str(method), (AURBACH, CYCLING))
        faults.append(f"method: unknown {shown(method)}{hint}")
    ranges = (
        ("current_ma_cm2", current_ma_cm2, CURRENTS_MA_CM2, "mA/cm2"),
        ("capacity_mah_cm2", capacity_mah_cm2, CAPACITIES_MAH_CM2, "mAh/cm2"),
    )
    for name, number, (low, high), unit in ranges:
        if number is not None and not low <= number <= high:
            faults.append(
                f"{name}: efficiencies were measured with {low:g} to {high:g} {unit} alone, given "
                f"{number:g}; leave it out for {getattr(DEFAULT_CYCLING, name):g} {unit}"
            )
    if faults:
        raise InputErrors(faults)
    usual = DEFAULT_CYCLING
    return replace(
        usual,
        method=known or usual.method,
        current_ma_cm2=usual.current_ma_cm2 if current_ma_cm2 is None else current_ma_cm2,
        capacity_mah_cm2=usual.capacity_mah_cm2 if capacity_mah_cm2 is None else capacity_mah_cm2,
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EfficiencyTable:
    """Efficiencies of n rows and how each was measured.

    Attributes
    ----------
    measurements
        Coulombic efficiency, percent, n rows; the source is the paper, or what is known of it.
    cycling
        How each was measured, length n.
    dataset
        Data set of each row, shape (n,).
    """

    measurements: Measurements
    cycling: tuple[Cycling, ...]
    dataset: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.measurements)

    def __repr__(self) -> str:
        return f"<EfficiencyTable, {len(self)} rows of {', '.join(np.unique(self.dataset))}>"

    @property
    def lce(self) -> NDArray[np.float64]:
        """-log10(1 - CE) of each row, shape (n,)."""
        return lce_of(self.measurements.value)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Only some rows, by mask or index."""
        chosen = np.arange(len(self))[rows]
        return type(self)(
            measurements=self.measurements.select(chosen),
            cycling=tuple(self.cycling[i] for i in chosen.tolist()),
            dataset=self.dataset[chosen],
        )


def lce_of(percent: NDArray[np.float64]) -> NDArray[np.float64]:
    """-log10(1 - CE) of efficiencies below 100 percent, of any shape."""
    return -np.log10(1 - np.asarray(percent, dtype=np.float64) / 100)


def percent_of(lce: NDArray[np.float64]) -> NDArray[np.float64]:
    """Efficiency, percent, of -log10(1 - CE), of any shape."""
    return 100 * (1 - np.power(10.0, -np.asarray(lce, dtype=np.float64)))


def take(
    collector: Collector,
    formulation: Formulation,
    percent: float,
    *,
    source: str,
    row: int,
    flag: str = "",
    trust: Trust = Trust.FULL,
) -> None:
    """Keep an efficiency, unless nothing is lost or no number is there.

    Parameters
    ----------
    collector
        Of efficiencies.
    formulation, source, row, flag, trust
        As in `Measurements`.
    percent
        Efficiency.
    """
    if percent >= 100 or math.isnan(percent):
        collector.drop(NO_LOSS if percent >= 100 else "no efficiency")
        return
    collector.take(
        formulation,
        temperature_k=math.nan,
        value=percent,
        source=source,
        row=row,
        flag=flag,
        trust=trust,
    )


def number_in(text: str) -> float:
    """Number of a cell; NaN without one."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def formulation_of_moles(solvents: Mapping[str, float], salts: Mapping[str, float]) -> Formulation:
    """Formulation of amounts in moles.

    Parameters
    ----------
    solvents, salts
        Moles by SMILES; a salt as ``cation.anion``.

    Raises
    ------
    ElectrolyteError
        If a species cannot be read, or there is no solvent or no salt.
    """
    if not solvents or not salts:
        raise AmountError("without a solvent" if not solvents else "without a salt")
    catalog = default_catalog()
    return Formulation.from_amounts(
        Amounts(
            base_solvents=[(catalog.solvent(s), x) for s, x in solvents.items()],
            ratio_basis=RatioBasis.MOLE,
            salts=[(catalog.salt(s), x, SaltBasis.RATIO) for s, x in salts.items()],
        )
    )


def moles_in(cell: str) -> tuple[str, float]:
    """SMILES and moles of a cell such as ``COCCOC:9.63``.

    Raises
    ------
    AmountError
        If it is none.
    """
    smiles, _, amount = cell.strip().rpartition(":")
    moles = number_in(amount)
    if not smiles or not moles > 0:
        raise AmountError(f"{cell!r} is no SMILES with its moles, such as 'COCCOC:9.63'")
    return smiles.strip(), moles


def table_of(
    name: str, collector: Collector, cycling: Mapping[int, Cycling], citation: str
) -> tuple[EfficiencyTable, CleaningReport]:
    """Table of the rows that a collector took.

    Parameters
    ----------
    name
        Data set.
    collector
        Of efficiencies.
    cycling
        How each row was measured, by row number.
    citation
        Of the data set, for the report.
    """
    measurements, report = collector.finish(citation)
    table = EfficiencyTable(
        measurements=measurements,
        cycling=tuple(cycling.get(row, Cycling()) for row in measurements.source_row.tolist()),
        dataset=np.full(len(measurements), name),
    )
    return table, report


@cache
def efficiency_table(names: tuple[str, ...] = ()) -> EfficiencyTable:
    """Efficiencies of several data sets, each measurement once.

    Parameters
    ----------
    names
        Data sets of `FILES`; those that are on this machine by default.

    Raises
    ------
    DataNotFoundError
        If a file of a named set is not on this machine.
    """
    chosen = names or tuple(name for name in FILES if card_of(name).available)
    return without_copies(joined([load_cycled(name)[0] for name in chosen or FILES[:1]]))


def load_cycled(name: str) -> tuple[EfficiencyTable, CleaningReport]:
    """One data set with how its rows were measured, and what cleaning did.

    Raises
    ------
    DataNotFoundError
        If a file is not on this machine.
    """
    module = import_module(f"electrolyte_ml.data.sources.{name}")
    table: tuple[EfficiencyTable, CleaningReport] = module.load_cycled()
    return table


def joined(tables: Sequence[EfficiencyTable]) -> EfficiencyTable:
    """Rows of several tables in their order."""
    return EfficiencyTable(
        measurements=concatenate([t.measurements for t in tables]),
        cycling=tuple(c for t in tables for c in t.cycling),
        dataset=np.concatenate([t.dataset for t in tables]),
    )


def without_copies(table: EfficiencyTable) -> EfficiencyTable:
    """The same without rows that repeat one of a data set before theirs."""
    kept: list[int] = []
    species = [species_of(f) for f in table.measurements.row_formulations]
    for row in range(len(table)):
        earlier = [
            other
            for other in kept
            if table.dataset[other] != table.dataset[row] and species[other] == species[row]
        ]
        if not any(_are_copies(table, other, row) for other in earlier):
            kept.append(row)
    return table.select(np.array(kept, dtype=np.intp))


def _are_copies(table: EfficiencyTable, left: int, right: int) -> bool:
    """Whether two rows of the same species are one measurement."""
    methods = {c.method for c in (table.cycling[left], table.cycling[right]) if c.method}
    value = table.measurements.value
    if len(methods) > 1 or abs(value[left] - value[right]) > _ROUNDING:
        return False
    formulations = table.measurements.row_formulations
    ratios = sorted(_salts_by_solvents(formulations[row]) for row in (left, right))
    return ratios[1] <= _SAME_RATIO * ratios[0]


def _salts_by_solvents(formulation: Formulation) -> float:
    """Moles of salts by mole of everything else."""
    moles = formulation.moles_per_kg_solvent
    return formulation.molality_mol_kg / sum(moles[s.solvent.name] for s in formulation.solvents)
