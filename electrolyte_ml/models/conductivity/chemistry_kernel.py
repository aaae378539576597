"""Kernel of two electrolytes by their chemistry, whatever their cation and concentration.

An electrolyte's place has one coordinate for each class of solvents (its mole fraction among the
solvents), one for the size of the solvent molecules, and two for the anion: how strongly it
attracts a cation (the lowest electrostatic potential on its surface) and its size. Two electrolytes
of one system are at one place.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.features import Composition
from electrolyte_ml.features.anion_potential import lowest_potential_v
from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, descriptors
from electrolyte_ml.species.chemistry import molecule_of

# The first pattern that a solvent holds is its class.
_CLASSES = {
    "cyclic carbonate": "[#6]1~[#6]OC(=O)O1",
    "open-chain carbonate": "[#6][O;!R]C(=O)[O;!R][#6]",
    "phosphate": "P(=O)",
    "sulfone, sulfoxide or sulfite": "S=O",
    "nitrile": "C#N",
    "amide": "C(=O)N",
    "ester or lactone": "[CX3](=O)[OX2]",
    "open-chain ether": "[CX4][OX2;!R][CX4]",
    "cyclic ether": "[CX4][OX2;R][CX4]",
}
_CHAIN_CARBONATE = list(_CLASSES).index("open-chain carbonate")
_VOLUME = ANION_DESCRIPTORS.index("mordred.VMcGowan")


def places(composition: Composition) -> NDArray[np.float64]:
    """Places of the distinct formulations of a composition, shape (u, d).

    Differences of about 1 in a coordinate make electrolytes unlike each other.
    """
    classes = np.zeros((len(composition.solvents), len(_CLASSES) + 1))
    for row, solvent in enumerate(composition.solvents):
        classes[row, _class_of(solvent.smiles)] = 1.0
    fractions = composition.solvent_mole_fraction
    molar_mass = fractions @ np.array([s.molar_mass_g_mol for s in composition.solvents])
    anions = np.array([_anion_place(a.smiles) for a in composition.anions]).reshape(-1, 2)
    return np.column_stack(
        [fractions @ classes, np.log(molar_mass), composition.anion_fraction @ anions]
    )


def chain_carbonate_share(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mole fraction of open-chain carbonates among the solvents, shape (n,)."""
    share: NDArray[np.float64] = place[:, _CHAIN_CARBONATE]
    return share


def squared_exponential(
    first: NDArray[np.float64], second: NDArray[np.float64], width: float
) -> NDArray[np.float64]:
    """1 at one place, falling to 0 over a distance of `width`; (n, d), (p, d) to (n, p)."""
    # Expanded and in place: the differences of a hundred thousand recipes fill the memory.
    squared: NDArray[np.float64] = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    squared -= 2.0 * first @ second.T
    np.maximum(squared, 0.0, out=squared)
    squared /= -2.0 * width**2
    return np.exp(squared, out=squared)


@cache
def _class_of(smiles: str) -> int:
    molecule = molecule_of(smiles)
    for number, pattern in enumerate(_CLASSES.values()):
        if molecule.HasSubstructMatch(Chem.MolFromSmarts(pattern)):
            return number
    return len(_CLASSES)


@cache
def _anion_place(smiles: str) -> tuple[float, float]:
    volume = descriptors(smiles, ANION_DESCRIPTORS)[_VOLUME]
    return lowest_potential_v(smiles), float(np.log(volume))
