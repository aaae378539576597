"""Radical cations by density functional theory: their state and their structure (PySCF).

The cation of ethylene carbonate that tight binding relaxes lies 0.17 eV above the vertical one in
wB97X without a solvent. And where several orbitals are close, an iteration that starts from free
atoms may end with the hole in a lower one: of the same molecule in the third, 0.6 eV too high. So
the hole is put into the highest orbital of the neutral molecule, the structure is relaxed from
there, and the density is carried from step to step and into the larger basis. The functional is
that of the energies: half of exact exchange pins the hole to the carbonyl oxygen of ethylene
carbonate and ends in a structure that wB97X puts 0.2 eV above the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.quantum.dependencies import import_optional
from electrolyte_ml.quantum.descent import descend
from electrolyte_ml.quantum.geometry import BOHR_ANGSTROM, Molecule
from electrolyte_ml.quantum.protocol import Protocol
from electrolyte_ml.quantum.xtb import ConvergenceError, Relaxed, Surface

_LEVEL_SHIFT = 0.3  # hartree


@dataclass(frozen=True, slots=True, kw_only=True)
class CationRelaxation:
    """How the structure of a radical cation is relaxed, in the gas and without diffuse functions.

    Attributes
    ----------
    functional, basis
        As PySCF names them.
    grid_level
        Of PySCF's integration grid.
    gradient_tolerance
        Largest component of the gradient of a relaxed structure, hartree/bohr.
    max_steps
        Steps of a descent; the lowest point counts, whether it is relaxed or not.
    """

    functional: str = "wb97x"
    basis: str = "6-31g*"
    grid_level: int = 0
    gradient_tolerance: float = 2e-3
    max_steps: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cation:
    """A radical cation.

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
    subject: Molecule, neutral: Relaxed, protocol: Protocol, relaxation: CationRelaxation
) -> Cation:
    """The cation of a neutral molecule, relaxed from the structure of the latter.

    Parameters
    ----------
    subject
        The molecule; closed shell.
    neutral
        Its structure.
    protocol
        Of that structure.
    relaxation
        How to relax.

    Raises
    ------
    ConvergenceError
        If the electronic iteration does not converge at the start.
    """
    start = neutral.positions.ravel()
    density = _hole_in_the_highest(subject, start, relaxation)
    lowest, kept = np.inf, density

    def surface(positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        nonlocal density, lowest, kept
        mean_field = _mean_field(subject, positions, 1, relaxation)
        energy = _converged(mean_field, density)
        density = mean_field.make_rdm1()
        if energy < lowest:
            lowest, kept = energy, density
        return energy, mean_field.nuc_grad_method().kernel().ravel()

    cheap = Surface(subject, neutral.positions, 1, solvent=protocol.solvent)
    _, positions = descend(
        surface,
        start,
        cheap.curvature(start),
        tolerance=relaxation.gradient_tolerance,
        max_steps=relaxation.max_steps,
    )
    system = _mean_field(subject, positions, 1, relaxation).mol
    return Cation(positions=positions.reshape(-1, 3), system=system, density=kept)


def _hole_in_the_highest(
    subject: Molecule, positions: NDArray[np.float64], relaxation: CationRelaxation
) -> NDArray[np.float64]:
    """Densities of both spins of the neutral molecule without its highest electron."""
    neutral = _mean_field(subject, positions, 0, relaxation)
    _converged(neutral, None)
    half = neutral.mo_occ / 2
    hole = half.copy()
    hole[np.flatnonzero(half)[-1]] = 0.0
    orbitals = neutral.mo_coeff
    return np.stack([(orbitals * occupied) @ orbitals.T for occupied in (half, hole)])


def _mean_field(
    subject: Molecule,
    positions: NDArray[np.float64],
    charge: int,
    relaxation: CationRelaxation,
) -> Any:
    gto, dft = import_optional("pyscf.gto"), import_optional("pyscf.dft")
    points = (positions.reshape(-1, 3) * BOHR_ANGSTROM).tolist()
    atoms = [(int(z), tuple(p)) for z, p in zip(subject.numbers, points, strict=True)]
    system = gto.M(atom=atoms, charge=charge, spin=charge, basis=relaxation.basis, verbose=0)
    method = dft.UKS if charge else dft.RKS
    mean_field = method(system, xc=relaxation.functional).density_fit()
    mean_field.grids.level = relaxation.grid_level
    mean_field.conv_tol, mean_field.max_cycle = 1e-6, 60
    return mean_field


def _converged(mean_field: Any, density: NDArray[np.float64] | None) -> float:
    energy = mean_field.kernel(density)
    if not mean_field.converged:
        # Occupied and empty levels apart: slower, and out of a swing between two states.
        mean_field.level_shift = _LEVEL_SHIFT
        energy = mean_field.kernel(density)
    if not mean_field.converged:
        raise ConvergenceError(f"{mean_field.xc}/{mean_field.mol.basis} did not converge")
    return float(energy)
