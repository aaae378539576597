"""Known viscosities of pure solvents, which replace the model's predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.viscosity.law import REFERENCE_K
from electrolyte_ml.models.viscosity.liquid import LiquidModel
from electrolyte_ml.species import Solvent

PROPERTY = "viscosity_mpa_s"


@dataclass(frozen=True, slots=True, kw_only=True)
class PureLiquids:
    """Known viscosities of M pure solvents.

    Attributes
    ----------
    offset
        Added to every member's log10 viscosity so that it returns the known value at the
        temperature it holds at, shape (E, M); zero where nothing is used.
    used
        Where a known value is used, shape (M,).
    verified
        Where it was checked against its source, shape (M,).
    """

    offset: NDArray[np.float64]
    used: NDArray[np.bool_]
    verified: NDArray[np.bool_]


def pure_liquids(model: LiquidModel, solvents: Sequence[Solvent]) -> PureLiquids:
    """Offsets to known viscosities.

    A value that was not checked against its source is used only for a molecule without training
    data; otherwise the measurements are more reliable.

    Parameters
    ----------
    model
        The model.
    solvents
        The solvents, length M.
    """
    trained = model.was_trained([s.smiles for s in solvents])
    known = [s.properties.get(PROPERTY) for s in solvents]
    used, verified = np.zeros((2, len(solvents)), dtype=bool)
    value, temperature = np.ones(len(solvents)), np.full(len(solvents), REFERENCE_K)
    for column, held in enumerate(known):
        if held is None or held.temperature_k is None or (trained[column] and not held.verified):
            continue
        used[column], verified[column] = True, held.verified
        value[column], temperature[column] = held.value, held.temperature_k
    of_model = model.pure([s.smiles for s in solvents], temperature)
    offset = np.where(used, np.log10(value) - of_model, 0.0)
    return PureLiquids(offset=offset, used=used, verified=verified)
