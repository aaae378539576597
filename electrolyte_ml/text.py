"""Text for messages and tables: suggestions, one-line errors, numbers."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from numbers import Number

from electrolyte_ml.units import ZERO_CELSIUS_K

_LEAST_SIMILARITY = 0.6
_LONGEST_GUESSED = 100
_LONGEST_SHOWN = 120
# Characters that steer a terminal, or turn the direction of text around; a line end and a tab stay.
_STEERING = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Such as -77 (-90 to -61).
_INTERVAL = re.compile(r"-?\d[\d.]* \(-?\d[\d.]* to -?\d[\d.]*\)")


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
    if len(word) > _LONGEST_GUESSED:
        return ""
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
    return "; ".join(_said(error).splitlines())


def first_line(error: object) -> str:
    """The first line of a message; libraries write a screen of advice below it."""
    return _said(error).partition("\n")[0]


def _said(error: object) -> str:
    """What an error of others says, whose own words may fail as well."""
    try:
        return str(error)
    except Exception:  # the error's own code: a message about it must not fail as well
        return f"a {type(error).__name__} without words"


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


def shown(value: object) -> str:
    """`value` as Python writes it, on one line and shortened, for messages.

    Examples
    --------
    >>> shown("PC"), shown(0.5), shown("x" * 1000).endswith("xxx'... (1000 characters)")
    ("'PC'", '0.5', True)
    """
    try:
        if isinstance(value, str):
            rest = f"... ({len(value)} characters)" if len(value) > _LONGEST_SHOWN else ""
            return f"{value[:_LONGEST_SHOWN]!r}{rest}"
        text = str(value) if isinstance(value, Number) else " ".join(repr(value).split())
    except Exception:  # a whole number of thousands of digits, deep nesting, code of others
        kind = "whole number" if isinstance(value, int) else type(value).__name__
        return f"a {kind} too long to show"
    rest = f"... ({len(text)} characters)" if len(text) > _LONGEST_SHOWN else ""
    return f"{text[:_LONGEST_SHOWN]}{rest}"


def steers_terminal(text: str) -> bool:
    """Whether a text holds characters that steer a terminal, as escape sequences do."""
    return _STEERING.search(text) is not None


def harmless(text: str) -> str:
    r"""`text` with a sign in place of each character that steers a terminal.

    Examples
    --------
    >>> harmless("red: \x1b[31m").isprintable()
    True
    """
    return text if text.isascii() and text.isprintable() else _STEERING.sub("\ufffd", text)


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet would run a cell of this text; a number or an interval is none."""
    if not text.startswith(_FORMULA) or text == "-" or _INTERVAL.fullmatch(text):
        return False
    try:
        float(text)
    except ValueError:
        return True
    return False


def spreadsheet_cell(value: object) -> object:
    """`value` as it is written to a table: text is never run as a formula and steers no terminal.

    Examples
    --------
    >>> spreadsheet_cell("=1+1"), spreadsheet_cell("-20"), spreadsheet_cell(0.5)
    ("'=1+1", '-20', 0.5)
    >>> spreadsheet_cell("-20 (-35 to -5)"), spreadsheet_cell("-20 (1 to 2)+A1")
    ('-20 (-35 to -5)', "'-20 (1 to 2)+A1")
    """
    if not isinstance(value, str):
        return value
    plain = harmless(value)
    return f"'{plain}" if looks_like_formula(plain) else plain


def numbered(headings: Sequence[str]) -> tuple[str, ...]:
    """A name of its own for each column: equal headings are numbered, as pandas does.

    Examples
    --------
    >>> numbered(["", "value", "value", "value.1"])
    ('Unnamed: 0', 'value', 'value.2', 'value.1')
    """
    seen: Counter[str] = Counter()
    taken = set(headings)
    names = []
    for number, heading in enumerate(headings):
        name = heading or f"Unnamed: {number}"
        while seen[heading] and name in taken:
            name = f"{heading}.{seen[heading]}"
            seen[heading] += name in taken
        seen[heading] += 1
        taken.add(name)
        names.append(name)
    return tuple(names)
