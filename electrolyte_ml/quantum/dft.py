"""Limits by density functional theory (PySCF).

The reference that the tight-binding limits are calibrated against: adiabatic, in solution.
Structures are relaxed with extended tight binding; those of ions optionally with DFT as well:

    E_ox(Li)  = E(cation, its structure) - E(neutral, its structure) - 1.40 V
    E_red(Li) = E(neutral, its structure) - E(anion, its structure) - 1.40 V

The functional is the range-separated hybrid wB97X (Chai and Head-Gordon 2008, 10.1063/1.2834918),
solvation is IEF-PCM. The basis has diffuse functions: without them anions are far too high.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.quantum.computation import filled_row
from electrolyte_ml.quantum.dft_structures import (
    RadicalIon,
    Relaxation,
    relaxed_anion,
    relaxed_cation,
)
from electrolyte_ml.quantum.electrodes import LITHIUM_ABSOLUTE_V
from electrolyte_ml.quantum.geometry import Molecule, changed_bonds
from electrolyte_ml.quantum.limits import relaxed_structures
from electrolyte_ml.quantum.mean_field import Continuum, converged_energy, mean_field_of
from electrolyte_ml.quantum.table import LimitRow, XtbProtocol, settings_key
from electrolyte_ml.quantum.xtb import HARTREE_EV, Relaxed

Positions = NDArray[np.float64]
Guess = Callable[[Any], NDArray[np.float64]]
_Ion = tuple[float, tuple[str, ...]]  # energy, eV, and bonds that change


@dataclass(frozen=True, slots=True, kw_only=True)
class DftProtocol:
    """Settings of limits by density functional theory.

    Attributes
    ----------
    structures
        Protocol of the tight-binding structures.
    cation, anion
        Relaxation of the ions of a neutral molecule; the lower of the two energies counts. None to
        use the tight-binding structures alone.
    functional, basis
        Names of PySCF.
    permittivity
        Relative permittivity of the implicit solvent, by default that of acetonitrile.
    grid_level
        Level of PySCF's integration grid.
    lebedev_order
        Order of the grid on the cavity. PySCF's default of 29 changes energies by 0.001 eV and
        costs three times as much.
    """

    structures: XtbProtocol = field(default_factory=XtbProtocol)
    cation: Relaxation | None = None
    anion: Relaxation | None = None
    functional: str = "wb97x"
    basis: str = "6-31+g*"
    permittivity: float = 35.7
    grid_level: int = 1
    lebedev_order: int = 11

    @property
    def key(self) -> str:
        """Short identity of the settings."""
        settings = asdict(self)
        if self.cation is None and self.anion is None:
            # The first revision did not have these settings; its rows keep their key.
            del settings["cation"], settings["anion"]
            return settings_key("dft-1", settings)
        return settings_key("dft-3", settings)

    @property
    def solvent(self) -> Continuum:
        """The implicit solvent."""
        return Continuum(permittivity=self.permittivity, lebedev_order=self.lebedev_order)


#: Protocol with ions of neutral molecules relaxed by density functional theory.
RELAXED = DftProtocol(cation=Relaxation(), anion=Relaxation(basis="6-31+g*"))


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
    neutral, reduced = structures.neutral, structures.reduced
    neutral_ev = single_point_ev(subject, neutral.positions, 0, protocol)

    def ion_ev(start: Relaxed, removed: int, ion: RadicalIon | None) -> _Ion:
        """Lower energy of an ion: on its tight-binding structure, or relaxed further by DFT."""
        energy = single_point_ev(subject, start.positions, removed, protocol)
        positions = start.positions
        if ion is not None:
            further = single_point_ev(subject, ion.positions, removed, protocol, ion.density_in)
            # Both energies are upper bounds of the minimum; the lower one is the better.
            if further < energy:
                positions, energy = ion.positions, further
        return energy, changed_bonds(subject, neutral.positions, positions)

    cation = anion = None
    if protocol.cation is not None and subject.charge == 0:
        cation = relaxed_cation(subject, neutral, protocol.structures, protocol.cation)
    cation_ev, oxidation_bonds = ion_ev(structures.oxidised, 1, cation)
    found = DftLimits(
        oxidation_limit_v=cation_ev - neutral_ev - LITHIUM_ABSOLUTE_V,
        reduction_limit_v=None,
        oxidation_bonds=oxidation_bonds,
        reduction_bonds=(),
    )
    if reduced is None:
        return found
    if protocol.anion is not None:
        anion = relaxed_anion(
            subject, reduced, protocol.structures, protocol.anion, protocol.solvent
        )
    anion_ev, reduction_bonds = ion_ev(reduced, -1, anion)
    return replace(
        found,
        reduction_limit_v=neutral_ev - anion_ev - LITHIUM_ABSOLUTE_V,
        reduction_bonds=reduction_bonds,
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
        Initial density for a PySCF molecule; by default that of free atoms.

    Raises
    ------
    ConvergenceError
        If the iteration does not converge.
    """
    mean_field = mean_field_of(
        subject,
        positions,
        electrons_removed,
        functional=protocol.functional,
        basis=protocol.basis,
        grid_level=protocol.grid_level,
        solvent=protocol.solvent,
    )
    start = None if guess is None else guess(mean_field.mol)
    return converged_energy(mean_field, start) * HARTREE_EV
