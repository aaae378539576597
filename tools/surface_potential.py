"""Electrostatic potential of an ion on its van der Waals surface.

How strongly an anion attracts a cation is computed, not typed: the potential of the free ion comes
from a density functional calculation (B3LYP, def2-SVPD, density fitting) at the structure of
GFN2-xTB. The lowest value of an anion is where a cation sits first, and ranks lithium salts by
their ion pairing [1]_; the mean follows the size. Ion pairs relaxed with extended tight binding
were tried first and dropped: they bind FSI- more tightly than triflate, by an electronvolt, which
no measurement supports. The protocol was fixed before any model saw its results.

References
----------
.. [1] Johansson, Phys. Chem. Chem. Phys. 2007, 9, 1493. https://doi.org/10.1039/b612297n
.. [2] Bondi, J. Phys. Chem. 1964, 68, 441. https://doi.org/10.1021/j100785a001
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.optional import import_optional
from electrolyte_ml.quantum.geometry import (
    BOHR_ANGSTROM,
    Molecule,
    conformers,
    softness,
)
from electrolyte_ml.quantum.table import XtbProtocol
from electrolyte_ml.quantum.xtb import ConvergenceError, Surface

PROTOCOL = XtbProtocol(solvent="acetonitrile", conformers=4, gradient_tolerance=2e-3)
FUNCTIONAL, BASIS = "b3lyp", "def2-svpd"
# Points on the sphere of each atom before those inside of other atoms are left out.
_POINTS = 120
_GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))
_BATCH = 400


def mean_and_spread(values: NDArray[np.float64], areas: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation of a potential over a surface, shapes (p,)."""
    mean = float(np.average(values, weights=areas))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=areas)))


def most_stable_structure(ion: Molecule, protocol: XtbProtocol) -> NDArray[np.float64]:
    """Structure with the lowest energy of the conformers, bohr, shape (a, 3).

    Raises
    ------
    ConvergenceError
        If no conformer relaxes.
    """
    found = []
    for start in conformers(ion, protocol):
        surface = Surface(ion, start, solvent=protocol.solvent)
        try:
            found.append(surface.relax(softness(ion, start), protocol))
        except ConvergenceError:
            continue
    if not found:
        raise ConvergenceError(f"{ion.smiles}: no structure converged")
    return min(found, key=lambda relaxed: relaxed.energy_ev).positions


def vdw_surface(
    subject: Molecule, positions: NDArray[np.float64], scale: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points on the outside of the atoms' van der Waals spheres [2]_.

    Parameters
    ----------
    subject
        The molecule.
    positions
        Positions, bohr, shape (a, 3).
    scale
        Factor on the radii.

    Returns
    -------
    points
        Bohr, shape (p, 3).
    areas
        Area that each point stands for, bohr2, shape (p,).
    """
    table = Chem.GetPeriodicTable()
    radii = scale * np.array([table.GetRvdw(int(z)) for z in subject.numbers]) / BOHR_ANGSTROM
    step = np.arange(_POINTS)
    z = 1.0 - (2.0 * step + 1.0) / _POINTS
    flat, around = np.sqrt(1.0 - z**2), _GOLDEN_ANGLE * step
    sphere = np.column_stack([flat * np.cos(around), flat * np.sin(around), z])
    points = positions[:, None] + radii[:, None, None] * sphere[None]
    areas = np.repeat(4 * np.pi * radii**2 / _POINTS, _POINTS)
    owner = np.repeat(np.arange(len(radii)), _POINTS)
    flat_points = points.reshape(-1, 3)
    distance = np.linalg.norm(flat_points[:, None] - positions[None], axis=-1)
    inside = distance < radii[None] - 1e-6
    inside[np.arange(len(owner)), owner] = False
    outer = ~inside.any(axis=1)
    return flat_points[outer], areas[outer]


def electron_density(
    ion: Molecule, positions: NDArray[np.float64], basis: str = BASIS, quick: bool = False
) -> Any:
    """Self-consistent field of an ion at a structure (PySCF).

    Parameters
    ----------
    ion
        A closed-shell ion.
    positions
        Positions, bohr, shape (a, 3).
    basis
        Name of the basis set.
    quick
        Coarsest grid of the functional, and energy converged to a microhartree only.

    Raises
    ------
    ConvergenceError
        If the density does not converge.
    MissingDependencyError
        If PySCF is not installed.
    """
    gto = import_optional("pyscf.gto")
    dft = import_optional("pyscf.dft")
    table = Chem.GetPeriodicTable()
    atoms = [
        (table.GetElementSymbol(int(z)), place)
        for z, place in zip(ion.numbers, positions, strict=True)
    ]
    system = gto.M(
        atom=atoms,
        unit="Bohr",
        basis=basis,
        ecp=basis if ion.numbers.max() > 36 else {},
        charge=ion.charge,
        verbose=0,
    )
    field = dft.RKS(system, xc=FUNCTIONAL).density_fit()
    if quick:
        field.grids.level, field.conv_tol = 0, 1e-6
    field.kernel()
    if not field.converged:
        raise ConvergenceError(f"{ion.smiles}: the density does not converge")
    return field


def potential(
    field: Any, positions: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Electrostatic potential at points, hartree, shape (p,).

    Parameters
    ----------
    field
        From `electron_density`.
    positions, points
        Nuclei and points, bohr, shapes (a, 3) and (p, 3).
    """
    gto = import_optional("pyscf.gto")
    df = import_optional("pyscf.df")
    density = field.make_rdm1()
    charges = field.mol.atom_charges()
    distance = np.linalg.norm(points[:, None] - positions[None], axis=-1)
    values: NDArray[np.float64] = (charges[None] / distance).sum(axis=1)
    for start in range(0, len(points), _BATCH):
        batch = slice(start, start + _BATCH)
        probes = gto.fakemol_for_charges(points[batch])
        integrals = df.incore.aux_e2(field.mol, probes)
        values[batch] -= np.einsum("ijp,ij->p", integrals, density)
    return values
