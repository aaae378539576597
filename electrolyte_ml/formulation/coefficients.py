"""Ratios whose numbers stand beside the names: ``LiFSI-1.2DME-3TTE``, ``EC0.45:PC0.45:DMC0.1``."""

from __future__ import annotations

import re
from collections.abc import Callable

from electrolyte_ml.formulation.blend import Blend, blend_of, words_after_names
from electrolyte_ml.formulation.text import split_outside_brackets
from electrolyte_ml.formulation.units import NUMBER

_SEPARATORS = tuple(re.compile(p) for p in (r"\s*:\s*", r"\s*/\s*", r"\s*[-·]\s*"))
_NUMBER_FIRST = re.compile(rf"^(?P<number>{NUMBER})\s*(?P<name>\D.*)$")
_NUMBER_LAST = re.compile(r"^(?P<name>.*[A-Za-z)])(?P<number>\d*\.\d+|\d+)$")


def read_coefficients(text: str, is_known: Callable[[str], bool]) -> Blend | None:
    """Read names with their numbers; None if `text` is not of that form.

    Raises
    ------
    AmountError
        If nothing says what the numbers count.
    """
    names_text, words = words_after_names(text)
    for separator in _SEPARATORS:
        pieces = split_outside_brackets(names_text.strip(" ("), separator)[::2]
        if len(pieces) < 2:
            continue
        for form, needs_all in ((_NUMBER_FIRST, False), (_NUMBER_LAST, True)):
            found = _read_pieces(pieces, form, is_known, needs_all=needs_all)
            if found is not None:
                return blend_of(*found, words)
    return None


def _read_pieces(
    pieces: list[str], form: re.Pattern[str], is_known: Callable[[str], bool], *, needs_all: bool
) -> tuple[list[str], list[float]] | None:
    """Names and numbers of the pieces; a piece without a number counts once where that is said."""
    names, numbers, counted = [], [], 0
    for piece in pieces:
        match = None if is_known(piece) else form.match(piece)
        name = match["name"] if match else piece
        if not is_known(name) or (needs_all and match is None):
            return None
        names.append(name)
        numbers.append(float(match["number"]) if match else 1.0)
        counted += match is not None
    return (names, numbers) if counted else None
