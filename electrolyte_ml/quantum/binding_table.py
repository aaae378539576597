"""Computed bindings of ions: the table that ships, and your own beside it.

Rows are of one protocol (`electrolyte_ml.quantum.binding.BindingProtocol`). What is in neither
table is unknown; `electrolyte-ml species bind SMILES` computes it into your own (extra `qm`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

from electrolyte_ml.errors import ElectrolyteError, MissingDependencyError
from electrolyte_ml.files import expanded, packaged_file, read_table, user_folder_of, write_table
from electrolyte_ml.quantum.binding import Binding, BindingProtocol, compute_binding
from electrolyte_ml.species.chemistry import one_form

TABLE = "bindings.csv"
FOLDER_VARIABLE = "ELECTROLYTE_ML_BINDINGS"


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingRow:
    """Binding of an ion to a molecule or an anion, or why there is none.

    Attributes
    ----------
    smiles
        The molecule or anion, canonical.
    ion
        The ion.
    protocol
        Key of the settings it was computed with.
    binding_ev, distance_angstrom
        As of `Binding`; None if the computation failed.
    donors
        As of `Binding`.
    failure
        Why the computation failed; empty if it did not.
    """

    smiles: str
    ion: str
    protocol: str
    binding_ev: float | None = None
    donors: str = ""
    distance_angstrom: float | None = None
    failure: str = ""


_NAMES = tuple(field.name for field in fields(BindingRow))


def binding_row(smiles: str, ion: str, protocol: BindingProtocol) -> BindingRow:
    """Binding of an ion to a molecule or an anion; a failure is a row with its reason.

    Raises
    ------
    MissingDependencyError
        If tblite is not installed.
    """
    blank = BindingRow(smiles=one_form(smiles), ion=ion, protocol=protocol.key)
    try:
        found: Binding = compute_binding(smiles, ion, protocol)
    except MissingDependencyError:
        raise
    # Libraries fail in unforeseen ways on unusual molecules; the other molecules must go on.
    except (ElectrolyteError, RuntimeError, ValueError, ArithmeticError) as error:
        return replace(blank, failure=" ".join(str(error).split()) or repr(error))
    return replace(
        blank,
        binding_ev=round(found.binding_ev, 4),
        donors=found.donors,
        distance_angstrom=round(found.distance_angstrom, 3),
    )


def read_bindings(path: Path) -> list[BindingRow]:
    """Rows of a table; none if there is no file."""
    return [_row(cells) for cells in read_table(path)] if path.is_file() else []


def write_bindings(path: Path, rows: Iterable[BindingRow]) -> None:
    """Replace a table, whole or not at all."""
    write_table(path, _NAMES, ([_cell(getattr(r, name)) for name in _NAMES] for r in rows))


def own_table() -> Path:
    """Your own table: in ``$ELECTROLYTE_ML_BINDINGS``, or in the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = expanded(named) if named else user_folder_of("data") / "bindings"
    return folder / TABLE


def known_bindings() -> Mapping[tuple[str, str], BindingRow]:
    """Computed bindings by SMILES and ion, your own before those that ship; failures left out."""
    path = own_table()
    return _known(path, path.stat().st_mtime_ns if path.is_file() else None)


@cache
def _known(own: Path, modified_ns: int | None) -> Mapping[tuple[str, str], BindingRow]:
    del modified_ns  # part of the key of the cache only
    shipped = Path(str(packaged_file(f"quantum/tables/{TABLE}")))
    protocol = BindingProtocol().key
    rows = [*read_bindings(shipped), *read_bindings(own)]
    return {
        (row.smiles, row.ion): row
        for row in rows
        if row.protocol == protocol and row.binding_ev is not None
    }


def compute_own(smiles: Iterable[str], ions: Iterable[str]) -> list[BindingRow]:
    """Bindings of molecules, computed into your own table where they are in neither.

    Raises
    ------
    MissingDependencyError
        If tblite is not installed.
    """
    path, protocol, chosen = own_table(), BindingProtocol(), tuple(ions)
    found = []
    for text in smiles:
        for ion in chosen:
            row = known_bindings().get((one_form(text), ion))
            if row is None:
                row = binding_row(text, ion, protocol)
                path.parent.mkdir(parents=True, exist_ok=True)
                others = [r for r in read_bindings(path) if (r.smiles, r.ion) != (row.smiles, ion)]
                write_bindings(path, [*others, row])
            found.append(row)
    return found


def _row(cells: Mapping[str, str]) -> BindingRow:
    energy, distance = (
        float(cells[name]) if cells[name] else None for name in ("binding_ev", "distance_angstrom")
    )
    return BindingRow(
        smiles=cells["smiles"],
        ion=cells["ion"],
        protocol=cells["protocol"],
        binding_ev=energy,
        donors=cells["donors"],
        distance_angstrom=distance,
        failure=cells["failure"],
    )


def _cell(value: object) -> str:
    return "" if value is None else str(value)
