"""Limits by density functional theory on structures relaxed with extended tight binding (PySCF).

The reference that the cheap recipe is calibrated against: adiabatic in solution,

    E_ox(Li)  = E(cation, its structure) - E(neutral, its structure) - 1.40 V
    E_red(Li) = E(neutral, its structure) - E(anion, its structure) - 1.40 V

with the range-separated hybrid wB97X (Chai and Head-Gordon 2008, 10.1063/1.2834918), a basis with
diffuse functions, without which anions are far too high, and IEF-PCM solvation.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from electrolyte_ml.quantum.campaign import filled_row
from electrolyte_ml.quantum.cavity import keep_integrals
from electrolyte_ml.quantum.connectivity import changed_bonds
from electrolyte_ml.quantum.dependencies import import_optional
from electrolyte_ml.quantum.electrodes import LITHIUM_ABSOLUTE_V
from electrolyte_ml.quantum.geometry import BOHR_ANGSTROM, Molecule
from electrolyte_ml.quantum.limits import relaxed_structures
from electrolyte_ml.quantum.protocol import Protocol, settings_key
from electrolyte_ml.quantum.table import LimitRow
from electrolyte_ml.quantum.xtb import HARTREE_EV, ConvergenceError, Relaxed

_LEVEL_SHIFT = 0.3  # hartree


@dataclass(frozen=True, slots=True, kw_only=True)
class DftProtocol:
    """How limits are computed with density functional theory.

    Attributes
    ----------
    structures
        Protocol of the structures.
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
    functional: str = "wb97x"
    basis: str = "6-31+g*"
    permittivity: float = 35.7
    grid_level: int = 1
    lebedev_order: int = 11

    @property
    def key(self) -> str:
        """Short identity of the settings."""
        return settings_key("dft-1", asdict(self))


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

    def energy_ev(structure: Relaxed, electrons_removed: int) -> float:
        return _single_point_ev(subject, structure, electrons_removed, protocol)

    def bonds(structure: Relaxed) -> tuple[str, ...]:
        return changed_bonds(subject, structures.neutral.positions, structure.positions)

    neutral = energy_ev(structures.neutral, 0)
    oxidation = energy_ev(structures.oxidised, 1) - neutral - LITHIUM_ABSOLUTE_V
    reduced = structures.reduced
    reduction = None
    if reduced is not None:
        reduction = neutral - energy_ev(reduced, -1) - LITHIUM_ABSOLUTE_V
    return DftLimits(
        oxidation_limit_v=oxidation,
        reduction_limit_v=reduction,
        oxidation_bonds=bonds(structures.oxidised),
        reduction_bonds=() if reduced is None else bonds(reduced),
    )


def _single_point_ev(
    subject: Molecule, structure: Relaxed, electrons_removed: int, protocol: DftProtocol
) -> float:
    gto, dft = import_optional("pyscf.gto"), import_optional("pyscf.dft")
    # PySCF attaches solvation to its mean fields when this module is imported.
    import_optional("pyscf.solvent")
    charge = subject.charge + electrons_removed
    unpaired = int(subject.numbers.sum() - charge) % 2
    atoms = [
        (int(z), tuple(point))
        for z, point in zip(subject.numbers, structure.positions * BOHR_ANGSTROM, strict=True)
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
    # Starts from free atoms, whatever the charge: orbitals of the neutral molecule put the electron
    # of an anion into a diffuse state above the lowest, which the iteration does not leave.
    energy = mean_field.kernel()
    if not mean_field.converged:
        # Occupied and empty levels apart: slower, and out of a swing between two states.
        mean_field.level_shift = _LEVEL_SHIFT
        energy = mean_field.kernel(mean_field.make_rdm1())
    if not mean_field.converged:
        raise ConvergenceError(f"{protocol.functional}/{protocol.basis} did not converge")
    return float(energy) * HARTREE_EV
