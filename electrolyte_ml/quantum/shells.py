r"""One-electron limits of molecules in the first shell of a cation, by tight binding.

A cation with whole molecules and anions around it, as they stood in a simulation, is one cluster in
a continuum (GFN2-xTB with CPCM). Every member is compared with itself: the same structure alone in
the same continuum. Thermal distortion, which moves limits of single structures by tenths of a volt,
cancels in the difference.

*Which continuum.* The difference is small, because a solution screens an ion nearly as well as a
conductor does, so that it hangs on how screening is modelled. ALPB, which serves for single
molecules, leaves 0.3 V of the field of a sodium ion half a nanometre away and 0.1 V of one at 3 nm;
the boundary problem that CPCM solves leaves what the permittivity leaves, and lets the continuum
into every gap between the members. Shifts are those of CPCM, and those of ALPB stand beside them:
where the two differ, the shift is not known any better.

*Which member.* GFN2-xTB spreads a hole, or an added electron, over all members of a kind (its
self-interaction error), so that ionising the cluster tells no limit of a single member. Its own
frontier orbitals do, in the field of all others: of the Fock and the overlap matrix of the whole
cluster, the blocks of the orbitals of member m,

.. math:: F_m c = \epsilon S_m c

A shift of the oxidation limit is the fall of the highest occupied :math:`\epsilon` against the
member alone, one of the reduction limit that of the lowest empty one (Koopmans). How an ionised
member relaxes, and how its surroundings do, is taken to be the same in both. Which members would be
oxidised and reduced first is told by their shares in the frontier orbitals of the cluster.

Structures stay as the force field made them: relaxing a cluster leaves the liquid's distances for
those of a minimum without temperature.

GFN2-xTB: Bannwarth, Ehlert and Grimme 2019, https://doi.org/10.1021/acs.jctc.8b01176; CPCM by
domain decomposition: Cances, Maday and Stamm 2013, https://doi.org/10.1063/1.4816767; ALPB: Ehlert
et al. 2021, https://doi.org/10.1021/acs.jctc.1c00471
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.errors import InputError
from electrolyte_ml.quantum.electrodes import LITHIUM_ABSOLUTE_V
from electrolyte_ml.quantum.geometry import BOHR_ANGSTROM, Molecule
from electrolyte_ml.quantum.table import settings_key
from electrolyte_ml.quantum.xtb import Orbitals, Surface

_REVISION = 2
_BOHR_NM = BOHR_ANGSTROM / 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellMember:
    """A cation, a molecule or an anion of a first shell.

    Attributes
    ----------
    name, smiles
        The species.
    charge
        Formal charge, e.
    elements
        Chemical symbols, length a.
    positions_nm
        Positions about the cation, nm, shape (a, 3); the molecule is whole.
    distance_nm
        From the cation to the nearest donor atom, nm; 0 for the cation itself.
    """

    name: str
    smiles: str
    charge: int
    elements: tuple[str, ...]
    positions_nm: NDArray[np.float64]
    distance_nm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstShell:
    """A cation and its first shell.

    Attributes
    ----------
    members
        The cation first.

    Raises
    ------
    InputError
        If the first member is no cation.
    """

    members: tuple[ShellMember, ...]

    def __post_init__(self) -> None:
        if not self.members or self.members[0].charge <= 0:
            raise InputError("the first member of a shell is its cation")

    @property
    def charge(self) -> int:
        """Charge of the cluster, e."""
        return sum(member.charge for member in self.members)

    @property
    def label(self) -> str:
        """Such as ``Na + 4 PC + PF6``: the cation, then members by name."""
        names = [member.name for member in self.members[1:]]
        counts = {name: names.count(name) for name in sorted(names)}
        parts = [name if n == 1 else f"{n} {name}" for name, n in counts.items()]
        return " + ".join([self.members[0].name, *parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellProtocol:
    """Settings of limits in shells.

    Attributes
    ----------
    permittivity
        Relative permittivity of CPCM; by default that of acetonitrile, the solvent of limits of
        single molecules.
    solvent
        Solvent of ALPB, a name of tblite.
    shift_ev
        Empirical shift of ionisation energies, eV, as of single molecules.
    """

    permittivity: float = 36.0
    solvent: str = "acetonitrile"
    shift_ev: float = 4.8455

    @property
    def key(self) -> str:
        """Short identity of the settings, stored in every row of a table."""
        return settings_key(f"shell-{_REVISION}", asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLimits:
    """One member of a shell against itself alone.

    Attributes
    ----------
    oxidation_shift_v, reduction_shift_v
        By how much the shell raises the limits of the member, V; the second is None for an anion.
    oxidation_shift_alpb_v, reduction_shift_alpb_v
        The same with ALPB in place of CPCM.
    alone_oxidation_v, alone_reduction_v
        Limits of the member alone as it stands by its frontier orbitals, V against Li/Li+; the
        second is None for an anion.
    hole_share, electron_share
        Shares of it in the highest occupied and the lowest empty orbital of the cluster.
    """

    oxidation_shift_v: float
    reduction_shift_v: float | None
    oxidation_shift_alpb_v: float
    reduction_shift_alpb_v: float | None
    alone_oxidation_v: float
    alone_reduction_v: float | None
    hole_share: float
    electron_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellLimits:
    """Limits of a shell and of its members.

    Attributes
    ----------
    oxidation_v, reduction_v
        Limits of the whole cluster by its frontier orbitals, V against Li/Li+.
    members
        One for each molecule and anion, in the order of the shell, without the cation.
    """

    oxidation_v: float
    reduction_v: float
    members: tuple[MemberLimits, ...]


def shell_limits(shell: FirstShell, protocol: ShellProtocol) -> ShellLimits:
    """One-electron limits of a first shell.

    Raises
    ------
    InputError
        If the cation stands alone.
    ConvergenceError
        If an iteration does not converge.
    MissingDependencyError
        If tblite is not installed.
    """
    if len(shell.members) < 2:
        raise InputError(f"{shell.label}: no molecule touches the cation")
    sizes = [len(member.elements) for member in shell.members]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    orbitals, levels = _levels(shell, owner, {"permittivity": protocol.permittivity})
    _, alpb = _levels(shell, owner, {"solvent": protocol.solvent})
    last = orbitals.n_occupied - 1
    found = []
    for number, member in enumerate(shell.members[1:]):
        own, other, is_neutral = levels[number], alpb[number], member.charge == 0
        atoms = owner == number + 1
        found.append(
            MemberLimits(
                oxidation_shift_v=own.oxidation_shift_v,
                reduction_shift_v=own.reduction_shift_v if is_neutral else None,
                oxidation_shift_alpb_v=other.oxidation_shift_v,
                reduction_shift_alpb_v=other.reduction_shift_v if is_neutral else None,
                alone_oxidation_v=_limit_v(own.alone_ev[0], protocol),
                alone_reduction_v=_limit_v(own.alone_ev[1], protocol) if is_neutral else None,
                hole_share=float(orbitals.shares(last)[atoms].sum()),
                electron_share=float(orbitals.shares(last + 1)[atoms].sum()),
            )
        )
    return ShellLimits(
        oxidation_v=_limit_v(float(orbitals.energy_ev[last]), protocol),
        reduction_v=_limit_v(float(orbitals.energy_ev[last + 1]), protocol),
        members=tuple(found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Levels:
    """Highest occupied and lowest empty level of a member, eV, alone and in its shell."""

    alone_ev: tuple[float, float]
    in_shell_ev: tuple[float, float]

    @property
    def oxidation_shift_v(self) -> float:
        return self.alone_ev[0] - self.in_shell_ev[0]

    @property
    def reduction_shift_v(self) -> float:
        return self.alone_ev[1] - self.in_shell_ev[1]


def _levels(
    shell: FirstShell, owner: NDArray[np.int_], continuum: Mapping[str, Any]
) -> tuple[Orbitals, list[_Levels]]:
    """Orbitals of a shell, and levels of its members without the cation, in one continuum."""
    whole, found = _orbitals(shell.members, continuum), []
    for number, member in enumerate(shell.members[1:], start=1):
        alone = _orbitals((member,), continuum)
        everything = np.ones(len(member.elements), dtype=bool)
        # As many electrons as alone: whatever the cluster would move is left to the levels.
        last = alone.n_occupied - 1
        own, in_shell = alone.levels_ev(everything), whole.levels_ev(owner == number)
        found.append(
            _Levels(
                alone_ev=(float(own[last]), float(own[last + 1])),
                in_shell_ev=(float(in_shell[last]), float(in_shell[last + 1])),
            )
        )
    return whole, found


def _orbitals(members: tuple[ShellMember, ...], continuum: Mapping[str, Any]) -> Orbitals:
    positions_nm = np.concatenate([member.positions_nm for member in members])
    return Surface(_cluster(members), positions_nm / _BOHR_NM, **continuum).orbitals()


def _limit_v(level_ev: float, protocol: ShellProtocol) -> float:
    return -level_ev - protocol.shift_ev - LITHIUM_ABSOLUTE_V


def _cluster(members: tuple[ShellMember, ...]) -> Molecule:
    table = Chem.GetPeriodicTable()
    symbols = [symbol for member in members for symbol in member.elements]
    return Molecule(
        smiles=".".join(member.smiles for member in members),
        numbers=np.array([table.GetAtomicNumber(symbol) for symbol in symbols]),
        charge=sum(member.charge for member in members),
        bonds=np.empty((0, 2), dtype=int),
        graph=Chem.Mol(),
    )
