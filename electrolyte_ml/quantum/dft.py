"""Limits by density functional theory (PySCF).

The reference that the cheap recipe is calibrated against: adiabatic in solution, on structures
relaxed with extended tight binding, or those of the ions with density functional theory, too,

    E_ox(Li)  = E(cation, its structure) - E(neutral, its structure) - 1.40 V
    E_red(Li) = E(neutral, its structure) - E(anion, its structure) - 1.40 V

with the range-separated hybrid wB97X (Chai and Head-Gordon 2008, 10.1063/1.2834918), a basis with
diffuse functions, without which anions are far too high, and IEF-PCM solvation.
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
    """How limits are computed with density functional theory.

    Attributes
    ----------
    structures
        XtbProtocol of the structures.
    cation, anion
        How the ions of a neutral molecule are relaxed, too, of which the lower ones count; None to
        take the structures of extended tight binding.
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
            # No settings of the first revision, whose rows keep their key.
            del settings["cation"], settings["anion"]
            return settings_key("dft-1", settings)
        return settings_key("dft-3", settings)

    @property
    def solvent(self) -> Continuum:
        """The implicit solvent."""
        return Continuum(permittivity=self.permittivity, lebedev_order=self.lebedev_order)


#: Ions of neutral molecules relaxed with density functional theory.
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
        """The lower one of an ion on its structure by tight binding, and relaxed further."""
        energy = single_point_ev(subject, start.positions, removed, protocol)
        positions = start.positions
        if ion is not None:
            further = single_point_ev(subject, ion.positions, removed, protocol, ion.density_in)
            # Both are above the lowest there is; the lower one is nearer to it.
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
        Density to start from, given PySCF's molecule; that of free atoms by default.

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
