"""Values with the unit a person wrote, turned into the unit of a property at the boundary."""

from __future__ import annotations

import math
import re
import tokenize
from functools import cache

from electrolyte_ml.data.properties import PropertyKind
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import packaged_table
from electrolyte_ml.units import unit_registry

TABLE = "reference_electrodes.csv"
# "S m-1" and "g/cm3" as chemists write them are "S m**-1" and "g/cm**3" to pint.
_POWER = re.compile(r"(?<=[A-Za-z])\^?(-?\d)\b")
_SPELLINGS = {"·": " ", "*": " ", "³": "3", "⁻¹": "-1", "⁻³": "-3", "µ": "u", "μ": "u"}


@cache
def conversion(unit: str, kind: PropertyKind) -> tuple[float, float]:
    """Factor and offset that turn a number in `unit` into one in the unit of `kind`.

    Parameters
    ----------
    unit
        Such as ``S/m``, ``cP``, ``kg m-3`` or, for a potential, ``V vs Na/Na+``.
    kind
        The property.

    Returns
    -------
    factor, offset
        Value = factor * number + offset.

    Raises
    ------
    InputError
        If the unit is unknown or of another dimension, or a potential names no reference
        electrode that is known.
    """
    text, _, reference = (part.strip() for part in unit.partition(" vs"))
    own = kind.unit.partition(" vs ")[2]
    if bool(reference) != bool(own):
        what = f"needs a reference electrode, as 'V vs {own}'" if own else "has no reference"
        raise InputError(f"unit {unit!r}: {kind.name} {what}")
    offset = 0.0
    if own:
        offset = _potential(reference.strip(". ")) - _potential(own)
    return _factor(text, kind), offset


def _factor(unit: str, kind: PropertyKind) -> float:
    import pint

    text = unit
    for written, plain in _SPELLINGS.items():
        text = text.replace(written, plain)
    text = _POWER.sub(r"**\1", text)
    try:
        factor = float(unit_registry().Quantity(1.0, text).to(kind.pint_unit).magnitude)
        if not 0 < factor < math.inf:
            raise ValueError(f"a factor of {factor}")
    except (
        pint.PintError,
        tokenize.TokenError,
        AttributeError,
        ValueError,
        TypeError,
        ArithmeticError,
        RecursionError,
        AssertionError,
        SyntaxError,
    ) as error:
        raise InputError(f"unit {unit!r} is no unit of {kind.name}; use {kind.unit}") from error
    return factor


def _potential(reference: str) -> float:
    known = _references()
    if reference not in known:
        raise InputError(
            f"unknown reference electrode {reference!r}; use one of {', '.join(known)}, or convert "
            "the potentials yourself"
        )
    return known[reference]


@cache
def _references() -> dict[str, float]:
    rows = packaged_table(f"data/tables/{TABLE}")
    return {row["reference"]: float(row["potential_v_she"]) for row in rows}
