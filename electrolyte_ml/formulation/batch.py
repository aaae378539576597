"""Batch sizes as people write them, turned into grams of electrolyte at the boundary."""

from __future__ import annotations

import math
import re

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation.base import Formulation
from electrolyte_ml.formulation.units import NUMBER
from electrolyte_ml.units import unit_registry

# Only a number and a unit: pint would also work out sums and powers.
_QUANTITY = re.compile(rf"(?P<number>[+-]?{NUMBER})\s*(?P<unit>[A-Za-zµμ]+(?:\^?3)?)")
_HELP = "write it with its unit, such as '50 g' or '20 mL'"


def batch_g(text: object, formulation: Formulation) -> float:
    """Mass of a batch of finished electrolyte.

    Parameters
    ----------
    text
        Number and unit of mass or volume: ``50 g``, ``20 mL``, ``0.1 L``, ``1 kg``.
    formulation
        The recipe, whose density at 298.15 K turns a volume into a mass.

    Returns
    -------
    float
        Mass, g.

    Raises
    ------
    InputError
        If there is no unit, it is neither of mass nor of volume, or the amount is not positive.
    """
    match = _QUANTITY.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InputError(f"cannot read the batch size {text!r}; {_HELP}")
    grams = _grams(float(match["number"]), match["unit"], str(text), formulation)
    if not (math.isfinite(grams) and grams > 0):
        raise InputError(f"batch size {text!r} must be positive; {_HELP}")
    return grams


def _grams(number: float, unit: str, text: str, formulation: Formulation) -> float:
    import pint

    try:
        quantity = unit_registry().Quantity(number, re.sub(r"\^?3$", "**3", unit))
    except pint.PintError as error:
        raise InputError(f"{unit!r} in {text!r} is no unit that is known; {_HELP}") from error
    if quantity.check("[mass]"):
        return float(quantity.to("gram").magnitude)
    if quantity.check("[volume]"):
        return float(quantity.to("milliliter").magnitude) * formulation.density_g_cm3()
    raise InputError(f"batch size {text!r} is neither a mass nor a volume; {_HELP}")
