"""Reading the solvent part of a recipe: names, their ratio, and what the ratio counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.amounts import RatioBasis, check_percentages
from electrolyte_ml.formulation.text import split_outside_brackets
from electrolyte_ml.formulation.units import NUMBER, RATIO_HELP, read_ratio_basis

_RATIO = re.compile(rf"(?<![\w.,]){NUMBER}(?:\s*[:/-]\s*{NUMBER})+(?![\w,]*-?[A-Za-z]{{3}}|\d)")
_BASIS_WORD = r"(?:vol(?:ume)?|v|wt|weight|mass|w|m|mol(?:e|es|ar)?|n)\.?"
_BASIS_BEFORE_RATIO = re.compile(
    rf"[\s(,]+(?P<basis>(?:by\s+|in\s+)?{_BASIS_WORD}(?:\s*[/:]\s*{_BASIS_WORD})*"
    r"(?:\s*ratio)?(?:\s*of)?)\s*$",
    re.IGNORECASE,
)
_MIXTURE_OF = re.compile(
    r"^(?P<basis>.*?)\s*(?:mixture|blend)?\s*(?:\bof)?\s+(?P<names>\S.*)$", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(?:an?|the)\s+(?:mixture\s+of\s+)?", re.IGNORECASE)
_SEPARATORS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\s*:\s*",
        r"\s*/\s*",
        r"\s*\|\s*",
        r"\s*\+\s*|\s+and\s+|\s*&\s*",
        r"\s*,\s*(?!\d)|\s+and\s+",
        r"\s*-\s*",
        r"\s+",
    )
)
_ANY_SEPARATOR = re.compile(r"\s*[:/|+&,-]\s*|\s+and\s+|\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Blend:
    """Names with their parts; `basis` is None for a single solvent."""

    names: tuple[str, ...]
    parts: tuple[float, ...]
    basis: RatioBasis | None


def read_blend(text: str, is_known: Callable[[str], bool]) -> Blend:
    """Read ``EC:DEC 1:1 v/v`` and its many spellings.

    Parameters
    ----------
    text
        Names and ratio, without salts' amounts and additives.
    is_known
        Whether a piece of text names a species; decides where names are cut.

    Returns
    -------
    Blend
        Names are not looked up here, except to find where they end.

    Raises
    ------
    AmountError
        If a ratio is missing, has no basis, or has another count of numbers than names.
    """
    text = _ARTICLE.sub("", text.strip())
    if is_known(text):
        return Blend((text,), (1.0,), None)
    ratio = _last_ratio(text)
    if ratio is None:
        return _without_ratio(text, is_known)
    left, right = text[: ratio.start()].rstrip(" (=:,-"), text[ratio.end() :]
    if left:
        before = _BASIS_BEFORE_RATIO.search(left)
        names_text = left[: before.start()] if before else left
        words = f"{before['basis'] if before else ''} {right}"
    else:
        match = _MIXTURE_OF.match(right.lstrip(" ),"))
        if match is None:
            raise AmountError(f"ratio {ratio.group()!r} without names of solvents")
        names_text, words = _names_after_basis(right.lstrip(" ),"), is_known)
    numbers = [float(n) for n in re.findall(NUMBER, ratio.group())]
    names = _split_names(names_text.strip(" (,"), len(numbers), is_known)
    basis = read_ratio_basis(words)
    if basis is None:
        raise AmountError(f"ratio {ratio.group()} of {':'.join(names)} has no basis; {RATIO_HELP}")
    if "%" in words:
        check_percentages(numbers)
    return Blend(tuple(names), tuple(numbers), basis)


def _last_ratio(text: str) -> re.Match[str] | None:
    found = list(_RATIO.finditer(text))
    return found[-1] if found else None


def _names_after_basis(text: str, is_known: Callable[[str], bool]) -> tuple[str, str]:
    """Split ``(v/v) mixture of EC and DEC`` into names and basis words."""
    words = text.split(" ")
    for cut in range(1, len(words)):
        head, tail = " ".join(words[:cut]), " ".join(words[cut:])
        first = _ANY_SEPARATOR.split(tail)[0]
        if is_known(first) or is_known(tail):
            return tail, re.sub(r"\b(?:mixture|blend|solvents?|of)\b", " ", head)
    return text, ""


def _without_ratio(text: str, is_known: Callable[[str], bool]) -> Blend:
    for separator in _SEPARATORS:
        names = split_outside_brackets(text, separator)[::2]
        if len(names) > 1 and all(is_known(name) for name in names):
            raise AmountError(
                f"{text!r} has no ratio; write for example "
                f"{':'.join(names)} {':'.join('1' * len(names))} v/v"
            )
    return Blend((text,), (1.0,), None)


def _split_names(text: str, count: int, is_known: Callable[[str], bool]) -> list[str]:
    """Cut `text` into `count` names, known ones wherever that is possible."""
    candidates = []
    for separator in _SEPARATORS:
        names = [name.strip() for name in split_outside_brackets(text, separator)[::2]]
        if len(names) == count and all(names):
            if all(is_known(name) for name in names):
                return names
            candidates.append(names)
    grouped = _group_pieces(split_outside_brackets(text, _ANY_SEPARATOR), count, is_known)
    if grouped is not None:
        return grouped
    if candidates:
        return candidates[0]
    raise AmountError(f"a ratio of {count} numbers does not fit the names in {text!r}")


def _group_pieces(
    pieces: list[str], count: int, is_known: Callable[[str], bool]
) -> list[str] | None:
    """Join pieces (names at even, separators at odd places) into `count` known names."""
    if len(pieces) > 40:
        return None
    ways: dict[int, list[list[str]]] = {0: [[]]}
    for end in range(1, len(pieces) + 1, 2):
        for start in range(0, end, 2):
            name = "".join(pieces[start:end]).strip()
            shorter = [way for way in ways.get(start, []) if len(way) < count]
            if name and shorter and is_known(name):
                ways.setdefault(end + 1, []).append([*shorter[0], name])
                ways[end + 1] += [[*way, name] for way in shorter[1:]]
    fits = [way for way in ways.get(len(pieces) + 1, []) if len(way) == count]
    return fits[0] if fits else None
