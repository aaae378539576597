"""Limits by density functional theory (PySCF).

The reference that the cheap recipe is calibrated against: adiabatic in solution, on structures
relaxed with extended tight binding, or that of the cation with density functional theory, too,

    E_ox(Li)  = E(cation, its structure) - E(neutral, its structure) - 1.40 V
    E_red(Li) = E(neutral, its structure) - E(anion, its structure) - 1.40 V

with the range-separated hybrid wB97X (Chai and Head-Gordon 2008, 10.1063/1.2834918), a basis with
diffuse functions, without which anions are far too high, and IEF-PCM solvation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.quantum.campaign import filled_row
from electrolyte_ml.quantum.cavity import keep_integrals
from electrolyte_ml.quantum.connectivity import changed_bonds
from electrolyte_ml.quantum.dependencies import import_optional
from electrolyte_ml.quantum.dft_structures import CationRelaxation, relaxed_cation
from electrolyte_ml.quantum.electrodes import LITHIUM_ABSOLUTE_V
from electrolyte_ml.quantum.geometry import BOHR_ANGSTROM, Molecule
from electrolyte_ml.quantum.limits import relaxed_structures
from electrolyte_ml.quantum.protocol import Protocol, settings_key
from electrolyte_ml.quantum.table import LimitRow
from electrolyte_ml.quantum.xtb import HARTREE_EV, ConvergenceError

Positions = NDArray[np.float64]
Guess = Callable[[Any], NDArray[np.float64]]
_LEVEL_SHIFT = 0.3  # hartree


@dataclass(frozen=True, slots=True, kw_only=True)
class DftProtocol:
    """How limits are computed with density functional theory.

    Attributes
    ----------
    structures
        Protocol of the structures.
    cation
        How the cation of a neutral molecule is relaxed, too, of which the lower one counts; None
        to take the structure of extended tight binding.
    functional, basis
        As PySCF names them.
    permittivity
        Of the implicit solvent; acetonitrile's.
    grid_level
        Of PySCF's integration grid.
    lebedev_order
        Of the grid on the cavity; the order 29 that PySCF takes changes energies by 0.001 eV and
        costs three times as much.
    """

    structures: Protocol = field(default_factory=Protocol)
    cation: CationRelaxation | None = None
    functional: str = "wb97x"
    basis: str = "6-31+g*"
    permittivity: float = 35.7
    grid_level: int = 1
    lebedev_order: int = 11

    @property
    def key(self) -> str:
        """Short identity of the settings."""
        settings = asdict(self)
        if self.cation is None:
            # Not a setting of the first revision, whose rows keep their key.
            del settings["cation"]
            return settings_key("dft-1", settings)
        return settings_key("dft-2", settings)


#: Cations of neutral molecules relaxed with density functional theory.
RELAXED = DftProtocol(cation=CationRelaxation())


@dataclass(frozen=True, slots=True, kw_only=True)
class DftLimits:
    """Limits of one molecule, V against Li/Li+.

    Attributes
    ----------
    oxidation_limit_v, reduction_limit_v
        Adiabatic limits; no reduction limit for an anion.
    oxidation_bonds, reduction_bonds
        Bonds that break or form as the ion relaxes.
    """

    oxidation_limit_v: float
    reduction_limit_v: float | None
    oxidation_bonds: tuple[str, ...]
    reduction_bonds: tuple[str, ...]


def dft_row(subject: Molecule, protocol: DftProtocol) -> LimitRow:
    """Row of one molecule; a failure is a row with its reason.

    Raises
    ------
    MissingDependencyError
        If PySCF or tblite is not installed.
    """
    blank = LimitRow(
        inchikey=subject.inchikey,
        smiles=subject.smiles,
        charge=subject.charge,
        protocol=protocol.key,
    )
    return filled_row(blank, lambda: compute_dft_limits(subject, protocol))


def compute_dft_limits(subject: Molecule, protocol: DftProtocol) -> DftLimits:
    """Limits of a molecule or an anion.

    Raises
    ------
    ConvergenceError
        If an iteration does not converge.
    """
    structures = relaxed_structures(subject, protocol.structures)

    def energy_ev(positions: Positions, removed: int, guess: Guess | None = None) -> float:
        return single_point_ev(subject, positions, removed, protocol, guess)

    def bonds(positions: Positions) -> tuple[str, ...]:
        return changed_bonds(subject, structures.neutral.positions, positions)

    neutral = energy_ev(structures.neutral.positions, 0)
    oxidised = structures.oxidised.positions
    cation_ev = energy_ev(oxidised, 1)
    if protocol.cation is not None and subject.charge == 0:
        cation = relaxed_cation(subject, structures.neutral, protocol.structures, protocol.cation)
        relaxed_ev = energy_ev(cation.positions, 1, cation.density_in)
        # Both are above the lowest there is; the lower one is nearer to it.
        if relaxed_ev < cation_ev:
            oxidised, cation_ev = cation.positions, relaxed_ev
    oxidation = cation_ev - neutral - LITHIUM_ABSOLUTE_V
    reduced = structures.reduced
    reduction = None
    if reduced is not None:
        reduction = neutral - energy_ev(reduced.positions, -1) - LITHIUM_ABSOLUTE_V
    return DftLimits(
        oxidation_limit_v=oxidation,
        reduction_limit_v=reduction,
        oxidation_bonds=bonds(oxidised),
        reduction_bonds=() if reduced is None else bonds(reduced.positions),
    )


def single_point_ev(
    subject: Molecule,
    positions: Positions,
    electrons_removed: int,
    protocol: DftProtocol,
    guess: Guess | None = None,
) -> float:
    """Energy in solution at a structure, eV.

    Parameters
    ----------
    subject
        The molecule.
    positions
        Bohr, shape (a, 3).
    electrons_removed
        1 for the oxidised, -1 for the reduced molecule.
    protocol
        Functional, basis and solvent.
    guess
        Density to start from, given PySCF's molecule; that of free atoms by default.

    Raises
    ------
    ConvergenceError
        If the iteration does not converge.
    """
    gto, dft = import_optional("pyscf.gto"), import_optional("pyscf.dft")
    # PySCF attaches solvation to its mean fields when this module is imported.
    import_optional("pyscf.solvent")
    charge = subject.charge + electrons_removed
    unpaired = int(subject.numbers.sum() - charge) % 2
    atoms = [
        (int(z), tuple(point))
        for z, point in zip(subject.numbers, positions * BOHR_ANGSTROM, strict=True)
    ]
    system = gto.M(atom=atoms, charge=charge, spin=unpaired, basis=protocol.basis, verbose=0)
    mean_field = (dft.UKS if unpaired else dft.RKS)(system, xc=protocol.functional).density_fit()
    mean_field.grids.level = protocol.grid_level
    mean_field = mean_field.PCM()
    mean_field.with_solvent.method = "IEF-PCM"
    mean_field.with_solvent.eps = protocol.permittivity
    mean_field.with_solvent.lebedev_order = protocol.lebedev_order
    keep_integrals(mean_field.with_solvent, system)
    mean_field.conv_tol, mean_field.max_cycle = 1e-6, 80
    # By default from free atoms: orbitals of the neutral molecule put the electron of an anion into
    # a diffuse state above the lowest, which the iteration does not leave.
    energy = mean_field.kernel(None if guess is None else guess(system))
    if not mean_field.converged:
        # Occupied and empty levels apart: slower, and out of a swing between two states.
        mean_field.level_shift = _LEVEL_SHIFT
        energy = mean_field.kernel(mean_field.make_rdm1())
    if not mean_field.converged:
        raise ConvergenceError(f"{protocol.functional}/{protocol.basis} did not converge")
    return float(energy) * HARTREE_EV
