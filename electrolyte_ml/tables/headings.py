"""What the heading of a column says: its name, a temperature, or a property with its unit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from electrolyte_ml.properties import Property, measurable_properties
from electrolyte_ml.units import ZERO_CELSIUS_K, plain_unit

#: Columns of temperatures, and what is added to their numbers to get K.
TEMPERATURE_COLUMNS = {"temperature_k": 0.0, "temperature_c": ZERO_CELSIUS_K}
# Words of a heading that name a temperature, in several languages.
_TEMPERATURE_WORD = re.compile(r"temps?|temp[ck]|\w*temperat\w*")
_TEMPERATURE_ABROAD = re.compile(r"[θϑ]|温度|온도|темпер", re.IGNORECASE)
# Temperatures of something else than the measurement.
_OF_ELSE = frozenset(("b", "g", "m", "bp", "fp", "mp", "tb", "td", "tg", "tm")) | {
    *("boiling", "boils", "decomposition", "flash", "freezes", "freezing", "glass"),
    *("melting", "melts", "onset", "transition"),
}
# Headings such as T_meas, and short ones under which people write "50 degC".
_T_OF_IT = re.compile(r"T(?=[_\s,./(\[-]).*|T(?:meas|exp|set|cell|bath|sample|amb|room|env)\w*")
_ASKED_AT = frozenset({"at", "@", "bei", "measured at", "gemessen bei"})
# Units, which alone name a temperature only if written out.
_UNITS_WRITTEN_OUT = frozenset({"celsius", "kelvin", "degc", "degk", "fahrenheit", "degf"})
_UNITS = _UNITS_WRITTEN_OUT | {"c", "k", "f", "deg", "degree", "degrees", "in"}
_CELSIUS = r"(?:degrees?|deg\.?|°|o)\s?C(?:elsius)?|Celsius|°"
_PARTED = r"(?:\s*[/,_:]\s*|\s+in\s+|\s+|\s*(?=[\[(°]))"
_PLAIN_TEMPERATURE = re.compile(
    rf"(?:(?P<letter>T)|temperature|temperatur|temp\.?){_PARTED}[\[(]?\s*"
    rf"(?:(?P<celsius>{_CELSIUS}|(?P<c>C))|(?P<kelvin>K(?:elvin)?))\s*[\])]?",
    re.IGNORECASE,
)
_DEGREES = str.maketrans({"º": "°", "˚": "°", "℃": "°C", "\ufeff": "", "\u200b": ""})
_WITH_UNIT = re.compile(
    r"(?P<name>[^\[\](){}/,]+?)\s*(?:\[(?P<a>[^\[\]]+)\]|\((?P<b>.+)\)|(?:/|,|\s+in\s)\s*(?P<c>.+))"
)
# Signs that papers use beside the names in the registry.
_SIGNS = {
    "conductivity_ms_cm": ("σ", "κ", "sigma", "kappa", "ionic conductivity", "leitfähigkeit"),
    "viscosity_mpa_s": ("η", "eta", "dynamic viscosity", "viskosität"),
    "density_g_cm3": ("ρ", "rho", "dichte"),
}
_UNIT_LIKE = re.compile(
    r"(?i:units?|einheit)|(?:[mµμuk]?S|Ω|ohm)\W*c?m\b.*|.*\b(?:[mkM]?Pa\W?s|cP)\b.*"
    r"|.*[\[(/]\s*[mµμuk]?S\W*c?m\b.*|.*\bk?g\W*(?:c?m3|c?m-3|mL|L)\b.*"
)


def kelvin_of_cell(column: str, number: float) -> float:
    """Temperature, K, of a number in one of `TEMPERATURE_COLUMNS`.

    Examples
    --------
    >>> kelvin_of_cell("temperature_c", -20.0)
    253.15
    """
    # Rounded so that -20 degC is 253.15 K and not 253.14999999999998 K.
    return round(number + TEMPERATURE_COLUMNS[column], 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A property in a heading.

    Attributes
    ----------
    kind
        The property.
    unit
        Its unit as written; empty if it is that of the property.
    """

    kind: Property
    unit: str = ""


def visible_heading(text: object) -> str:
    """A heading with single spaces and nothing invisible.

    Examples
    --------
    >>> visible_heading(" T  / K ")
    'T / K'
    """
    return " ".join(str(text).replace("\ufeff", "").split())


def plain_heading(text: object) -> str:
    """A heading with single spaces, small letters, and nothing invisible.

    Examples
    --------
    >>> plain_heading(" Temperature_C ")
    'temperature_c'
    """
    return visible_heading(text).casefold()


def read_temperature(heading: str) -> str | None:
    """``temperature_c`` or ``temperature_k`` for a heading that says so plainly, else None.

    Examples
    --------
    >>> [read_temperature(h) for h in ("temperature / °C", "T [K]", "Temperature_C", "T", "T / °F")]
    ['temperature_c', 'temperature_k', 'temperature_c', None, None]
    """
    plain = unicodedata.normalize("NFKC", " ".join(heading.translate(_DEGREES).split()))
    match = _PLAIN_TEMPERATURE.fullmatch(plain)
    if match is None:
        return None
    # T_c may be a temperature of crystallisation, and t_k one of another kind.
    unit = match["c"] or match["kelvin"]
    if match["letter"] and unit and not (match["letter"] == "T" and unit[0].isupper()):
        return None
    return "temperature_k" if match["kelvin"] else "temperature_c"


def looks_like_temperature(column: str) -> bool:
    """Whether a heading may mean the temperature of the row.

    Examples
    --------
    >>> [looks_like_temperature(c) for c in ("T", "T / K", "temp", "Temperature (°C)", "template")]
    [True, True, True, True, False]
    """
    degrees = column.translate(_DEGREES)
    # Without accents, and the sign of degrees Celsius as its letters.
    plain = unicodedata.normalize("NFKD", degrees).lower()
    plain = re.sub(r"[\u0300-\u036f]", "", plain)
    words = re.findall(r"[a-z]+", plain)
    if any(_TEMPERATURE_WORD.fullmatch(word) for word in words):
        return True
    if "°" in degrees or (_TEMPERATURE_ABROAD.search(degrees) and set(words) <= _UNITS):
        return not _OF_ELSE & set(words)
    if plain.strip() in _ASKED_AT or _T_OF_IT.match(degrees.strip()):
        return not _OF_ELSE & set(words)
    if words[:1] == ["t"]:
        return set(words[1:]) <= _UNITS
    return bool(_UNITS_WRITTEN_OUT & set(words)) and set(words) <= _UNITS


def read_quantity(heading: str) -> Heading | None:
    """The property that a heading names with its unit; None if it names none.

    Examples
    --------
    >>> found = read_quantity("Ionic conductivity / S m⁻¹")
    >>> found.kind.name, found.unit
    ('conductivity_ms_cm', 'S m-1')
    """
    kinds = measurable_properties()
    plain = plain_heading(heading)
    if plain in kinds:
        return Heading(kind=kinds[plain])
    match = _WITH_UNIT.fullmatch(visible_heading(heading))
    if match is None:
        return None
    name = match["name"].casefold().replace("_", " ").strip()
    kind = _named().get(name) or kinds.get(name.replace(" ", "_"))
    unit = plain_unit(match["a"] or match["b"] or match["c"])
    return None if kind is None else Heading(kind=kind, unit=unit)


@cache
def _names_of(kinds: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, label, description in kinds:
        for word in (label, description, *_SIGNS.get(name, ())):
            found.setdefault(word.casefold(), name)
    found.pop("", None)
    return found


def _named() -> dict[str, Property]:
    """Measurable properties by what people call them."""
    kinds = measurable_properties()
    names = _names_of(tuple((k.name, k.label, k.description) for k in kinds.values()))
    return {word: kinds[name] for word, name in names.items()}


def looks_like_a_quantity(heading: str) -> bool:
    """Whether a heading may mean a temperature, a unit or a property.

    Examples
    --------
    >>> [looks_like_a_quantity(h) for h in ("conductivity", "mS/cm", "T", "batch", "comment")]
    [True, True, True, False, False]
    """
    if looks_like_temperature(heading) or _UNIT_LIKE.fullmatch(heading.strip()):
        return True
    plain = plain_heading(heading).replace("_", " ")
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain) for word in _named())
