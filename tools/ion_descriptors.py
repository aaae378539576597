"""Computed descriptors of ions: size, polarisability, surface potential, solvation, structure.

Run as ``python -m tools.ion_descriptors cations TABLE.csv`` or ``... anions TABLE.csv`` (extra
``qm``); rows that are in the table are kept, so that it can be stopped and taken up again. The ions
are those of the packaged catalog and of all measured conductivities. The protocol was fixed before
any model saw its results:

- the structure of lowest energy by GFN2-xTB in acetonitrile (ALPB), of four conformers, or of two
  for large ions;
- radius: of monatomic ions Shannon's effective ionic radius with six neighbours [1]_, of others
  that of a sphere of the volume of the van der Waals spheres [2]_;
- potential of the free ion on its van der Waals surface by B3LYP: of an anion with def2-SVPD, as
  in ``surface_potential.py``; of a molecular cation, whose density is compact, with def2-SVP on the
  coarsest grid (0.04 V in the highest and in the mean value of 1-ethyl-3-methylimidazolium); of a
  large anion likewise, and then carried to def2-SVPD by lines fitted to ten anions with both
  (standard deviation 0.09 V in the lowest value, 0.04 V in mean and spread); of a monatomic cation,
  charge by radius; of the largest ions from the charges of GFN2-xTB and lines fitted to 26 cations
  and 25 anions (0.14 and 0.30 V in the extreme value, 0.01 and 0.16 V in the mean);
- polarisability: static and isotropic, coupled-perturbed B3LYP/def2-SVPD, free ion; of large ions
  from the molar refractivity by atoms [3]_, and a shift by an elementary charge that is the mean of
  the computed ones of the same sign;
- solvation: energy in acetonitrile less that of the free ion at the same structure, GFN2-xTB with
  ALPB, dispersion and cavity included. Without explicit bonds to the solvent it is too weak for
  bare metal ions: their order among themselves holds, that against molecular ions does not.

Columns ``potential_from`` and ``polarizability_from`` say which way a value is from.

References
----------
.. [1] Shannon, Acta Cryst. A 1976, 32, 751. https://doi.org/10.1107/S0567739476001551
.. [2] Bondi, J. Phys. Chem. 1964, 68, 441. https://doi.org/10.1021/j100785a001
.. [3] Wildman and Crippen, J. Chem. Inf. Comput. Sci. 1999, 39, 868.
   https://doi.org/10.1021/ci990307l
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdMolDescriptors
from rdkit.Chem.AllChem import ComputeMolVolume

from electrolyte_ml.data.union import conductivity_union
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import write_table
from electrolyte_ml.optional import import_optional
from electrolyte_ml.quantum.geometry import BOHR_ANGSTROM, Molecule
from electrolyte_ml.quantum.table import XtbProtocol
from electrolyte_ml.quantum.xtb import HARTREE_EV, Surface
from electrolyte_ml.species import canonical_smiles
from electrolyte_ml.species.catalog import packaged_catalog
from electrolyte_ml.species.ionic_liquids import ions_of
from tools.surface_potential import (
    BASIS,
    PROTOCOL,
    electron_density,
    mean_and_spread,
    most_stable_structure,
    potential,
    vdw_surface,
)

# Shannon's effective ionic radii with six neighbours, angstrom.
RADII = {
    "[Li+]": 0.76,
    "[Na+]": 1.02,
    "[K+]": 1.38,
    "[Rb+]": 1.52,
    "[Cs+]": 1.67,
    "[Cu+]": 0.77,
    "[Ag+]": 1.15,
    "[Mg+2]": 0.72,
    "[Ca+2]": 1.00,
    "[Sr+2]": 1.18,
    "[Ba+2]": 1.35,
    "[Zn+2]": 0.74,
    "[Pb+2]": 1.19,
    "[Al+3]": 0.535,
    "[Y+3]": 0.90,
    "[La+3]": 1.032,
    "[F-]": 1.33,
    "[Cl-]": 1.81,
    "[Br-]": 1.96,
    "[I-]": 2.20,
}
SMALL_BASIS, CHARGES = "def2-svp", "GFN2-xTB charges"
# From the cheaper ways to the dearer: slope, and offset in V, of extreme, mean and spread, by way
# and by whether the ion is a cation.
_LINES = {
    (SMALL_BASIS, False): ((0.8918, -0.4348), (0.9609, 0.0051), (1.0508, -0.0152)),
    (CHARGES, False): ((0.7141, -1.3062), (0.8571, -0.2729), (1.0533, 0.0907)),
    (CHARGES, True): ((0.6954, 2.4222), (0.9605, 0.3576), (0.9962, 0.0271)),
}
_UNCHANGED = ((1.0, 0.0),) * 3
_MOST_FUNCTIONS, _MOST_POLARISED, _FEW_CONFORMERS = 185, 130, 2
_MOST_BY_DENSITY = 325
FITTED = "molar refractivity, shifted"
# A larger ion whose polarisability is computed nevertheless: the mean shift holds for it too.
_REFERENCES = ("CC[n+]1ccn(C)c1",)
# Larger ions whose potential is from a density nevertheless: they stand in many measurements.
_BY_DENSITY = (
    "CC[N+](CC)(CC)CC",
    "CCCC[N+]1(C)CCCC1",
    "CCCC[n+]1ccn(C)c1C",
    "CC[N+](C)(CC)CCOC",
    "C=CC[n+]1ccn(CCOC)c1",
    "CCCCCC[n+]1ccccc1",
    "CCCCCC[n+]1ccn(C)c1C",
    "N#Cc1cc2nc(C(F)(F)F)[n-]c2cc1C#N",
    "O=S(=O)([O-])C(F)(F)C(F)(F)C(F)(F)C(F)(F)F",
    "O=S(=O)([N-]S(=O)(=O)C(F)(F)C(F)(F)F)C(F)(F)C(F)(F)F",
    "c1ccc2c(c1)O[B-]1(O2)Oc2ccccc2O1",
)
_POLARIZABILITY = 3.0e24 / (4.0 * np.pi * 6.02214076e23)  # angstrom3 per cm3/mol of refractivity
_KJ_MOL_EV = 96.48533212  # CODATA 2018
_VOLT_ANGSTROM = HARTREE_EV * BOHR_ANGSTROM  # potential 1 angstrom from an elementary charge
Surface3 = tuple[float, float, float]  # extreme, mean and spread, V
_ETHER = Chem.MolFromSmarts("[OX2;H0]([#6;!$(C=O)])[#6;!$(C=O)]")
# Bonded to nitrogen, oxygen or sulfur; or to the carbon between two nitrogens of an aromatic ring.
_ACIDIC_HYDROGEN = Chem.MolFromSmarts("[#1;$([#1][N,O,S,n,o,s]),$([#1]c(:n):[n;+])]")


@dataclass(frozen=True, slots=True, kw_only=True)
class IonDescriptors:
    """Descriptors of one ion.

    Attributes
    ----------
    charge
        In units of e.
    radius_a, volume_a3
        Ionic radius or that of the sphere of the van der Waals volume, angstrom; volume, angstrom3.
    polarizability_a3
        Static, isotropic, of the free ion, angstrom3.
    extreme_v, mean_v, spread_v
        Highest (cation) or lowest (anion) potential on the van der Waals surface, its mean and its
        standard deviation over the surface, V.
    solvation_kj_mol
        Energy of solvation in acetonitrile, kJ/mol.
    rotatable_bonds, hbond_donors, ether_oxygens, heavy_atoms
        Numbers.
    aromatic_share
        Share of aromatic ones of the heavy atoms.
    method
        Conformers and basis set.
    """

    charge: int
    radius_a: float
    volume_a3: float
    polarizability_a3: float | None
    extreme_v: float
    mean_v: float
    spread_v: float
    solvation_kj_mol: float
    rotatable_bonds: int
    hbond_donors: int
    ether_oxygens: int
    heavy_atoms: int
    aromatic_share: float
    potential_from: str
    polarizability_from: str


def ion_descriptors(smiles: str) -> IonDescriptors:
    """Compute the descriptors of one ion.

    Parameters
    ----------
    smiles
        SMILES of a closed-shell ion.

    Raises
    ------
    InputError
        If it has no charge or an odd number of electrons, or if its ionic radius is not known.
    ConvergenceError
        If neither structure nor density converges.
    MissingDependencyError
        If tblite or PySCF is not installed.
    """
    ion = _ion(smiles)
    functions = n_functions(ion)
    large = functions > _MOST_FUNCTIONS
    protocol = replace(PROTOCOL, conformers=_FEW_CONFORMERS) if large else PROTOCOL
    positions = most_stable_structure(ion, protocol)
    volume = _volume_a3(ion, positions)
    radius = float(np.cbrt(3.0 * volume / (4.0 * np.pi)))
    (extreme, mean, spread), basis = _surface(ion, positions, radius)
    polarizability = None
    if functions <= _MOST_POLARISED or ion.smiles in _REFERENCES:
        polarizability = polarizability_a3(electron_density(ion, positions))
    heavy = int(ion.graph.GetNumHeavyAtoms())
    return IonDescriptors(
        charge=ion.charge,
        radius_a=radius,
        volume_a3=volume,
        polarizability_a3=polarizability,
        extreme_v=extreme,
        mean_v=mean,
        spread_v=spread,
        solvation_kj_mol=_solvation_kj_mol(ion, positions, protocol),
        rotatable_bonds=int(rdMolDescriptors.CalcNumRotatableBonds(ion.graph)),
        hbond_donors=len(ion.graph.GetSubstructMatches(_ACIDIC_HYDROGEN)),
        ether_oxygens=len(ion.graph.GetSubstructMatches(_ETHER)),
        heavy_atoms=heavy,
        aromatic_share=sum(a.GetIsAromatic() for a in ion.graph.GetAtoms()) / heavy,
        potential_from=basis,
        polarizability_from=FITTED if polarizability is None else BASIS,
    )


def _ion(smiles: str) -> Molecule:
    canonical = canonical_smiles(smiles)
    graph = Chem.AddHs(Chem.MolFromSmiles(canonical))
    numbers = np.array([atom.GetAtomicNum() for atom in graph.GetAtoms()])
    charge = int(Chem.GetFormalCharge(graph))
    if charge == 0 or (numbers.sum() - charge) % 2:
        raise InputError(f"{smiles}: descriptors of ions are for closed-shell ions with a charge")
    bonds = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in graph.GetBonds()]
    if not bonds and canonical not in RADII:
        raise InputError(f"{smiles}: no ionic radius; add Shannon's to RADII")
    return Molecule(
        smiles=canonical,
        numbers=numbers,
        charge=charge,
        bonds=np.array(bonds, dtype=int).reshape(-1, 2),
        graph=graph,
    )


def n_functions(ion: Molecule) -> int:
    """Number of basis functions of an ion in def2-SVPD."""
    basis = import_optional("pyscf.gto.basis")
    table = Chem.GetPeriodicTable()
    held = {
        z: sum(
            (2 * shell[0] + 1) * (len(shell[1]) - 1)
            for shell in basis.load(BASIS, table.GetElementSymbol(z))
        )
        for z in {int(z) for z in ion.numbers}
    }
    return sum(held[int(z)] for z in ion.numbers)


def _volume_a3(ion: Molecule, positions: NDArray[np.float64]) -> float:
    if ion.smiles in RADII:
        return float(4.0 / 3.0 * np.pi * RADII[ion.smiles] ** 3)
    graph = Chem.Mol(ion.graph)
    conformer = Chem.Conformer(len(positions))
    for i, place in enumerate(positions * BOHR_ANGSTROM):
        conformer.SetAtomPosition(i, place.tolist())
    graph.RemoveAllConformers()
    graph.AddConformer(conformer)
    return float(ComputeMolVolume(graph, gridSpacing=0.1))


def _surface(
    ion: Molecule, positions: NDArray[np.float64], radius_a: float
) -> tuple[Surface3, str]:
    """Extreme, mean and spread of the potential, V, and where they are from."""
    if len(ion.numbers) == 1 and ion.charge > 0:
        value = ion.charge * _VOLT_ANGSTROM / radius_a
        return (value, value, 0.0), "charge by radius"
    points, areas = vdw_surface(ion, positions)
    basis = _way(ion)
    if basis == CHARGES:
        charges = Surface(ion, positions).charges()
        values = charges @ (1.0 / np.linalg.norm(positions[:, None] - points[None], axis=-1))
    else:
        field = electron_density(ion, positions, basis, quick=basis == SMALL_BASIS)
        values = potential(field, positions, points)
    values = values * HARTREE_EV
    extreme = float(values.max() if ion.charge > 0 else values.min())
    found = (extreme, *mean_and_spread(values, areas))
    lines = _LINES.get((basis, ion.charge > 0), _UNCHANGED)
    corrected = [slope * v + offset for (slope, offset), v in zip(lines, found, strict=True)]
    return (corrected[0], corrected[1], corrected[2]), basis


def _way(ion: Molecule) -> str:
    """How the potential of an ion that is new is computed: by its size and sign."""
    functions = n_functions(ion)
    if functions > _MOST_BY_DENSITY and ion.smiles not in _BY_DENSITY:
        return CHARGES
    return SMALL_BASIS if ion.charge > 0 or functions > _MOST_FUNCTIONS else BASIS


def polarizability_a3(field: Any) -> float:
    r"""Static isotropic polarisability by coupled-perturbed equations, angstrom3.

    :math:`\alpha = -\frac{4}{3} \sum_x \sum_{ai} h^x_{ai} U^x_{ai}` with the dipole integrals
    :math:`h` between empty and occupied orbitals and the first-order rotations :math:`U`.

    Parameters
    ----------
    field
        From `tools.surface_potential.electron_density`.
    """
    cphf = import_optional("pyscf.scf.cphf")
    occupied = field.mo_coeff[:, field.mo_occ > 0]
    empty = field.mo_coeff[:, field.mo_occ == 0]
    with field.mol.with_common_orig(np.zeros(3)):
        dipole = field.mol.intor_symmetric("int1e_r", comp=3)
    perturbation = np.einsum("xpq,pa,qi->xai", dipole, empty, occupied)
    field.grids.level = 1
    field.grids.build()
    response = field.gen_response(hermi=1)

    def induced(flat: NDArray[np.float64]) -> NDArray[np.float64]:
        rotations = flat.reshape(-1, empty.shape[1], occupied.shape[1])
        change = np.einsum("xai,pa,qi->xpq", 2.0 * rotations, empty, occupied)
        reply = response(change + change.transpose(0, 2, 1))
        return np.einsum("xpq,pa,qi->xai", reply, empty, occupied).ravel()

    rotations, _ = cphf.solve(induced, field.mo_energy, field.mo_occ, perturbation, tol=1e-3)
    return float(-4.0 / 3.0 * np.sum(perturbation * rotations) * BOHR_ANGSTROM**3)


def _solvation_kj_mol(
    ion: Molecule, positions: NDArray[np.float64], protocol: XtbProtocol
) -> float:
    wet = Surface(ion, positions, solvent=protocol.solvent).energy_ev()
    return (wet - Surface(ion, positions).energy_ev()) * _KJ_MOL_EV


def ions(sign: int) -> list[str]:
    """Cations (+1) or anions (-1) of the packaged catalog and of all measured conductivities."""
    catalog = packaged_catalog()
    found = {ion.smiles for ion in (catalog.cations if sign > 0 else catalog.anions)}
    for formulation in conductivity_union().measurements.formulations:
        salts = [item.salt for item in formulation.salts]
        found |= {(salt.cation if sign > 0 else salt.anion).smiles for salt in salts}
        liquids = [smiles for item in formulation.solvents for smiles in ions_of(item.solvent)]
        found |= {smiles for smiles in liquids if sign * _charge(smiles) > 0}
    return sorted(found)


def _charge(smiles: str) -> int:
    return int(Chem.GetFormalCharge(Chem.MolFromSmiles(smiles)))


def write_descriptors(path: Path, wanted: Iterable[str]) -> None:
    """Write the descriptors of ions; rows that are there already are kept."""
    names = ["smiles", *(field.name for field in fields(IonDescriptors))]
    rows: dict[str, dict[str, str]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            rows = {row["smiles"]: row for row in csv.DictReader(file)}
    for smiles in sorted(wanted, key=lambda smiles: n_functions(_ion(smiles))):
        if smiles in rows:
            continue
        found = ion_descriptors(smiles)
        rows[smiles] = {"smiles": smiles} | {n: _cell(getattr(found, n)) for n in names[1:]}
        write_table(path, names, [[rows[key][n] for n in names] for key in sorted(rows)])
    fill_polarizabilities(rows)
    write_table(path, names, [[rows[key][n] for n in names] for key in sorted(rows)])


def _cell(value: float | int | str | None) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def refraction_a3(smiles: str) -> float:
    """Molar refractivity by atoms as a polarisability, angstrom3."""
    graph = Chem.AddHs(Chem.MolFromSmiles(smiles))
    increments = rdMolDescriptors._CalcCrippenContribs(graph)
    return float(_POLARIZABILITY * sum(refractivity for _, refractivity in increments))


def fill_polarizabilities(rows: Mapping[str, dict[str, str]]) -> None:
    """Polarisabilities that were not computed, from molar refractivity and charge.

    Parameters
    ----------
    rows
        Rows of a table of ions of one sign by SMILES; changed in place.
    """
    places = {s: refraction_a3(s) for s in rows if s not in RADII}
    # Free ions of two charges hold their electrons too loosely to tell what bound ones do.
    shifts = [
        float(rows[s]["polarizability_a3"]) - place
        for s, place in places.items()
        if rows[s]["polarizability_from"] == BASIS and rows[s]["charge"] in {"1", "-1"} and place
    ]
    for smiles, place in places.items():
        row = rows[smiles]
        if row["polarizability_from"] == FITTED:
            value = place + float(np.mean(shifts)) * abs(int(row["charge"]))
            row["polarizability_a3"] = _cell(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compute the descriptors of all known ions.")
    parser.add_argument("kind", choices=["cations", "anions"])
    parser.add_argument("table", type=Path)
    given = parser.parse_args()
    write_descriptors(given.table, ions(1 if given.kind == "cations" else -1))
