"""The force field: published parameters of ions, and the factors applied to published numbers.

Force-field parameters of ions: published cation sets, and anions of the CL&P family.

The numbers are in ``tables/cations.csv`` and ``tables/anion_*.csv``, each with its source. Cation
sets differ in how strongly they pair with anions, so the set is always named by the caller and kept
with every result.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
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


# Range of the solvents' factors: beyond it the published force field is no longer a description.
_CHARGE_RANGE = (0.5, 1.2)

_DEPTH_RANGE = (0.5, 1.5)

_DIAMETER_RANGE = (0.9, 1.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceField:
    """Which published parameters are taken, and by which factors they are refined.

    Attributes
    ----------
    cation_set
        Published parameters of the cations.
    charge_scale
        Factor on the charges of ions, above 0 and at most 1.
    solvent_set
        Named refinement of solvents in ``tables/solvents.csv``, factors for each of them; empty
        for the published numbers. The three factors that follow come on top.
    solvent_charge_scale
        Factor on the partial charges of solvents: less than 1 weakens the cohesion of the liquid,
        and makes it more mobile and less polar.
    solvent_epsilon_scale
        Factor on the depths of the Lennard-Jones wells of solvents.
    solvent_sigma_scale
        Factor on the Lennard-Jones diameters of solvents: it moves the density.
    """

    cation_set: str = DEFAULT_CATION_SET
    charge_scale: float = DEFAULT_CHARGE_SCALE
    solvent_set: str = ""
    solvent_charge_scale: float = 1.0
    solvent_epsilon_scale: float = 1.0
    solvent_sigma_scale: float = 1.0

    def __post_init__(self) -> None:
        if self.cation_set not in cation_sets():
            raise InputError(f"no cation set {self.cation_set!r}; sets: {', '.join(cation_sets())}")
        if not 0 < self.charge_scale <= 1:
            raise InputError(
                f"a charge scale lies above 0 and is at most 1, given {self.charge_scale}"
            )
        if self.solvent_set and self.solvent_set not in solvent_sets():
            raise InputError(
                f"no solvent set {self.solvent_set!r}; sets: {', '.join(solvent_sets())}"
            )
        _check_range("solvent_charge_scale", self.solvent_charge_scale, _CHARGE_RANGE)
        _check_range("solvent_epsilon_scale", self.solvent_epsilon_scale, _DEPTH_RANGE)
        _check_range("solvent_sigma_scale", self.solvent_sigma_scale, _DIAMETER_RANGE)

    @property
    def of_solvents(self) -> tuple[str, float, float, float]:
        """Settings of solvents: their set, and factors on charges, well depths and diameters."""
        return (
            self.solvent_set,
            self.solvent_charge_scale,
            self.solvent_epsilon_scale,
            self.solvent_sigma_scale,
        )

    @property
    def label(self) -> str:
        """Short words for it: ``jensen-jorgensen x0.8, solvent charges x0.9``."""
        words = [f"{self.cation_set} x{self.charge_scale:g}"]
        if self.solvent_set:
            words.append(f"solvents {self.solvent_set}")
        if self.solvent_charge_scale != 1:
            words.append(f"solvent charges x{self.solvent_charge_scale:g}")
        if self.solvent_epsilon_scale != 1:
            words.append(f"wells x{self.solvent_epsilon_scale:g}")
        if self.solvent_sigma_scale != 1:
            words.append(f"diameters x{self.solvent_sigma_scale:g}")
        return ", ".join(words)

    def applied(self, template: Template) -> Template:
        """The template of a solvent or an ion with the factors on its numbers."""
        if template.formal_charge:
            return template.scaled(self.charge_scale)
        own = _solvent_factors(self.solvent_set, template.name)
        return template.refined(
            charge=own.charge * self.solvent_charge_scale,
            epsilon=own.epsilon * self.solvent_epsilon_scale,
            sigma=own.sigma * self.solvent_sigma_scale,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form: the cation set, the charge scale of ions, and whatever refines solvents.

        A refinement that is not made is left out, so that a force field keeps its key when another
        kind of refinement is added.
        """
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if not f.name.startswith("solvent_") or getattr(self, f.name) != f.default
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> ForceField:
        """Force field of its JSON form."""
        return cls(**{f.name: held[f.name] for f in fields(cls) if f.name in held})

    @classmethod
    def of_row(cls, row: Mapping[str, str]) -> ForceField:
        """Force field of a row of a results table; defaults for missing columns."""
        held: dict[str, Any] = {
            f.name: row[f.name] if f.name.endswith("_set") else float(row[f.name])
            for f in fields(cls)
            if row.get(f.name) not in {None, ""}
        }
        return cls(**held)


def solvent_sets() -> tuple[str, ...]:
    """Names of the refinements of solvents that ship."""
    return tuple(dict.fromkeys(name for name, _ in _solvent_table()))


@dataclass(frozen=True, slots=True)
class _SolventFactors:
    """Factors on the published numbers of one solvent."""

    charge: float = 1.0
    epsilon: float = 1.0
    sigma: float = 1.0


def _solvent_factors(solvent_set: str, solvent: str) -> _SolventFactors:
    if not solvent_set:
        return _SolventFactors()
    table = _solvent_table()
    if (solvent_set, solvent) not in table:
        known = sorted(name for held, name in table if held == solvent_set)
        raise InputError(
            f"the solvent set {solvent_set!r} has no factors for {solvent}; it has "
            f"{', '.join(known)}. Make them with python tools/solvent_diameters.py"
        )
    return table[solvent_set, solvent]


@cache
def _solvent_table() -> dict[tuple[str, str], _SolventFactors]:
    with (TABLES / "solvents.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["set"], row["solvent"]): _SolventFactors(
                float(row["charge_scale"]), float(row["epsilon_scale"]), float(row["sigma_scale"])
            )
            for row in csv.DictReader(file)
        }


def _check_range(name: str, value: float, allowed: tuple[float, float]) -> None:
    if not allowed[0] <= value <= allowed[1]:
        raise InputError(f"{name} must lie in {allowed[0]:g}-{allowed[1]:g}, given {value:g}")
