"""What the force field of an anion is derived from: its quantum structure, Hessian and potential.

The structure of the free ion is relaxed by density functional theory (B3LYP, def2-SVP, density
fitting). The Hessian is that of tight binding (GFN2-xTB) at its own minimum. The electrostatic
potential, on four shells of 1.4 to 2.0 van der Waals radii as Merz and Kollman place them [1]_,
comes from the same functional with diffuse functions (def2-SVPD).

References
----------
.. [1] Singh, Kollman, J. Comput. Chem. 1984, 5, 129. https://doi.org/10.1002/jcc.540050204
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.quantum.dft_structures import descend
from electrolyte_ml.quantum.geometry import BOHR_ANGSTROM, Molecule, molecule
from electrolyte_ml.quantum.mean_field import converged_energy, mean_field_of
from electrolyte_ml.quantum.xtb import Surface
from tools.surface_potential import (
    PROTOCOL,
    electron_density,
    most_stable_structure,
    potential,
    vdw_surface,
)

FUNCTIONAL, BASIS, POTENTIAL_BASIS = "b3lyp", "def2-svp", "def2-svpd"
_GRID_LEVEL = 1
# Largest component of the gradient of a relaxed structure, hartree/bohr.
_GRADIENT_TOLERANCE, _CHEAP_TOLERANCE = 5e-4, 1e-5
_MAX_STEPS = 60
_SHELLS = (1.4, 1.6, 1.8, 2.0)
_HARTREE_KJ_MOL = 2625.4996394799


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantumReference:
    """Structure, Hessian and potential of a free ion.

    Attributes
    ----------
    smiles
        Canonical SMILES; the atoms stand in its order.
    positions_nm
        Structure relaxed by density functional theory, nm, shape (a, 3).
    minimum_nm
        Structure relaxed by tight binding, nm, shape (a, 3).
    hessian_kj_mol_nm2
        Second derivatives of the energy there, kJ/mol/nm2, shape (3a, 3a).
    points_nm
        Points around the ion, nm, shape (p, 3).
    potential_kj_mol_e
        Electrostatic potential at the points, kJ/mol/e, shape (p,).
    """

    smiles: str
    positions_nm: NDArray[np.float64]
    minimum_nm: NDArray[np.float64]
    hessian_kj_mol_nm2: NDArray[np.float64]
    points_nm: NDArray[np.float64]
    potential_kj_mol_e: NDArray[np.float64]


def quantum_reference(smiles: str, folder: Path) -> QuantumReference:
    """Compute the reference of an ion, or read it where it was computed before.

    Parameters
    ----------
    smiles
        SMILES of an anion.
    folder
        Where the results are kept.

    Raises
    ------
    ConvergenceError
        If the electronic iteration or the relaxation does not converge.
    MissingDependencyError
        If PySCF or tblite is not installed.
    """
    ion = molecule(smiles)
    path = folder / f"{ion.graph.GetNumAtoms()}-{''.join(c for c in smiles if c.isalnum())}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as held:
            arrays = {f.name: held[f.name] for f in fields(QuantumReference) if f.name != "smiles"}
            return QuantumReference(smiles=str(held["smiles"]), **arrays)
    found = _computed(ion)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{f.name: getattr(found, f.name) for f in fields(found)})
    return found


def _computed(ion: Molecule) -> QuantumReference:
    loose = most_stable_structure(ion, PROTOCOL)
    cheap = Surface(ion, loose)
    _, minimum = descend(
        cheap.evaluate,
        loose.ravel(),
        cheap.curvature(loose.ravel()),
        tolerance=_CHEAP_TOLERANCE,
        max_steps=_MAX_STEPS,
    )
    curvature = cheap.curvature(minimum)
    positions = _relaxed(ion, minimum, curvature)
    points = np.concatenate([vdw_surface(ion, positions, scale)[0] for scale in _SHELLS])
    field = electron_density(ion, positions, POTENTIAL_BASIS)
    values = potential(field, positions, points)
    nm = BOHR_ANGSTROM / 10
    return QuantumReference(
        smiles=ion.smiles,
        positions_nm=positions * nm,
        minimum_nm=minimum.reshape(-1, 3) * nm,
        hessian_kj_mol_nm2=curvature * _HARTREE_KJ_MOL / nm**2,
        points_nm=points * nm,
        potential_kj_mol_e=values * _HARTREE_KJ_MOL,
    )


def _relaxed(
    ion: Molecule, start: NDArray[np.float64], curvature: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Structure of lowest energy near that of tight binding, bohr, shape (a, 3)."""
    density: NDArray[np.float64] | None = None

    def surface(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        nonlocal density
        field = mean_field_of(
            ion,
            at,
            0,
            functional=FUNCTIONAL,
            basis=BASIS,
            grid_level=_GRID_LEVEL,
            solvent=None,
        )
        energy = converged_energy(field, density)
        density = field.make_rdm1()
        gradient = field.nuc_grad_method().kernel().ravel()
        print(f"{ion.smiles}: {energy:.6f}, {np.abs(gradient).max():.1e}", flush=True)
        return energy, gradient

    _, positions = descend(
        surface, start, curvature, tolerance=_GRADIENT_TOLERANCE, max_steps=_MAX_STEPS
    )
    return positions.reshape(-1, 3)
