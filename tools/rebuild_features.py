"""Make the shipped tables of descriptors again: ``python tools/rebuild_features.py``."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from electrolyte_ml.features import molecule
from electrolyte_ml.features.ions import is_monatomic
from electrolyte_ml.features.molecule import (
    ANION_DESCRIPTORS,
    ANION_TABLE,
    ION_DESCRIPTORS,
    ION_TABLE,
    SOLVENT_DESCRIPTORS,
    SOLVENT_TABLE,
    calculate,
)
from electrolyte_ml.species import Ion, Solvent
from electrolyte_ml.species.catalog import packaged_catalog

TABLES = Path(molecule.__file__).parent / "tables"
MISSING_RATES = "missing_rates.csv"
# Enough digits that a recalculation with the same RDKit gives the same text.
_FORMAT = ".10g"


def rebuild(folder: Path = TABLES) -> None:
    """Write descriptor tables of all catalog species, and the share of undefined values.

    Parameters
    ----------
    folder
        Where the three CSV files go; the package's own by default.
    """
    catalog = packaged_catalog()
    molecular = [i for i in (*catalog.cations, *catalog.anions) if not is_monatomic(i.smiles)]
    rates = []
    for table, species, names in (
        (SOLVENT_TABLE, catalog.solvents, SOLVENT_DESCRIPTORS),
        (ANION_TABLE, catalog.anions, ANION_DESCRIPTORS),
        (ION_TABLE, molecular, ION_DESCRIPTORS),
    ):
        rows = _rows(species, names)
        _write(folder / table, ["smiles", *names], rows)
        for j, name in enumerate(names, start=1):
            missing = np.mean([row[j] == "" for row in rows])
            rates.append([table.removesuffix("_descriptors.csv"), name, f"{missing:.4f}"])
    _write(folder / MISSING_RATES, ["kind", "descriptor", "missing_rate"], rates)


def _rows(species: Sequence[Solvent | Ion], names: tuple[str, ...]) -> list[list[str]]:
    return [
        [
            item.smiles,
            *("" if np.isnan(v) else format(v, _FORMAT) for v in calculate(item.smiles, names)),
        ]
        for item in sorted(species, key=lambda s: s.smiles)
    ]


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    rebuild()
