"""First shells of cations, cut out of snapshots of a simulation.

A molecule or an anion belongs to the shell of a cation if its nearest donor atom lies within the
first minimum of the distribution of such nearest distances. Members are whole, wherever the edge of
the box runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.quantum.shells import FirstShell, ShellMember
from electrolyte_ml.simulate.analyse.structure import DONORS, FIRST_SHELL_NM
from electrolyte_ml.simulate.snapshots import Snapshots

# A sulfur of sulfonyl or sulfoxide groups stands behind its oxygen and is counted with it.
_TOUCHING = DONORS - {"S"}
_BIN_NM = 0.01
_PEAK_WITHIN_NM, _MINIMUM_WITHIN_NM = 0.32, 0.18
# A minimum that is not below this part of the peak parts no shells.
_DEEP_ENOUGH = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledShell:
    """One first shell of a simulation.

    Attributes
    ----------
    time_ps
        When, ps since the production began.
    cation
        Which cation of the box, from 0.
    shell
        The cation and its members.
    """

    time_ps: float
    cation: int
    shell: FirstShell


def shell_radius_nm(snapshots: Snapshots) -> float:
    """Radius of the first shell of the cations, nm.

    Parameters
    ----------
    snapshots
        With one kind of cation.

    Returns
    -------
    float
        First minimum of the distribution of the nearest donor atom of each molecule over all
        snapshots; the usual radius of the cation where that has no clear minimum.
    """
    cation = str(snapshots.species[_cations(snapshots)[0]])
    usual = FIRST_SHELL_NM.get(cation, FIRST_SHELL_NM["Na"])
    box = _Box(snapshots)
    edges = np.arange(0.1, _PEAK_WITHIN_NM + _MINIMUM_WITHIN_NM + _BIN_NM, _BIN_NM)
    counts = np.zeros(len(edges) - 1)
    for frame in range(len(snapshots.positions_nm)):
        for number in _cations(snapshots):
            counts += np.histogram(box.nearest_nm(frame, number)[0], edges)[0]
    middle = (edges[1:] + edges[:-1]) / 2
    density = np.convolve(counts / middle**2, np.ones(3) / 3, mode="same")
    peak = int(np.where(middle < _PEAK_WITHIN_NM, density, 0.0).argmax())
    reach = round(_MINIMUM_WITHIN_NM / _BIN_NM)
    lowest = peak + int(density[peak : peak + reach].argmin())
    clear = density[lowest] < _DEEP_ENOUGH * density[peak]
    return float(middle[lowest]) if clear else usual


def cut_shell(snapshots: Snapshots, frame: int, cation: int, radius_nm: float) -> FirstShell:
    """The first shell of one cation.

    Parameters
    ----------
    snapshots
        Frames of a box.
    frame
        Which frame, from 0.
    cation
        Number of the cation among the molecules of the box.
    radius_nm
        Farthest donor atom of a member, nm.

    Returns
    -------
    FirstShell
        Positions about the cation; the nearest member first.

    Raises
    ------
    InputError
        If the molecule of that number is no cation.
    """
    if snapshots.charge_e[cation] <= 0:
        raise InputError(f"{snapshots.species[cation]} is no cation")
    return _Box(snapshots).shell(frame, cation, radius_nm)


def sample_shells(snapshots: Snapshots, n: int, radius_nm: float) -> Iterator[SampledShell]:
    """Shells of all cations in as few, evenly spread frames as give `n` of them.

    Parameters
    ----------
    snapshots
        Frames of a box.
    n
        Shells at the least, where there are frames enough.
    radius_nm
        Farthest donor atom of a member, nm.
    """
    cations, box = _cations(snapshots), _Box(snapshots)
    held = len(snapshots.positions_nm)
    wanted = min(math.ceil(n / len(cations)), held)
    # The ends of even parts: the last frame is the best equilibrated one.
    for frame in (np.arange(1, wanted + 1) * held / wanted).round().astype(int) - 1:
        for which, number in enumerate(cations):
            yield SampledShell(
                time_ps=float(snapshots.time_ps[frame]),
                cation=which,
                shell=box.shell(int(frame), int(number), radius_nm),
            )


def _cations(snapshots: Snapshots) -> np.ndarray:
    found = np.flatnonzero(snapshots.charge_e > 0)
    kinds = sorted(set(snapshots.species[found].tolist()))
    if len(kinds) != 1:
        raise InputError(
            f"shells are cut around one kind of cation, here are {', '.join(kinds) or 'none'}"
        )
    return found


class _Box:
    """Whose atoms touch a cation, by the minimum image in a box of right angles."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._held = snapshots
        self._edges_nm = np.diag(snapshots.box_nm)
        touching = np.isin(snapshots.element, sorted(_TOUCHING))
        self._donors = np.flatnonzero(touching & (snapshots.charge_e[snapshots.molecule] <= 0))
        # Donors of a molecule stand together, so that the least of each is a reduction of runs.
        self._owners, self._runs = np.unique(snapshots.molecule[self._donors], return_index=True)

    def nearest_nm(self, frame: int, cation: int) -> tuple[np.ndarray, np.ndarray]:
        """Distance of each molecule's nearest donor atom, nm, and the numbers of the molecules."""
        apart = self._apart(frame, cation, self._donors)
        distances = np.linalg.norm(apart, axis=1)
        return np.minimum.reduceat(distances, self._runs), self._owners

    def shell(self, frame: int, cation: int, radius_nm: float) -> FirstShell:
        """Cation and members within a radius, the nearest first."""
        distances, owners = self.nearest_nm(frame, cation)
        within = [i for i in np.argsort(distances) if distances[i] <= radius_nm]
        members = [self._member(frame, cation, int(owners[i]), float(distances[i])) for i in within]
        return FirstShell(members=(self._member(frame, cation, cation, 0.0), *members))

    def _member(self, frame: int, cation: int, number: int, distance_nm: float) -> ShellMember:
        held = self._held
        atoms = np.flatnonzero(held.molecule == number)
        whole = held.positions_nm[frame][atoms] - self._centre(frame, cation)
        donors = np.isin(atoms, self._donors)
        if donors.any():
            images = np.round(whole[donors] / self._edges_nm) * self._edges_nm
            nearest = np.linalg.norm(whole[donors] - images, axis=1).argmin()
            whole = whole - images[nearest]  # the whole molecule, as its nearest donor asks
        return ShellMember(
            name=str(held.species[number]),
            smiles=str(held.smiles[number]),
            charge=int(held.charge_e[number]),
            elements=tuple(str(e) for e in held.element[atoms]),
            positions_nm=whole.astype(np.float64),
            distance_nm=distance_nm,
        )

    def _centre(self, frame: int, cation: int) -> np.ndarray:
        first = int(np.flatnonzero(self._held.molecule == cation)[0])
        centre: np.ndarray = self._held.positions_nm[frame][first]
        return centre

    def _apart(self, frame: int, cation: int, atoms: np.ndarray) -> np.ndarray:
        apart = self._held.positions_nm[frame][atoms] - self._centre(frame, cation)
        found: np.ndarray = apart - np.round(apart / self._edges_nm) * self._edges_nm
        return found
