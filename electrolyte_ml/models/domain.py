"""Applicability domain: the checks that all models share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import wide

#: A component below this share hardly moves a prediction, and puts no recipe out of a domain.
NOTABLE_SHARE = 0.05


def temperature_fault(
    temperature_k: float,
    coldest_k: float,
    hottest_k: float,
    *,
    margin_k: float = 0.0,
    measured: str = "",
) -> str | None:
    """Why a temperature is outside the measured range; None if it is inside.

    Parameters
    ----------
    temperature_k
        Temperature of the recipe, K.
    coldest_k, hottest_k
        Range that was measured, K.
    margin_k
        How far beyond the range the model is trusted, K.
    measured
        Words that follow "measurement" in the text, such as " of mixtures of mostly EC".
    """
    if coldest_k - margin_k <= temperature_k <= hottest_k + margin_k:
        return None
    if temperature_k < coldest_k:
        return f"{coldest_k - temperature_k:.0f} K below the coldest measurement{measured}"
    return f"{temperature_k - hottest_k:.0f} K above the hottest measurement{measured}"


def row_faults(
    formulations: Sequence[Formulation],
    temperature_k: NDArray[np.float64],
    half_width_log10: NDArray[np.float64],
    *,
    of_recipe: Callable[[Formulation], list[str]],
    of_temperature: Callable[[Formulation, float], str | None],
) -> list[list[str]]:
    """Why each row is outside a domain; empty for rows inside.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows and is looked at once.
    temperature_k
        K, shape (n,).
    half_width_log10
        Half width of the interval of a positive property, shape (n,): one too wide says nothing.
    of_recipe
        Why a recipe is outside whatever its temperature.
    of_temperature
        Why a temperature is outside for a recipe.
    """
    of_formulation: dict[int, list[str]] = {}
    rows = []
    for formulation, kelvin, half in zip(
        formulations, temperature_k.tolist(), half_width_log10.tolist(), strict=True
    ):
        if id(formulation) not in of_formulation:
            of_formulation[id(formulation)] = of_recipe(formulation)
        others = (of_temperature(formulation, kelvin), wide(half))
        rows.append([*of_formulation[id(formulation)], *(o for o in others if o)])
    return rows
