"""Reading the salts of a recipe: ``0.8 M NaPF6 + 0.2 M NaFSI``, ``NaPF6 (1 M)``."""

from __future__ import annotations

import re

from electrolyte_ml.errors import AmountError, RecipeSyntaxError
from electrolyte_ml.formulation.amounts import AdditiveBasis, RatioBasis, SaltBasis
from electrolyte_ml.formulation.notation.normalise import KnownNames, depths
from electrolyte_ml.formulation.notation.parsed import LEADING_AMOUNT, NamedAmount
from electrolyte_ml.formulation.notation.solvents import RATIO, read_solvents
from electrolyte_ml.formulation.notation.spellings import (
    NUMBER,
    SALT_UNIT_HELP,
    read_additive_unit,
    read_salt_unit,
)

_NAME_END = re.compile(r"\s*[+,;&]\s*|\s+|\s*[/:|-]\s*|$")
_MOST_ENDS = 12
_JOINT = re.compile(r"^(?:\s*(?:\+|,|;|&|/|\band\b|\bwith\b|\bplus\b))*\s*", re.IGNORECASE)
_AMOUNT_AFTER_NAME = re.compile(rf"^[\s(,=:]+({NUMBER})\s*-?\s*(?P<unit>\D.*)$")
_BEFORE_NAME = re.compile(r"^\s*(?:solutions?\s+of\s+|of\s+|in\s+)", re.IGNORECASE)
_AFTER_NAME = re.compile(r"^\s*salts?\b(?!\s*\w*-)", re.IGNORECASE)


def read_salts(text: str, names: KnownNames, *, must: bool) -> tuple[list[NamedAmount], str]:
    """Read ``amount unit salt`` one or more times.

    Parameters
    ----------
    text
        Text before "in", or the whole recipe where it has no "in".
    names
        Names of the catalog.
    must
        Whether the text has to be salts with amounts, as it does before "in".

    Returns
    -------
    list of NamedAmount
        Salts, and solvents added to them in percent; zero amounts are left out.
    str
        Text after them.

    Raises
    ------
    AmountError
        If a salt has no amount, or an amount has no unit.
    """
    salts: list[NamedAmount] = []
    while text:
        text = _JOINT.sub("", text)
        amount = LEADING_AMOUNT.match(text)
        if amount is None:
            found = _salt_then_amount(text, names, must=must and not salts)
        else:
            found = _amount_then_salt(amount, text, names, must=must)
        if found is None:
            break
        read, text = found
        salts += read
    return [s for s in salts if s.amount != 0], text.lstrip(" /:|-,")


def _amount_then_salt(
    amount: re.Match[str], text: str, names: KnownNames, *, must: bool
) -> tuple[list[NamedAmount], str] | None:
    """Read ``1 M NaPF6``, or several salts with one amount: ``1 M NaPF6:NaFSI 4:1 mol``."""
    after_number = text[amount.end() :]
    unit = read_salt_unit(after_number)
    basis: SaltBasis | AdditiveBasis
    if unit is not None:
        basis, factor, after = unit
    else:
        additive = read_additive_unit(after_number) if must else None
        if additive is None:
            _refuse_missing_unit(amount, text, names, must=must)
            return None
        basis, factor, after = additive[0], 1.0, additive[1]
    number = float(amount.group(1)) * factor
    after = after.strip(" -")
    after = _BEFORE_NAME.sub("", after) if must else after
    if must and RATIO.search(after):
        return _mixture(number, basis, after, names), ""
    name, rest = _name_at_start(after, names)
    if not name:
        raise RecipeSyntaxError(
            f"amount {text.strip()!r} names no salt; write '{amount.group(1)} M SALT in ...'"
        )
    return [NamedAmount(name, number, basis)], _AFTER_NAME.sub("", rest)


def _mixture(
    number: float, basis: SaltBasis | AdditiveBasis, text: str, names: KnownNames
) -> list[NamedAmount]:
    mixture = read_solvents(text, names.is_known)
    if mixture.basis is not RatioBasis.MOLE:
        raise AmountError(
            f"a ratio of salts counts moles, given {text!r}; write mol, or an amount for each: "
            "'0.8 M NaPF6 + 0.2 M NaFSI in ...'"
        )
    total = sum(mixture.parts)
    return [
        NamedAmount(name, number * part / total, basis)
        for name, part in zip(mixture.names, mixture.parts, strict=True)
        if total > 0
    ]


def _salt_then_amount(
    text: str, names: KnownNames, *, must: bool
) -> tuple[list[NamedAmount], str] | None:
    """Read ``NaPF6 (1 M)``."""
    name, rest = _name_at_start(text, names)
    # Without "in" a solvent may stand first: "DME, 1 M NaPF6".
    match = _AMOUNT_AFTER_NAME.match(rest) if must or names.is_salt(name) else None
    unit = read_salt_unit(match["unit"]) if match else None
    if match is None or unit is None:
        if must:
            raise AmountError(f"salt {name!r} has no amount with a unit; {SALT_UNIT_HELP}")
        return None
    basis, factor, after = unit
    return [NamedAmount(name, float(match.group(1)) * factor, basis)], after.lstrip(") ")


def _refuse_missing_unit(
    amount: re.Match[str], text: str, names: KnownNames, *, must: bool
) -> None:
    after = text[amount.end() :]
    name, _ = _name_at_start(after.lstrip("% "), names)
    if must or names.is_salt(name):
        number = amount.group(1)
        if after.startswith("%"):
            raise AmountError(
                f"amount {number} % of {name!r} has no unit: percent of what? {SALT_UNIT_HELP}"
            )
        raise AmountError(
            f"amount {number} of {name!r} has no unit that is known; {SALT_UNIT_HELP}"
        )


def _name_at_start(text: str, names: KnownNames) -> tuple[str, str]:
    """Longest known name at the start of `text`, else the first word; and the rest."""
    depth = [*depths(text), 0]
    ends = [m for m in _NAME_END.finditer(text) if depth[m.start()] == 0 and m.start() > 0]
    for is_one in (names.is_salt, names.is_known):
        for end in reversed(ends[:_MOST_ENDS]):
            if is_one(text[: end.start()]):
                return text[: end.start()], text[end.start() :]
    cut = next((m.start() for m in ends if m.group() != "-"), len(text))
    return text[:cut], text[cut:]
