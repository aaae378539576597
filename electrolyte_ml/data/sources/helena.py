"""HELENA: a thousand coulombic efficiencies of lithium metal with DOI, CC BY 4.0.

The table has a solvent in each of the columns ``Solvent_1`` to ``Solvent_5`` and a salt in each of
``Salt_1`` to ``Salt_3``, as ``SMILES:mol``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.efficiency import (
    EFFICIENCY,
    Cycling,
    EfficiencyTable,
    formulation_of_moles,
    moles_in,
    number_in,
    table_of,
    take,
)
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.text import one_line

FILE_NAME = "helena.csv"
NAME = "helena"
CITATION = "HELENA, coulombic efficiency of lithium metal"
SOLVENTS = tuple(f"Solvent_{number}" for number in range(1, 6))
SALTS = tuple(f"Salt_{number}" for number in range(1, 4))
_NEEDED = (SOLVENTS[0], SALTS[0], "CE")
_NOTHING = frozenset({"", "nan", "none", "na", "n/a", "-"})


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Coulombic efficiency, percent.
    report
        What was dropped.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    InputError
        If it has other columns.
    """
    table, report = load_cycled(path)
    return table.measurements, report


def load_cycled(path: Path | None = None) -> tuple[EfficiencyTable, CleaningReport]:
    """Read the table with how each row was measured; arguments as of `load`."""
    found = path or data_path(FILE_NAME)
    rows = read_table(found)
    missing = [name for name in _NEEDED if rows and name not in rows[0]]
    if missing:
        raise InputError(
            f"{found}: without the column {', '.join(missing)}; HELENA has {SOLVENTS[0]} to "
            f"{SOLVENTS[-1]} and {SALTS[0]} to {SALTS[-1]} (SMILES:mol), CE, Method, Current, "
            "Capacity, Cycle and Reference"
        )
    collector, cycling = Collector(EFFICIENCY), {}
    for number, row in enumerate(rows):
        try:
            formulation = _formulation(row)
        except ElectrolyteError as error:
            collector.drop(one_line(error))
            continue
        cycling[number] = Cycling.of_words(
            *(row.get(name) or "" for name in ("Method", "Current", "Capacity", "Cycle"))
        )
        take(
            collector,
            formulation,
            _percent(row["CE"]),
            source=(row.get("Reference") or "").strip() or CITATION,
            row=number,
        )
    return table_of(NAME, collector, cycling, CITATION)


def _formulation(row: Mapping[str, str]) -> Formulation:
    solvents, salts = (
        dict(moles_in(row[name]) for name in names if _is_told(row.get(name)))
        for names in (SOLVENTS, SALTS)
    )
    return formulation_of_moles(solvents, salts)


def _percent(cell: str) -> float:
    """Efficiency, percent; a number up to 1 is a share, since no electrolyte has below 1 %."""
    value = number_in(cell.strip().rstrip("%"))
    return 100 * value if value <= 1 else value


def _is_told(cell: str | None) -> bool:
    return cell is not None and cell.strip().lower() not in _NOTHING
