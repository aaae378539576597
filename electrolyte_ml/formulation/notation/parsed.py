"""A recipe that has been parsed but whose names have not been looked up yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from electrolyte_ml.errors import (
    AmountError,
    ElectrolyteError,
    InputErrors,
    RecipeSyntaxError,
)
from electrolyte_ml.formulation.amounts import (
    AdditiveBasis,
    Amounts,
    RatioBasis,
    SaltBasis,
    adds_up_to_hundred,
    check_percentages,
)
from electrolyte_ml.formulation.notation.solvents import SolventRatio
from electrolyte_ml.formulation.notation.spellings import (
    ADDITIVE_UNIT_HELP,
    NUMBER,
    SALT_UNIT_HELP,
    read_additive_unit,
    read_salt_unit,
)
from electrolyte_ml.species import Catalog, Salt

_T = TypeVar("_T")

_ONLY_SALTS = (SaltBasis.MOLARITY, SaltBasis.MOLALITY, SaltBasis.MOL_PER_KG_SOLUTION)

LEADING_AMOUNT = re.compile(rf"^({NUMBER})\s*-?\s*(?=[a-zA-Z%μ])")

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
    r"^(?P<shares>[^%]*%(?:[^%]*%)+[^%]*?)[\s(]+"
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


@dataclass(frozen=True, slots=True)
class NamedAmount:
    """A name with its amount and basis, as written."""

    name: str
    amount: float
    basis: SaltBasis | AdditiveBasis


@dataclass(frozen=True, slots=True)
class ParsedRecipe:
    """A recipe as written: salts, the solvents they are dissolved in, and additives."""

    salts: tuple[NamedAmount, ...]
    solvents: SolventRatio
    additives: tuple[NamedAmount, ...] = ()


def amounts_of(parsed: ParsedRecipe, catalog: Catalog) -> Amounts:
    """Look up every name of a parsed recipe.

    Raises
    ------
    ElectrolyteError
        The fault of a single name; if several names are at fault, all of them.
    """
    return _LookUp(catalog).amounts(parsed)


class _LookUp:
    """Look-up of all names of a recipe; every fault is collected before it raises."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.faults: list[ElectrolyteError] = []

    def amounts(self, parsed: ParsedRecipe) -> Amounts:
        ratio = list(zip(parsed.solvents.names, parsed.solvents.parts, strict=True))
        dissolved = {n for n, _ in ratio if self._is_dissolved(n)}
        from_ratio = [NamedAmount(n, p, SaltBasis.RATIO) for n, p in ratio if n in dissolved]
        if from_ratio and len(ratio) == 1:
            name = self.catalog.salt(from_ratio[0].name).name
            raise AmountError(f"{name} is a salt and cannot be the solvent; write '... in SOLVENT'")
        if from_ratio and parsed.solvents.basis is not RatioBasis.MOLE:
            raise AmountError(
                f"salt {from_ratio[0].name!r} stands in a solvent ratio, which then counts moles; "
                "write mol, or give the salt an amount: '1 M SALT in ...'"
            )
        base = [s for s in parsed.salts if not self._is_solvent(s.name)]
        early = [s for s in parsed.salts if self._is_solvent(s.name)]
        late = [a for a in parsed.additives if not self._is_added_salt(a)]
        salts = self._salts([*base, *from_ratio])
        added_salts = self._salts([a for a in parsed.additives if self._is_added_salt(a)])
        if not salts:
            # 'EC:DEC 1:1 v/v + 1 M NaPF6': the only salts are those of the base electrolyte.
            salts, added_salts = added_salts, []
        solvents = [
            (self._look_up(self.catalog.written_solvent, name), part)
            for name, part in ratio
            if name not in dissolved
        ]
        additives = [
            (self._look_up(self.catalog.written_solvent, a.name), a.amount, _additive_basis(a))
            for a in (*early, *late)
        ]
        self._raise_faults()
        if not solvents:
            raise RecipeSyntaxError("the recipe names salts but no solvent")
        return Amounts(
            base_solvents=[(s, part) for s, part in solvents if s is not None],
            ratio_basis=parsed.solvents.basis or RatioBasis.MASS,
            salts=salts,
            added_salts=added_salts,
            additives=[(s, amount, b) for s, amount, b in additives if s is not None],
        )

    def _is_dissolved(self, name: str) -> bool:
        return self.catalog.is_salt(name) and not self.catalog.is_ionic_liquid(name)

    def _is_solvent(self, name: str) -> bool:
        return self.catalog.is_solvent(name) and not self.catalog.is_salt(name)

    def _is_added_salt(self, named: NamedAmount) -> bool:
        """Known as a salt, or unknown with an amount that only a salt can have."""
        if self.catalog.is_salt(named.name):
            return True
        return named.basis in _ONLY_SALTS and not self.catalog.is_solvent(named.name)

    def _salts(self, salts: list[NamedAmount]) -> list[tuple[Salt, float, SaltBasis]]:
        found = [
            (self._look_up(self.catalog.salt, s.name), s.amount, _salt_basis(s)) for s in salts
        ]
        return [(salt, amount, basis) for salt, amount, basis in found if salt is not None]

    def _look_up(self, find: Callable[[str], _T], name: str) -> _T | None:
        try:
            return find(name)
        except ElectrolyteError as fault:
            self.faults.append(fault)
            return None

    def _raise_faults(self) -> None:
        if len(self.faults) == 1:
            raise self.faults[0]
        if self.faults:
            raise InputErrors([str(fault) for fault in self.faults])


def _additive_basis(named: NamedAmount) -> AdditiveBasis:
    if isinstance(named.basis, AdditiveBasis):
        return named.basis
    if named.basis is SaltBasis.MASS_PERCENT:
        return AdditiveBasis.MASS_PERCENT
    raise AmountError(f"amount of additive {named.name!r} in {named.basis}: {ADDITIVE_UNIT_HELP}")


def _salt_basis(named: NamedAmount) -> SaltBasis:
    if isinstance(named.basis, SaltBasis):
        return named.basis
    if named.basis is AdditiveBasis.MASS_PERCENT:
        return SaltBasis.MASS_PERCENT
    raise AmountError(f"amount of salt {named.name!r} in {named.basis}: {SALT_UNIT_HELP}")


def read_share(text: str, is_known: Callable[[str], bool]) -> NamedAmount | None:
    """Read one share; None where `text` holds none.

    Raises
    ------
    AmountError
        If the text is a percentage without a basis.
    """
    text = _AS_ADDITIVE.sub("", _OF.sub("", text.strip()))
    leading = LEADING_AMOUNT.match(text)
    if leading is not None and not is_known(text):
        found = _amount(leading.group(1), text[leading.end() :], text)
        if found is not None:
            basis, amount, rest = found
            return NamedAmount(_bare(_OF.sub("", rest.strip()), is_known), amount, basis)
        if is_known(text[leading.end() :]):
            raise AmountError(
                f"amount {leading.group(1)} of {text[leading.end() :]!r} has no unit that is "
                f"known; {ADDITIVE_UNIT_HELP}"
            )
    trailing = _TRAILING_AMOUNT.match(text)
    if trailing is not None and is_known(trailing["name"]):
        found = _amount(trailing["number"], trailing["unit"], text)
        if found is not None and not found[2].strip(" )"):
            return NamedAmount(trailing["name"], found[1], found[0])
    return None


def _bare(name: str, is_known: Callable[[str], bool]) -> str:
    """A name without brackets around it; those of ``(NH4)2SO4`` belong to it."""
    in_brackets = name.startswith("(") or name.endswith(")")
    return name.strip(" ()") if in_brackets and not is_known(name) else name


def spread_basis(text: str) -> str:
    """``30% EC and 70% DEC by volume`` with the basis at each percentage."""
    match = _SHARED_BASIS.match(text)
    if match is None or _NAMED_PERCENT.search(match["shares"]):
        return text
    unit = "vol%" if "v" in match["basis"].lower() else "wt%"
    return match["shares"].replace("%", f" {unit}") + text[match.end() :]


def read_percentages(
    pieces: list[str], is_known: Callable[[str], bool]
) -> tuple[SolventRatio, list[str]]:
    """Read ``30 wt% EC + 70 wt% DEC``; pieces after a sum of 100 are returned unread.

    Raises
    ------
    AmountError
        If a solvent has no share, bases differ, or the sum is not 100.
    """
    shares: list[NamedAmount] = []
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
    solvents = SolventRatio(
        tuple(s.name for s in shares),
        tuple(s.amount for s in shares),
        _RATIO_OF[shares[0].basis],
    )
    return solvents, pieces[2 * len(shares) :]


def _first(shares: list[NamedAmount], share: NamedAmount) -> AdditiveBasis | SaltBasis:
    return shares[0].basis if shares else share.basis


def _amount(
    number: str, text: str, whole: str
) -> tuple[AdditiveBasis | SaltBasis, float, str] | None:
    """Basis and amount of the unit at the start of `text`, and the remaining text."""
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
