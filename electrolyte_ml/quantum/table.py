"""The table of computed limits: one row per molecule and protocol, failures included.

A finished row is in the file at once. A last line cut short by a killed process is ignored.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import InputError, TableError
from electrolyte_ml.files import write_csv_rows, write_table

_REVISION = 1

_BONDS_BETWEEN, _DIGITS = ";", 4

_TEXT = frozenset({"inchikey", "smiles", "protocol", "failure"})

_BONDS = frozenset({"oxidation_bonds", "reduction_bonds"})


@dataclass(frozen=True, slots=True, kw_only=True)
class XtbProtocol:
    """Settings of limits by extended tight binding.

    Attributes
    ----------
    conformers
        Conformers that are embedded for a flexible molecule; rigid ones get fewer.
    seed
        Seed of the embedding.
    solvent
        Solvent of the implicit solvation (ALPB), a name of tblite.
    ipea_shift_ev
        Empirical shift of IPEA1-xTB ionisation energies, eV (10.1039/C7SC00601B and the
        program xtb, which prints it).
    gradient_tolerance
        Largest component of the gradient of a relaxed structure, hartree/bohr.
    max_steps
        Steps of a relaxation.

    Raises
    ------
    InputError
        If a number is not positive.
    """

    conformers: int = 6
    seed: int = 7
    solvent: str = "acetonitrile"
    ipea_shift_ev: float = 4.8455
    gradient_tolerance: float = 1e-3
    max_steps: int = 200

    def __post_init__(self) -> None:
        if min(self.conformers, self.max_steps) < 1 or self.gradient_tolerance <= 0:
            raise InputError(f"numbers of a protocol must be positive, given {self}")

    @property
    def key(self) -> str:
        """Short identity of the settings, stored in every row of the table."""
        return settings_key(f"xtb-{_REVISION}", asdict(self))


def settings_key(method: str, settings: dict[str, object]) -> str:
    """``method-`` followed by eight digits of a hash of the settings."""
    canonical = json.dumps(settings, sort_keys=True)
    return f"{method}-{hashlib.sha256(canonical.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """Computed limits of one molecule, or the reason of the failure.

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
        Reason of a failure; empty if the limits were computed.
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


def read_rows(path: Path) -> list[LimitRow]:
    """Rows of a table; none if there is no such file.

    Raises
    ------
    TableError
        If columns are missing or values are not numbers; all such rows are listed.
    """
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    reader = csv.DictReader(io.StringIO(text))
    missing = [n for n in ("inchikey", "smiles", "charge") if n not in (reader.fieldnames or [])]
    if missing:
        raise TableError([f"{path} is not a table of limits: no column {', '.join(missing)}"])
    rows, faults, lines = [], [], len(text.splitlines())
    for number, cells in enumerate(reader, start=2):
        # A killed process left the last line incomplete.
        if None in cells.values() and not text.endswith("\n") and reader.line_num == lines:
            break
        try:
            rows.append(LimitRow(**{n: _read(n, c) for n, c in cells.items() if n in _NAMES}))
        except (TypeError, ValueError) as error:
            faults.append(f"{path}, line {number}: {error}")
    if faults:
        raise TableError(faults)
    return rows


def write_rows(path: Path, rows: Iterable[LimitRow]) -> None:
    """Replace a table, whole or not at all.

    Parameters
    ----------
    path
        The table.
    rows
        Rows in the order of the table.
    """
    write_table(path, _NAMES, (_cells(row) for row in rows))


def append_row(path: Path, row: LimitRow) -> None:
    """Add a row to a table of `write_rows`; it is in the file on return."""
    line = io.StringIO()
    write_csv_rows(line, [_cells(row)])
    # One write, so that readers see all of the line or none.
    with path.open("ab", buffering=0) as file:
        file.write(line.getvalue().encode("utf-8"))


def _cells(row: LimitRow) -> list[str]:
    return [_written(getattr(row, name)) for name in _NAMES]


def _read(name: str, cell: str | None) -> Any:
    text = cell or ""
    if name in _TEXT:
        return text
    if name in _BONDS:
        return tuple(filter(None, text.split(_BONDS_BETWEEN)))
    if name == "charge":
        return int(text)
    return float(text) if text else None


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return _BONDS_BETWEEN.join(value)
    return f"{value:.{_DIGITS}f}" if isinstance(value, float) else str(value)
