"""Reading the notation that people write: ``1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC``.

The grammar is tolerant in spelling and strict in meaning: a number without a unit, a ratio without
a basis and a bare ``%`` are refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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
    check_percentages,
)
from electrolyte_ml.formulation.base import Formulation
from electrolyte_ml.formulation.blend import Blend, read_blend
from electrolyte_ml.formulation.text import depths, split_outside_brackets, tidy
from electrolyte_ml.formulation.units import (
    ADDITIVE_UNIT_HELP,
    NUMBER,
    SALT_UNIT_HELP,
    read_additive_unit,
    read_salt_unit,
)
from electrolyte_ml.species import Catalog, Salt, default_catalog

_T = TypeVar("_T")
_IN = re.compile(
    r"\s+(?:(?:is|are)\s+)?(?:dissolved\s+)?in\s+(?!(?:vol|weight|mass|mol(?:e|ar)?\b))",
    re.IGNORECASE,
)
_PART = re.compile(r"\s*\+\s*|\s+(?:with|and|containing|plus)\s+|\s*[,;]\s+|\s*&\s*", re.IGNORECASE)
_LEADING_AMOUNT = re.compile(rf"^({NUMBER})\s*-?\s*(?=[a-zA-Z%])")
_TRAILING_AMOUNT = re.compile(rf"^(?P<name>.*\S)\s*[\s(]\s*(?P<amount>{NUMBER}\s*[^\d()]*)\)?$")
_SALT_END = re.compile(r"\s*[+,;&]\s*|\s+|\s*[/:|-]\s*|$")
_JOINT = re.compile(r"^(?:\s*(?:\+|,|;|&|\band\b))*\s*", re.IGNORECASE)
_Additive = tuple[str, float, AdditiveBasis | SaltBasis]


def parse_recipe(text: str, catalog: Catalog | None = None) -> Formulation:
    """Read a recipe as chemists write it.

    Parameters
    ----------
    text
        ``1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC``, ``0.8 M NaPF6 + 0.2 M NaFSI in DME``,
        ``NaFSI:DME:TTE 1:1.2:1 mol``, ``17 m NaClO4 (aq)``... Species are catalog names, aliases
        or SMILES.
    catalog
        Species to look up; by default the one that ships with the package.

    Returns
    -------
    Formulation
        In canonical amounts; `Formulation.assumptions` says what the conversion assumed.

    Raises
    ------
    RecipeSyntaxError
        If the text does not follow the notation.
    AmountError
        If an amount, a unit or the basis of a ratio is missing or impossible.
    UnknownSpeciesError
        If a name is unknown; close names are suggested.
    InputErrors
        If several of these are wrong; one line for each.

    Examples
    --------
    >>> recipe = parse_recipe("1 mol/kg NaPF6 in EC:DEC 1:1 w/w")
    >>> recipe.mass_fractions
    {'EC': 0.5, 'DEC': 0.5}
    """
    return _Reader(catalog or default_catalog()).read(tidy(text))


class _Reader:
    """One reading of one recipe; collects every unknown name before it gives up."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.faults: list[ElectrolyteError] = []

    def read(self, text: str) -> Formulation:
        match = next((m for m in _IN.finditer(text) if depths(text)[m.start()] == 0), None)
        if match is not None:
            salts, rest = self._salts(text[: match.start()], must=True)
            if rest:
                raise RecipeSyntaxError(f"cannot read {rest!r} before 'in'")
            tail = text[match.end() :]
        else:
            salts, tail = self._salts(text, must=False)
        if not tail or tail.casefold() == "in":
            raise RecipeSyntaxError(f"{text!r} names no solvent; write '... in SOLVENT'")
        blend, additives = self._solvents_and_additives(tail)
        amounts = self._amounts(salts, blend, additives)
        if len(self.faults) == 1:
            raise self.faults[0]
        if self.faults or amounts is None:
            raise InputErrors([str(fault) for fault in self.faults])
        return amounts.formulation()

    def _salts(self, text: str, *, must: bool) -> tuple[list[tuple[str, float, SaltBasis]], str]:
        """Read ``amount unit salt`` one or more times; what is left comes back."""
        salts: list[tuple[str, float, SaltBasis]] = []
        while text:
            text = _JOINT.sub("", text)
            amount = _LEADING_AMOUNT.match(text)
            if amount is None:
                named_first = self._salt_then_amount(text, must=must and not salts)
                if named_first is None:
                    break
                salt, text = named_first
            else:
                unit = read_salt_unit(text[amount.end() :])
                if unit is None:
                    self._refuse_missing_unit(amount, text, must=must)
                    break
                basis, factor, after = unit
                name, text = self._salt_name(after.strip())
                salt = (name, float(amount.group(1)) * factor, basis)
            salts.append(salt)
        return [s for s in salts if s[1] != 0], text.lstrip(" /:|-,")

    def _salt_then_amount(
        self, text: str, *, must: bool
    ) -> tuple[tuple[str, float, SaltBasis], str] | None:
        """Read ``NaPF6 (1 M)``."""
        name, rest = self._salt_name(text)
        match = re.match(rf"[\s(]+({NUMBER})\s*(?P<unit>.*)$", rest)
        unit = read_salt_unit(match["unit"]) if match else None
        if match is None or unit is None:
            if must:
                raise AmountError(f"salt {name!r} has no amount with a unit; {SALT_UNIT_HELP}")
            return None
        basis, factor, after = unit
        return (name, float(match.group(1)) * factor, basis), after.lstrip(") ")

    def _refuse_missing_unit(self, amount: re.Match[str], text: str, *, must: bool) -> None:
        name, _ = self._salt_name(text[amount.end() :].lstrip("% "))
        if must or self.catalog.is_salt(name):
            raise AmountError(
                f"amount {text[: amount.end()].strip()} of {name!r} has no unit that is known; "
                f"{SALT_UNIT_HELP}"
            )

    def _salt_name(self, text: str) -> tuple[str, str]:
        """Longest known salt at the start of `text`, else the first word; and what follows."""
        depth = [*depths(text), 0]
        ends = [m for m in _SALT_END.finditer(text) if depth[m.start()] == 0 and m.start() > 0]
        for end in reversed(ends[:12]):
            if self.catalog.is_salt(text[: end.start()]):
                return text[: end.start()], text[end.start() :]
        cut = next((m.start() for m in ends if m.group() != "-"), len(text))
        return text[:cut], text[cut:]

    def _solvents_and_additives(self, text: str) -> tuple[Blend, list[_Additive]]:
        pieces = split_outside_brackets(text, _PART)
        shares = [self._share(piece) for piece in pieces[::2]]
        if shares[0] is not None:
            return self._percent_blend(pieces, shares), []
        count = next((i for i, share in enumerate(shares) if share is not None), len(shares))
        additives = []
        for piece, share in zip(pieces[2 * count :: 2], shares[count:], strict=True):
            if share is None:
                raise AmountError(f"additive {piece!r} has no amount; {ADDITIVE_UNIT_HELP}")
            additives.append(share)
        return read_blend("".join(pieces[: 2 * count - 1]), self._is_known), additives

    @staticmethod
    def _percent_blend(pieces: list[str], shares: list[_Additive | None]) -> Blend:
        """Read ``30 wt% EC + 70 wt% DEC``."""
        bases = {
            AdditiveBasis.MASS_PERCENT: RatioBasis.MASS,
            AdditiveBasis.VOLUME_PERCENT: RatioBasis.VOLUME,
            SaltBasis.MOLE_PERCENT: RatioBasis.MOLE,
        }
        given = [share for share in shares if share is not None]
        used = {bases.get(basis) for _, _, basis in given}
        if len(given) < len(shares) or len(used) != 1 or None in used:
            raise AmountError(
                f"{''.join(pieces)!r}: give every solvent its share in one basis (wt% or vol%)"
            )
        check_percentages([amount for _, amount, _ in given])
        names = tuple(name for name, _, _ in given)
        return Blend(names, tuple(amount for _, amount, _ in given), used.pop())

    def _share(self, text: str) -> _Additive | None:
        """Read ``2 wt% FEC`` or ``FEC (2 wt%)``; None where `text` holds no such share."""
        text = re.sub(r"\s+additives?$", "", text.strip(), flags=re.IGNORECASE)
        leading = _LEADING_AMOUNT.match(text)
        if leading is not None:
            found = self._share_unit(text[leading.end() :], leading.group(1), text)
            if found is not None:
                basis, rest = found
                name = re.sub(r"^\s*(?:of\s+)?", "", rest).strip(" ()")
                return name, float(leading.group(1)) * basis[1], basis[0]
        trailing = _TRAILING_AMOUNT.match(text)
        if trailing is not None and self._is_known(trailing["name"]):
            number = re.match(NUMBER, trailing["amount"])
            assert number is not None
            found = self._share_unit(trailing["amount"][number.end() :].strip(), number[0], text)
            if found is not None and not found[1].strip(" )"):
                return trailing["name"], float(number[0]) * found[0][1], found[0][0]
        return None

    @staticmethod
    def _share_unit(
        text: str, number: str, whole: str
    ) -> tuple[tuple[AdditiveBasis | SaltBasis, float], str] | None:
        additive = read_additive_unit(text)
        if additive is not None:
            return (additive[0], 1.0), additive[1]
        if text.startswith("%"):
            raise AmountError(f"{whole!r}: {number} % of what? {ADDITIVE_UNIT_HELP}")
        salt = read_salt_unit(text)
        return None if salt is None else ((salt[0], salt[1]), salt[2])

    def _is_known(self, name: str) -> bool:
        return self.catalog.is_solvent(name) or self.catalog.is_salt(name)

    def _amounts(
        self, salts: list[tuple[str, float, SaltBasis]], blend: Blend, additives: list[_Additive]
    ) -> Amounts | None:
        in_blend = [(name, part) for name, part in zip(blend.names, blend.parts, strict=True)]
        in_ratio = [(n, p, SaltBasis.RATIO) for n, p in in_blend if self.catalog.is_salt(n)]
        if in_ratio and blend.basis is not RatioBasis.MOLE:
            raise AmountError(
                f"salt {in_ratio[0][0]!r} stands in a solvent ratio, which then counts moles; "
                "write mol, or give the salt an amount: '1 M SALT in ...'"
            )
        added_salts = [
            (name, amount, _salt_basis(name, basis))
            for name, amount, basis in additives
            if self.catalog.is_salt(name)
        ]
        base_salts = self._find_salts([*salts, *in_ratio])
        extra_salts = self._find_salts(added_salts)
        solvents = [
            (self._look_up(self.catalog.solvent, name), part)
            for name, part in in_blend
            if not self.catalog.is_salt(name)
        ]
        extra = [
            (self._look_up(self.catalog.solvent, name), amount, _additive_basis(name, basis))
            for name, amount, basis in additives
            if not self.catalog.is_salt(name)
        ]
        if self.faults:
            return None
        if not solvents:
            raise RecipeSyntaxError("the recipe names salts but no solvent")
        return Amounts(
            blend=[(s, part) for s, part in solvents if s is not None],
            ratio_basis=blend.basis or RatioBasis.MASS,
            salts=base_salts,
            added_salts=extra_salts,
            additives=[(s, amount, b) for s, amount, b in extra if s is not None],
        )

    def _find_salts(
        self, salts: list[tuple[str, float, SaltBasis]]
    ) -> list[tuple[Salt, float, SaltBasis]]:
        found = [(self._look_up(self.catalog.salt, n), amount, basis) for n, amount, basis in salts]
        return [(salt, amount, basis) for salt, amount, basis in found if salt is not None]

    def _look_up(self, find: Callable[[str], _T], name: str) -> _T | None:
        try:
            return find(name)
        except ElectrolyteError as fault:
            self.faults.append(fault)
            return None


def _additive_basis(name: str, basis: AdditiveBasis | SaltBasis) -> AdditiveBasis:
    if isinstance(basis, AdditiveBasis):
        return basis
    raise AmountError(f"amount of additive {name!r} in {basis}: {ADDITIVE_UNIT_HELP}")


def _salt_basis(name: str, basis: AdditiveBasis | SaltBasis) -> SaltBasis:
    if isinstance(basis, SaltBasis):
        return basis
    if basis is AdditiveBasis.MASS_PERCENT:
        return SaltBasis.MASS_PERCENT
    raise AmountError(f"amount of salt {name!r} in {basis}: {SALT_UNIT_HELP}")
