"""Reading shares in percent or concentration: ``2 wt% FEC``, ``FEC (2 wt%)``, ``30 wt% EC``."""

from __future__ import annotations

import re
from collections.abc import Callable

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.amounts import adds_up_to_hundred, check_percentages
from electrolyte_ml.formulation.bases import AdditiveBasis, RatioBasis, SaltBasis
from electrolyte_ml.formulation.blend import Blend
from electrolyte_ml.formulation.parts import Named
from electrolyte_ml.formulation.units import (
    ADDITIVE_UNIT_HELP,
    NUMBER,
    read_additive_unit,
    read_salt_unit,
)

LEADING_AMOUNT = re.compile(rf"^({NUMBER})\s*-?\s*(?=[a-zA-Z%])")
_TRAILING_AMOUNT = re.compile(
    rf"^(?P<name>.*[^\s(=:])[\s(=:]+(?P<number>{NUMBER})\s*(?P<unit>[^\d()]*(?:\([^()]*\))?[^\d()]*)\)?$"
)
# "2 % VC (by weight)": the basis of a bare percentage, said after the name.
_LATE_BASIS = re.compile(
    r"^%\s*(?P<name>.*?\S)\s*[\s(]\s*"
    r"(?P<basis>(?:by|in)\s+(?:weight|mass|wt|volume|vol)|w\s*/\s*w|v\s*/\s*v|wt|vol)\.?\s*\)?$",
    re.IGNORECASE,
)
_OF = re.compile(r"^(?:(?:the\s+)?addition(?:al)?\s+(?:of\s+)?|an\s+additional\s+|of\s+)+", re.I)
_AS_ADDITIVE = re.compile(r"\s+(?:as\s+(?:an?\s+)?(?:\S+\s+)?)?additives?$", re.IGNORECASE)
# "30% EC and 70% DEC by volume": bare percentages that share the basis said after them.
_SHARED_BASIS = re.compile(
    r"^(?P<blend>[^%]*%(?:[^%]*%)+[^%]*?)[\s(]+"
    r"(?P<basis>by\s+(?:volume|vol|weight|wt|mass)\b\.?|v\s*/\s*v\b|w\s*/\s*w\b)\)?"
    r"(?=$|\s*[+,;]|\s+(?:with|containing)\s)",
    re.IGNORECASE,
)
_NAMED_PERCENT = re.compile(r"(?:vol|wt|mass|weight|mol\w*|[vwm])\.?\s*-?%|%\s*\(?[vw]", re.I)
_RATIO_OF = {
    AdditiveBasis.MASS_PERCENT: RatioBasis.MASS,
    AdditiveBasis.VOLUME_PERCENT: RatioBasis.VOLUME,
    SaltBasis.MOLE_PERCENT: RatioBasis.MOLE,
}


def read_share(text: str, is_known: Callable[[str], bool]) -> Named | None:
    """Read one share; None where `text` holds none.

    Raises
    ------
    AmountError
        If the text is a percentage that says not what it counts.
    """
    text = _AS_ADDITIVE.sub("", _OF.sub("", text.strip()))
    leading = LEADING_AMOUNT.match(text)
    if leading is not None and not is_known(text):
        found = _amount(leading.group(1), text[leading.end() :], text)
        if found is not None:
            basis, amount, rest = found
            return Named(_OF.sub("", rest.strip()).strip(" ()"), amount, basis)
        if is_known(text[leading.end() :]):
            raise AmountError(
                f"amount {leading.group(1)} of {text[leading.end() :]!r} has no unit that is "
                f"known; {ADDITIVE_UNIT_HELP}"
            )
    trailing = _TRAILING_AMOUNT.match(text)
    if trailing is not None and is_known(trailing["name"]):
        found = _amount(trailing["number"], trailing["unit"], text)
        if found is not None and not found[2].strip(" )"):
            return Named(trailing["name"], found[1], found[0])
    return None


def spread_basis(text: str) -> str:
    """``30% EC and 70% DEC by volume`` with the basis at each percentage."""
    match = _SHARED_BASIS.match(text)
    if match is None or _NAMED_PERCENT.search(match["blend"]):
        return text
    unit = "vol%" if "v" in match["basis"].lower() else "wt%"
    return match["blend"].replace("%", f" {unit}") + text[match.end() :]


def read_percent_blend(
    pieces: list[str], is_known: Callable[[str], bool]
) -> tuple[Blend, list[str]]:
    """Read ``30 wt% EC + 70 wt% DEC``; what comes after a sum of 100 is given back.

    Raises
    ------
    AmountError
        If a solvent has no share, bases differ, or the sum is not 100.
    """
    shares: list[Named] = []
    for piece in pieces[::2]:
        share = read_share(piece, is_known)
        if share is None or share.basis not in _RATIO_OF or share.basis != _first(shares, share):
            raise AmountError(
                f"{''.join(pieces)!r}: give every solvent its share in one basis (wt% or vol%)"
            )
        shares.append(share)
        if adds_up_to_hundred([s.amount for s in shares]):
            break
    check_percentages([s.amount for s in shares])
    blend = Blend(
        tuple(s.name for s in shares),
        tuple(s.amount for s in shares),
        _RATIO_OF[shares[0].basis],
    )
    return blend, pieces[2 * len(shares) :]


def _first(shares: list[Named], share: Named) -> AdditiveBasis | SaltBasis:
    return shares[0].basis if shares else share.basis


def _amount(
    number: str, text: str, whole: str
) -> tuple[AdditiveBasis | SaltBasis, float, str] | None:
    """Basis, amount in it, and what follows the unit at the start of `text`."""
    additive = read_additive_unit(text)
    if additive is not None:
        return additive[0], float(number), additive[1]
    late = _LATE_BASIS.match(text)
    if late is not None:
        by_volume = "v" in late["basis"].lower()
        basis = AdditiveBasis.VOLUME_PERCENT if by_volume else AdditiveBasis.MASS_PERCENT
        return basis, float(number), late["name"]
    if text.startswith("%"):
        raise AmountError(f"{whole!r}: {number} % of what? {ADDITIVE_UNIT_HELP}")
    salt = read_salt_unit(text)
    return None if salt is None else (salt[0], float(number) * salt[1], salt[2])
