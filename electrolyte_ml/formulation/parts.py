"""A recipe that has been read but whose names have not been looked up yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from electrolyte_ml.errors import (
    AmountError,
    ElectrolyteError,
    InputErrors,
    RecipeSyntaxError,
)
from electrolyte_ml.formulation.amounts import Amounts
from electrolyte_ml.formulation.bases import AdditiveBasis, RatioBasis, SaltBasis
from electrolyte_ml.formulation.blend import Blend
from electrolyte_ml.formulation.units import ADDITIVE_UNIT_HELP, SALT_UNIT_HELP
from electrolyte_ml.species import Catalog, Salt

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Named:
    """A name with its amount and basis, as written."""

    name: str
    amount: float
    basis: SaltBasis | AdditiveBasis


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts of a recipe: salts, the solvents they are dissolved in, what is added."""

    salts: tuple[Named, ...]
    blend: Blend
    additives: tuple[Named, ...] = ()


def amounts_of(parts: Parts, catalog: Catalog) -> Amounts:
    """Look up every name.

    Raises
    ------
    ElectrolyteError
        The fault of a single name; if several names are at fault, all of them.
    """
    return _LookUp(catalog).amounts(parts)


class _LookUp:
    """One look-up of one recipe; collects every fault before it gives up."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.faults: list[ElectrolyteError] = []

    def amounts(self, parts: Parts) -> Amounts:
        blend = list(zip(parts.blend.names, parts.blend.parts, strict=True))
        in_ratio = [Named(n, p, SaltBasis.RATIO) for n, p in blend if self.catalog.is_salt(n)]
        if in_ratio and len(blend) == 1:
            name = self.catalog.salt(in_ratio[0].name).name
            raise AmountError(f"{name} is a salt and cannot be the solvent; write '... in SOLVENT'")
        if in_ratio and parts.blend.basis is not RatioBasis.MOLE:
            raise AmountError(
                f"salt {in_ratio[0].name!r} stands in a solvent ratio, which then counts moles; "
                "write mol, or give the salt an amount: '1 M SALT in ...'"
            )
        base = [s for s in parts.salts if not self._is_solvent(s.name)]
        early = [s for s in parts.salts if self._is_solvent(s.name)]
        late = [a for a in parts.additives if not self._is_added_salt(a)]
        salts = self._salts([*base, *in_ratio])
        added_salts = self._salts([a for a in parts.additives if self._is_added_salt(a)])
        if not salts:
            # 'EC:DEC 1:1 v/v + 1 M NaPF6': the only salts are those of the base electrolyte.
            salts, added_salts = added_salts, []
        solvents = [
            (self._look_up(self.catalog.solvent, name), part)
            for name, part in blend
            if not self.catalog.is_salt(name)
        ]
        additives = [
            (self._look_up(self.catalog.solvent, a.name), a.amount, _additive_basis(a))
            for a in (*early, *late)
        ]
        self._raise_faults()
        if not solvents:
            raise RecipeSyntaxError("the recipe names salts but no solvent")
        return Amounts(
            blend=[(s, part) for s, part in solvents if s is not None],
            ratio_basis=parts.blend.basis or RatioBasis.MASS,
            salts=salts,
            added_salts=added_salts,
            additives=[(s, amount, b) for s, amount, b in additives if s is not None],
        )

    def _is_solvent(self, name: str) -> bool:
        return self.catalog.is_solvent(name) and not self.catalog.is_salt(name)

    def _is_added_salt(self, named: Named) -> bool:
        """Known as a salt, or unknown with an amount that only a salt can have."""
        if self.catalog.is_salt(named.name):
            return True
        return named.basis in _ONLY_SALTS and not self.catalog.is_solvent(named.name)

    def _salts(self, salts: list[Named]) -> list[tuple[Salt, float, SaltBasis]]:
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


_ONLY_SALTS = (SaltBasis.MOLARITY, SaltBasis.MOLALITY, SaltBasis.MOL_PER_KG_SOLUTION)


def _additive_basis(named: Named) -> AdditiveBasis:
    if isinstance(named.basis, AdditiveBasis):
        return named.basis
    if named.basis is SaltBasis.MASS_PERCENT:
        return AdditiveBasis.MASS_PERCENT
    raise AmountError(f"amount of additive {named.name!r} in {named.basis}: {ADDITIVE_UNIT_HELP}")


def _salt_basis(named: Named) -> SaltBasis:
    if isinstance(named.basis, SaltBasis):
        return named.basis
    if named.basis is AdditiveBasis.MASS_PERCENT:
        return SaltBasis.MASS_PERCENT
    raise AmountError(f"amount of salt {named.name!r} in {named.basis}: {SALT_UNIT_HELP}")
