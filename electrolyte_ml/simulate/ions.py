"""Force-field parameters of ions: published cation sets, and anions of the CL&P family.

The numbers are in ``tables/cations.csv`` and ``tables/anion_*.csv``, each with its source. Cation
sets differ in how strongly they pair with anions, so the set is always named by the caller and kept
with every result.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate.templates import OPLS_ONE_FOUR, Atom, Template
from electrolyte_ml.species import Ion

TABLES = Path(__file__).parent / "tables"
DEFAULT_CATION_SET = "jensen-jorgensen"
DEFAULT_CHARGE_SCALE = 0.8
# An angle term is meant for the pairs near its equilibrium: the trans F-P-F of an octahedron, 90
# degrees away from the tabulated 90, has none (the convention of the force field's own tools).
_WIDEST_ANGLE_DEVIATION_DEG = 45.0
_CONFORMER_SEED = 3
_OCTAHEDRON = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))


def cation_sets() -> tuple[str, ...]:
    """Names of the published cation parameter sets."""
    return tuple(dict.fromkeys(row["set"] for row in _table("cations")))


def ion_template(ion: Ion, cation_set: str = DEFAULT_CATION_SET) -> Template:
    """Template of an ion with unscaled charges.

    Parameters
    ----------
    ion
        Li, Na or K, or one of the tabulated anions.
    cation_set
        Which published parameters a cation takes; ignored for anions.

    Returns
    -------
    Template
        With a total charge of exactly the ion's.

    Raises
    ------
    InputError
        If there are no parameters for it.
    """
    return _cation(ion, cation_set) if ion.charge > 0 else _anion(ion)


def _cation(ion: Ion, cation_set: str) -> Template:
    if cation_set not in cation_sets():
        raise InputError(f"no cation set {cation_set!r}; sets: {', '.join(cation_sets())}")
    for row in _table("cations"):
        if row["set"] == cation_set and row["ion"] == ion.name:
            atom = Atom(
                element=ion.name,
                mass_da=ion.molar_mass_g_mol,
                charge_e=float(ion.charge),
                sigma_nm=float(row["sigma_nm"]),
                epsilon_kj_mol=float(row["epsilon_kj_mol"]),
            )
            return Template(
                name=ion.name,
                smiles=ion.smiles,
                formal_charge=ion.charge,
                atoms=(atom,),
                positions_nm=((0.0, 0.0, 0.0),),
                source=f"{cation_set} ({row['doi']})",
            )
    raise InputError(f"cation set {cation_set!r} has no parameters for {ion.name}")


@cache
def _anion(ion: Ion) -> Template:
    atoms = {row["element"]: row for row in _rows("anion_atoms", ion.name)}
    if not atoms:
        known = sorted({row["anion"] for row in _table("anion_atoms")})
        raise InputError(f"no force field for the anion {ion.name}; known: {', '.join(known)}")
    molecule, positions = _geometry(ion.smiles)
    elements = [atom.GetSymbol() for atom in molecule.GetAtoms()]
    charges = np.array([float(atoms[e]["charge_e"]) for e in elements])
    charges += (ion.charge - charges.sum()) / len(charges)
    return Template(
        name=ion.name,
        smiles=ion.smiles,
        formal_charge=ion.charge,
        atoms=tuple(
            Atom(
                element=atom.GetSymbol(),
                mass_da=atom.GetMass(),
                charge_e=float(charge),
                sigma_nm=float(atoms[atom.GetSymbol()]["sigma_nm"]),
                epsilon_kj_mol=float(atoms[atom.GetSymbol()]["epsilon_kj_mol"]),
            )
            for atom, charge in zip(molecule.GetAtoms(), charges, strict=True)
        ),
        positions_nm=tuple((float(x), float(y), float(z)) for x, y, z in positions),
        bonds=tuple(_bonds(ion.name, molecule, elements)),
        angles=tuple(_angles(ion.name, molecule, elements, positions)),
        torsions=tuple(_torsions(ion.name, molecule, elements)),
        one_four=OPLS_ONE_FOUR,
        source=next(iter(atoms.values()))["source"],
    )


def _geometry(smiles: str) -> tuple[Any, np.ndarray]:
    """Molecule and a conformer, nm; octahedra are built, because embedding distorts them."""
    from rdkit import Chem
    from rdkit.Chem import rdDistGeom

    molecule = Chem.MolFromSmiles(smiles)
    centre = max(molecule.GetAtoms(), key=lambda atom: atom.GetDegree())
    if centre.GetDegree() == len(_OCTAHEDRON):
        positions = np.zeros((molecule.GetNumAtoms(), 3))
        ends = [neighbour.GetIdx() for neighbour in centre.GetNeighbors()]
        positions[ends] = np.array(_OCTAHEDRON) * 0.16
        return molecule, positions
    rdDistGeom.EmbedMolecule(molecule, randomSeed=_CONFORMER_SEED)
    return molecule, molecule.GetConformer().GetPositions() / 10


def _bonds(
    name: str, molecule: Any, elements: Sequence[str]
) -> Iterator[tuple[int, int, float, float]]:
    terms = {row["atoms"]: row for row in _rows("anion_bonds", name)}
    for bond in molecule.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        row = terms["-".join(sorted((elements[i], elements[j])))]
        yield i, j, float(row["length_nm"]), float(row["k_kj_mol_nm2"])


def _angles(
    name: str, molecule: Any, elements: Sequence[str], positions: np.ndarray
) -> Iterator[tuple[int, int, int, float, float]]:
    terms = {row["atoms"]: row for row in _rows("anion_angles", name)}
    for atom in molecule.GetAtoms():
        j = atom.GetIdx()
        for i, k in combinations(sorted(n.GetIdx() for n in atom.GetNeighbors()), 2):
            first, last = sorted((elements[i], elements[k]))
            row = terms[f"{first}-{elements[j]}-{last}"]
            rest = float(row["angle_deg"])
            if abs(_angle_deg(positions, i, j, k) - rest) < _WIDEST_ANGLE_DEVIATION_DEG:
                yield i, j, k, math.radians(rest), float(row["k_kj_mol_rad2"])


def _angle_deg(positions: np.ndarray, i: int, j: int, k: int) -> float:
    first, last = positions[i] - positions[j], positions[k] - positions[j]
    cosine = first @ last / (np.linalg.norm(first) * np.linalg.norm(last))
    return math.degrees(math.acos(float(np.clip(cosine, -1.0, 1.0))))


def _torsions(
    name: str, molecule: Any, elements: Sequence[str]
) -> Iterator[tuple[int, int, int, int, int, float, float]]:
    """OPLS torsions: V1/2 (1 + cos phi) + V2/2 (1 - cos 2 phi) + V3/2 (1 + cos 3 phi)."""
    terms = {row["atoms"]: row for row in _rows("anion_torsions", name)}
    neighbours = [[n.GetIdx() for n in atom.GetNeighbors()] for atom in molecule.GetAtoms()]
    for bond in molecule.GetBonds():
        j, k = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        for i in neighbours[j]:
            for m in neighbours[k]:
                if i == k or m == j:
                    continue
                path = [elements[a] for a in (i, j, k, m)]
                row = terms.get("-".join(path)) or terms.get("-".join(reversed(path)))
                if row is None:
                    raise InputError(f"{name} lacks a torsion for {'-'.join(path)}")
                for n, phase in ((1, 0.0), (2, math.pi), (3, 0.0)):
                    if value := float(row[f"v{n}_kj_mol"]):
                        yield i, j, k, m, n, phase, value / 2


def _rows(table: str, anion: str) -> list[dict[str, str]]:
    return [row for row in _table(table) if row["anion"] == anion]


@cache
def _table(name: str) -> tuple[dict[str, str], ...]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
