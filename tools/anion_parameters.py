"""Force field of an anion that no published one covers: rows of ``tables/anion_*.csv``.

``python -m tools.anion_parameters BOB DFOB --folder FOLDER --write`` derives them from the quantum
reference of `tools.anion_quantum`:

* *Charges* reproduce the electrostatic potential around the free ion, equal for atoms of a type,
  with the hyperbolic restraint of RESP [1]_.
* *Bonds, angles and torsions* reproduce the Hessian of tight binding, mode by mode, and leave no
  force at the structure of density functional theory. Constants enter energy linearly once the rest
  values are multiplied out, :math:`k (r - r_0)^2 / 2 = k r^2 / 2 - (k r_0) r + c`, so that least
  squares find them; pairs three bonds apart and more interact as in a simulation, with scaled
  charges.
* *Lennard-Jones parameters* are published: of boron and fluorine those of BF4-, of oxygen and
  carbon those of an ester in GAFF2.

References
----------
.. [1] Bayly, Cieplak, Cornell, Kollman, J. Phys. Chem. 1993, 97, 10269.
   https://doi.org/10.1021/j100142a004
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from scipy.optimize import lsq_linear, minimize

from electrolyte_ml.files import write_table
from electrolyte_ml.simulate.force_field import DEFAULT_CHARGE_SCALE
from electrolyte_ml.simulate.ions import AnionTerms, anion_template, atom_types
from electrolyte_ml.simulate.templates import TABLES, Template
from electrolyte_ml.species import Ion, default_catalog
from tools.anion_quantum import (
    BASIS,
    FUNCTIONAL,
    POTENTIAL_BASIS,
    QuantumReference,
    quantum_reference,
)

Vector = NDArray[np.float64]

_COULOMB_KJ_NM_MOL_E2 = 138.935457
_BOHR_NM = 0.0529177210903
_STEP_NM = 1e-4

# Strength (hartree2/e2) and tightness (e) of the restraint of charges: of RESP's first stage.
_RESTRAINT, _TIGHTNESS = 0.0005, 0.1
_HARTREE_KJ_MOL_E = 2625.4996394799

# A force at the quantum structure counts as much as an error of the Hessian that moves the atom by
# this length, nm; curvatures below the last number, kJ/mol/nm2/Da, count as if they were that soft.
_MOVE_NM, _SOFTEST = 2e-5, 150.0
# Weight of usual constants against the fit: it decides only what the fit leaves open.
_PRIOR_WEIGHT = 0.05
# Force, kJ/mol/nm, that is left rather than move a rest value by a usual shift.
_FORCE_KJ_MOL_NM = 10.0

_LENNARD_JONES = {
    # type: sigma, nm; epsilon, kJ/mol; source
    "B": (0.358, 0.39750, "CL&P il.ff 2025/12/19 (BF4)"),
    "F": (0.312, 0.25520, "CL&P il.ff 2025/12/19 (BF4)"),
    "C": (0.33152, 0.41338, "GAFF2 (10.1002/jcc.20035), type c as in DMC"),
    "O": (0.30481, 0.61212, "GAFF2 (10.1002/jcc.20035), type o as in DMC"),
    "OB": (0.31561, 0.30376, "GAFF2 (10.1002/jcc.20035), type os as in DMC"),
}
# An oxygen between boron and carbon.
_SMARTS = {"OB": "[O;X2]"}

# Usual force constants: bonds, kJ/mol/nm2; angles, kJ/mol/rad2; halves of barriers, kJ/mol.
_USUAL = {"bond": 3e5, "angle": 600.0, "torsion": 5.0}
# How far rest values usually lie from the structure: nm and rad.
_USUAL_SHIFT = {"bond": 0.002, "angle": 0.03, "torsion": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A kind of bond, angle or torsion of an anion.

    Attributes
    ----------
    kind
        ``bond``, ``angle`` or ``torsion``.
    types
        Types of its atoms, joined by hyphens as in the tables.
    atoms
        The atoms of each place where it stands.
    """

    kind: str
    types: str
    atoms: tuple[tuple[int, ...], ...]


def terms_of(molecule: Any, types: Sequence[str]) -> list[Term]:
    """All kinds of bonds, angles and torsions of a molecule."""
    found: dict[tuple[str, str], list[tuple[int, ...]]] = {}
    neighbours = [[n.GetIdx() for n in atom.GetNeighbors()] for atom in molecule.GetAtoms()]

    def add(kind: str, path: tuple[int, ...]) -> None:
        names = [types[a] for a in path]
        if (names[0], names[:2]) > (names[-1], names[::-1][:2]):
            path, names = path[::-1], names[::-1]
        found.setdefault((kind, "-".join(names)), []).append(path)

    for bond in molecule.GetBonds():
        j, k = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        add("bond", (j, k))
        for i in neighbours[j]:
            for m in neighbours[k]:
                if i != k and m not in {i, j}:
                    add("torsion", (i, j, k, m))
    for j, around in enumerate(neighbours):
        for at, i in enumerate(around):
            for k in around[at + 1 :]:
                add("angle", (i, j, k))
    return [Term(kind=k, types=t, atoms=tuple(a)) for (k, t), a in found.items()]


def fitted_charges(
    reference: QuantumReference, types: Sequence[str], charge: int
) -> tuple[dict[str, float], float]:
    """Charges by type, e, and the relative error of the potential that they make."""
    kinds = list(dict.fromkeys(types))
    member = np.array([[kind == t for kind in kinds] for t in types], dtype=float)
    apart = np.linalg.norm(reference.points_nm[:, None] - reference.positions_nm[None], axis=2)
    design = (_COULOMB_KJ_NM_MOL_E2 / apart) @ member / _HARTREE_KJ_MOL_E
    wanted = reference.potential_kj_mol_e / _HARTREE_KJ_MOL_E
    n, counts = len(kinds), member.sum(axis=0)
    charges = np.zeros(n)
    for _ in range(100):
        pull = _RESTRAINT * counts / np.sqrt(charges**2 + _TIGHTNESS**2)
        normal = np.zeros((n + 1, n + 1))
        normal[:n, :n] = design.T @ design + np.diag(pull)
        normal[:n, n] = normal[n, :n] = counts
        charges = np.linalg.solve(normal, [*(design.T @ wanted), charge])[:n]
    error = float(np.linalg.norm(design @ charges - wanted) / np.linalg.norm(wanted))
    return dict(zip(kinds, charges.tolist(), strict=True)), error


# --- internal coordinates and their derivatives -----------------------------------------------


def _length(x: Vector, atoms: Vector) -> Vector:
    found: Vector = np.linalg.norm(x[atoms[:, 0]] - x[atoms[:, 1]], axis=1)
    return found


def _angle(x: Vector, atoms: Vector) -> Vector:
    a, b = x[atoms[:, 0]] - x[atoms[:, 1]], x[atoms[:, 2]] - x[atoms[:, 1]]
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    found: Vector = np.arccos(np.clip(cosine, -1, 1))
    return found


def _dihedral(x: Vector, atoms: Vector) -> Vector:
    first, middle, last = (x[atoms[:, i + 1]] - x[atoms[:, i]] for i in range(3))
    n, m = np.cross(first, middle), np.cross(middle, last)
    along = middle / np.linalg.norm(middle, axis=1)[:, None]
    found: Vector = np.arctan2((np.cross(n, m) * along).sum(axis=1), (n * m).sum(axis=1))
    return found


def _basis(term: Term) -> list[Callable[[Vector], float]]:
    """Energies whose sum, with constants before them, is the energy of the term."""
    atoms = np.array(term.atoms)
    if term.kind == "torsion":
        n, sign = (3, 1) if _turns_about_boron(term) else (2, -1)
        return [lambda x: float((1 + sign * np.cos(n * _dihedral(x, atoms))).sum() / 2)]
    measure = _length if term.kind == "bond" else _angle
    return [
        lambda x: float((measure(x, atoms) ** 2).sum() / 2),
        lambda x: -float(measure(x, atoms).sum()),
    ]


def _turns_about_boron(term: Term) -> bool:
    """Whether a torsion turns a tetrahedral boron; the others keep planes of carbon."""
    return "B" in term.types.split("-")[1:3]


def _derivatives(energy: Callable[[Vector], float], at: Vector) -> tuple[Vector, Vector]:
    """Gradient, shape (3a,), and Hessian, shape (3a, 3a), by central differences."""
    n, flat = at.size, at.ravel()
    shifts = _STEP_NM * np.eye(n)

    def value(move: Vector) -> float:
        return energy((flat + move).reshape(-1, 3))

    middle = value(np.zeros(n))
    up, down = np.array([value(s) for s in shifts]), np.array([value(-s) for s in shifts])
    hessian = np.diag((up - 2 * middle + down) / _STEP_NM**2)
    for i in range(n):
        for j in range(i):
            both = value(shifts[i] + shifts[j]) + value(-shifts[i] - shifts[j])
            cross = both + 2 * middle - up[i] - down[i] - up[j] - down[j]
            hessian[i, j] = hessian[j, i] = cross / (2 * _STEP_NM**2)
    return (up - down) / (2 * _STEP_NM), hessian


def _far_pairs(template: Template) -> Callable[[Vector], float]:
    """Energy of pairs three bonds apart and more, as in a simulation."""
    atoms, near = template.atoms, template.exclusions()
    scaled = {tuple(pair[:2]): pair[2:] for pair in template.exceptions()}
    rows = []
    for i in range(len(atoms)):
        for j in range(i + 1, len(atoms)):
            if (i, j) in near:
                continue
            product = atoms[i].charge_e * atoms[j].charge_e
            sigma = (atoms[i].sigma_nm + atoms[j].sigma_nm) / 2
            epsilon = math.sqrt(atoms[i].epsilon_kj_mol * atoms[j].epsilon_kj_mol)
            rows.append((i, j, *scaled.get((i, j), (product, sigma, epsilon))))
    table = np.array(rows).reshape(-1, 5)
    pairs = table[:, :2].astype(int)
    product, sigma, epsilon = table[:, 2:].T

    def energy(x: Vector) -> float:
        r = _length(x, pairs)
        power = (sigma / r) ** 6
        return float((_COULOMB_KJ_NM_MOL_E2 * product / r + 4 * epsilon * (power**2 - power)).sum())

    return energy


def fitted_terms(
    reference: QuantumReference,
    terms: Sequence[Term],
    far: Callable[[Vector], float],
    masses: Vector,
) -> dict[tuple[str, str], tuple[float, float]]:
    """Constants of every term.

    Parameters
    ----------
    reference
        Structure and Hessian.
    terms
        The terms.
    far
        Energy of the pairs that no term covers, kJ/mol.
    masses
        Masses of the atoms, Da, shape (a,).

    Returns
    -------
    dict
        (kind, types) to rest value and force constant of bonds (nm, kJ/mol/nm2) and angles (rad,
        kJ/mol/rad2), or to V2 and V3 of torsions, kJ/mol.
    """
    x = reference.minimum_nm
    weights, modes = _mode_weights(reference.hessian_kj_mol_nm2, masses)

    def column(energy: Callable[[Vector], float]) -> Vector:
        gradient, hessian = _derivatives(energy, x)
        return _residual(gradient, hessian, weights, modes, masses)

    target = _residual(
        np.zeros(x.size), reference.hessian_kj_mol_nm2, weights, modes, masses
    ) - column(far)
    # Unknowns: force constant and, of bonds and angles, its product with the shift of the rest
    # value from the mean in the structure.
    columns, usual, low = [], [], []
    for term in terms:
        square, *linear = _basis(term)
        constant, shift = _USUAL[term.kind], _USUAL_SHIFT[term.kind]
        columns.append(column(square))
        for energy in linear:
            columns[-1] = columns[-1] + _mean(term, x) * (slope := column(energy))
            columns.append(slope)
        usual += [constant, *(constant * shift for _ in linear)]
        # A torsion about carbon keeps its plane, one about boron may have either sign.
        least = 0.1 if linear else -np.inf if _turns_about_boron(term) else 0.0
        low += [least, *(-np.inf for _ in linear)]
    scale = np.array(usual)
    start = np.array([c > 0 for c in low], dtype=float)
    solved = lsq_linear(
        np.vstack([np.array(columns).T * scale, _PRIOR_WEIGHT * np.eye(len(scale))]),
        np.concatenate([target, _PRIOR_WEIGHT * start]),
        bounds=(np.array(low), np.inf),
    )
    # The shifts were of the minimum of the Hessian; those of the structure leave no force there.
    stiff, found = [], list(solved.x * scale)
    for term in terms:
        stiff.append(found.pop(0))
        if term.kind != "torsion":
            found.pop(0)
    return _at_rest(reference, terms, far, stiff)


def _at_rest(
    reference: QuantumReference,
    terms: Sequence[Term],
    far: Callable[[Vector], float],
    stiff: Sequence[float],
) -> dict[tuple[str, str], tuple[float, float]]:
    """Constants of every term, with rest values that leave no force at the structure."""
    x = reference.positions_nm
    force = _gradient(far, x)
    columns, usual = [], []
    for term, constant in zip(terms, stiff, strict=True):
        square, *linear = _basis(term)
        force = force + constant * _gradient(square, x)
        for energy in linear:
            slope = _gradient(energy, x)
            force = force + constant * _mean(term, x) * slope
            columns.append(constant * slope)
            usual.append(_USUAL_SHIFT[term.kind])
    scale = np.array(usual)
    tension = _FORCE_KJ_MOL_NM * np.eye(len(scale))
    design = np.vstack([np.array(columns).T * scale, tension])
    shifts = list(np.linalg.lstsq(design, np.concatenate([-force, 0 * scale]))[0] * scale)
    constants = {}
    for term, constant in zip(terms, stiff, strict=True):
        if term.kind == "torsion":
            pair = (0.0, constant) if _turns_about_boron(term) else (constant, 0.0)
        else:
            pair = (_mean(term, x) + shifts.pop(0), constant)
        constants[term.kind, term.types] = (float(pair[0]), float(pair[1]))
    return constants


def _gradient(energy: Callable[[Vector], float], at: Vector) -> Vector:
    """Gradient by central differences, shape (3a,)."""
    flat = at.ravel()
    moves = _STEP_NM * np.eye(flat.size)
    values = [energy((flat + m).reshape(-1, 3)) - energy((flat - m).reshape(-1, 3)) for m in moves]
    return np.array(values) / (2 * _STEP_NM)


def _mean(term: Term, x: Vector) -> float:
    """Mean length, nm, or angle, rad, of a term in a structure."""
    measure = _length if term.kind == "bond" else _angle
    return float(measure(x, np.array(term.atoms)).mean())


def _mode_weights(hessian: Vector, masses: Vector) -> tuple[Vector, Vector]:
    """One over the root of each curvature, and the vibrations, mass weighted, shape (3a, v)."""
    heavy = np.repeat(np.sqrt(masses), 3)
    values, vectors = np.linalg.eigh(hessian / np.outer(heavy, heavy))
    vibrations = slice(6, None)
    return 1 / np.sqrt(np.maximum(values[vibrations], _SOFTEST)), vectors[:, vibrations]


def _residual(
    gradient: Vector, hessian: Vector, weights: Vector, modes: Vector, masses: Vector
) -> Vector:
    """Hessian and force in units in which all vibrations count the same."""
    heavy = np.repeat(np.sqrt(masses), 3)
    inner = modes.T @ (hessian / np.outer(heavy, heavy)) @ modes
    relative = inner * np.outer(weights, weights)
    force = (modes.T @ (gradient / heavy)) * weights / (_MOVE_NM * math.sqrt(float(masses.mean())))
    return np.concatenate([relative[np.triu_indices(len(weights))], force * weights.mean()])


# --- rows of the tables, and what they reproduce ---------------------------------------------


def derive(ion: Ion, reference: QuantumReference) -> AnionTerms:
    """Rows of the tables of one anion."""
    molecule = Chem.MolFromSmiles(ion.smiles)
    types = atom_types(molecule, [{"type": t, "smarts": s} for t, s in _SMARTS.items()])
    charges, error = fitted_charges(reference, types, ion.charge)
    method = f"{FUNCTIONAL.upper()}/{POTENTIAL_BASIS}"
    how = f"charges: RESP on {method}, relative error {error:.3f}"
    atoms = [
        {
            "type": kind,
            "smarts": _SMARTS.get(kind, ""),
            "charge_e": f"{charge:.4f}",
            "sigma_nm": str(_LENNARD_JONES[kind][0]),
            "epsilon_kj_mol": str(_LENNARD_JONES[kind][1]),
            "source": f"python -m tools.anion_parameters; {how}; wells: {_LENNARD_JONES[kind][2]}",
        }
        for kind, charge in charges.items()
    ]
    terms = terms_of(molecule, types)
    bare = anion_template(ion, _rows_of(terms, atoms, None))
    masses = np.array([atom.mass_da for atom in bare.atoms])
    far = _far_pairs(bare.scaled(DEFAULT_CHARGE_SCALE))
    return _rows_of(terms, atoms, fitted_terms(reference, terms, far, masses))


def _rows_of(
    terms: Sequence[Term],
    atoms: Sequence[Mapping[str, str]],
    constants: Mapping[tuple[str, str], tuple[float, float]] | None,
) -> AnionTerms:
    source = f"python -m tools.anion_parameters; {FUNCTIONAL.upper()}/{BASIS} and GFN2-xTB"
    rows: dict[str, list[dict[str, str]]] = {"bond": [], "angle": [], "torsion": []}
    for term in terms:
        first, second = (1.0, 1.0) if constants is None else constants[term.kind, term.types]
        row = {"atoms": term.types}
        if term.kind == "bond":
            row |= {"length_nm": f"{first:.5f}", "k_kj_mol_nm2": f"{second:.0f}"}
        elif term.kind == "angle":
            row |= {"angle_deg": f"{math.degrees(first):.2f}", "k_kj_mol_rad2": f"{second:.1f}"}
        else:
            row |= {"v1_kj_mol": "0", "v2_kj_mol": f"{first:.3f}", "v3_kj_mol": f"{second:.3f}"}
        rows[term.kind].append(row | {"source": source})
    return AnionTerms(
        atoms=atoms, bonds=rows["bond"], angles=rows["angle"], torsions=rows["torsion"]
    )


def check(template: Template, reference: QuantumReference) -> dict[str, float]:
    """Largest deviations of the relaxed ion from the quantum structure, and of frequencies.

    Returns
    -------
    dict
        ``bond_angstrom``, ``angle_deg``, and of the frequencies the mean absolute and the largest
        relative deviation.
    """
    start = reference.positions_nm
    relaxed = relaxed_nm(template, start)
    energy = _whole_energy(template.scaled(DEFAULT_CHARGE_SCALE))
    bond, turn = deviations(template, relaxed, start)
    masses = np.array([atom.mass_da for atom in template.atoms])
    ours = _frequencies(_derivatives(energy, relaxed)[1], masses)
    theirs = _frequencies(reference.hessian_kj_mol_nm2, masses)
    off = np.abs(ours - theirs)
    return {
        "bond_angstrom": bond,
        "angle_deg": turn,
        "frequency_mean_cm1": float(off.mean()),
        "frequency_largest_cm1": float(off.max()),
        "lowest_cm1": float(ours[0]),
        "lowest_quantum_cm1": float(theirs[0]),
    }


def relaxed_nm(template: Template, start: Vector) -> Vector:
    """Structure that the free ion relaxes to, with charges as in a simulation, nm, shape (a, 3)."""
    energy = _whole_energy(template.scaled(DEFAULT_CHARGE_SCALE))
    found = minimize(
        lambda x: energy(x.reshape(-1, 3)), start.ravel(), method="BFGS", options={"gtol": 1e-3}
    )
    relaxed: Vector = found.x.reshape(-1, 3)
    return relaxed


def deviations(template: Template, one: Vector, other: Vector) -> tuple[float, float]:
    """Largest difference of a bond, angstrom, and of an angle, degrees, of two structures, nm."""
    bonds = np.array([b[:2] for b in template.bonds])
    angles = np.array([a[:3] for a in template.angles])
    stretch = np.abs(_length(one, bonds) - _length(other, bonds)).max()
    turn = np.abs(_angle(one, angles) - _angle(other, angles)).max()
    return float(10 * stretch), float(np.degrees(turn))


def _whole_energy(template: Template) -> Callable[[Vector], float]:
    far = _far_pairs(template)
    bonds, angles = np.array(template.bonds), np.array(template.angles)
    torsions = np.array(template.torsions)

    def energy(x: Vector) -> float:
        stretch = _length(x, bonds[:, :2].astype(int)) - bonds[:, 2]
        bend = _angle(x, angles[:, :3].astype(int)) - angles[:, 3]
        total = far(x) + 0.5 * (bonds[:, 3] @ stretch**2 + angles[:, 4] @ bend**2)
        if len(torsions):
            turn = _dihedral(x, torsions[:, :4].astype(int))
            wave = 1 + np.cos(torsions[:, 4] * turn - torsions[:, 5])
            total += float(torsions[:, 6] @ wave)
        return float(total)

    return energy


def _frequencies(hessian: Vector, masses: Vector) -> Vector:
    """Wavenumbers of the vibrations, 1/cm, ascending; imaginary ones negative."""
    heavy = np.repeat(np.sqrt(masses), 3)
    values = np.sort(np.linalg.eigvalsh(hessian / np.outer(heavy, heavy)))[6:]
    # kJ/mol/nm2/Da is 1/ps2; wavenumber = sqrt / (2 pi c).
    found: Vector = np.sign(values) * np.sqrt(np.abs(values)) / (2 * math.pi * 0.0299792458)
    return found


def write(name: str, terms: AnionTerms, structure: Sequence[Mapping[str, str]]) -> None:
    """Replace the rows of an anion in the four tables, and its structure."""
    for table in ("atoms", "bonds", "angles", "torsions"):
        # Wells are transcribed, all else is computed here.
        verified = "second-hand" if table == "atoms" else "yes"
        _replace(table, name, [{"verified": verified, **row} for row in getattr(terms, table)])
    _replace("structures", name, structure)


def _replace(table: str, name: str, rows: Sequence[Mapping[str, str]]) -> None:
    path = TABLES / f"anion_{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or ())
        held: list[Mapping[str, str]] = [r for r in reader if r["anion"] != name]
    held += [{"anion": name, **row} for row in rows]
    write_table(path, columns, ([row[c] for c in columns] for row in held))


def _structure_rows(template: Template, positions_nm: Vector) -> list[dict[str, str]]:
    return [
        {
            "element": atom.element,
            **{f"{axis}_nm": f"{value:.5f}" for axis, value in zip("xyz", place, strict=True)},
            "source": f"python -m tools.anion_parameters; {FUNCTIONAL.upper()}/{BASIS}",
        }
        for atom, place in zip(template.atoms, positions_nm, strict=True)
    ]


def main(names: Sequence[str], folder: Path, *, keep: bool) -> None:
    """Derive anions, tell what they reproduce, and write them if asked to."""
    for name in names:
        ion = default_catalog().ion(name)
        reference = quantum_reference(ion.smiles, folder)
        terms = derive(ion, reference)
        template = anion_template(ion, terms)
        found = check(template, reference)
        print(name, ", ".join(f"{key} {value:.3g}" for key, value in found.items()), flush=True)
        if keep:
            write(name, terms, _structure_rows(template, reference.positions_nm))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    main(given.names, given.folder, keep=given.write)
