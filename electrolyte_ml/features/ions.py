r"""Descriptors of cations, and sizes, polarisabilities and potentials of ions.

A bare metal cation is described by its radius, charge and polarisability, an organic one by its
size, flexibility, rings and donor atoms. Quantum chemistry gave radii, polarisabilities and
potentials of all measured ions (``python -m tools.ion_descriptors`` makes the tables and describes
the method). For another ion they are estimated from its structure: the radius is that of a sphere
of the McGowan volume, the polarisability follows from the molar refractivity by atoms [1]_, and the
mean potential on the surface is that of a charged sphere.

References
----------
.. [1] Wildman, Crippen, J. Chem. Inf. Comput. Sci. 1999, 39, 868.
   https://doi.org/10.1021/ci990307l
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from electrolyte_ml.features.molecule import ION_DESCRIPTORS, descriptors
from electrolyte_ml.files import packaged_table
from electrolyte_ml.species.chemistry import formal_charge, molecule_of

#: Names of the columns of `cation_descriptors`.
CATION_DESCRIPTORS = (
    "monatomic",
    "metal_radius",
    "inverse_radius",
    "charge",
    "ln_molecular_volume",
    "ln_polarizability",
    "rotatable_bonds",
    "aromatic_rings",
    "rings",
    "oxygen",
    "acidic_hydrogen",
    "nitrogen",
    "sulfur_or_phosphorus",
    "nitrile",
)
TABLES = ("cation_descriptors.csv", "anion_computed_descriptors.csv")
# Of a monatomic ion that is not in the table.
_USUAL_RADIUS_A = 1.0
_A3_PER_CM3_MOL = 1.0 / 0.602214
# Polarisability in A^3 by molar refractivity in cm3/mol: 3 / (4 pi N_A).
_POLARIZABILITY_BY_REFRACTION = 0.3964
# Medians over the molecular ions of the tables, of cations and of anions: radius of the van der
# Waals volume over that of the McGowan volume, and polarisability less that by refraction.
_RADIUS_RATIO = {1: 0.89, -1: 0.94}
_POLARIZABILITY_SHIFT_A3 = {1: -0.83, -1: 1.38}
# Potential of an elementary charge at a distance of 1 A, V.
_V_A = 14.39964
# Added before the logarithm: that of Li+ is 0.03.
_LEAST_POLARIZABILITY_A3 = 0.1
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
    """Radius of an ion, angstrom: from the table, or of a sphere of its McGowan volume."""
    known = _computed().get(smiles)
    if known is not None:
        return known["radius_a"]
    if is_monatomic(smiles):
        return _USUAL_RADIUS_A
    sphere = (_A3_PER_CM3_MOL * ion_volume_cm3_mol(smiles) * 3.0 / (4.0 * np.pi)) ** (1 / 3)
    return float(_RADIUS_RATIO[1 if formal_charge(smiles) > 0 else -1] * sphere)


@cache
def polarizability_a3(smiles: str) -> float:
    """Polarisability of an ion, cubic angstrom: from the table, or by its molar refractivity."""
    known = _computed().get(smiles)
    if known is not None:
        return known["polarizability_a3"]
    by_refraction = (
        _POLARIZABILITY_BY_REFRACTION
        * rdMolDescriptors.CalcCrippenDescriptors(molecule_of(smiles))[1]
    )
    shift = _POLARIZABILITY_SHIFT_A3[1 if formal_charge(smiles) > 0 else -1]
    return max(float(by_refraction + shift), _LEAST_POLARIZABILITY_A3)


@cache
def mean_potential_v(smiles: str) -> float:
    """Mean potential on the surface of an ion, V: from the table, or of a charged sphere."""
    known = _computed().get(smiles)
    if known is not None:
        return known["mean_v"]
    return _V_A * formal_charge(smiles) / ionic_radius_a(smiles)


@cache
def _computed() -> dict[str, dict[str, float]]:
    """Computed values of ions by SMILES."""
    columns = ("radius_a", "polarizability_a3", "mean_v", "extreme_v")
    return {
        row["smiles"]: {name: float(row[name]) for name in columns}
        for table in TABLES
        for row in packaged_table(f"features/tables/{table}")
    }


@cache
def cation_descriptors(smiles: str) -> NDArray[np.float64]:
    """Descriptors of a cation, in the order of `CATION_DESCRIPTORS`, shape (14,)."""
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
            np.log(_LEAST_POLARIZABILITY_A3 + polarizability_a3(smiles)),
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
