"""Radial distribution functions and coordination numbers of cations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.simulate.analyse.estimate import (
    Estimate,
    block_means,
    drift_reason,
    from_blocks,
)
from electrolyte_ml.simulate.system import Block, Layout

# Atoms that bind a cation.
DONORS = frozenset({"O", "F", "N", "Cl", "S"})
_BIN_NM = 0.005
_FIRST_PEAK_WITHIN_NM = 0.40
_FIRST_MINIMUM_WITHIN_NM = 0.18
# Usual first minima of cation-oxygen distributions, for where a distribution shows no clear shell.
FIRST_SHELL_NM = {"Li": 0.28, "Na": 0.32, "K": 0.36}
_N_BLOCKS = 4
_LARGEST_RELATIVE_ERROR = 0.2
_LARGEST_DRIFT = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordination:
    """How one kind of atom surrounds the cations.

    Attributes
    ----------
    species, element
        Whose atoms, and which.
    peak_nm
        Distance of the first maximum of g(r), nm.
    peak_height
        g(r) there.
    minimum_nm
        Distance of the first minimum after it, nm.
    number
        Atoms within the first-shell radius of a cation.
    """

    species: str
    element: str
    peak_nm: float
    peak_height: float
    minimum_nm: float
    number: Estimate

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "species": self.species,
            "element": self.element,
            "peak_nm": self.peak_nm,
            "peak_height": self.peak_height,
            "minimum_nm": self.minimum_nm,
            "number": self.number.to_dict(),
        }


def distances_nm(
    frame_nm: np.ndarray, first: np.ndarray, second: np.ndarray, length_nm: float
) -> np.ndarray:
    """Distances between atoms by the minimum image, shape (len(first), len(second)), nm."""
    difference = frame_nm[first][:, None, :] - frame_nm[second][None, :, :]
    difference -= length_nm * np.round(difference / length_nm)
    found: np.ndarray = np.sqrt((difference**2).sum(axis=2))
    return found


def coordination(
    frames_nm: np.ndarray, layout: Layout, cation: Block, length_nm: float
) -> list[Coordination]:
    """Distribution and number of every kind of donor atom around a cation.

    Parameters
    ----------
    frames_nm
        Positions, shape (n_frames, n_atoms, 3), nm.
    layout
        The molecules of the box.
    cation
        The block of the cations.
    length_nm
        Edge of the cube, nm.

    Returns
    -------
    list of Coordination
        One for each donor element of each kind of molecule.
    """
    centres = cation.atom_indices(frozenset({cation.template.atoms[0].element})).ravel()
    found = []
    for block in layout.blocks:
        if block.template.formal_charge > 0:
            continue
        for element in sorted({a.element for a in block.template.atoms} & DONORS):
            around = block.atom_indices(frozenset({element})).ravel()
            found.append(_around(frames_nm, (centres, around), (cation, block, element), length_nm))
    return found


def _around(
    frames_nm: np.ndarray,
    atoms: tuple[np.ndarray, np.ndarray],
    names: tuple[Block, Block, str],
    length_nm: float,
) -> Coordination:
    centres, around = atoms
    cation, block, element = names
    shell = FIRST_SHELL_NM.get(cation.template.name, 0.32)
    edges = np.arange(0.0, length_nm / 2, _BIN_NM)
    histogram = np.zeros(len(edges) - 1)
    numbers = np.empty(len(frames_nm))
    for t, frame in enumerate(frames_nm):
        distances = distances_nm(frame, centres, around, length_nm)
        histogram += np.histogram(distances, edges)[0]
        numbers[t] = (distances < shell).sum() / len(centres)
    volumes = 4 / 3 * np.pi * np.diff(edges**3)
    expected = len(frames_nm) * len(centres) * len(around) / length_nm**3 * volumes
    g = histogram / expected
    middle = (edges[1:] + edges[:-1]) / 2
    peak = int(g[middle < _FIRST_PEAK_WITHIN_NM].argmax())
    reach = round(_FIRST_MINIMUM_WITHIN_NM / _BIN_NM)
    minimum = peak + int(g[peak : peak + reach].argmin())
    name = f"the number of {block.template.name} {element} around {cation.template.name}"
    number = from_blocks(
        float(numbers.mean()),
        block_means(numbers, _N_BLOCKS),
        largest_relative_error=max(_LARGEST_RELATIVE_ERROR, 0.1 / max(numbers.mean(), 1e-9)),
        reasons=drift_reason(numbers, name, _LARGEST_DRIFT),
    )
    return Coordination(
        species=block.template.name,
        element=element,
        peak_nm=float(middle[peak]),
        peak_height=float(g[peak]),
        minimum_nm=float(middle[minimum]),
        number=number,
    )
