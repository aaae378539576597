"""Binding of a metal ion to one solvent molecule or one anion, in an implicit solvent.

    E_bind = E(M A_n L) - E(M A_n) - E(L)

with GFN1-xTB and ALPB [1]_, [2]_, each relaxed; the more negative, the stronger. A is
acetonitrile, two for lithium and three for sodium, which stand for the rest of the shell: a bare
ion holds everything too strongly. GFN2-xTB, which computes limits here, binds bis(fluorosulfonyl)-
imide by 1.5 eV more than tetrafluoroborate and sulfolane like dimethyl sulfoxide; no measured scale
has such differences. Starting structures have the ion at one donor atom of the ligand
L, or between two to five that can reach it together, so that chelates are found; the best of them
are relaxed.

Entropy is not in it: a chelate sets other molecules free. Shells of more ligands of one kind, which
crowd each other, are not in it either.

References
----------
.. [1] Grimme, Bannwarth and Shushkov 2017, https://doi.org/10.1021/acs.jctc.7b00118
.. [2] Ehlert et al. 2021, https://doi.org/10.1021/acs.jctc.1c00471
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, DistanceGeometry, rdBase
from rdkit.Chem import rdDistGeom, rdmolops

from electrolyte_ml.errors import InputError
from electrolyte_ml.quantum.geometry import (
    BOHR_ANGSTROM,
    GeometryError,
    Molecule,
    conformers,
    molecule,
    softness,
)
from electrolyte_ml.quantum.limits import BareAtomError
from electrolyte_ml.quantum.table import XtbProtocol, settings_key
from electrolyte_ml.quantum.xtb import ConvergenceError, Relaxed, Surface

_REVISION = 1
#: Atomic number, usual distance from a donor, angstrom, and molecules of acetonitrile, by ion.
IONS = {"[Li+]": (3, 1.95, 2), "[Na+]": (11, 2.30, 3)}
_PROBE = "CC#N"
_DONORS = Chem.MolFromSmarts(
    "[$([OX1,OX2]),$([nX2]),$([N;X1,X2,X3;!$(N-[C,S]=[O,S]);!$(N-[SX4]);!$([N+])]),$([N-]),$([SX1]),"
    "$([F]),$([F,Cl,Br,I;-])]"
)
_HARD, _NITROGEN = frozenset({7, 8}), 7
# Donors of a chelate are at most this many bonds from the next one.
_REACH, _LARGEST_CHELATE = 5, 5
_STARTS_EACH, _RELAXED = 2, 2
# Beyond the usual distance by this factor, an atom is no donor any more.
_BOUND = 1.25
_ION_SOFTNESS = 5.0
_PLAUSIBLE_EV = (-4.0, 0.5)
_RELAXATION = XtbProtocol(gradient_tolerance=2e-3, max_steps=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingProtocol:
    """Settings of computed bindings.

    Attributes
    ----------
    relaxation
        Settings of structures and relaxations.
    most_sets
        Sets of donors that are tried, the largest chelates first.
    method
        ``GFN1-xTB`` or ``GFN2-xTB``.

    Raises
    ------
    InputError
        If there is no set to try.
    """

    relaxation: XtbProtocol = _RELAXATION
    most_sets: int = 10
    method: str = "GFN1-xTB"

    def __post_init__(self) -> None:
        if self.most_sets < 1:
            raise InputError(f"most_sets is at least 1, given {self.most_sets}")

    @property
    def key(self) -> str:
        """Short identity of the settings, stored in every row of a table."""
        return settings_key(f"binding-{_REVISION}", asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A metal ion at one molecule or anion.

    Attributes
    ----------
    binding_ev
        Energy of binding, eV; the more negative, the stronger.
    donors
        Atoms that touch the ion, such as ``O O``.
    distance_angstrom
        Mean of their distances from the ion, angstrom.
    """

    binding_ev: float
    donors: str
    distance_angstrom: float


def compute_binding(smiles: str, ion: str, protocol: BindingProtocol) -> Binding:
    """Binding of a metal ion to a molecule or an anion.

    Parameters
    ----------
    smiles
        A neutral molecule or an anion.
    ion
        A key of `IONS`.
    protocol
        Settings.

    Raises
    ------
    InputError
        If the ion is not one of `IONS`, or the ligand has no donor atom.
    GeometryError
        If no structure can be embedded.
    BareAtomError
        If the ligand is a single atom.
    ConvergenceError
        If no structure converges, or the result is impossible.
    MissingDependencyError
        If tblite is not installed.
    """
    if ion not in IONS:
        raise InputError(f"bindings are of {', '.join(IONS)}, given {ion!r}")
    ligand = molecule(smiles)
    if len(ligand.numbers) == 1:
        raise BareAtomError(f"{smiles}: tight binding is wrong by electronvolts for single atoms")
    sets = list(itertools.islice(donor_sets(ligand), protocol.most_sets))
    if not sets:
        raise InputError(f"{smiles}: no atom with a lone pair that could bind {ion}")
    free = _relaxed_ligand(ligand, protocol)
    best = _relaxed_complex(_Shell.of(ligand, ion), free, sets, protocol)
    donors, distance = _contacts(ligand, best.positions, ion)
    binding = best.energy_ev - free.energy_ev - _shell_alone(ion, protocol).energy_ev
    if not _PLAUSIBLE_EV[0] < binding < _PLAUSIBLE_EV[1]:
        raise ConvergenceError(f"{smiles}: a binding of {binding:.2f} eV is none of a whole ligand")
    return Binding(
        binding_ev=binding,
        donors=donors,
        distance_angstrom=distance,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shell:
    """A ligand, probes and the ion, in this order; without a ligand, probes and the ion.

    Attributes
    ----------
    whole
        All of it.
    parts
        Molecules in their order, without the ion.
    ion
        The ion.
    """

    whole: Molecule
    parts: tuple[Molecule, ...]
    ion: str

    @classmethod
    def of(cls, ligand: Molecule | None, ion: str) -> _Shell:
        probe = molecule(_PROBE)
        parts = (*([] if ligand is None else [ligand]), *[probe] * IONS[ion][2])
        graph, bonds, start = Chem.Mol(), [np.empty((0, 2), dtype=int)], 0
        for part in parts:
            graph = Chem.CombineMols(graph, part.graph)
            bonds.append(part.bonds + start)
            start += len(part.numbers)
        graph = Chem.CombineMols(graph, Chem.MolFromSmiles(ion))
        Chem.SanitizeMol(graph)
        whole = Molecule(
            smiles=".".join([*(p.smiles for p in parts), ion]),
            numbers=np.concatenate([*(p.numbers for p in parts), [IONS[ion][0]]]),
            charge=sum(p.charge for p in parts) + 1,
            bonds=np.concatenate(bonds),
            graph=graph,
        )
        return cls(whole=whole, parts=parts, ion=ion)

    def softness(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Preconditioner of relaxations, shape (3a, 3a): block by block."""
        soft = np.eye(positions.size) * _ION_SOFTNESS
        start = 0
        for part in self.parts:
            end = start + len(part.numbers)
            own = softness(part, positions[start:end])
            soft[3 * start : 3 * end, 3 * start : 3 * end] = own
            start = end
        return soft

    def probe_donors(self) -> list[int]:
        """Nitrogen atoms of the probes."""
        size = len(molecule(_PROBE).numbers)
        last = len(self.whole.numbers) - 1
        first = [last - size * (k + 1) for k in range(IONS[self.ion][2])]
        return [f + a for f in first for a in range(size) if self.whole.numbers[f + a] == _NITROGEN]


@cache
def _shell_alone(ion: str, protocol: BindingProtocol) -> Relaxed:
    shell = _Shell.of(None, ion)
    return _relaxed_complex(shell, None, [()], protocol)


def donor_sets(ligand: Molecule) -> Iterator[tuple[int, ...]]:
    """Sets of atoms that may bind an ion together, equal ones once, the largest chelates first."""
    graph = ligand.graph
    atoms = [match[0] for match in graph.GetSubstructMatches(_DONORS)]
    hard = [a for a in atoms if graph.GetAtomWithIdx(a).GetAtomicNum() in _HARD]
    atoms = hard or atoms
    apart = rdmolops.GetDistanceMatrix(graph)
    ranks = list(Chem.CanonicalRankAtoms(graph, breakTies=False))
    seen = set()
    for size in range(min(len(atoms), _LARGEST_CHELATE), 0, -1):
        for chosen in itertools.combinations(atoms, size):
            if not _within_reach(chosen, apart):
                continue
            inner = tuple(sorted(apart[a, b] for a, b in itertools.combinations(chosen, 2)))
            kind = (tuple(sorted(ranks[a] for a in chosen)), inner)
            if kind not in seen:
                seen.add(kind)
                yield chosen


def _within_reach(chosen: tuple[int, ...], apart: NDArray[np.float64]) -> bool:
    """Whether each donor is near another, and none is bonded to another's own neighbour alone."""
    between = apart[np.ix_(chosen, chosen)] + np.where(np.eye(len(chosen)), np.inf, 0.0)
    return len(chosen) == 1 or bool((between.min(axis=1) <= _REACH).all())


def _relaxed_ligand(ligand: Molecule, protocol: BindingProtocol) -> Relaxed:
    settings = protocol.relaxation
    ranked: list[tuple[float, int, NDArray[np.float64]]] = []
    for positions in conformers(ligand, settings):
        try:
            energy = _surface(ligand, positions, protocol).energy_ev()
        except ConvergenceError:
            continue
        ranked.append((energy, len(ranked), positions))
    if not ranked:
        raise ConvergenceError(f"{ligand.smiles}: no conformer converged")
    found = []
    for _, _, positions in sorted(ranked)[:_RELAXED]:
        try:
            found.append(_relax(ligand, positions, softness(ligand, positions), protocol))
        except ConvergenceError:
            continue
    if not found:
        raise ConvergenceError(f"{ligand.smiles}: no conformer could be relaxed")
    return min(found, key=lambda relaxed: relaxed.energy_ev)


def _surface(subject: Molecule, positions: NDArray[np.float64], p: BindingProtocol) -> Surface:
    return Surface(subject, positions, method=p.method, solvent=p.relaxation.solvent)


def _relax(
    subject: Molecule,
    positions: NDArray[np.float64],
    soft: NDArray[np.float64],
    protocol: BindingProtocol,
) -> Relaxed:
    """Relaxed structure, without the preconditioner where that misleads, as for PF6."""
    try:
        return _surface(subject, positions, protocol).relax(soft, protocol.relaxation)
    except ConvergenceError:
        plain = np.eye(positions.size)
        return _surface(subject, positions, protocol).relax(plain, protocol.relaxation)


def _relaxed_complex(
    shell: _Shell,
    free: Relaxed | None,
    sets: list[tuple[int, ...]],
    protocol: BindingProtocol,
) -> Relaxed:
    settings = protocol.relaxation
    ranked: list[tuple[float, int, NDArray[np.float64]]] = []
    for chosen in sets:
        for positions in _embedded(shell, chosen, settings.seed):
            try:
                energy = _surface(shell.whole, positions, protocol).energy_ev()
            except ConvergenceError:
                continue
            ranked.append((energy, len(ranked), positions))
    if not ranked:
        raise GeometryError(f"{shell.whole.smiles}: no structure could be embedded")
    found = []
    for _, _, positions in sorted(ranked)[:_RELAXED]:
        try:
            relaxed = _relax(shell.whole, positions, shell.softness(positions), protocol)
        except ConvergenceError:
            continue
        if free is None or _is_whole(shell.parts[0], free.positions, relaxed.positions):
            found.append(relaxed)
    if not found:
        raise ConvergenceError(f"{shell.whole.smiles}: no structure could be relaxed")
    return min(found, key=lambda relaxed: relaxed.energy_ev)


def _embedded(shell: _Shell, chosen: tuple[int, ...], seed: int) -> list[NDArray[np.float64]]:
    """Structures in which the donors are around the ion, bohr, shapes (a, 3)."""
    graph = Chem.Mol(shell.whole.graph)
    usual, last = IONS[shell.ion][1], graph.GetNumAtoms() - 1
    donors = {*chosen, *shell.probe_donors()}
    bounds = rdDistGeom.GetMoleculeBoundsMatrix(graph)
    for atom in range(last):
        # The upper triangle holds the largest distances, the lower one the least.
        near = atom in donors
        bounds[atom, last] = usual + 0.15 if near else 25.0
        bounds[last, atom] = usual - 0.1 if near else usual + 0.3
    with rdBase.BlockLogs():
        if not DistanceGeometry.DoTriangleSmoothing(bounds):
            return []
        settings: Any = rdDistGeom.ETKDGv3()
        settings.randomSeed = seed
        settings.embedFragmentsSeparately = False
        settings.useRandomCoords = True
        settings.useExpTorsionAnglePrefs = False
        settings.maxIterations = 8
        settings.SetBoundsMat(bounds)
        ids = list(rdDistGeom.EmbedMultipleConfs(graph, _STARTS_EACH, settings))
    return [graph.GetConformer(i).GetPositions() / BOHR_ANGSTROM for i in ids]


def _is_whole(ligand: Molecule, before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    """Whether no bond of the ligand broke."""
    if not len(ligand.bonds):
        return True
    first, second = ligand.bonds.T
    old = np.linalg.norm(before[first] - before[second], axis=1)
    new = np.linalg.norm(after[first] - after[second], axis=1)
    return bool((new < _BOUND * old).all())


def _contacts(ligand: Molecule, positions: NDArray[np.float64], ion: str) -> tuple[str, float]:
    """Symbols of the atoms that touch the ion, and their mean distance, angstrom."""
    own = positions[: len(ligand.numbers)]
    apart = np.linalg.norm(own - positions[-1], axis=1) * BOHR_ANGSTROM
    lone_pairs = np.isin(ligand.numbers, (7, 8, 9, 16, 17, 35, 53))
    touching = np.flatnonzero(lone_pairs & (apart < _BOUND * IONS[ion][1]))
    if not len(touching):
        return "", float(apart[lone_pairs].min() if lone_pairs.any() else apart.min())
    table = Chem.GetPeriodicTable()
    symbols = sorted(table.GetElementSymbol(int(z)) for z in ligand.numbers[touching])
    return " ".join(symbols), float(apart[touching].mean())
