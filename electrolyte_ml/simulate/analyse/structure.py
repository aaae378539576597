"""Radial distribution functions, coordination numbers and ion pairing of cations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.simulate.analyse.estimate import (
    Estimate,
    block_means,
    drift_reason,
    from_blocks,
    refused,
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
        Distance of the first maximum of g(r), nm; None where no such atom came near.
    peak_height
        g(r) there.
    minimum_nm
        Distance of the first minimum after it, nm.
    number
        Atoms within the first-shell radius of a cation.
    """

    species: str
    element: str
    peak_nm: float | None
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
        peak_nm=float(middle[peak]) if g[peak] > 0 else None,
        peak_height=float(g[peak]),
        minimum_nm=float(middle[minimum]),
        number=number,
    )


# Nearest anion centre of a pair that shares a solvation shell.
_SEPARATED_NM = 0.75

# Contacts must be seen to form and break this often in a recording for their fraction to be known.
_FEWEST_LIVES = 10

# Fractions lie in 0-1: an absolute error and drift say more than relative ones.
_LARGEST_ERROR = 0.07

_LARGEST_PAIRING_DRIFT = 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class IonPairing:
    """Where the anions are, as fractions of all cations.

    Attributes
    ----------
    contact
        Cations with an anion's donor atom in their first shell.
    separated
        Cations without, whose nearest anion centre is within 0.75 nm.
    free
        The rest.
    aggregated
        Cations in contact with two anions or more (counted in `contact` too).
    residence_ps
        Mean life of a contact, ps, from the decay of the contact correlation.
    """

    contact: Estimate
    separated: Estimate
    free: Estimate
    aggregated: Estimate
    residence_ps: Estimate

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {name: getattr(self, name).to_dict() for name in self.__slots__}


def ion_pairing(
    frames_nm: np.ndarray, layout: Layout, cation: Block, length_nm: float, interval_ps: float
) -> IonPairing:
    """Classify every cation of every frame by its nearest anion.

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
    interval_ps
        Time between frames, ps.

    Returns
    -------
    IonPairing
        Fractions and residence time.
    """
    contacts, nearest = _contacts(frames_nm, layout, cation, length_nm)
    touching = np.asarray(contacts.any(axis=2))
    separated = np.asarray(~touching & (nearest < _SEPARATED_NM))
    free = np.asarray(~touching & ~separated)
    several = np.asarray(contacts.sum(axis=2) > 1)
    residence = residence_time_ps(contacts, interval_ps)
    slow = _slow_exchange(residence, contacts, interval_ps)
    return IonPairing(
        contact=_fraction(touching, "contact ion pairing", slow),
        separated=_fraction(separated, "solvent-separated pairing", slow),
        free=_fraction(free, "the fraction of free cations", slow),
        aggregated=_fraction(several, "aggregation", slow),
        residence_ps=residence,
    )


def _slow_exchange(
    residence: Estimate, contacts: np.ndarray, interval_ps: float
) -> tuple[str, ...]:
    """A reason if the pairs of the packing are still together: blocks agree, and mean nothing."""
    if not contacts.any():
        return ()
    if not residence.converged:
        return residence.reasons
    # Every cation sees its own contacts, so the lives of all of them count.
    lives = len(contacts) * interval_ps / residence.value * contacts.shape[1]
    if lives >= _FEWEST_LIVES and len(contacts) * interval_ps > 2 * residence.value:
        return ()
    return (f"contacts last {residence.value:.0f} ps, too long to be sampled here",)


def _contacts(
    frames_nm: np.ndarray, layout: Layout, cation: Block, length_nm: float
) -> tuple[np.ndarray, np.ndarray]:
    """Contacts (frame, cation, anion) and the distance of the nearest anion centre."""
    anions = [b for b in layout.blocks if b.template.formal_charge < 0]
    shell = FIRST_SHELL_NM.get(cation.template.name, 0.32)
    ions = cation.atom_indices(frozenset({cation.template.atoms[0].element})).ravel()
    n_anions = sum(b.count for b in anions)
    contacts = np.zeros((len(frames_nm), cation.count, n_anions), dtype=bool)
    nearest = np.full((len(frames_nm), cation.count), np.inf)
    for t, frame in enumerate(frames_nm):
        first = 0
        centres_nm = layout.centres_nm(frame)
        for block in anions:
            donors = block.atom_indices(DONORS)
            distances = distances_nm(frame, ions, donors.ravel(), length_nm)
            closest = distances.reshape(cation.count, *donors.shape).min(axis=2)
            contacts[t, :, first : first + block.count] = closest < shell
            first += block.count
            apart = frame[ions][:, None, :] - centres_nm[block.molecules][None, :, :]
            apart -= length_nm * np.round(apart / length_nm)
            radii = np.sqrt((apart**2).sum(axis=2)).min(axis=1)
            nearest[t] = np.minimum(nearest[t], radii)
    return contacts, nearest


def _fraction(flags: np.ndarray, name: str, slow: tuple[str, ...]) -> Estimate:
    series = flags.mean(axis=1)
    value = float(series.mean())
    blocks = block_means(series, _N_BLOCKS)
    largest = _LARGEST_ERROR / value if value > 0 else math.inf
    reasons = (*slow, *drift_reason(series, name, _LARGEST_PAIRING_DRIFT))
    return from_blocks(value, blocks, largest_relative_error=largest, reasons=reasons)


def residence_time_ps(contacts: np.ndarray, interval_ps: float) -> Estimate:
    """Mean life of a contact from the intermittent contact correlation [1]_.

    Parameters
    ----------
    contacts
        Whether a pair is in contact, shape (n_frames, n_cations, n_anions).
    interval_ps
        Time between frames, ps.

    Returns
    -------
    Estimate
        Time in which the correlation falls to 1/e, ps.

    References
    ----------
    .. [1] Impey, Madden, McDonald, J. Phys. Chem. 1983, 87, 5071.
       https://doi.org/10.1021/j150643a008
    """
    n = len(contacts)
    flags = contacts.reshape(n, -1).astype(float)
    if not flags.any():
        return refused("no contact was seen")
    longest = max(n // 3, 1)
    decay = np.array([(flags[: n - lag] * flags[lag:]).mean() for lag in range(longest)])
    decay /= decay[0]
    below = np.flatnonzero(decay < math.exp(-1))
    if len(below) == 0:
        return refused(f"contacts outlive a third of the recording, {n * interval_ps / 3:.0f} ps")
    after = int(below[0])
    share = (decay[after - 1] - math.exp(-1)) / (decay[after - 1] - decay[after])
    return Estimate(value=(after - 1 + float(share)) * interval_ps, error=math.nan)
