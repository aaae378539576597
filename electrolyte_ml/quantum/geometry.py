"""Molecules for quantum chemistry: nuclei, bonds, conformers, and bonds that change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolDescriptors

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.quantum.table import XtbProtocol
from electrolyte_ml.species.chemistry import one_form

BOHR_ANGSTROM = 0.529177210903  # CODATA 2018

_HARTREE_KCAL_MOL = 627.509474

# Displacement in bohr for the numerical Hessian, and limits of the curvatures of a force field,
# hartree/bohr2: torsions are softer, and unusual elements come out far too stiff.
_STEP_BOHR, _SOFTEST, _STIFFEST = 0.01, 0.02, 2.0

# A bond of a radical ion is weaker and up to a fifth longer; one that has grown by a third is gone.
_BROKEN, _FORMED = 1.35, 1.25


class GeometryError(ElectrolyteError, RuntimeError):
    """No three-dimensional structure could be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Molecule:
    """A closed-shell molecule or ion with its hydrogens.

    Attributes
    ----------
    smiles
        Canonical SMILES.
    numbers
        Atomic numbers, shape (a,).
    charge
        In units of e.
    bonds
        Pairs of bonded atoms, shape (b, 2).
    graph
        RDKit's molecule.
    """

    smiles: str
    numbers: NDArray[np.int_]
    charge: int
    bonds: NDArray[np.int_]
    graph: Chem.Mol

    @property
    def inchikey(self) -> str:
        """Standard InChIKey."""
        return inchikey(self.smiles)


def inchikey(smiles: str) -> str:
    """Standard InChIKey of a SMILES."""
    with rdBase.BlockLogs():
        return str(Chem.MolToInchiKey(Chem.MolFromSmiles(smiles)))  # type: ignore[no-untyped-call]


def molecule(smiles: str) -> Molecule:
    """Read a molecule or an anion.

    Parameters
    ----------
    smiles
        One neutral molecule or one anion, closed shell.

    Raises
    ------
    SmilesError
        If it cannot be parsed or holds several fragments.
    InputError
        If it is a cation or a radical.
    """
    canonical = one_form(smiles)
    graph = Chem.AddHs(Chem.MolFromSmiles(canonical))
    numbers = np.array([atom.GetAtomicNum() for atom in graph.GetAtoms()])
    charge = int(Chem.GetFormalCharge(graph))
    if charge > 0:
        raise InputError(f"{smiles}: a cation has no limits of its own here; give its anion")
    if (numbers.sum() - charge) % 2:
        raise InputError(f"{smiles}: an odd number of electrons; limits are for closed shells")
    bonds = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in graph.GetBonds()]
    return Molecule(
        smiles=canonical,
        numbers=numbers,
        charge=charge,
        bonds=np.array(bonds, dtype=int).reshape(-1, 2),
        graph=graph,
    )


def conformers(subject: Molecule, protocol: XtbProtocol) -> list[NDArray[np.float64]]:
    """Positions of conformers after a force field, bohr, shapes (a, 3).

    Raises
    ------
    GeometryError
        If nothing could be embedded.
    """
    graph = Chem.Mol(subject.graph)
    if graph.GetNumAtoms() == 1:
        return [np.zeros((1, 3))]
    rotors = rdMolDescriptors.CalcNumRotatableBonds(graph)
    wanted = min(protocol.conformers, 2 + 2 * int(rotors))
    with rdBase.BlockLogs():
        ids = _embed(graph, wanted, protocol.seed)
        # A force field without parameters leaves the embedded structure, which xTB then ranks.
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(graph):
            rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(graph, maxIters=500)
        elif rdForceFieldHelpers.UFFHasAllMoleculeParams(graph):
            rdForceFieldHelpers.UFFOptimizeMoleculeConfs(graph, maxIters=500)
    if not ids:
        raise GeometryError(f"{subject.smiles}: no three-dimensional structure could be embedded")
    return [graph.GetConformer(i).GetPositions() / BOHR_ANGSTROM for i in ids]


def _embed(graph: Chem.Mol, wanted: int, seed: int) -> Sequence[int]:
    settings: Any = rdDistGeom.ETKDGv3()
    settings.randomSeed = seed
    ids = list(rdDistGeom.EmbedMultipleConfs(graph, wanted, settings))
    if not ids:
        settings.useRandomCoords = True
        settings.useBasicKnowledge = False
        settings.useExpTorsionAnglePrefs = False
        ids = list(rdDistGeom.EmbedMultipleConfs(graph, wanted, settings))
    return ids


def softness(subject: Molecule, positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square root of the inverse Hessian of a force field, a preconditioner of relaxations.

    Parameters
    ----------
    subject
        The molecule.
    positions
        Positions, bohr, shape (a, 3).

    Returns
    -------
    array
        Matrix T of shape (3a, 3a): in the variables y of ``x = x0 + T y`` a relaxation takes a
        third of the steps. The identity where RDKit has no force field for the molecule.
    """
    size = positions.size
    graph = Chem.Mol(subject.graph)
    graph.RemoveAllConformers()
    graph.AddConformer(_conformer(positions))
    with rdBase.BlockLogs():
        field = _force_field(graph)
    if field is None:
        return np.eye(size)
    start = (positions * BOHR_ANGSTROM).ravel()
    step = _STEP_BOHR * BOHR_ANGSTROM
    curvature = np.empty((size, size))
    for i in range(size):
        ahead, behind = start.copy(), start.copy()
        ahead[i] += step
        behind[i] -= step
        difference = np.subtract(
            field.CalcGrad(ahead.tolist()), field.CalcGrad(behind.tolist())
        ) / (2 * step)
        curvature[i] = difference * BOHR_ANGSTROM**2 / _HARTREE_KCAL_MOL
    values, modes = np.linalg.eigh((curvature + curvature.T) / 2)
    return modes / np.sqrt(np.clip(np.abs(values), _SOFTEST, _STIFFEST))


def _force_field(graph: Chem.Mol) -> Any:
    if rdForceFieldHelpers.MMFFHasAllMoleculeParams(graph):
        return rdForceFieldHelpers.MMFFGetMoleculeForceField(
            graph, rdForceFieldHelpers.MMFFGetMoleculeProperties(graph)
        )
    if rdForceFieldHelpers.UFFHasAllMoleculeParams(graph):
        return rdForceFieldHelpers.UFFGetMoleculeForceField(graph)
    return None


def _conformer(positions: NDArray[np.float64]) -> Chem.Conformer:
    conformer = Chem.Conformer(len(positions))
    for i, point in enumerate(positions * BOHR_ANGSTROM):
        conformer.SetAtomPosition(i, point.tolist())
    return conformer


def changed_bonds(
    subject: Molecule, before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[str, ...]:
    """Bonds that break or form between two structures.

    Parameters
    ----------
    subject
        The molecule.
    before, after
        Positions, bohr, shape (a, 3).

    Returns
    -------
    tuple of str
        Changes such as ``C-O broken`` or ``H-F formed``, sorted; empty if nothing changes. A bond
        is broken when it has grown by more than 35 %; one is formed when two atoms without a bond
        come closer than 1.25 times the sum of their covalent radii.
    """
    if len(subject.numbers) < 2:
        return ()
    old, new = _distances(before), _distances(after)
    first, second = subject.bonds.T
    bonded = np.zeros_like(old, dtype=bool)
    bonded[first, second] = bonded[second, first] = True
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(int(z)) for z in subject.numbers]) / BOHR_ANGSTROM
    near = _FORMED * (radii[:, None] + radii[None, :])
    upper = np.triu(np.ones_like(bonded), 1).astype(bool)
    broken = upper & bonded & (new > _BROKEN * old)
    formed = upper & ~bonded & (new < near) & (old > near)
    return tuple(sorted([*_named(subject, broken, "broken"), *_named(subject, formed, "formed")]))


def _named(subject: Molecule, pairs: NDArray[np.bool_], what: str) -> list[str]:
    table = Chem.GetPeriodicTable()
    symbols = [table.GetElementSymbol(int(z)) for z in subject.numbers]
    return [f"{'-'.join(sorted((symbols[i], symbols[j])))} {what}" for i, j in np.argwhere(pairs)]


def _distances(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(positions[:, None] - positions[None, :], axis=-1)
