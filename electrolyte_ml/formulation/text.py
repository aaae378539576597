"""Plain text work below the notation: tidying, and cutting outside brackets."""

from __future__ import annotations

import re
import unicodedata

from electrolyte_ml.errors import RecipeSyntaxError

LONGEST_RECIPE = 500
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
_RATIO_SIGNS = dict.fromkeys(map(ord, "∶：꞉"), ":")
_AQUEOUS = re.compile(r"\s*\((?:aq\.?|aqueous)\)\s*$", re.IGNORECASE)
_NOISE = re.compile(r"[\s.,;]*(?:\b(?:electrolyte|solution))?[\s.,;]*$", re.IGNORECASE)


def tidy(text: str) -> str:
    """Recipe text in one spelling: plain digits and dashes, single spaces.

    Raises
    ------
    RecipeSyntaxError
        If it is no text, empty, too long, or holds control characters.
    """
    if not isinstance(text, str):
        raise RecipeSyntaxError(f"a recipe is text, given {type(text).__name__}")
    # A first bound before any work, because normalisation can lengthen a text.
    if len(text) > LONGEST_RECIPE:
        raise RecipeSyntaxError(
            f"recipe has {len(text)} characters, at most {LONGEST_RECIPE} are read"
        )
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES | _RATIO_SIGNS)
    plain = " ".join(plain.split())
    if not plain:
        raise RecipeSyntaxError(
            "the recipe is empty; write for example '1 M NaPF6 in EC:DEC 1:1 v/v'"
        )
    if not plain.isprintable():
        raise RecipeSyntaxError(f"recipe holds control characters: {plain!r}")
    if plain[0] == "-":
        raise RecipeSyntaxError(f"a recipe cannot start with a negative amount: {plain!r}")
    if [plain.count(b) for b in "(["] != [plain.count(b) for b in ")]"]:
        raise RecipeSyntaxError(f"a bracket is not closed, or closed twice, in {plain!r}")
    if _AQUEOUS.search(plain):
        plain = _AQUEOUS.sub("", plain) + " in water"
    return _NOISE.sub("", plain) or plain


def split_outside_brackets(text: str, separator: re.Pattern[str]) -> list[str]:
    """Cut `text` at every match of `separator` outside brackets.

    Returns
    -------
    list of str
        Pieces and the separators between them, alternating, as `re.split` gives with a group.
    """
    depth = depths(text)
    pieces: list[str] = []
    start = 0
    for match in separator.finditer(text):
        if match.end() > match.start() and depth[match.start()] == 0 and match.start() >= start:
            pieces += [text[start : match.start()], match.group()]
            start = match.end()
    return [*pieces, text[start:]]


def depths(text: str) -> list[int]:
    """How many brackets are open at each character; the brackets themselves count as inside."""
    level = 0
    levels = []
    for character in text:
        if character in "([":
            level += 1
        levels.append(level)
        if character in ")]":
            level = max(level - 1, 0)
    return levels
