"""Applicability domain: the checks that all models share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
    index: NDArray[np.intp],
    half_width_log10: NDArray[np.float64],
    *,
    of_recipe: Sequence[Sequence[str]],
    of_temperature: Sequence[str | None],
) -> list[list[str]]:
    """Why each row is outside a domain; empty for rows inside.

    Parameters
    ----------
    index
        Which of the u distinct recipes each row is about, shape (n,).
    half_width_log10
        Half width of the interval of a positive property, shape (n,): one too wide says nothing.
    of_recipe
        Why each recipe is outside whatever its temperature, length u.
    of_temperature
        Why the temperature of a row is outside; length n.
    """
    return [
        [*of_recipe[recipe], *(fault for fault in (of_row, wide(half)) if fault)]
        for recipe, of_row, half in zip(
            index.tolist(), of_temperature, half_width_log10.tolist(), strict=True
        )
    ]
