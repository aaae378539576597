"""Reading the solvents of a recipe: ``EC:DEC 1:1 v/v``, ``1EC:1DEC by volume``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.amounts import RatioBasis, check_percentages
from electrolyte_ml.formulation.notation.normalise import split_outside_brackets
from electrolyte_ml.formulation.notation.spellings import NUMBER, RATIO_HELP, read_ratio_basis

# Not the locants of a name ("1-1,2-dimethoxyethane"), but with its basis close by ("1:1vol").
RATIO = re.compile(
    rf"(?<![\w.,]){NUMBER}(?:\s*[:/-]\s*{NUMBER})+"
    r"(?!(?!vol|mol|mass|weight)[\w,]*-?[A-Za-z]{3}|\d)"
)

# Small letters only for articles: AN is acetonitrile.
_ARTICLE = r"(?-i:an?|the)"

# A word that stands between names and ratio: "mixture with a volume ratio of", "(v/v)", "vol%".
_BESIDE_RATIO = re.compile(
    rf"(?:in|with|at|having|{_ARTICLE}|of|by|ratios?|mixtures?|mixed|blends?|solvents?|/|%"
    r"|(?:[vwmn]|vol(?:ume|umetric)?|wt|weight|mass|mol(?:es?|ar)?)\.?"
    r"(?:[/-](?:[vwmn]|vol(?:ume)?|wt|weight|mass|mol(?:es?|ar)?)\.?)*%?)",
    re.IGNORECASE,
)

_TOKEN = re.compile(r"[^\s(),;=:]+")

_LEADING_WORDS = re.compile(
    rf"^(?:(?:{_ARTICLE}|mixed|binary|ternary|solvents?|mixtures?|blends?|of|ionic\s+liquids?)"
    r"\s+)*",
    re.IGNORECASE,
)

_MINUS = re.compile(r"(?:^|[\s(=:,])-\s*$")

# The bracket of (TBA)2SO4 belongs to it.
_FORMULA_BRACKET = re.compile(r"\(\w+\)\d")

_MIXTURE_WORDS = re.compile(r"\b(?:mixtures?|mixed|blends?|solvents?|of)\b", re.IGNORECASE)

_ALL_OF_ONE = re.compile(
    r"^(?:100\s*(?:vol|wt|mol)?\.?\s*%\s*(?P<late>\S.*)"
    r"|(?P<early>.*\S)[\s=(]+100\s*(?:vol|wt|mol)?\.?\s*%\)?)$",
    re.IGNORECASE,
)

# "1:1 vol%" is how data sheets write a ratio by volume; parts as small as these cannot be
# percentages of a whole, so only larger ones have to add up to 100.
_LARGEST_RATIO_SUM = 20.0

_SEPARATORS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\s*:\s*",
        r"\s*/\s*",
        r"\s*\|\s*",
        r"\s*\+\s*|\s+and\s+|\s*&\s*",
        r"\s*,\s*(?!\d)(?:and\s+)?|\s+and\s+",
        r"\s*-\s*",
        r"\s*·\s*",
        r"\s+",
    )
)

_ANY_SEPARATOR = re.compile(r"\s*[:/|+&,·-]\s*(?:and\s+)?|\s+and\s+|\s+", re.IGNORECASE)

_MOST_PIECES = 40

_COEFFICIENT_SEPARATORS = tuple(re.compile(p) for p in (r"\s*:\s*", r"\s*/\s*", r"\s*[-·]\s*"))

_NUMBER_FIRST = re.compile(rf"^(?P<number>{NUMBER})\s*(?P<name>\D.*)$")

_NUMBER_LAST = re.compile(r"^(?P<name>.*[A-Za-z)])(?P<number>\d*\.\d+|\d+)$")


@dataclass(frozen=True, slots=True)
class SolventRatio:
    """Names of solvents with their parts; `basis` is None for a single solvent."""

    names: tuple[str, ...]
    parts: tuple[float, ...]
    basis: RatioBasis | None


def read_solvents(text: str, is_known: Callable[[str], bool]) -> SolventRatio:
    """Read ``EC:DEC 1:1 v/v`` and its many spellings.

    Parameters
    ----------
    text
        Names and ratio, without salts' amounts and additives.
    is_known
        Whether a piece of text is the name of a species; names are cut where it is.

    Returns
    -------
    SolventRatio
        Names as written, not yet looked up.

    Raises
    ------
    AmountError
        If a ratio is missing, has no basis, or has another count of numbers than names.
    """
    text = _unwrapped(_LEADING_WORDS.sub("", text.strip()))
    whole = _ALL_OF_ONE.match(text)
    single = (whole["late"] or whole["early"]).strip(" (") if whole else text
    if is_known(single):
        return SolventRatio((single,), (1.0,), None)
    ratios = list(RATIO.finditer(text))
    if not ratios:
        return _without_ratio(text, is_known)
    ratio = ratios[-1]
    names_text, words = _names_and_words(text, ratio, is_known)
    numbers = [float(n) for n in re.findall(NUMBER, ratio.group())]
    names = _split_names(names_text, len(numbers), is_known)
    return solvent_ratio(names, numbers, words)


def solvent_ratio(names: list[str], numbers: list[float], words: str) -> SolventRatio:
    """Solvents `names` with parts `numbers`; `words` name the basis.

    Raises
    ------
    AmountError
        If the words name no basis, or the numbers are percentages that do not add up to 100.
    """
    basis = read_ratio_basis(words, len(names))
    ratio = ":".join(f"{n:g}" for n in numbers)
    if basis is None:
        raise AmountError(f"ratio {ratio} of {':'.join(names)} has no basis; {RATIO_HELP}")
    if "%" in words and sum(numbers) > _LARGEST_RATIO_SUM:
        check_percentages(numbers)
    return SolventRatio(tuple(names), tuple(numbers), basis)


def split_known(text: str, is_known: Callable[[str], bool]) -> list[str] | None:
    """Cut `text` at one kind of separator so that every piece is known; None if none does."""
    for separator in _SEPARATORS:
        names = [name.strip() for name in split_outside_brackets(text, separator)[::2]]
        if len(names) > 1 and all(is_known(name) for name in names):
            return names
    return None


def words_after_names(text: str) -> tuple[str, str]:
    """Cut words of a basis off the end of names: ``EC:DEC by volume``."""
    tokens = list(_TOKEN.finditer(text))
    while tokens and _BESIDE_RATIO.fullmatch(tokens[-1].group()):
        tokens.pop()
    end = tokens[-1].end() if tokens else 0
    # Brackets that a name ends with belong to it: Mg(TFSI), B(OMe).
    while text[end : end + 1] == ")":
        end += 1
    return text[:end], text[end:]


def _unwrapped(text: str) -> str:
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        return text[1:-1].strip()
    return text


def _names_and_words(
    text: str, ratio: re.Match[str], is_known: Callable[[str], bool]
) -> tuple[str, str]:
    """Text with the names of the components, and text that may name the basis of their ratio."""
    left, right = text[: ratio.start()], text[ratio.end() :]
    if _MINUS.search(left):
        raise AmountError(f"-{ratio.group()} is negative; every part of a ratio must be positive")
    left = left.rstrip(" (=:,-")
    if left:
        names, early_words = words_after_names(left)
        names = names.strip(" ,=:;")
        names = names if _FORMULA_BRACKET.match(names) else names.strip(" (,=:;")
        return names, _MIXTURE_WORDS.sub(" ", f"{early_words} {right}")
    right = right.lstrip(" ),")
    names, late_words = words_after_names(right)
    head, names = _head_and_names(names, is_known)
    if not names:
        raise AmountError(f"ratio {ratio.group()!r} without names of solvents")
    return names.strip(" (,"), f"{_MIXTURE_WORDS.sub(' ', head)} {late_words}"


def _head_and_names(text: str, is_known: Callable[[str], bool]) -> tuple[str, str]:
    """Split ``(v/v) mixture of EC and DEC`` before the first name."""
    words = text.split(" ")
    for cut in range(len(words)):
        tail = " ".join(words[cut:])
        if is_known(tail) or is_known(_ANY_SEPARATOR.split(tail)[0]):
            return " ".join(words[:cut]), tail
        if cut + 1 < len(words) and is_known(" ".join(words[cut : cut + 2])):
            return " ".join(words[:cut]), tail
    return "", text


def _without_ratio(text: str, is_known: Callable[[str], bool]) -> SolventRatio:
    names = split_known(words_after_names(text)[0], is_known)
    if names:
        raise AmountError(
            f"{text!r} has no ratio; write for example "
            f"{':'.join(names)} {':'.join('1' * len(names))} v/v"
        )
    pieces = [piece.strip() for piece in words_after_names(text)[0].split(":")]
    strange = [piece for piece in pieces if not is_known(piece)]
    if 0 < len(strange) < len(pieces):
        are = "is no known solvent" if len(strange) == 1 else "are no known solvents"
        raise AmountError(f"{text!r} has no ratio, and {' and '.join(map(repr, strange))} {are}")
    return SolventRatio((text,), (1.0,), None)


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
    raise AmountError(
        f"a ratio of {count} numbers does not fit the names in {text!r}; a salt that has an amount "
        "of its own is not counted in the ratio"
    )


def _group_pieces(
    pieces: list[str], count: int, is_known: Callable[[str], bool]
) -> list[str] | None:
    """Join pieces (names at even, separators at odd places) into `count` known names."""
    if len(pieces) > _MOST_PIECES:
        return None
    # (end, n): the first way to read the pieces before `end` as n names.
    ways: dict[tuple[int, int], list[str]] = {(0, 0): []}
    for end in range(1, len(pieces) + 1, 2):
        for start in range(0, end, 2):
            name = "".join(pieces[start:end]).strip()
            shorter = [n for n in range(count) if (start, n) in ways]
            if not (name and shorter and is_known(name)):
                continue
            for n in shorter:
                ways.setdefault((end + 1, n + 1), [*ways[start, n], name])
    return ways.get((len(pieces) + 1, count))


def read_coefficients(text: str, is_known: Callable[[str], bool]) -> SolventRatio | None:
    """Read names with a number each (``1EC:1DEC``); None if `text` is not of that form.

    Raises
    ------
    AmountError
        If the text names no basis for the numbers.
    """
    names_text, words = words_after_names(text)
    for separator in _COEFFICIENT_SEPARATORS:
        pieces = split_outside_brackets(names_text.strip(" ("), separator)[::2]
        if len(pieces) < 2:
            continue
        for form, needs_all in ((_NUMBER_FIRST, False), (_NUMBER_LAST, True)):
            found = _read_pieces(pieces, form, is_known, needs_all=needs_all)
            if found is not None:
                return solvent_ratio(*found, words)
    return None


def _read_pieces(
    pieces: list[str], form: re.Pattern[str], is_known: Callable[[str], bool], *, needs_all: bool
) -> tuple[list[str], list[float]] | None:
    """Names and numbers of the pieces; a piece without a number counts 1, unless `needs_all`."""
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
