"""Computed bindings of Li+ and Na+ to solvents and anions of the catalog.

Run as ``python -m tools.bindings electrolyte_ml/quantum/tables/bindings.csv`` (extra ``qm``); rows
that are in the table are kept, so that it can be stopped and taken up again. Anions come first,
then solvents, the smaller ones first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rdkit import Chem

from electrolyte_ml.quantum.binding import IONS, BindingProtocol
from electrolyte_ml.quantum.binding_table import binding_row, read_bindings, write_bindings
from electrolyte_ml.species.catalog import packaged_catalog


def main() -> None:
    """Compute what the table lacks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    path = parser.parse_args().table
    catalog, protocol = packaged_catalog(), BindingProtocol()
    anions = [a.smiles for a in catalog.anions if a.charge == -1]
    wanted = [*sorted(anions, key=_size), *sorted((s.smiles for s in catalog.solvents), key=_size)]
    rows = read_bindings(path)
    known = {(row.smiles, row.ion) for row in rows if row.protocol == protocol.key}
    for smiles in wanted:
        for ion in IONS:
            if (smiles, ion) not in known:
                rows.append(binding_row(smiles, ion, protocol))
                write_bindings(path, rows)


def _size(smiles: str) -> int:
    return int(Chem.MolFromSmiles(smiles).GetNumHeavyAtoms())


if __name__ == "__main__":
    main()
