"""Radical ions by density functional theory: electronic state and relaxed structure (PySCF).

*Cations.* The tight-binding structure of the ethylene carbonate cation lies 0.17 eV above the
vertical cation in wB97X without a solvent, so cations are relaxed with the functional of the
energies. (With half of exact exchange the hole localises on the carbonyl oxygen; the structure is
then 0.2 eV above the start in wB97X.) Where orbitals are close, a self-consistent field that starts
from free atoms can end with the hole in the wrong one: for ethylene carbonate in the third, 0.6 eV
too high. Therefore the hole starts in the highest orbital of the neutral molecule, and the density
is carried from step to step and into the larger basis.

*Anions.* Tight-binding anions are nearly as planar as their molecules, although the extra electron
bends the group that accepts it: further relaxation lowers the anion of vinylene carbonate by 0.9 eV
and that of dimethyl carbonate by 1.1 eV. Such an electron is not bound without a solvent and
diffuse functions, so anions are relaxed in the basis and the continuum of the energies.

*Optimiser.* Gradients are expensive, so steps are rational-function steps within a trust radius
(Banerjee, Adams, Simons and Shepard 1985, 10.1021/j100247a015): the step is the lowest eigenvector
of the Hessian bordered by the gradient, which leads downhill from a saddle point as well. The
Hessian starts from that of a cheap method and is updated at every step by BFGS, or by the formula
of Bofill 1994 (10.1002/jcc.540150102) where the curvature is negative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.optional import import_optional
from electrolyte_ml.quantum.geometry import Molecule
from electrolyte_ml.quantum.mean_field import Continuum, converged_energy, mean_field_of
from electrolyte_ml.quantum.table import XtbProtocol
from electrolyte_ml.quantum.xtb import ConvergenceError, Relaxed, Surface

Vector = NDArray[np.float64]

# Energy, hartree, and gradient, hartree/bohr, at positions of shape (3a,), bohr.
EnergyAndGradient = Callable[[Vector], tuple[float, Vector]]

# Trust radius: longest move of an atom, bohr, at first, at least and at most. Smaller curvatures of
# the cheap method are raised to the last number, hartree/bohr2: soft modes would take long steps.
_RADIUS, _SMALLEST, _LARGEST, _SOFTEST = 0.3, 0.02, 0.5, 0.03

# A step that gains less than this, hartree (5 meV), is the last if the largest component of the
# gradient is below this many times the tolerance.
_GAIN, _FAIR = 2e-4, 3.0


def descend(
    surface: EnergyAndGradient,
    start: Vector,
    curvature: Vector,
    *,
    tolerance: float,
    max_steps: int,
) -> tuple[float, Vector]:
    """Lowest point within a number of steps.

    Parameters
    ----------
    surface
        Energy and gradient at positions.
    start
        Positions to start from, bohr, shape (3a,).
    curvature
        Hessian of a cheap method at the start, hartree/bohr2, shape (3a, 3a).
    tolerance
        The descent ends when no component of the gradient is larger, hartree/bohr.
    max_steps
        Number of evaluations after the first.

    Returns
    -------
    energy
        Hartree.
    positions
        Bohr, shape (3a,).

    Raises
    ------
    ConvergenceError
        If the energy at the start does not converge. Later failures only end the descent.
    """
    values, modes = np.linalg.eigh(curvature)
    curved = (modes * np.maximum(values, _SOFTEST)) @ modes.T
    position, radius = start.copy(), _RADIUS
    energy, gradient = surface(position)
    for _ in range(max_steps):
        step, length = _rational_step(curved, gradient, radius)
        expected = gradient @ step + 0.5 * step @ curved @ step
        try:
            new_energy, new_gradient = surface(position + step)
        except ConvergenceError:
            break
        curved = _corrected(curved, step, new_gradient - gradient)
        ratio = (new_energy - energy) / expected
        if ratio < 0.25:
            radius = max(_SMALLEST, min(radius, length) / 2)
        elif ratio > 0.75:
            radius = min(_LARGEST, 1.5 * radius)
        gain = -expected
        if new_energy < energy:
            gain = energy - new_energy
            position, energy, gradient = position + step, new_energy, new_gradient
        largest = float(np.abs(gradient).max())
        if largest < tolerance or (gain < _GAIN and largest < _FAIR * tolerance):
            break
    return energy, position


def _rational_step(curved: Vector, gradient: Vector, radius: float) -> tuple[Vector, float]:
    """Step, and its largest displacement of an atom, bohr."""
    bordered = np.block([[curved, gradient[:, None]], [gradient[None, :], np.zeros((1, 1))]])
    lowest = np.linalg.eigh(bordered)[1][:, 0]
    step = lowest[:-1] / lowest[-1]
    length = float(np.linalg.norm(step.reshape(-1, 3), axis=1).max())
    if length > radius:
        return step * (radius / length), radius
    return step, length


def _corrected(curved: Vector, step: Vector, change: Vector) -> Vector:
    """Hessian updated by the change of the gradient along a step."""
    along = curved @ step
    if step @ change > 0:
        return (
            curved
            + np.outer(change, change) / (step @ change)
            - np.outer(along, along) / (step @ along)
        )
    error = change - along
    both, size = error @ step, step @ step
    share = both**2 / ((error @ error) * size)
    symmetric = (np.outer(error, step) + np.outer(step, error)) / size
    return (
        curved
        + share * np.outer(error, error) / both
        + (1 - share) * (symmetric - both * np.outer(step, step) / size**2)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """Settings of the relaxation of a radical ion.

    Attributes
    ----------
    functional, basis
        Names of PySCF.
    grid_level
        Level of PySCF's integration grid.
    gradient_tolerance
        Largest component of the gradient of a relaxed structure, hartree/bohr.
    max_steps
        Steps of a descent; the lowest point counts, even if it is not fully relaxed.
    """

    functional: str = "wb97x"
    basis: str = "6-31g*"
    grid_level: int = 0
    gradient_tolerance: float = 2e-3
    max_steps: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RadicalIon:
    """A radical ion.

    Attributes
    ----------
    positions
        Relaxed structure, bohr, shape (a, 3).
    system
        PySCF's molecule at that structure, in the basis of the relaxation.
    density
        Density matrices of both spins, shape (2, b, b).
    """

    positions: NDArray[np.float64]
    system: Any
    density: NDArray[np.float64]

    def density_in(self, system: Any) -> NDArray[np.float64]:
        """The density in the basis of another molecule of PySCF at the same structure."""
        addons = import_optional("pyscf.scf.addons")
        found: NDArray[np.float64] = addons.project_dm_nr2nr(self.system, self.density, system)
        return found


def relaxed_cation(
    subject: Molecule, neutral: Relaxed, protocol: XtbProtocol, relaxation: Relaxation
) -> RadicalIon:
    """Cation of a neutral molecule, relaxed in the gas phase from the neutral structure.

    Parameters
    ----------
    subject
        The molecule; closed shell.
    neutral
        Relaxed structure of the molecule.
    protocol
        Protocol of that structure.
    relaxation
        Settings of the relaxation.

    Raises
    ------
    ConvergenceError
        If the electronic iteration does not converge at the start.
    """
    start = _hole_in_the_highest(subject, neutral.positions, relaxation)
    return _relaxed(
        subject,
        neutral.positions,
        1,
        density=start,
        protocol=protocol,
        relaxation=relaxation,
        solvent=None,
    )


def relaxed_anion(
    subject: Molecule,
    reduced: Relaxed,
    protocol: XtbProtocol,
    relaxation: Relaxation,
    solvent: Continuum,
) -> RadicalIon:
    """Anion of a neutral molecule, relaxed in solution from its tight-binding structure.

    Parameters
    ----------
    subject
        The molecule; closed shell.
    reduced
        Tight-binding structure of its anion.
    protocol
        Protocol of that structure.
    relaxation
        Settings of the relaxation; the basis needs diffuse functions.
    solvent
        Continuum that the anion is relaxed in.

    Raises
    ------
    ConvergenceError
        If the electronic iteration does not converge at the start.
    """
    return _relaxed(
        subject,
        reduced.positions,
        -1,
        density=None,
        protocol=protocol,
        relaxation=relaxation,
        solvent=solvent,
    )


def _relaxed(
    subject: Molecule,
    structure: NDArray[np.float64],
    removed: int,
    *,
    density: NDArray[np.float64] | None,
    protocol: XtbProtocol,
    relaxation: Relaxation,
    solvent: Continuum | None,
) -> RadicalIon:
    """Relaxed ion; every step starts from the last density, the first from `density` if given."""
    start = structure.ravel()
    lowest, kept = np.inf, density

    def surface(positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        nonlocal density, lowest, kept
        mean_field = _mean_field(subject, positions, removed, relaxation, solvent)
        energy = converged_energy(mean_field, density)
        density = mean_field.make_rdm1()
        if energy < lowest:
            lowest, kept = energy, density
        return energy, mean_field.nuc_grad_method().kernel().ravel()

    cheap = Surface(subject, structure, removed, solvent=protocol.solvent)
    _, positions = descend(
        surface,
        start,
        cheap.curvature(start),
        tolerance=relaxation.gradient_tolerance,
        max_steps=relaxation.max_steps,
    )
    system = _mean_field(subject, positions, removed, relaxation, None).mol
    assert kept is not None  # `descend` raises if the first energy does not converge
    return RadicalIon(positions=positions.reshape(-1, 3), system=system, density=kept)


def _hole_in_the_highest(
    subject: Molecule, positions: NDArray[np.float64], relaxation: Relaxation
) -> NDArray[np.float64]:
    """Density matrices of both spins with the hole in the highest orbital of the molecule."""
    neutral = _mean_field(subject, positions, 0, relaxation, None)
    converged_energy(neutral, None)
    half = neutral.mo_occ / 2
    hole = half.copy()
    hole[np.flatnonzero(half)[-1]] = 0.0
    orbitals = neutral.mo_coeff
    return np.stack([(orbitals * occupied) @ orbitals.T for occupied in (half, hole)])


def _mean_field(
    subject: Molecule,
    positions: NDArray[np.float64],
    removed: int,
    relaxation: Relaxation,
    solvent: Continuum | None,
) -> Any:
    return mean_field_of(
        subject,
        positions,
        removed,
        functional=relaxation.functional,
        basis=relaxation.basis,
        grid_level=relaxation.grid_level,
        solvent=solvent,
    )
