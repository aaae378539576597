"""Text for messages and tables: suggestions, one-line errors, numbers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from electrolyte_ml.units import ZERO_CELSIUS_K

_LEAST_SIMILARITY = 0.6


def did_you_mean(word: str, known: Iterable[str] | Mapping[str, str], *, most: int = 1) -> str:
    """``; did you mean 'diglyme'?``, or an empty string if no known word is close.

    Parameters
    ----------
    word
        The word given.
    known
        Allowed words; a mapping has the forms to compare as keys and the words to show as values.
    most
        How many words to suggest at most.

    Examples
    --------
    >>> did_you_mean("sovlent", ["solvent", "salt"])
    "; did you mean 'solvent'?"
    """
    shown = known if isinstance(known, Mapping) else {name: name for name in known}
    close = difflib.get_close_matches(word, shown, n=most, cutoff=_LEAST_SIMILARITY)
    names = list(dict.fromkeys(shown[name] for name in close))
    return f"; did you mean {' or '.join(map(repr, names))}?" if names else ""


def nearest_or_all(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?``, or the list of known words."""
    names = list(known)
    return did_you_mean(word, names) or f"; known are {', '.join(names)}"


def one_line(error: object) -> str:
    """A message of several lines as one line."""
    return "; ".join(str(error).splitlines())


def first_line(error: object) -> str:
    """The first line of a message; libraries write a screen of advice below it."""
    return str(error).partition("\n")[0]


def celsius(temperature_k: float) -> str:
    """Temperature as chemists read it: ``25 °C``."""
    return f"{temperature_k - ZERO_CELSIUS_K:.4g} °C"


def significant(value: float | None, digits: int = 3) -> str:
    """`value` to significant digits without an exponent, ``-`` for None."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    text = f"{value:.{digits}g}"
    return f"{float(text):f}".rstrip("0").rstrip(".") if "e" in text else text


def with_unit(value: float | None, unit: str, digits: int = 3) -> str:
    """A number with its unit; the number alone if it has none.

    Examples
    --------
    >>> with_unit(1400.0, "mPa s"), with_unit(277.0, "")
    ('1400 mPa s', '277')
    """
    return f"{significant(value, digits)} {unit}".rstrip()


def counted(number: int, one: str, several: str = "") -> str:
    """A number of things in words.

    Examples
    --------
    >>> counted(1, "round"), counted(0, "round"), counted(2, "study", "studies")
    ('1 round', '0 rounds', '2 studies')
    """
    return f"{number} {one if number == 1 else several or f'{one}s'}"
