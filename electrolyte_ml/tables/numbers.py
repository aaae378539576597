"""Numbers as people write them into tables, and numbers that no electrolyte has."""

from __future__ import annotations

import math
import re

from electrolyte_ml.errors import InputError
from electrolyte_ml.properties import Property
from electrolyte_ml.text import shown
from electrolyte_ml.units import ZERO_CELSIUS_K, plain_dashes

#: The option that confirms values no known electrolyte has, alike in all verbs.
ACCEPT_UNUSUAL = "--accept-unusual"
_CONFIRM = f"if it is meant, give {ACCEPT_UNUSUAL} (accept_unusual=True in Python)"
# Liquids of electrolytes are measured within these; room temperature in the other unit is not.
_COLDEST_K, _HOTTEST_K = 130.0, 473.15
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?(?:[0-9]+,[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]+)?")
# Nine thousand five hundred to some, nine and a half to others.
_TWO_MEANINGS = re.compile(r"([+-]?[1-9][0-9]{0,2})([.,])([0-9]{3})")

# A number with a unit behind it.
_WITH_UNIT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?\s*(?![eE][+-]?[0-9])(?:[^\W\d_]|[%°])")


def read_number(text: str, *, decimal_comma: bool = False) -> float:
    """A number of a table.

    Parameters
    ----------
    text
        Such as ``7.9``, ``-20`` or ``7,9``.
    decimal_comma
        Whether the table writes its decimal sign as a comma. Without it, a comma is one where it
        can be nothing else.

    Returns
    -------
    float
        It may be infinite: a number of 400 digits is.

    Raises
    ------
    InputError
        If it is no number, or one that can be read in two ways; the message goes on after
        "the value is".

    Examples
    --------
    >>> read_number("7,9"), read_number("9,500", decimal_comma=True)
    (7.9, 9.5)
    """
    plain = text.strip()
    if not decimal_comma and _PLAIN.fullmatch(plain):
        return float(plain)
    plain = plain_dashes(plain)
    both = _TWO_MEANINGS.fullmatch(plain)
    if both and both[2] == (".," if decimal_comma else ",.")[0]:
        whole, _, rest = both.groups()
        raise InputError(
            f"{text.strip()!r}, which can be read in two ways; write {whole}{rest} or "
            + (f"{whole},{rest}" if decimal_comma else f"{whole}.{rest}")
        )
    if _COMMA.fullmatch(plain):
        return float(plain.replace(",", "."))
    if _PLAIN.fullmatch(plain):
        return float(plain)
    if re.fullmatch(r"[+-]?[0-9]{1,3}([., '\u00a0\u202f\u2009][0-9]{3})+([.,][0-9]+)?", plain):
        raise InputError(
            f"{shown(text)}, not a number here: write it without separators of thousands"
        )
    advice = "; give the number alone, in the unit of the heading"
    raise InputError(f"{shown(text)}, not a number{advice if _WITH_UNIT.match(plain) else ''}")


def unusual_temperature(kelvin: float, given: str, *, in_column: bool = True) -> str | None:
    """Why a temperature needs a confirmation; None if electrolytes are measured there.

    Parameters
    ----------
    kelvin
        Temperature, K; NaN for none.
    given
        How it was given, such as ``temperature_c is 298.15``.
    in_column
        Whether it stands in a column of numbers, whose unit the heading says.
    """
    if math.isnan(kelvin) or _COLDEST_K <= kelvin <= _HOTTEST_K:
        return None
    celsius = kelvin - ZERO_CELSIUS_K
    slip = "degC in a column of K" if kelvin < _COLDEST_K else "K in a column of degC"
    slip = slip if in_column else "in another unit"
    return (
        f"{given}, which is {kelvin:g} K or {celsius:g} degC; no electrolyte is used there: is it "
        f"{slip}? Correct it, or {_CONFIRM}"
    )


def unusual_value(kind: Property, value: float) -> str | None:
    """Why a value needs a confirmation, with the option that gives it; None if it is usual."""
    fault = kind.unusual(value)
    return None if fault is None else to_be_confirmed(fault)


def to_be_confirmed(fault: str) -> str:
    """The message for what may be meant although it is unlikely, with the option that says so."""
    return f"{fault}{'' if fault.endswith('?') else ';'} correct it, or {_CONFIRM}"
