"""Spellings of units and bases in recipe text."""

from __future__ import annotations

import re

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.amounts import AdditiveBasis, RatioBasis, SaltBasis

NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_MOL = r"[Mm]ol(?:es?)?\.?"
_PER = r"\s*(?:/|per\s|·|\*|\.|\s)\s*"
_POWER = r"(?:\s*\^?\s*\(?-\s*1\)?)?"
_KG = rf"kg{_POWER}"
_CUBIC_DM = r"dm(?:\s*\^?\s*\(?-?\s*3\)?)"
_LITRE = rf"(?:(?:lit(?:er|re)|L|l){_POWER}(?![A-Za-z])|{_CUBIC_DM})"
_CUBIC_M = r"m(?:\s*\^?\s*\(?-?\s*3\)?)(?!\d)"
_SOLUTION = r"\s*[(\[]?\s*(?:of\s+)?(?:solutions?|electrolyte)\b\s*[)\]]?"
_SOLVENT = r"(?:[\s_]*[(\[]?\s*(?:of\s+)?solvents?\b\s*[)\]]?(?:\s*\^?\s*-\s*1)?)?"
# 5 wt%, 5 wt.-%, 5 % w/w, 5 % (by weight), 5 w/w %, 5 weight percent
_PERCENT = r"\s*[-\s]?(?:%|percent(?:age)?\b|pct\b)"
_MASS_WORD = r"(?:weight|mass|wt|w|m)"
_VOLUME_WORD = r"(?:volume|vol|v)"


def _percent(word: str, first: str) -> str:
    chain = rf"{word}\.?(?:\s*/\s*{word}\.?)*"
    return (
        rf"(?:{first}\.?(?:\s*/\s*{word}\.?)*{_PERCENT}"
        rf"|%\s*\(?\s*(?:(?:by|in)\s+)?{chain}(?![A-Za-z])\s*\)?)"
    )


# m% alone is not read: mass and molal compete for it.
_MASS_PERCENT = _percent(_MASS_WORD, r"(?:weight|mass|wt|w|m(?=\s*/))")
_VOLUME_PERCENT = _percent(_VOLUME_WORD, _VOLUME_WORD)
_MOLE_PERCENT = _percent(r"mol(?:e|ar)?", r"mol(?:e|ar)?")

# Tried in this order; the first that matches at the start of the text wins.
_SALT_UNITS: tuple[tuple[re.Pattern[str], SaltBasis, float], ...] = tuple(
    (re.compile(pattern), basis, factor)
    for pattern, basis, factor in (
        (rf"{_MOL}{_PER}{_KG}{_SOLUTION}", SaltBasis.MOL_PER_KG_SOLUTION, 1.0),
        (rf"{_MOL}{_PER}{_KG}{_SOLVENT}", SaltBasis.MOLALITY, 1.0),
        (rf"mmol{_PER}{_LITRE}", SaltBasis.MOLARITY, 1e-3),
        (rf"{_MOL}{_PER}{_LITRE}", SaltBasis.MOLARITY, 1.0),
        (rf"{_MOL}{_PER}{_CUBIC_M}", SaltBasis.MOLARITY, 1e-3),
        (rf"kmol{_PER}{_CUBIC_M}", SaltBasis.MOLARITY, 1.0),
        (_MOLE_PERCENT, SaltBasis.MOLE_PERCENT, 1.0),
        (_MASS_PERCENT, SaltBasis.MASS_PERCENT, 1.0),
        (r"[Mm]olal\b", SaltBasis.MOLALITY, 1.0),
        (r"[Mm]olar\b", SaltBasis.MOLARITY, 1.0),
        (r"mM\b", SaltBasis.MOLARITY, 1e-3),
        (r"M\b(?!\s*/|\s*(?:L|kg)\b)", SaltBasis.MOLARITY, 1.0),
        (r"m\b(?!\s*/|\s*%)", SaltBasis.MOLALITY, 1.0),
        (rf"mmol{_PER}{_KG}{_SOLUTION}", SaltBasis.MOL_PER_KG_SOLUTION, 1e-3),
        (rf"mmol{_PER}{_KG}{_SOLVENT}", SaltBasis.MOLALITY, 1e-3),
        (r"[μu]M\b", SaltBasis.MOLARITY, 1e-6),
    )
)
_ADDITIVE_UNITS = (
    (re.compile(_VOLUME_PERCENT, re.IGNORECASE), AdditiveBasis.VOLUME_PERCENT),
    (re.compile(_MASS_PERCENT, re.IGNORECASE), AdditiveBasis.MASS_PERCENT),
)
_RELATIVE_TO = re.compile(
    r"^\s*\(?\s*(?:of|relative to|based on|by|to)?\s*(?:the\s+)?"
    r"(?P<whole>base(?:\s+electrolyte)?|solvents?|total|electrolyte)\b\s*\)?",
    re.IGNORECASE,
)
_RELATIVE = {
    "base": AdditiveBasis.MASS_PERCENT_OF_BASE,
    "solvent": AdditiveBasis.MASS_PERCENT_OF_SOLVENTS,
    "total": AdditiveBasis.MASS_PERCENT,
    "electrolyte": AdditiveBasis.MASS_PERCENT,
}
_BASIS_WORD = r"(?<![A-Za-z])(?:vol(?:ume|umetric)?|v|wt|weight|mass|w|mol(?:e|es|ar)?|n)\b\.?"
# A lone m is no basis: m/m is mass, but m is also molal and molar.
_M_CHAIN = r"(?<![A-Za-z])m\b(?:\s*[/:]\s*m\b)+"
_BASIS_CHAIN = rf"(?:(?:by|in|the)\s+)?(?:{_M_CHAIN}|{_BASIS_WORD}(?:\s*[/:-]\s*{_BASIS_WORD})*)"
_CHAIN = re.compile(_BASIS_CHAIN, re.IGNORECASE)
_RATIO_BASIS = {"v": RatioBasis.VOLUME, "w": RatioBasis.MASS, "n": RatioBasis.MOLE}
_FILLER = re.compile(
    r"(?<![a-z])(?:ratios?|in|at|an?|the|of|with|by|having)(?![a-z/:])|[()=,;%]|(?<=[a-z])\.",
    re.IGNORECASE,
)

SALT_UNIT_HELP = "write M (mol/L of solution), mol/kg (of solvents), mol/kg solution, wt% or mol%"
ADDITIVE_UNIT_HELP = "write wt% (of the whole electrolyte), wt% of base, or vol%"
RATIO_HELP = "write v/v, w/w or mol/mol"


def read_salt_unit(text: str) -> tuple[SaltBasis, float, str] | None:
    """Concentration unit at the start of `text`: basis, factor and remaining text; None if none."""
    for pattern, basis, factor in _SALT_UNITS:
        match = pattern.match(text)
        if match:
            return basis, factor, text[match.end() :]
    return None


def read_additive_unit(text: str) -> tuple[AdditiveBasis, str] | None:
    """Percent unit at the start of `text` and the remaining text; None if there is none.

    Raises
    ------
    AmountError
        If a volume percentage refers to something other than the solvents.
    """
    for pattern, basis in _ADDITIVE_UNITS:
        match = pattern.match(text)
        if match is None:
            continue
        rest = text[match.end() :]
        relative = _RELATIVE_TO.match(rest)
        if relative is None:
            return basis, rest
        word = relative["whole"].lower()
        chosen = next(b for start, b in _RELATIVE.items() if word.startswith(start))
        if basis is AdditiveBasis.VOLUME_PERCENT and word[0] in "bt":
            raise AmountError(
                f"vol% of the {word} is not supported; vol% counts on all solvents, "
                "or write wt% of base"
            )
        return (chosen if basis is AdditiveBasis.MASS_PERCENT else basis), rest[relative.end() :]
    return None


def read_ratio_basis(text: str, count: int = 0) -> RatioBasis | None:
    """Basis named in the words around a ratio; None if the words name none.

    Parameters
    ----------
    text
        Words before and after the ratio: ``(v/v)``, ``by weight``, ``molar ratio``.
    count
        How many components the ratio has; 0 if unknown.

    Raises
    ------
    AmountError
        If there are words that name no basis, two different ones, or, as ``v/v/v`` for two
        solvents, one that counts more components than there are.
    """
    if not _FILLER.sub(" ", text).strip():
        return None
    found = set()
    for match in _CHAIN.finditer(text):
        words = re.findall(rf"{_BASIS_WORD}|\bm\b", match.group(), re.IGNORECASE)
        found |= {_basis_of(word) for word in words}
        if len(words) > max(count, 1) > 1:
            raise AmountError(
                f"{match.group().strip()!r} counts {len(words)} components and the ratio has "
                f"{count}; is one missing?"
            )
    rest = _FILLER.sub(" ", _CHAIN.sub(" ", text)).strip(" /:-")
    if rest or len(found) != 1:
        raise AmountError(f"{text.strip()!r} is not one basis of a ratio; {RATIO_HELP}")
    return found.pop()


def _basis_of(word: str) -> RatioBasis:
    first = word[0].lower()
    if word.lower().startswith("mol"):
        return RatioBasis.MOLE
    return _RATIO_BASIS["w" if first == "m" else first]
