"""The tables of computed limits that ship with the package."""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.files import packaged_file
from electrolyte_ml.quantum.dft import RELAXED, DftProtocol
from electrolyte_ml.quantum.table import LimitRow, XtbProtocol, read_rows

COMPUTED, DFT = "computed_limits.csv", "dft_limits.csv"


def shipped_rows() -> list[LimitRow]:
    """Rows by extended tight binding with the current protocol, failures included."""
    standing = XtbProtocol().key
    return [row for row in _rows(COMPUTED) if row.protocol == standing]


def shipped_dft_rows() -> list[LimitRow]:
    """Rows by density functional theory with the current protocols, failures included.

    Neutral molecules have relaxed ions. Anions do not: they lose their charge on oxidation and are
    not reduced.
    """
    neutral, anion = RELAXED.key, DftProtocol().key
    return [row for row in _rows(DFT) if row.protocol == (anion if row.charge else neutral)]


def _rows(name: str) -> list[LimitRow]:
    return read_rows(Path(str(packaged_file(f"quantum/tables/{name}"))))
