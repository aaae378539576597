"""Look-up of species by name, alias, formula or SMILES."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from electrolyte_ml.errors import (
    CatalogError,
    ChargeBalanceError,
    SmilesError,
    UnknownSpeciesError,
)
from electrolyte_ml.species.base import Ion, Salt, Solvent
from electrolyte_ml.species.chemistry import (
    canonical_smiles,
    explicit_smiles,
    formal_charge,
    is_smiles,
)
from electrolyte_ml.species.salt_names import SaltReader
from electrolyte_ml.species.spelling import normalise_name, suggestion

_S = TypeVar("_S", Solvent, Ion)


class Catalog:
    """A set of species that can be asked for by any of their names.

    Parameters
    ----------
    solvents, ions
        The species.

    Raises
    ------
    CatalogError
        If one name or one SMILES means two species; every clash is listed.
    """

    def __init__(self, solvents: Iterable[Solvent], ions: Iterable[Ion]) -> None:
        self.solvents: tuple[Solvent, ...] = tuple(solvents)
        self.ions: tuple[Ion, ...] = tuple(ions)
        self._solvent_by_name = _index(self.solvents)
        self._ion_by_name = _index(self.ions)
        self._solvent_by_smiles = {s.smiles: s for s in self.solvents}
        self._ion_by_smiles = {i.smiles: i for i in self.ions}
        self._salts = SaltReader(self.ions, self._ion_by_name, self._ion_from_smiles)

    @property
    def cations(self) -> tuple[Ion, ...]:
        """Ions of positive charge."""
        return tuple(ion for ion in self.ions if ion.charge > 0)

    @property
    def anions(self) -> tuple[Ion, ...]:
        """Ions of negative charge."""
        return tuple(ion for ion in self.ions if ion.charge < 0)

    def solvent(self, name: str) -> Solvent:
        """Solvent, diluent or additive of that name, alias or SMILES.

        Raises
        ------
        UnknownSpeciesError
            If it is neither in the catalog nor a SMILES; close names are suggested.
        SmilesError
            If the SMILES is charged or has several fragments.
        """
        found = self._solvent_by_name.get(normalise_name(name))
        if found is not None:
            return found
        if not is_smiles(name):
            raise UnknownSpeciesError(self._unknown_solvent(name))
        smiles = canonical_smiles(name)
        if formal_charge(smiles) != 0:
            raise SmilesError(f"solvent {name!r} carries a charge; write ions as a salt")
        # PP is diphosphane as a SMILES and propyl propanoate as a name.
        clash = self.has_solvent_named(smiles)
        return self._solvent_by_smiles.get(smiles) or Solvent(
            name=explicit_smiles(smiles) if clash else smiles, smiles=smiles, in_catalog=False
        )

    def ion(self, name: str) -> Ion:
        """Ion of that name, alias or SMILES.

        Raises
        ------
        UnknownSpeciesError
            If it is neither in the catalog nor the SMILES of an ion.
        """
        found = self._ion_by_name.get(normalise_name(name))
        if found is not None:
            return found
        if is_smiles(name) and formal_charge(name) != 0:
            return self._ion_from_smiles(canonical_smiles(name))
        raise UnknownSpeciesError(f"unknown ion {name!r}{suggestion(name, self._ion_by_name)}")

    def salt(self, name: str) -> Salt:
        """Salt by formula name (``NaPF6``, ``Mg(TFSI)2``) or by SMILES (``[Na+].F[P-]...``).

        Raises
        ------
        UnknownSpeciesError
            If the name is not a known cation followed by a known anion.
        ChargeBalanceError
            If SMILES or written numbers of ions do not add up to zero charge.
        SmilesError
            If SMILES cannot be parsed or do not hold one kind of cation and of anion.
        """
        return self._salts.read(name.strip())

    def has_solvent_named(self, name: str) -> bool:
        """Whether `name` is a name or alias of a solvent here."""
        return normalise_name(name) in self._solvent_by_name

    def has_salt_named(self, name: str) -> bool:
        """Whether `name` is written as names of a cation and an anion here."""
        return self._salts.by_name(name.strip()) is not None

    def is_solvent(self, name: str) -> bool:
        """Whether `name` is a name or alias of a solvent here, or a SMILES of one molecule."""
        if self.has_solvent_named(name):
            return True
        return "." not in name and is_smiles(name) and formal_charge(name) == 0

    def is_salt(self, name: str) -> bool:
        """Whether `name` is written as a salt: cation and anion names, or ions as SMILES."""
        try:
            named = self.has_salt_named(name)
        except ChargeBalanceError:
            return True
        return named or ("." in name and is_smiles(name))

    def unknown(self, name: str) -> UnknownSpeciesError:
        """Error for a name that is neither solvent, ion nor salt, with the closest of all names."""
        known: dict[str, Salt | Ion | Solvent] = {
            **self._salts.suggestions,
            **self._ion_by_name,
            **self._solvent_by_name,
        }
        return UnknownSpeciesError(
            f"unknown species {name!r}{suggestion(name, known)}; "
            "give a catalog name, a salt such as NaPF6, or a SMILES"
        )

    def _ion_from_smiles(self, smiles: str) -> Ion:
        return self._ion_by_smiles.get(smiles) or Ion(name=smiles, smiles=smiles, in_catalog=False)

    def _unknown_solvent(self, name: str) -> str:
        return (
            f"unknown solvent {name!r}{suggestion(name, self._solvent_by_name)}; "
            "give a catalog name or a SMILES"
        )


def clashes(species: Iterable[_S]) -> list[tuple[_S, str]]:
    """Species whose name, alias or SMILES already means one before them, and what is wrong."""
    by_name: dict[str, _S] = {}
    by_smiles: dict[str, _S] = {}
    found = []
    item: _S
    for item in species:
        for name in (item.name, *item.aliases):
            other = by_name.setdefault(normalise_name(name), item)
            if other is not item:
                both = f"means both {other.name} and {item.name}"
                taken = "is taken" if other.name == item.name else both
                found.append((item, f"the name {name!r} {taken}"))
        same = by_smiles.setdefault(item.smiles, item)
        if same is not item:
            found.append((item, f"{same.name} and {item.name} have the same SMILES {item.smiles}"))
    return found


def _index(species: Sequence[_S]) -> dict[str, _S]:
    faults = clashes(species)
    if faults:
        raise CatalogError([message for _, message in faults])
    by_name: dict[str, _S] = {}
    item: _S
    for item in species:
        by_name |= {normalise_name(name): item for name in (item.name, *item.aliases)}
    return by_name
