"""Oxidation and reduction limits of one molecule with extended tight binding.

No parameter is fitted:

    E_ox(Li)  = [IPEA1-xTB vertical ionisation energy in the gas - 4.8455 eV]
                + [change by ALPB solvation in GFN2-xTB]
                + [change by relaxation of the cation in GFN2-xTB] - 1.40 V
    E_red(Li) = GFN2-xTB(ALPB) adiabatic electron affinity - 4.8455 eV - 1.40 V

IPEA1-xTB: Asgeirsson, Bauer and Grimme 2017, 10.1039/C7SC00601B; GFN2-xTB: Bannwarth, Ehlert and
Grimme 2019, 10.1021/acs.jctc.8b01176; ALPB: Ehlert et al. 2021, 10.1021/acs.jctc.1c00471. In
IPEA1-xTB, electron affinities are worse than in GFN2-xTB; hence the two methods.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.quantum.electrodes import LITHIUM_ABSOLUTE_V
from electrolyte_ml.quantum.geometry import Molecule, changed_bonds, conformers, softness
from electrolyte_ml.quantum.table import XtbProtocol
from electrolyte_ml.quantum.xtb import ConvergenceError, Relaxed, Surface


class BareAtomError(ElectrolyteError, RuntimeError):
    """The method cannot treat a single atom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structures:
    """Relaxed structures of a molecule.

    Attributes
    ----------
    neutral, oxidised
        Structures of the molecule as given, and with one electron less.
    reduced
        Structure with one electron more; None for an anion.
    """

    neutral: Relaxed
    oxidised: Relaxed
    reduced: Relaxed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedLimits:
    """One-electron limits of one molecule, V against Li/Li+, and their contributions.

    Attributes
    ----------
    oxidation_limit_v
        Oxidation limit, V against Li/Li+.
    reduction_limit_v
        Reduction limit, V against Li/Li+; None for an anion.
    vertical_reduction_v
        Reduction limit before the anion relaxes, V against Li/Li+.
    gas_ionisation_ev
        Vertical ionisation energy by IPEA1-xTB in the gas phase, shift subtracted, eV.
    solvation_ev, relaxation_ev
        Changes of the ionisation energy by solvation and by relaxation (GFN2-xTB), eV.
    highest_occupied_ev, lowest_empty_ev
        Frontier orbitals in the implicit solvent (GFN2-xTB), eV.
    oxidation_bonds, reduction_bonds
        Bonds that break or form as the ion relaxes; empty if none.
    """

    oxidation_limit_v: float
    reduction_limit_v: float | None
    vertical_reduction_v: float | None
    gas_ionisation_ev: float
    solvation_ev: float
    relaxation_ev: float
    highest_occupied_ev: float
    lowest_empty_ev: float
    oxidation_bonds: tuple[str, ...]
    reduction_bonds: tuple[str, ...]


def compute_limits(subject: Molecule, protocol: XtbProtocol) -> ComputedLimits:
    """Limits of a molecule or an anion.

    Raises
    ------
    BareAtomError
        If it is a single atom.
    GeometryError
        If no structure can be embedded.
    ConvergenceError
        If an iteration does not converge.
    MissingDependencyError
        If tblite is not installed.
    """
    if len(subject.numbers) == 1:
        # Of the halides, 6.2, -1.1 and -0.6 eV, where 3.61, 3.36 and 3.06 eV were measured.
        raise BareAtomError(
            f"{subject.smiles}: IPEA1-xTB ionisation energies of single atoms are wrong by some "
            "electronvolts; --dft may serve"
        )
    return limits_of(subject, relaxed_structures(subject, protocol), protocol)


def relaxed_structures(subject: Molecule, protocol: XtbProtocol) -> Structures:
    """The best conformer relaxed in solution, neutral, oxidised and reduced.

    Raises
    ------
    GeometryError
        If no structure can be embedded.
    ConvergenceError
        If an iteration does not converge.
    """
    start = _best_conformer(subject, protocol)
    soft = softness(subject, start)

    def relax(positions: NDArray[np.float64], electrons_removed: int) -> Relaxed:
        surface = Surface(subject, positions, electrons_removed, solvent=protocol.solvent)
        return surface.relax(soft, protocol)

    neutral = relax(start, 0)
    return Structures(
        neutral=neutral,
        oxidised=relax(neutral.positions, 1),
        reduced=None if subject.charge < 0 else relax(neutral.positions, -1),
    )


def limits_of(subject: Molecule, structures: Structures, protocol: XtbProtocol) -> ComputedLimits:
    """Limits from structures that are relaxed already.

    Raises
    ------
    ConvergenceError
        If an iteration does not converge.
    """
    neutral = structures.neutral

    def vertical(removed: int, method: str, solvent: str | None) -> float:
        ion = Surface(subject, neutral.positions, removed, method, solvent).energy_ev()
        own = Surface(subject, neutral.positions, 0, method, solvent).energy_ev()
        return ion - own

    shift, solvent = protocol.ipea_shift_ev, protocol.solvent
    ionisation = vertical(1, "IPEA1-xTB", None) - shift
    in_solution = vertical(1, "GFN2-xTB", solvent)
    solvation = in_solution - vertical(1, "GFN2-xTB", None)
    relaxation = structures.oxidised.energy_ev - neutral.energy_ev - in_solution
    surface = Surface(subject, neutral.positions, solvent=solvent)
    highest, lowest = surface.frontier_ev()
    found = ComputedLimits(
        oxidation_limit_v=ionisation + solvation + relaxation - LITHIUM_ABSOLUTE_V,
        reduction_limit_v=None,
        vertical_reduction_v=None,
        gas_ionisation_ev=ionisation,
        solvation_ev=solvation,
        relaxation_ev=relaxation,
        highest_occupied_ev=highest,
        lowest_empty_ev=lowest,
        oxidation_bonds=changed_bonds(subject, neutral.positions, structures.oxidised.positions),
        reduction_bonds=(),
    )
    reduced = structures.reduced
    if reduced is None:
        return found
    zero = shift + LITHIUM_ABSOLUTE_V
    return replace(
        found,
        reduction_limit_v=neutral.energy_ev - reduced.energy_ev - zero,
        vertical_reduction_v=-vertical(-1, "GFN2-xTB", solvent) - zero,
        reduction_bonds=changed_bonds(subject, neutral.positions, reduced.positions),
    )


def _best_conformer(subject: Molecule, protocol: XtbProtocol) -> NDArray[np.float64]:
    """Conformer of the lowest energy in solution; those without a converged energy are left out."""
    ranked: list[tuple[float, NDArray[np.float64]]] = []
    last: ConvergenceError | None = None
    for positions in conformers(subject, protocol):
        try:
            energy = Surface(subject, positions, solvent=protocol.solvent).energy_ev()
        except ConvergenceError as error:
            last = error
        else:
            ranked.append((energy, positions))
    if not ranked:
        raise last or ConvergenceError(f"{subject.smiles}: no conformer")
    return min(ranked, key=lambda pair: pair[0])[1]
