"""Coulombic efficiency of lithium on copper in 147 formulations of 72 papers [1]_, [2]_.

The repository HiMNN wrote the formulations of Kim et al. as SMILES and mole percent. The paper's
own table has their elemental shares, method, current, capacity and the number of the paper, but no
compositions. A row of one is that row of the other which has the same efficiency and the nearest
elemental shares; where these differ by more than 0.15 in sum, method and paper are untold.

References
----------
.. [1] https://github.com/Sh1n3rAI/HiMNN
.. [2] Kim et al., PNAS 2023, 120, e2214357120. https://doi.org/10.1073/pnas.2214357120
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.cleaning import Action, CleaningReport, Collector
from electrolyte_ml.data.efficiency import (
    EFFICIENCY,
    Cycling,
    EfficiencyTable,
    formulation_of_moles,
    percent_of,
    table_of,
    take,
)
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.data.sources.s4_efficiency import paper
from electrolyte_ml.errors import DataNotFoundError, ElectrolyteError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.optional import import_optional
from electrolyte_ml.text import one_line

FILE_NAME, PROTOCOLS = "ce_himnn_lce23.xlsx", "ce_kim2023_sd01.csv"
NAME = "himnn_lce23"
CITATION = "LCE_23 of HiMNN, after Kim et al., 10.1073/pnas.2214357120"
FLAG_OTHER_ELEMENTS = "the paper's elemental shares are others: the composition is doubtful"
EXCHANGED = "shares of sulfolane and LiFSI had been exchanged: the paper's elements say so"
METHYL = "a methyl group was missing in tris(trimethylsilyl) borate"
_COMPONENTS = range(1, 7)
_WRONG = "B(O[Si](C)(C)C)(O[Si](C)(C)C)O[Si](C)(C)"
_RIGHT = "B(O[Si](C)(C)C)(O[Si](C)(C)C)O[Si](C)(C)C"
# Sulfolane with LiFSI, 1:3 as written; 3:1 has the elements of the paper's row.
_EXCHANGED_ROW = 95
# Shares of F, O and C: of all, of solvents (s), of anions (a).
_SHARES = ("F", "O", "C", "sF", "aF", "sO", "aO", "sC", "aC")
_DOUBTFUL, _UNMATCHED = 0.06, 0.15
# The table of the paper has three digits.
_SAME_LCE = 0.0015


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default. The paper's own table is looked up, too,
        and need not be there.

    Returns
    -------
    measurements
        Coulombic efficiency, percent; the source is the paper, as far as it is known.
    report
        What was corrected and flagged.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    MissingDependencyError
        If openpyxl is not installed.
    """
    table, report = load_cycled(path)
    return table.measurements, report


def load_cycled(
    path: Path | None = None, protocols: Path | None = None
) -> tuple[EfficiencyTable, CleaningReport]:
    """Read the table with how each row was measured; arguments as of `load`.

    Parameters
    ----------
    path, protocols
        The file, and the paper's own table.
    """
    import pandas as pd

    import_optional("openpyxl")
    collector = Collector(EFFICIENCY)
    read: dict[int, tuple[Formulation, float]] = {}
    for number, row in enumerate(pd.read_excel(path or data_path(FILE_NAME)).to_dict("records")):
        if _WRONG in row.values():
            collector.count(Action.CORRECTED, METHYL)
        try:
            read[number] = (_formulation(row, number), float(row["LCE"]))
        except ElectrolyteError as error:
            collector.drop(one_line(error))
    found = _match(read, _paper_rows(protocols))
    if _EXCHANGED_ROW in read:
        collector.count(Action.CORRECTED, EXCHANGED)
    for number, (formulation, lce) in read.items():
        match = found.get(number)
        doubtful = match is not None and match.apart > _DOUBTFUL
        take(
            collector,
            formulation,
            round(float(percent_of(np.array(lce))), 3),
            source=paper(match.reference) if match else f"{CITATION}, paper untold",
            row=number,
            flag=FLAG_OTHER_ELEMENTS if doubtful else "",
            trust=Trust.DOUBTFUL if doubtful else Trust.COMPILED,
        )
    return table_of(NAME, collector, {n: m.cycling for n, m in found.items()}, CITATION)


def _formulation(row: Mapping[Any, Any], number: int) -> Formulation:
    parts: dict[str, float] = {}
    for place in _COMPONENTS:
        smiles, percent = row[f"smiles{place}"], float(row[f"comp{place}"])
        smiles = _RIGHT if smiles == _WRONG else smiles
        if percent > 0:
            parts[smiles] = parts.get(smiles, 0.0) + percent
    if number == _EXCHANGED_ROW:
        parts = dict(zip(parts, reversed(parts.values()), strict=True))
    salts = {smiles: x for smiles, x in parts.items() if "." in smiles}
    solvents = {smiles: x for smiles, x in parts.items() if smiles not in salts}
    return formulation_of_moles(solvents, salts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PaperRow:
    """A row of the paper's table."""

    shares: NDArray[np.float64]
    lce: float
    cycling: Cycling
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """The row of the paper's table that is a row of the file."""

    apart: float
    cycling: Cycling
    reference: str


def _paper_rows(path: Path | None) -> list[_PaperRow]:
    """Rows of the paper's table; none if it is not on this machine."""
    try:
        rows = read_table(path or data_path(PROTOCOLS))
    except DataNotFoundError:
        return []
    return [
        _PaperRow(
            shares=np.array([float(row[name]) for name in _SHARES]),
            lce=float(row["LLCE"]),
            cycling=Cycling.of_words(
                row["Method"], row["Current (mA/cm2)"], row["Capacity (mAh/cm2)"], row["Cycle"]
            ),
            reference=row["Reference"].strip(),
        )
        for row in rows
    ]


def _match(
    read: Mapping[int, tuple[Formulation, float]], paper_rows: Sequence[_PaperRow]
) -> dict[int, _Match]:
    """Rows of the paper's table by row of the file, each given once, nearest in sum."""
    from scipy.optimize import linear_sum_assignment

    if not read or not paper_rows:
        return {}
    numbers = list(read)
    shares = np.array([elemental_shares(read[n][0]) for n in numbers])
    lce = np.array([read[n][1] for n in numbers])
    apart = np.abs(shares[:, None] - np.array([r.shares for r in paper_rows])).sum(axis=2)
    other = np.abs(lce[:, None] - np.array([r.lce for r in paper_rows])) > _SAME_LCE
    cost = np.minimum(apart, _UNMATCHED) + np.where(other, 10.0, 0.0)
    return {
        numbers[i]: _Match(
            apart=float(apart[i, j]),
            cycling=paper_rows[j].cycling,
            reference=paper_rows[j].reference,
        )
        for i, j in zip(*linear_sum_assignment(cost), strict=True)
        if apart[i, j] <= _UNMATCHED and not other[i, j]
    }


def elemental_shares(formulation: Formulation) -> NDArray[np.float64]:
    """Shares of all atoms that are F, O and C: of all, of solvents, of anions, shape (9,)."""
    solvents: Counter[str] = Counter()
    anions: Counter[str] = Counter()
    for s in formulation.solvents:
        _count(solvents, s.solvent.smiles, formulation.moles_per_kg_solvent[s.solvent.name])
    for held in formulation.salts:
        _count(anions, held.salt.anion.smiles, held.molality_mol_kg * held.salt.n_anion)
    cations = sum(s.molality_mol_kg * s.salt.n_cation for s in formulation.salts)
    total = sum(solvents.values()) + sum(anions.values()) + cations
    whole = [solvents[e] + anions[e] for e in "FOC"]
    parts = [atoms[e] for e in "FOC" for atoms in (solvents, anions)]
    return np.array([*whole, *parts]) / total


def _count(atoms: Counter[str], smiles: str, moles: float) -> None:
    from rdkit import Chem

    for atom in Chem.AddHs(Chem.MolFromSmiles(smiles)).GetAtoms():
        atoms[atom.GetSymbol()] += moles  # type: ignore[assignment] # counts of moles
