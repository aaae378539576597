"""The registry of units, constants, and temperatures as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from electrolyte_ml.errors import InputError, InputErrors

if TYPE_CHECKING:
    import pint

ZERO_CELSIUS_K = 273.15
ROOM_TEMPERATURE_K = 298.15
#: Molar gas constant, J/(mol K): exact, CODATA 2018, 10.1103/RevModPhys.93.025010.
GAS_CONSTANT_J_MOL_K = 8.314462618
_QUANTITY = re.compile(
    r"^\s*(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>.*?)\s*$"
)
# Spellings that pint lacks; bare C would be coulomb.
_SPELLINGS = dict.fromkeys(
    ("C", "ºC", "˚C", "℃", "oC", "deg C", "deg. C", "° C", "º C", "degrees C", "degree C"), "degC"
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-"))
# Dots and crosses between units, and what copying leaves behind.
_DOTS = str.maketrans(dict.fromkeys("·⋅•∙●‧・×", " ") | {"\u00ad": "", "\u200b": "", "\ufeff": ""})
_MARKUP = re.compile(r"[${}]|\\(?:mathrm|text|rm|cdot|,|;)\s*|</?su[bp]>", re.IGNORECASE)
# Units written together or parted by a point or a hyphen: mPas, mPa-s, mS.cm-1, gcm-3.
_TOGETHER = (
    (re.compile(r"Pa[-.]?s\b"), "Pa s"),
    (re.compile(r"(?<=[A-Za-z])\.(?=[A-Za-z])"), " "),
    (re.compile(r"\b([mkµu]?g)(?=(?:c|d)?m\^?-3)"), r"\1 "),
    (re.compile(r"\b([mkMuµ]?S)(?=c?m\^?-1)"), r"\1 "),
    (re.compile(r"[Oo]hms?(?![A-Za-z])|Ω(?=\W|\d|$)"), "ohm"),
    (re.compile(r"Ω(?=[A-Za-z])"), "ohm "),
    (re.compile(r"(?<=[A-Za-z])\s?\*\*\s?(?=-?\d)|(?<=[A-Za-z]) (?=-\d\b)"), "^"),
    (re.compile(r"(?<=[A-Za-z]-\d)(?=[A-Za-z])"), " "),
)
# Read without pint, which takes half a second to load its units; kelvin at zero of the unit.
_COMMON = {
    **dict.fromkeys(("degC", "°C", "celsius"), ZERO_CELSIUS_K),
    **dict.fromkeys(("K", "kelvin"), 0.0),
}
_UNIT = re.compile(r"[\w\s.*/^()+°º℃℉%-]{1,60}")
# A power of a power, of more than two digits, or of something that is no number.
_TOWER = re.compile(
    r"(?:\*\*|\^)\s*\(?\s*[+-]?\s*(?:\d{3}|[^\s\d.+-]|\d+(?:\.\d*)?\s*\)*\s*(?:\*\*|\^))"
)
_MOST_BRACKETS, _MOST_POWERS = 2, 6
_HELP = "write it with its unit, such as '25 degC' or '298.15 K'"


def plain_dashes(text: str) -> str:
    """Text whose dashes and minus signs are hyphens."""
    return text.translate(_DASHES)


def plain_unit(text: str) -> str:
    """A unit as papers print it, in plain letters: powers as digits, spaces between units.

    Parameters
    ----------
    text
        Such as ``S m⁻¹``, ``Ω⁻¹ cm⁻¹`` or ``mPas``.

    Examples
    --------
    >>> [plain_unit(unit) for unit in ("mS·cm⁻¹", "Ω⁻¹ cm⁻¹", "mPas", "g cm⁻³", "µS/cm")]
    ['mS cm-1', 'ohm-1 cm-1', 'mPa s', 'g cm-3', 'uS/cm']
    """
    plain = plain_dashes(unicodedata.normalize("NFKC", _MARKUP.sub("", text).translate(_DOTS)))
    for pattern, spelled in _TOGETHER:
        plain = pattern.sub(spelled, plain)
    return " ".join(plain.replace("µ", "u").replace("μ", "u").split())


def temperature_k(text: object) -> float:
    """Temperature in kelvin of a text such as ``25 degC``.

    Parameters
    ----------
    text
        Number and unit: ``25 degC``, ``-20 °C``, ``298.15 K``, ``77 degF``.

    Returns
    -------
    float
        Temperature, K.

    Raises
    ------
    InputError
        If there is no unit, it is no unit of temperature, or the value is not above absolute zero.

    Examples
    --------
    >>> temperature_k("-20 degC")
    253.15
    """
    match = _QUANTITY.match(plain_dashes(text)) if isinstance(text, str) else None
    if match is None and isinstance(text, str):
        raise InputError(f"cannot read the temperature {_short(text)}; {_HELP}")
    if match is None or not match["unit"]:
        raise InputError(f"temperature {_short(text)} has no unit; {_HELP}")
    unit = _SPELLINGS.get(match["unit"], match["unit"])
    # Rounded so that -20 degC is 253.15 K and not 253.14999999999998 K.
    kelvin = round(_to_kelvin(float(match["number"]), unit, str(text)), 9)
    if not 0 < kelvin < float("inf"):
        raise InputError(f"temperature {_short(text)} is not above absolute zero; {_HELP}")
    return kelvin


def temperatures_k(texts: Iterable[object]) -> list[float]:
    """Temperatures in kelvin of several texts; see `temperature_k`.

    Raises
    ------
    InputErrors
        With a line for each text that is no temperature.
    """
    found, faults = [], []
    for text in texts:
        try:
            found.append(temperature_k(text))
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputErrors(list(dict.fromkeys(faults)))
    return found


# Seconds in a unit of time, by its first letters.
_TIMES = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}


def duration_s(text: str) -> float:
    """Time in seconds of a text such as ``2 h``, ``90min`` or ``1.5 days``.

    Raises
    ------
    InputError
        If it has no unit, or none of time, or is not above zero.

    Examples
    --------
    >>> duration_s("90 min")
    5400.0
    """
    match = _QUANTITY.match(text)
    if match is None or match["unit"] not in _TIMES or float(match["number"]) <= 0:
        raise InputError(
            f"cannot read the time {_short(text)}; write a number above 0 with s, min, h or d, "
            "such as '90 min' or '2 h'"
        )
    return float(match["number"]) * _TIMES[match["unit"]]


def share(text: str) -> float:
    """Share of one of a text such as ``10%`` or ``0.1``.

    Raises
    ------
    InputError
        If it is no number, or one above 1 without a per cent sign.

    Examples
    --------
    >>> share("10 %")
    0.1
    """
    match = _QUANTITY.match(text)
    if match is None or match["unit"] not in {"", "%"}:
        raise InputError(f"cannot read the share {_short(text)}; write '10%' or '0.1'")
    number = float(match["number"])
    if match["unit"] == "%":
        return number / 100
    if number > 1:
        raise InputError(f"the share {_short(text)} is above 1; write '{text.strip()}%' or '0.1'")
    return number


def duration_text(seconds: float) -> str:
    """Time as a person says it: ``3 h 20 min``, ``12 min``, ``40 s``."""
    if seconds < 60:
        return f"{round(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def _short(given: object) -> str:
    """What was given, short enough for a message."""
    if isinstance(given, int) and given.bit_length() > 64:
        return "a whole number"
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:57]}..."


def celsius_text(kelvin: float) -> str:
    """Temperature as `temperature_k` reads it back: ``25 degC``."""
    return f"{round(kelvin - ZERO_CELSIUS_K, 9):g} degC"


def safe_unit(text: str) -> str:
    """`text`, if pint may be given it: pint works out any arithmetic, such as ``K**9**9``.

    Raises
    ------
    ValueError
        If it is too long, or holds brackets or powers that no unit has.
    """
    brackets = text.count("("), text.count(")")
    if (
        _UNIT.fullmatch(text) is None
        or _TOWER.search(text)
        or brackets[0] != brackets[1]
        or brackets[0] > _MOST_BRACKETS
        or text.count("^") + text.count("**") > _MOST_POWERS
    ):
        raise ValueError("not written as a unit")
    return text


def _to_kelvin(number: float, unit: str, text: str) -> float:
    if unit in _COMMON:
        return number + _COMMON[unit]
    try:
        return float(unit_registry().Quantity(number, safe_unit(unit)).to("kelvin").magnitude)
    except unit_errors() as error:
        raise InputError(
            f"{_short(unit)} in {_short(text)} is no unit of temperature; {_HELP}"
        ) from error


@cache
def unit_registry() -> pint.UnitRegistry[float]:
    """The one registry of units; quantities of two registries cannot be compared."""
    import pint

    return pint.UnitRegistry()


@cache
def unit_errors() -> tuple[type[Exception], ...]:
    """What the registry raises of a text that is no unit: errors of pint and others (``A0``)."""
    import tokenize

    import pint

    return (
        pint.PintError,
        tokenize.TokenError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RecursionError,
        SyntaxError,
        TypeError,
        ValueError,
    )
