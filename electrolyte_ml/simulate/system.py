"""From templates to an OpenMM System, and the bookkeeping of which atom is whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.optional import import_optional
from electrolyte_ml.simulate.templates import Template

HYDROGEN_MASS_DA = 3.024
# Frequent enough that the box as a whole never drifts by diffusion of the thermostat.
_DRIFT_REMOVAL_STEPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """All molecules of one kind, stored one after another.

    Attributes
    ----------
    template
        Their template.
    count
        How many.
    first_atom, first_molecule
        Index of the first atom and the first molecule of the block in the box.
    """

    template: Template
    count: int
    first_atom: int
    first_molecule: int

    @property
    def atoms(self) -> slice:
        """Atoms of the block."""
        return slice(self.first_atom, self.first_atom + self.count * len(self.template.atoms))

    @property
    def molecules(self) -> slice:
        """Molecules of the block."""
        return slice(self.first_molecule, self.first_molecule + self.count)

    def atom_indices(self, elements: frozenset[str]) -> np.ndarray:
        """Indices in the box, shape (count, k), of the atoms of some elements."""
        inside = [i for i, a in enumerate(self.template.atoms) if a.element in elements]
        starts = self.first_atom + len(self.template.atoms) * np.arange(self.count)
        return starts[:, None] + np.array(inside, dtype=int)[None, :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which atoms belong to which molecule.

    Attributes
    ----------
    blocks
        One for each kind of molecule, in the order of the box.
    """

    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, templates: Sequence[tuple[Template, int]]) -> Layout:
        """Layout of molecules stored in this order."""
        blocks, atom, molecule = [], 0, 0
        for template, count in templates:
            blocks.append(
                Block(template=template, count=count, first_atom=atom, first_molecule=molecule)
            )
            atom += count * len(template.atoms)
            molecule += count
        return cls(blocks=tuple(blocks))

    @property
    def n_atoms(self) -> int:
        """Atoms in the box."""
        return sum(b.count * len(b.template.atoms) for b in self.blocks)

    @property
    def n_molecules(self) -> int:
        """Molecules and ions in the box."""
        return sum(b.count for b in self.blocks)

    @property
    def mass_da(self) -> float:
        """Mass of the box, Da."""
        return sum(b.count * b.template.mass_da for b in self.blocks)

    def molecule_masses_da(self) -> np.ndarray:
        """Mass of each molecule, shape (n_molecules,), Da."""
        return np.concatenate([np.full(b.count, b.template.mass_da) for b in self.blocks])

    def molecule_charges_e(self) -> np.ndarray:
        """Formal charge of each molecule, shape (n_molecules,), e."""
        return np.concatenate(
            [np.full(b.count, float(b.template.formal_charge)) for b in self.blocks]
        )

    def centres_nm(self, positions_nm: np.ndarray) -> np.ndarray:
        """Centres of mass, shape (n_molecules, 3), nm, of unwrapped positions (n_atoms, 3)."""
        centres = []
        for block in self.blocks:
            weights = np.array([a.mass_da for a in block.template.atoms])
            xyz = positions_nm[block.atoms].reshape(block.count, len(weights), 3)
            centres.append(np.einsum("nad,a->nd", xyz, weights / weights.sum()))
        return np.concatenate(centres)

    def rescaled(self, positions_nm: np.ndarray, factor: float) -> np.ndarray:
        """Positions with the centre of every molecule moved by `factor`, molecules rigid."""
        return positions_nm + self.of_atoms((factor - 1) * self.centres_nm(positions_nm))

    def of_atoms(self, of_molecules: np.ndarray) -> np.ndarray:
        """Values of molecules, shape (n_molecules, ...), for each of their atoms."""
        sizes = [len(b.template.atoms) for b in self.blocks for _ in range(b.count)]
        return np.repeat(of_molecules, sizes, axis=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemOptions:
    """How forces are evaluated.

    Attributes
    ----------
    cutoff_nm
        Cut-off of the direct space, nm.
    ewald_tolerance
        Error tolerance of particle-mesh Ewald.
    hydrogen_mass_da
        Mass a hydrogen takes from its neighbour (hydrogen mass repartitioning); None leaves it.
    constrain_hydrogens
        Whether bonds to hydrogen have fixed length.
    """

    cutoff_nm: float = 0.9
    ewald_tolerance: float = 5e-4
    hydrogen_mass_da: float | None = HYDROGEN_MASS_DA
    constrain_hydrogens: bool = True


def build_system(layout: Layout, length_nm: float, options: SystemOptions) -> Any:
    """OpenMM System of a periodic cube.

    Lennard-Jones parameters of unlike atoms mix by Lorentz and Berthelot; a long-range
    dispersion correction is applied beyond the cut-off.

    Parameters
    ----------
    layout
        The molecules; ion charges already scaled.
    length_nm
        Edge of the cube, nm; at least twice the cut-off.
    options
        How forces are evaluated.

    Returns
    -------
    openmm.System
        With bonds, angles, torsions, nonbonded forces and removal of drift.

    Raises
    ------
    InputError
        If the box is too small for the cut-off.
    """
    mm = import_optional("openmm")
    if length_nm < 2 * options.cutoff_nm:
        raise InputError(
            f"a box of {length_nm:.2f} nm is too small for a cut-off of {options.cutoff_nm} nm; "
            "simulate more atoms"
        )
    system = mm.System()
    forces = _Forces(mm)
    for block in layout.blocks:
        masses = repartitioned_masses_da(block.template, options.hydrogen_mass_da)
        for molecule in range(block.count):
            offset = block.first_atom + molecule * len(masses)
            for mass in masses:
                system.addParticle(mass)
            forces.add(system, block.template, offset, constrain=options.constrain_hydrogens)
    nonbonded = forces.nonbonded
    nonbonded.setNonbondedMethod(mm.NonbondedForce.PME)
    nonbonded.setCutoffDistance(options.cutoff_nm)
    nonbonded.setEwaldErrorTolerance(options.ewald_tolerance)
    nonbonded.setUseDispersionCorrection(True)
    for force in (forces.bond, forces.angle, forces.torsion, nonbonded):
        system.addForce(force)
    system.addForce(mm.CMMotionRemover(_DRIFT_REMOVAL_STEPS))
    system.setDefaultPeriodicBoxVectors(*(length_nm * np.eye(3)))
    return system


class _Forces:
    """The four forces of a System while molecules are added to them."""

    def __init__(self, mm: Any) -> None:
        self.bond = mm.HarmonicBondForce()
        self.angle = mm.HarmonicAngleForce()
        self.torsion = mm.PeriodicTorsionForce()
        self.nonbonded = mm.NonbondedForce()

    def add(self, system: Any, template: Template, offset: int, *, constrain: bool) -> None:
        atoms = template.atoms
        for atom in atoms:
            self.nonbonded.addParticle(atom.charge_e, atom.sigma_nm, atom.epsilon_kj_mol)
        for i, j, length, k in template.bonds:
            if constrain and "H" in {atoms[i].element, atoms[j].element}:
                system.addConstraint(offset + i, offset + j, length)
            else:
                self.bond.addBond(offset + i, offset + j, length, k)
        for i, j, m, angle, k in template.angles:
            self.angle.addAngle(offset + i, offset + j, offset + m, angle, k)
        for i, j, m, n, period, phase, k in template.torsions:
            ends = (offset + i, offset + j, offset + m, offset + n)
            self.torsion.addTorsion(*ends, period, phase, k)
        for i, j, product, sigma, epsilon in template.exceptions():
            self.nonbonded.addException(offset + i, offset + j, product, sigma, epsilon)


def repartitioned_masses_da(template: Template, hydrogen_mass_da: float | None) -> list[float]:
    """Masses of atoms, Da, after hydrogen mass repartitioning; their sum is conserved."""
    masses = [atom.mass_da for atom in template.atoms]
    if hydrogen_mass_da is None:
        return masses
    for i, j, *_ in template.bonds:
        light, heavy = (i, j) if template.atoms[i].element == "H" else (j, i)
        if template.atoms[light].element == "H" and template.atoms[heavy].element != "H":
            masses[heavy] -= hydrogen_mass_da - masses[light]
            masses[light] = hydrogen_mass_da
    return masses
