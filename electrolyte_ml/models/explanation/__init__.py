"""Why a recipe conducts as it does: its curves, its alternatives, its measured relatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.explanation.curves import (
    ConcentrationCurve,
    TemperatureCurve,
    concentration_curves,
    liquid_conductivity,
    temperature_curves,
)
from electrolyte_ml.models.explanation.swaps import Swap, cation_twins, swaps
from electrolyte_ml.models.liquid import LiquidRange, liquid_range
from electrolyte_ml.models.neighbours import Neighbour, nearest_measured
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.units import ROOM_TEMPERATURE_K

__all__ = [
    "ConcentrationCurve",
    "Explanation",
    "Swap",
    "TemperatureCurve",
    "concentration_curves",
    "explain",
    "temperature_curves",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything about the conductivity of one recipe.

    Attributes
    ----------
    formulation, temperature_k
        What was asked, and at which temperature, K.
    prediction
        Conductivity, mS/cm, one row.
    liquid
        Between which temperatures it is liquid, one row.
    concentration, temperature
        Curves through the recipe.
    swaps
        Each component replaced by similar ones.
    cations
        The recipe with the other alkali cation.
    neighbours
        Nearest measured recipes.
    """

    formulation: Formulation
    temperature_k: float
    prediction: Prediction
    liquid: LiquidRange
    concentration: ConcentrationCurve
    temperature: TemperatureCurve
    swaps: tuple[Swap, ...]
    cations: tuple[Swap, ...]
    neighbours: tuple[Neighbour, ...]

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "recipe": self.formulation.notation(),
            "key": self.formulation.key,
            "temperature_k": self.temperature_k,
            "conductivity_ms_cm": self.prediction.record(0),
            "molality_mol_kg": self.formulation.molalities_mol_kg,
            "molarity_mol_l": self.formulation.molarities_mol_l(),
            "liquid": self.liquid.record(0),
            "concentration": self.concentration.to_dict(),
            "temperature": self.temperature.to_dict(),
            "swaps": [swap.to_dict() for swap in self.swaps],
            "cations": [swap.to_dict() for swap in self.cations],
            "nearest_measured": [neighbour.to_dict() for neighbour in self.neighbours],
            "assumptions": list(self.formulation.assumptions),
        }


def explain(formulation: Formulation, temperature_k: float = ROOM_TEMPERATURE_K) -> Explanation:
    """Explain the conductivity of a recipe.

    Parameters
    ----------
    formulation
        A recipe with salt.
    temperature_k
        Temperature of everything but the curve against temperature, K.

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        If there is no salt: nothing conducts, and nothing is to be explained.
    """
    if not formulation.salts:
        raise InputError(
            f"{formulation.notation()!r} holds no salt and does not conduct; "
            "add one, as in '1 M NaPF6 in EC:DEC 1:1 v/v'"
        )
    return Explanation(
        formulation=formulation,
        temperature_k=temperature_k,
        prediction=liquid_conductivity([formulation], np.array([temperature_k])),
        liquid=liquid_range([formulation]),
        concentration=concentration_curves([formulation], temperature_k)[0],
        temperature=temperature_curves([formulation])[0],
        swaps=swaps(formulation, temperature_k),
        cations=cation_twins(formulation, temperature_k),
        neighbours=nearest_measured([formulation])[0],
    )
