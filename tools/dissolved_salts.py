"""Make the table of how much salt measured solutions held, which says how much dissolves at least.

Run as ``python tools/dissolved_salts.py``; it needs the data sets of conductivities.
"""

from __future__ import annotations

import csv
from pathlib import Path

import electrolyte_ml
from electrolyte_ml.data.union import conductivity_union
from electrolyte_ml.formulation import Formulation

# Sets whose terms let numbers be used and not shipped.
_NOT_TO_SHIP = frozenset({"edb1"})
_CATIONS = frozenset({"Li", "Na", "K"})
# A measurement beyond this tells nothing of room temperature.
_TEMPERATURES_K = (268.15, 318.15)
_PATH = Path(electrolyte_ml.__file__).parent / "models/solubility/tables/dissolved.csv"
_COLUMNS = ("cation", "anion", "solvents", "mass_fractions", "molality_mol_kg", "temperature_k")


def rebuild(path: Path = _PATH) -> int:
    """Write the most concentrated solution of each salt in each set of solvents; how many."""
    union = conductivity_union()
    measured = union.measurements
    best: dict[tuple[str, ...], tuple[float, list[str]]] = {}
    for row, formulation in enumerate(measured.formulations):
        kelvin = float(measured.temperature_k[row])
        if union.dataset[row] in _NOT_TO_SHIP or not _is_one_salt(formulation):
            continue
        if not _TEMPERATURES_K[0] <= kelvin <= _TEMPERATURES_K[1]:
            continue
        salt = formulation.salts[0].salt
        parts = sorted(formulation.solvents, key=lambda part: part.solvent.smiles)
        key = (salt.cation.smiles, salt.anion.smiles, *(p.solvent.smiles for p in parts))
        molality = formulation.molality_mol_kg
        if key in best and best[key][0] >= molality:
            continue
        fractions = "|".join(f"{part.mass_fraction:.4g}" for part in parts)
        cells = [*key[:2], "|".join(key[2:]), fractions, f"{molality:.4g}", f"{kelvin:.2f}"]
        best[key] = (molality, [*cells, str(measured.source[row])])
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*_COLUMNS, "source"])
        writer.writerows(cells for _, (_, cells) in sorted(best.items()))
    return len(best)


def _is_one_salt(formulation: Formulation) -> bool:
    if formulation.ionic_liquids or len(formulation.salts) != 1:
        return False
    return formulation.salts[0].salt.cation.name in _CATIONS


if __name__ == "__main__":
    print(f"{rebuild()} solutions in {_PATH}")
