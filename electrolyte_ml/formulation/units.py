"""Words for amounts in recipe text: which spelling means which basis."""

from __future__ import annotations

import re

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.amounts import AdditiveBasis, RatioBasis, SaltBasis

NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_PER = r"\s*(?:/|per\s|·|\*|\s)\s*"
_KG = r"kg(?:\s*-\s*1|\^-?1)?"
_LITRE = r"(?:L|l|dm3|dm\^3|liter|litre|dm)(?:\s*\^?-\s*[13])?"

# Tried in this order; the first that matches at the start of the text wins.
_SALT_UNITS: tuple[tuple[str, SaltBasis, float], ...] = (
    (rf"mol{_PER}{_KG}\s*(?:of\s+)?(?:solution|electrolyte)", SaltBasis.MOL_PER_KG_SOLUTION, 1.0),
    (rf"mol{_PER}{_KG}(?:\s*(?:of\s+)?solvents?)?", SaltBasis.MOLALITY, 1.0),
    (rf"mmol{_PER}{_LITRE}", SaltBasis.MOLARITY, 1e-3),
    (rf"mol{_PER}{_LITRE}", SaltBasis.MOLARITY, 1.0),
    (r"(?:mol(?:e|ar)?\.?\s*%|mole\s+percent)", SaltBasis.MOLE_PERCENT, 1.0),
    (r"(?:(?:wt|mass|weight|w)\.?\s*[-\s]?%|%\s*\(?w/w\)?|%\s*wt)", SaltBasis.MASS_PERCENT, 1.0),
    (r"molal\b", SaltBasis.MOLALITY, 1.0),
    (r"molar\b", SaltBasis.MOLARITY, 1.0),
    (r"mM\b", SaltBasis.MOLARITY, 1e-3),
    (r"M\b", SaltBasis.MOLARITY, 1.0),
    (r"m\b", SaltBasis.MOLALITY, 1.0),
)
_ADDITIVE_UNITS: tuple[tuple[str, AdditiveBasis], ...] = (
    (
        r"(?:vol|volume|v)\.?\s*[-\s]?%|%\s*\(?v(?:ol)?(?:/v(?:ol)?)?\)?",
        AdditiveBasis.VOLUME_PERCENT,
    ),
    (r"(?:wt|mass|weight|w)\.?\s*[-\s]?%|%\s*\(?wt\)?|%\s*\(?w/w\)?", AdditiveBasis.MASS_PERCENT),
)
_RELATIVE_TO = re.compile(
    r"^\s*\(?\s*(?:of|relative to|by|to)?\s*(?:the\s+)?"
    r"(?P<whole>base(?:\s+electrolyte)?|solvents?|total|electrolyte)\s*\)?",
    re.IGNORECASE,
)
_RELATIVE = {
    "base": AdditiveBasis.MASS_PERCENT_OF_BASE,
    "solvent": AdditiveBasis.MASS_PERCENT_OF_SOLVENTS,
    "total": AdditiveBasis.MASS_PERCENT,
    "electrolyte": AdditiveBasis.MASS_PERCENT,
}
_RATIO_WORD = re.compile(
    r"(?P<v>(?:by\s+|in\s+|the\s+)?(?:vol(?:ume)?|v)\b\.?(?:\s*[/:]\s*v(?:ol)?\b\.?)*)"
    r"|(?P<w>(?:by\s+|in\s+)?(?:wt|weight|mass|w|m)\b\.?(?:\s*[/:]\s*(?:wt|w|m)\b\.?)*)"
    r"|(?P<mol>(?:by\s+|in\s+)?(?:mol(?:e|es|ar)?|n)\b\.?(?:\s*[/:]\s*(?:mol|n)\b\.?)*)",
    re.IGNORECASE,
)
_RATIO_BASIS = {"v": RatioBasis.VOLUME, "w": RatioBasis.MASS, "mol": RatioBasis.MOLE}

SALT_UNIT_HELP = "write M (mol/L of solution), mol/kg (of solvents), mol/kg solution, wt% or mol%"
ADDITIVE_UNIT_HELP = "write wt% (of the whole electrolyte), wt% of base, or vol%"
RATIO_HELP = "write v/v, w/w or mol/mol"


def read_salt_unit(text: str) -> tuple[SaltBasis, float, str] | None:
    """Concentration unit at the start of `text`: basis, factor and what follows; None if none."""
    for pattern, basis, factor in _SALT_UNITS:
        match = re.match(pattern, text)
        if match:
            return basis, factor, text[match.end() :]
    return None


def read_additive_unit(text: str) -> tuple[AdditiveBasis, str] | None:
    """Percent unit at the start of `text` and what follows; None if there is none.

    Raises
    ------
    AmountError
        If a volume percentage is counted on something other than the solvents.
    """
    for pattern, basis in _ADDITIVE_UNITS:
        match = re.match(pattern, text, re.IGNORECASE)
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


def read_ratio_basis(text: str) -> RatioBasis | None:
    """Basis named in the words around a ratio; None if the words name none.

    Raises
    ------
    AmountError
        If there are words that name no basis, or two different ones.
    """
    words = re.sub(r"(?<![a-z])ratio(?![a-z])|[()=,;%\s]|(?<=[a-z])\.", " ", text, flags=re.I)
    if not words.strip():
        return None
    found = {_RATIO_BASIS[str(match.lastgroup)] for match in _RATIO_WORD.finditer(words)}
    if _RATIO_WORD.sub("", words).strip(" /:-") or len(found) != 1:
        raise AmountError(f"{text.strip()!r} is not one basis of a ratio; {RATIO_HELP}")
    return found.pop()
