"""Which columns of a table of recipes are read, and how near misses are refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from electrolyte_ml.errors import InputError
from electrolyte_ml.text import did_you_mean
from electrolyte_ml.units import ZERO_CELSIUS_K

RECIPE_COLUMN = "recipe"
#: Columns of temperatures, and what is added to their numbers to get K.
TEMPERATURE_COLUMNS = {"temperature_k": 0.0, "temperature_c": ZERO_CELSIUS_K}
# Words of a heading that name a temperature, in several languages.
_TEMPERATURE_WORD = re.compile(r"temps?|temp[ck]|temperat\w*")
# Units, which alone name a temperature only if written out.
_UNITS_WRITTEN_OUT = frozenset({"celsius", "kelvin", "degc", "degk", "fahrenheit", "degf"})
_UNITS = _UNITS_WRITTEN_OUT | {"c", "k", "f", "deg", "degree", "degrees", "in"}
_SEPARATORS = ";\t|"


def require_columns(name: str, columns: Iterable[object]) -> None:
    """Refuse a table without recipes, or whose temperatures would not be read.

    Parameters
    ----------
    name
        Name of the table, for messages.
    columns
        Headings of its columns.

    Raises
    ------
    InputError
        If there is no column ``recipe``, both columns of temperatures, or none of them but one
        that looks like a temperature.
    """
    names = [str(column) for column in columns]
    if RECIPE_COLUMN not in names:
        raise InputError(f"{name}: {_no_recipe(names)}")
    exact = [column for column in names if column in TEMPERATURE_COLUMNS]
    if len(exact) > 1:
        raise InputError(f"{name}: give temperature_k or temperature_c, not both")
    alike = [column for column in names if looks_like_temperature(column)]
    if alike and not exact:
        raise InputError(
            f"{name}: temperatures are read from a column 'temperature_c' (degC) or "
            f"'temperature_k' (K), not from {', '.join(map(repr, alike))}; rename it, or give it "
            "a name without temperature if it is another one"
        )


def looks_like_temperature(column: str) -> bool:
    """Whether a heading may mean the temperature of the row.

    Examples
    --------
    >>> [looks_like_temperature(c) for c in ("T", "T / K", "temp", "Temperature (°C)", "template")]
    [True, True, True, True, False]
    """
    # Without accents, and the sign of degrees Celsius as its letters.
    plain = unicodedata.normalize("NFKD", column).lower()
    plain = re.sub(r"[\u0300-\u036f]", "", plain)
    words = re.findall(r"[a-z]+", plain)
    if any(_TEMPERATURE_WORD.fullmatch(word) for word in words):
        return True
    if words[:1] == ["t"]:
        return set(words[1:]) <= _UNITS
    return bool(_UNITS_WRITTEN_OUT & set(words)) and set(words) <= _UNITS


def _no_recipe(names: Sequence[str]) -> str:
    """Why a table has no column of recipes, and what may be done."""
    if len(names) == 1:
        sign = next((s for s in _SEPARATORS if s in names[0]), None)
        if sign is not None:
            return (
                f"no column {RECIPE_COLUMN!r}; its columns are separated by {sign!r}, "
                "but a CSV file needs commas: save it again with ',' as the separator"
            )
    alike = {column.strip().lower(): column for column in names}
    return (
        f"no column {RECIPE_COLUMN!r} but {', '.join(names) or 'no columns'}"
        f"{did_you_mean(RECIPE_COLUMN, alike)}"
    )
