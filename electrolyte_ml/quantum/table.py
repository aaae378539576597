"""The table of computed limits: a row a molecule and protocol, failures among them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import TableError

_BONDS_BETWEEN = ";"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """Computed limits of one molecule, or why there are none.

    Attributes
    ----------
    inchikey, smiles, charge
        The molecule; canonical SMILES.
    protocol
        Key of the settings it was computed with.
    oxidation_limit_v, reduction_limit_v
        V against Li/Li+; None where nothing was computed.
    vertical_reduction_v, gas_ionisation_ev, solvation_ev, relaxation_ev
    highest_occupied_ev, lowest_empty_ev
        As in `electrolyte_ml.quantum.limits.ComputedLimits`; None where the method has none.
    oxidation_bonds, reduction_bonds
        Bonds that break or form as the ion relaxes.
    failure
        Why there is no value; empty if there is one.
    """

    inchikey: str
    smiles: str
    charge: int
    protocol: str
    oxidation_limit_v: float | None = None
    reduction_limit_v: float | None = None
    vertical_reduction_v: float | None = None
    gas_ionisation_ev: float | None = None
    solvation_ev: float | None = None
    relaxation_ev: float | None = None
    highest_occupied_ev: float | None = None
    lowest_empty_ev: float | None = None
    oxidation_bonds: tuple[str, ...] = ()
    reduction_bonds: tuple[str, ...] = ()
    failure: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Molecule and protocol."""
        return self.inchikey, self.protocol


_NAMES = tuple(f.name for f in fields(LimitRow))
_TEXT = frozenset({"inchikey", "smiles", "protocol", "failure"})
_BONDS = frozenset({"oxidation_bonds", "reduction_bonds"})


def read_rows(path: Path) -> list[LimitRow]:
    """Rows of a table; none if there is no such file.

    Raises
    ------
    TableError
        If columns are missing or values are not numbers; all such rows are listed.
    """
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [
            n for n in ("inchikey", "smiles", "charge") if n not in (reader.fieldnames or [])
        ]
        if missing:
            raise TableError([f"{path} is not a table of limits: no column {', '.join(missing)}"])
        rows, faults = [], []
        for number, cells in enumerate(reader, start=2):
            try:
                rows.append(LimitRow(**{n: _read(n, c) for n, c in cells.items() if n in _NAMES}))
            except (TypeError, ValueError) as error:
                faults.append(f"{path}, line {number}: {error}")
    if faults:
        raise TableError(faults)
    return rows


def write_rows(
    path: Path, rows: Iterable[LimitRow], columns: tuple[str, ...] = _NAMES, digits: int = 4
) -> None:
    """Replace a table, whole or not at all.

    Parameters
    ----------
    path
        Where to write.
    rows
        The rows, in the order they are to have.
    columns
        Attributes of `LimitRow` to write.
    digits
        Decimals of the numbers.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_written(getattr(row, name), digits) for name in columns] for row in rows)
    os.replace(temporary, path)


def _read(name: str, cell: str | None) -> Any:
    text = cell or ""
    if name in _TEXT:
        return text
    if name in _BONDS:
        return tuple(filter(None, text.split(_BONDS_BETWEEN)))
    if name == "charge":
        return int(text)
    return float(text) if text else None


def _written(value: Any, digits: int) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return _BONDS_BETWEEN.join(value)
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)
