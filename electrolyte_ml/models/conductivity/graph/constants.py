"""Physical constants of species that stand beside their graph embedding.

Standardised by fixed numbers, never over training rows, so that they mean the same in every fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features.anion_potential import lowest_potential_v
from electrolyte_ml.features.constants import solvent_constants
from electrolyte_ml.features.ions import (
    CATION_DESCRIPTORS,
    cation_descriptors,
    mean_potential_v,
    polarizability_a3,
)
from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, descriptors
from electrolyte_ml.species import default_catalog

#: Roles of species, and the names of their constants.
CONSTANTS: dict[str, tuple[str, ...]] = {
    "solvent": (
        "ln_viscosity",
        "ln_permittivity",
        "relative_permittivity",
        "donor_number_kcal_mol",
        "molar_volume_cm3_mol",
    ),
    "cation": CATION_DESCRIPTORS,
    "anion": (
        "lowest_potential_v",
        "size_of_mcgowan_volume",
        "mean_potential_v",
        "ln_polarizability",
    ),
}
ROLES = tuple(CONSTANTS)
_VOLUME = ANION_DESCRIPTORS.index("mordred.VMcGowan")
_CLIP = 4.0
# Centres and scales: medians and standard deviations over the catalog that the shipped networks
# were fitted with. Fixed, so that a species more in the catalog, or a better value, moves no
# prediction of others; for cations, and the last two of anions, chosen.
_STANDARD = {
    "solvent": (
        np.array(
            [
                0.0626800145786443,
                2.000228435101065,
                7.390750000000001,
                16.772584160645224,
                113.26508803885852,
            ]
        ),
        np.array(
            [
                0.932817612867155,
                1.2053885042354004,
                30.010642399045896,
                7.57634955641045,
                56.49006164069744,
            ]
        ),
    ),
    "anion": (
        np.array([-5.28285, 3.9649974028811137, -4.4, 2.2]),
        np.array([0.8869200177905119, 0.9764688279380439, 0.9, 0.6]),
    ),
    "cation": (
        np.array([0.5, 0.5, 0.6, 1.0, 2.3, 1.2, 2.0, 0.3, 0.6, 0.0, 0.0, 0.6, 0.0, 0.0]),
        np.array([0.5, 0.5, 0.4, 1.0, 2.3, 1.8, 2.5, 0.5, 0.5, 0.5, 0.5, 0.9, 0.3, 0.3]),
    ),
}


def constants_of(role: str, smiles: Sequence[str]) -> NDArray[np.float64]:
    """Standardised constants of species, held within 4 of zero.

    Parameters
    ----------
    role
        ``solvent``, ``cation`` or ``anion``.
    smiles
        Canonical SMILES, length s.

    Returns
    -------
    ndarray of float, shape (s, len(CONSTANTS[role]))
    """
    centre, scale = _STANDARD[role]
    raw = np.array([_RAW[role](s) for s in smiles]).reshape(len(smiles), len(CONSTANTS[role]))
    held: NDArray[np.float64] = np.clip((raw - centre) / scale, -_CLIP, _CLIP)
    return held


def _solvent(smiles: str) -> NDArray[np.float64]:
    c = solvent_constants(default_catalog().solvent(smiles))
    return np.array(
        [
            c.ln_viscosity,
            c.ln_permittivity,
            np.exp(c.ln_permittivity),
            c.donor_number_kcal_mol,
            c.molar_volume_cm3_mol,
        ]
    )


def _anion(smiles: str) -> NDArray[np.float64]:
    volume = float(np.cbrt(descriptors(smiles, ANION_DESCRIPTORS)[_VOLUME]))
    return np.array(
        [
            lowest_potential_v(smiles),
            volume,
            mean_potential_v(smiles),
            np.log(polarizability_a3(smiles)),
        ]
    )


_RAW: dict[str, Callable[[str], NDArray[np.float64]]] = {
    "solvent": _solvent,
    "cation": cation_descriptors,
    "anion": _anion,
}
