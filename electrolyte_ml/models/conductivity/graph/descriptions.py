"""Descriptors of species from RDKit and Mordred, as networks read them beside graph embeddings.

Unlike physical constants they are standardised over the species that a network was fitted to; the
centres and scales stand in its file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features.ions import CATION_DESCRIPTORS, cation_descriptors
from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, SOLVENT_DESCRIPTORS, descriptors

_Floats = NDArray[np.float64]

#: Names of the descriptors of each role.
DESCRIPTORS: dict[str, tuple[str, ...]] = {
    "solvent": SOLVENT_DESCRIPTORS,
    "cation": CATION_DESCRIPTORS,
    "anion": ANION_DESCRIPTORS,
}
_CLIP = 4.0
_RAW: dict[str, Callable[[str], _Floats]] = {
    "solvent": lambda smiles: np.nan_to_num(descriptors(smiles, SOLVENT_DESCRIPTORS)),
    "cation": cation_descriptors,
    "anion": lambda smiles: np.nan_to_num(descriptors(smiles, ANION_DESCRIPTORS)),
}


def descriptors_of(role: str, smiles: Sequence[str]) -> _Floats:
    """Descriptors of species, shape (s, len(DESCRIPTORS[role])).

    Parameters
    ----------
    role
        ``solvent``, ``cation`` or ``anion``.
    smiles
        Canonical SMILES, length s.
    """
    rows = [_RAW[role](one) for one in smiles]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(DESCRIPTORS[role]))


def standard_of(raw: _Floats) -> _Floats:
    """Centre and scale of descriptors over the species of a fit, shape (2, d)."""
    centre, spread = raw.mean(axis=0), raw.std(axis=0)
    return np.array([centre, spread + 1e-2 * (1e-3 + np.abs(centre))])


def standardised(raw: _Floats, standard: _Floats) -> _Floats:
    """Descriptors as networks see them, held within 4 of zero, shape (s, d)."""
    held: _Floats = np.clip((raw - standard[0]) / standard[1], -_CLIP, _CLIP)
    return held
