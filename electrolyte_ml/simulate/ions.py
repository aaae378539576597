"""Force-field parameters of ions: published cation sets, and tabulated anions.

The numbers are in ``tables/cations.csv`` and ``tables/anion_*.csv``, each with its source. Cation
sets differ in how strongly they pair with anions, so the set is always named by the caller and kept
with every result. Most anions are of the CL&P family; those of ``tools/anion_parameters.py`` are
derived by quantum chemistry. Cations of ionic liquids have templates like solvents,
``tables/ions/*.json``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import read_table
from electrolyte_ml.simulate.templates import (
    OPLS_ONE_FOUR,
    TABLES,
    Atom,
    Template,
    organic_cation_template,
)
from electrolyte_ml.species import Ion

DEFAULT_CATION_SET = "jensen-jorgensen"

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
    if not is_atom(ion.smiles):
        return organic_cation_template(ion.name, ion.smiles)
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


def is_atom(smiles: str) -> bool:
    """Whether an ion is a single atom, such as Na+."""
    from rdkit import Chem

    return bool(Chem.MolFromSmiles(smiles).GetNumAtoms() == 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnionTerms:
    """Rows of the tables of one anion, as text.

    Attributes
    ----------
    atoms
        A row a kind of atom: ``type``, the ``smarts`` that tells it from other atoms of its element
        where there are several kinds, and its charge and Lennard-Jones parameters.
    bonds, angles, torsions
        A row a term, its ``atoms`` named by their types.
    """

    atoms: Sequence[Mapping[str, str]]
    bonds: Sequence[Mapping[str, str]]
    angles: Sequence[Mapping[str, str]]
    torsions: Sequence[Mapping[str, str]]


@cache
def _anion(ion: Ion) -> Template:
    atoms = _rows("anion_atoms", ion.name)
    if not atoms:
        known = sorted({row["anion"] for row in _table("anion_atoms")})
        raise InputError(f"no force field for the anion {ion.name}; known: {', '.join(known)}")
    terms = AnionTerms(
        atoms=atoms,
        bonds=_rows("anion_bonds", ion.name),
        angles=_rows("anion_angles", ion.name),
        torsions=_rows("anion_torsions", ion.name),
    )
    return anion_template(ion, terms)


def anion_template(ion: Ion, terms: AnionTerms) -> Template:
    """Template of an anion made of the rows of its tables, with unscaled charges.

    Raises
    ------
    InputError
        If a torsion has no row.
    """
    molecule, positions = _geometry(ion.smiles)
    rows = {row["type"]: row for row in terms.atoms}
    types = atom_types(molecule, terms.atoms)
    charges = np.array([float(rows[kind]["charge_e"]) for kind in types])
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
                sigma_nm=float(rows[kind]["sigma_nm"]),
                epsilon_kj_mol=float(rows[kind]["epsilon_kj_mol"]),
            )
            for atom, kind, charge in zip(molecule.GetAtoms(), types, charges, strict=True)
        ),
        positions_nm=tuple((float(x), float(y), float(z)) for x, y, z in positions),
        bonds=tuple(_bonds(terms.bonds, molecule, types)),
        angles=tuple(_angles(terms.angles, molecule, types, positions)),
        torsions=tuple(_torsions(ion.name, terms.torsions, molecule, types)),
        one_four=OPLS_ONE_FOUR,
        source=terms.atoms[0]["source"],
    )


def atom_types(molecule: Any, atoms: Iterable[Mapping[str, str]]) -> list[str]:
    """Type of each atom of an anion: that whose SMARTS matches, or that of its element."""
    from rdkit import Chem

    types = [atom.GetSymbol() for atom in molecule.GetAtoms()]
    for row in atoms:
        if row["smarts"]:
            for (index,) in molecule.GetSubstructMatches(Chem.MolFromSmarts(row["smarts"])):
                types[index] = row["type"]
    return types


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
    rows: Iterable[Mapping[str, str]], molecule: Any, types: Sequence[str]
) -> Iterator[tuple[int, int, float, float]]:
    terms = {row["atoms"]: row for row in rows}
    for bond in molecule.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        row = terms["-".join(sorted((types[i], types[j])))]
        yield i, j, float(row["length_nm"]), float(row["k_kj_mol_nm2"])


def _angles(
    rows: Iterable[Mapping[str, str]],
    molecule: Any,
    types: Sequence[str],
    positions: np.ndarray,
) -> Iterator[tuple[int, int, int, float, float]]:
    terms = {row["atoms"]: row for row in rows}
    for atom in molecule.GetAtoms():
        j = atom.GetIdx()
        for i, k in combinations(sorted(n.GetIdx() for n in atom.GetNeighbors()), 2):
            first, last = sorted((types[i], types[k]))
            row = terms[f"{first}-{types[j]}-{last}"]
            rest = float(row["angle_deg"])
            if abs(_angle_deg(positions, i, j, k) - rest) < _WIDEST_ANGLE_DEVIATION_DEG:
                yield i, j, k, math.radians(rest), float(row["k_kj_mol_rad2"])


def _angle_deg(positions: np.ndarray, i: int, j: int, k: int) -> float:
    first, last = positions[i] - positions[j], positions[k] - positions[j]
    cosine = first @ last / (np.linalg.norm(first) * np.linalg.norm(last))
    return math.degrees(math.acos(float(np.clip(cosine, -1.0, 1.0))))


def _torsions(
    name: str, rows: Iterable[Mapping[str, str]], molecule: Any, types: Sequence[str]
) -> Iterator[tuple[int, int, int, int, int, float, float]]:
    """OPLS torsions: V1/2 (1 + cos phi) + V2/2 (1 - cos 2 phi) + V3/2 (1 + cos 3 phi)."""
    terms = {row["atoms"]: row for row in rows}
    neighbours = [[n.GetIdx() for n in atom.GetNeighbors()] for atom in molecule.GetAtoms()]
    for bond in molecule.GetBonds():
        j, k = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        for i in neighbours[j]:
            for m in neighbours[k]:
                if i == k or m == j:
                    continue
                path = [types[a] for a in (i, j, k, m)]
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
    return tuple(read_table(TABLES / f"{name}.csv"))
