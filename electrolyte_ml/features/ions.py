r"""Descriptors of cations, and volumes of ions.

A bare metal cation is described by its radius and charge, an organic one by its size, flexibility,
rings and donor atoms: all of them follow from the structure, so that any cation has them. Radii of
monatomic ions are those of Shannon for six neighbours [1]_.

References
----------
.. [1] Shannon, Acta Cryst. A 1976, 32, 751. https://doi.org/10.1107/S0567739476001551
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from electrolyte_ml.features.molecule import ION_DESCRIPTORS, descriptors
from electrolyte_ml.species.chemistry import formal_charge, molecule_of

#: Names of the columns of `cation_descriptors`.
CATION_DESCRIPTORS = (
    "monatomic",
    "metal_radius",
    "inverse_radius",
    "charge",
    "ln_molecular_volume",
    "rotatable_bonds",
    "aromatic_rings",
    "rings",
    "oxygen",
    "acidic_hydrogen",
    "nitrogen",
    "sulfur_or_phosphorus",
    "nitrile",
)
# Effective ionic radii, angstrom.
_RADIUS_A = {
    "[Li+]": 0.76,
    "[Na+]": 1.02,
    "[K+]": 1.38,
    "[Rb+]": 1.52,
    "[Cs+]": 1.67,
    "[Mg+2]": 0.72,
    "[Ca+2]": 1.00,
    "[Ba+2]": 1.35,
    "[Zn+2]": 0.74,
    "[Pb+2]": 1.19,
    "[Cu+]": 0.77,
    "[Ag+]": 1.15,
    "[Y+3]": 0.90,
    "[La+3]": 1.032,
    "[F-]": 1.33,
    "[Cl-]": 1.81,
    "[Br-]": 1.96,
    "[I-]": 2.20,
}
# Of a monatomic ion that is not in the table.
_USUAL_RADIUS_A = 1.0
_A3_PER_CM3_MOL = 1.0 / 0.602214
_NITRILE = Chem.MolFromSmarts("C#N")


@cache
def ion_volume_cm3_mol(smiles: str) -> float:
    """McGowan volume of an ion, or that of a sphere of its radius if it is monatomic, cm3/mol."""
    if is_monatomic(smiles):
        return 4.0 / 3.0 * np.pi * ionic_radius_a(smiles) ** 3 / _A3_PER_CM3_MOL
    return float(descriptors(smiles, ION_DESCRIPTORS)[0])


@cache
def is_monatomic(smiles: str) -> bool:
    """Whether an ion is one bare atom."""
    return bool(molecule_of(smiles).GetNumAtoms() == 1) and "H" not in smiles


@cache
def ionic_radius_a(smiles: str) -> float:
    """Radius of an ion, angstrom: of Shannon, or of a sphere of its McGowan volume."""
    if is_monatomic(smiles):
        return _RADIUS_A.get(smiles, _USUAL_RADIUS_A)
    return float((_A3_PER_CM3_MOL * ion_volume_cm3_mol(smiles) * 3.0 / (4.0 * np.pi)) ** (1 / 3))


@cache
def cation_descriptors(smiles: str) -> NDArray[np.float64]:
    """Descriptors of a cation, in the order of `CATION_DESCRIPTORS`, shape (13,)."""
    molecule, bare = molecule_of(smiles), is_monatomic(smiles)
    radius = ionic_radius_a(smiles)
    atoms = [(a.GetSymbol(), a.GetFormalCharge(), a.GetTotalNumHs()) for a in molecule.GetAtoms()]
    found = np.array(
        [
            bare,
            radius if bare else 0.0,
            1.0 / radius,
            formal_charge(smiles),
            0.0 if bare else np.log(ion_volume_cm3_mol(smiles)),
            rdMolDescriptors.CalcNumRotatableBonds(molecule),
            rdMolDescriptors.CalcNumAromaticRings(molecule),
            rdMolDescriptors.CalcNumRings(molecule),
            sum(symbol == "O" for symbol, _, _ in atoms),
            sum(h for symbol, charge, h in atoms if symbol == "N" and charge > 0),
            sum(symbol == "N" for symbol, _, _ in atoms),
            sum(symbol in ("S", "P") for symbol, _, _ in atoms),
            molecule.HasSubstructMatch(_NITRILE),
        ],
        dtype=np.float64,
    )
    found.flags.writeable = False
    return found
