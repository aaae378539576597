"""What the network sees of a composition: descriptors, and how viscous its solvents are.

Ions move through a liquid, so its viscosity is among the inputs: at 25 degC, and how much thicker
it is at -15 degC and thinner at 60 degC, by our model of viscosity without salt. That model was
trained on liquids alone; no conductivity has a part in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import (
    FEATURE_NAMES,
    FEATURE_VIEWS,
    Composition,
    lowest_potential_v,
    mixture_features,
)

_ROOM_K = 298.15
_OTHERS_K = (258.15, 333.15)
_VISCOSITY = (
    "solvents.log10_viscosity_25c",
    "solvents.log10_viscosity_m15c_over_25c",
    "solvents.log10_viscosity_60c_over_25c",
)
#: Names of the columns of `network_inputs`.
INPUT_NAMES: tuple[str, ...] = (*FEATURE_NAMES, *_VISCOSITY)
#: Both views of `FEATURE_VIEWS`, each with the viscosities, shape (2, len(INPUT_NAMES)).
INPUT_VIEWS: NDArray[np.bool_] = np.column_stack(
    [FEATURE_VIEWS, np.ones((len(FEATURE_VIEWS), len(_VISCOSITY)), dtype=np.bool_)]
)


def network_inputs(
    composition: Composition, potential_v: Callable[[str], float] = lowest_potential_v
) -> NDArray[np.float64]:
    """Inputs of the network.

    Parameters
    ----------
    composition
        Amounts in u formulations.
    potential_v
        As in `mixture_features`.

    Returns
    -------
    ndarray of float, shape (u, len(INPUT_NAMES))

    Raises
    ------
    ArtefactError
        If the viscosity model is missing or belongs to another version.
    """
    return np.column_stack([mixture_features(composition, potential_v), _viscosities(composition)])


def liquids_sha256() -> str:
    """Hash of the viscosity model that the inputs come from.

    Raises
    ------
    ArtefactError
        If the viscosity model is missing or belongs to another version.
    """
    from electrolyte_ml.models.viscosity.artefact import load

    return load().liquid.sha256


def _viscosities(composition: Composition) -> NDArray[np.float64]:
    # Imported late: with salt, the viscosity model rests on conductivities.
    from electrolyte_ml.models.viscosity.artefact import load

    u = composition.n_formulations
    index, temperatures = np.arange(u), (_ROOM_K, *_OTHERS_K)
    log10 = load().log10_of_solvents(
        composition, np.tile(index, len(temperatures)), np.repeat(temperatures, u)
    )
    room, *others = log10.reshape(len(temperatures), u)
    return np.column_stack([room, *(other - room for other in others)])
