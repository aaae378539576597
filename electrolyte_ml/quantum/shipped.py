"""The tables of computed limits that ship with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from electrolyte_ml.quantum.dft import DftProtocol
from electrolyte_ml.quantum.protocol import Protocol
from electrolyte_ml.quantum.table import LimitRow, read_rows

COMPUTED, DFT = "computed_limits.csv", "dft_limits.csv"


def shipped_rows() -> list[LimitRow]:
    """Rows by extended tight binding with the standing protocol, failures among them."""
    return _rows(COMPUTED, Protocol().key)


def shipped_dft_rows() -> list[LimitRow]:
    """Rows by density functional theory with the standing protocol, failures among them."""
    return _rows(DFT, DftProtocol().key)


def _rows(name: str, protocol: str) -> list[LimitRow]:
    table = Path(str(files("electrolyte_ml.quantum") / "tables" / name))
    return [row for row in read_rows(table) if row.protocol == protocol]
