"""Mean fields of density functional theory, in the gas phase or in a continuum (PySCF).

The integrals between a molecule and its solvent cavity are cached. PySCF computes them twice in
each iteration although they depend on the structure alone. For molecules of electrolytes they fit
in memory, and the cache saves a third of the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.optional import import_optional
from electrolyte_ml.quantum.geometry import BOHR_ANGSTROM, Molecule
from electrolyte_ml.quantum.xtb import ConvergenceError

_LARGEST_BYTES = 1_000_000_000

_MAX_CYCLE, _TOLERANCE, _LEVEL_SHIFT = 80, 1e-6, 0.3  # the last two in hartree


def keep_integrals(solvent: Any, system: Any) -> None:
    """Make a polarisable continuum cache its integrals, unless they are too large.

    Parameters
    ----------
    solvent
        ``with_solvent`` of a mean field of PySCF, method PCM.
    system
        The molecule of PySCF.
    """
    df, gto, lib = (import_optional(f"pyscf.{name}") for name in ("df", "gto", "lib"))
    solvent.build()
    surface, size = solvent.surface, system.nao
    pairs = size * (size + 1) // 2
    if pairs * len(surface["grid_coords"]) * 8 > _LARGEST_BYTES:
        return
    charges = gto.fakemol_for_charges(surface["grid_coords"], expnt=surface["charge_exp"] ** 2)
    integrals = df.incore.aux_e2(system, charges, intor="int3c2e", aosym="s2ij")
    diagonal = np.arange(size) * (np.arange(size) + 3) // 2

    def potential(densities: Any) -> Any:
        packed = lib.pack_tril(densities + densities.transpose(0, 2, 1))
        packed[:, diagonal] *= 0.5
        return packed @ integrals

    def operator(charge: Any) -> Any:
        return -lib.unpack_tril((integrals @ charge.reshape(-1, integrals.shape[1]).T).T)

    solvent._get_v, solvent._get_vmat = potential, operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuum:
    """An implicit solvent, IEF-PCM.

    Attributes
    ----------
    permittivity
        Relative permittivity of the solvent.
    lebedev_order
        Order of the grid on the cavity.
    """

    permittivity: float
    lebedev_order: int


def mean_field_of(
    subject: Molecule,
    positions: NDArray[np.float64],
    electrons_removed: int,
    *,
    functional: str,
    basis: str,
    grid_level: int,
    solvent: Continuum | None,
) -> Any:
    """A mean field of PySCF before the first iteration.

    Parameters
    ----------
    subject
        The molecule.
    positions
        Bohr, shape (a, 3) or (3a,).
    electrons_removed
        1 for the oxidised, -1 for the reduced molecule.
    functional, basis, grid_level
        Names of PySCF.
    solvent
        Continuum; None for the gas phase.

    Raises
    ------
    MissingDependencyError
        If PySCF is not installed.
    """
    gto, dft = import_optional("pyscf.gto"), import_optional("pyscf.dft")
    # PySCF attaches solvation to its mean fields when this module is imported.
    import_optional("pyscf.solvent")
    charge = subject.charge + electrons_removed
    unpaired = int(subject.numbers.sum() - charge) % 2
    points = (positions.reshape(-1, 3) * BOHR_ANGSTROM).tolist()
    atoms = [(int(z), tuple(p)) for z, p in zip(subject.numbers, points, strict=True)]
    system = gto.M(atom=atoms, charge=charge, spin=unpaired, basis=basis, verbose=0)
    mean_field = (dft.UKS if unpaired else dft.RKS)(system, xc=functional).density_fit()
    mean_field.grids.level = grid_level
    if solvent is not None:
        mean_field = mean_field.PCM()
        mean_field.with_solvent.method = "IEF-PCM"
        mean_field.with_solvent.eps = solvent.permittivity
        mean_field.with_solvent.lebedev_order = solvent.lebedev_order
        keep_integrals(mean_field.with_solvent, system)
    mean_field.conv_tol, mean_field.max_cycle = _TOLERANCE, _MAX_CYCLE
    return mean_field


def converged_energy(mean_field: Any, density: NDArray[np.float64] | None) -> float:
    """Energy of the converged mean field, hartree.

    Parameters
    ----------
    mean_field
        Mean field from `mean_field_of`.
    density
        Initial density; by default that of free atoms. Starting from the orbitals of the neutral
        molecule would trap the electron of an anion in a diffuse excited state.

    Raises
    ------
    ConvergenceError
        If the iteration does not converge.
    """
    energy = mean_field.kernel(density)
    if not mean_field.converged:
        # Level shift: slower, but it ends an oscillation between two states.
        mean_field.level_shift = _LEVEL_SHIFT
        energy = mean_field.kernel(mean_field.make_rdm1())
    if not mean_field.converged:
        raise ConvergenceError(f"{mean_field.xc}/{mean_field.mol.basis} did not converge")
    return float(energy)
