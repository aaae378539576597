"""Look-up of species by name, alias, formula or SMILES."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeVar

from electrolyte_ml.errors import (
    CatalogError,
    ChargeBalanceError,
    SmilesError,
    UnknownSpeciesError,
)
from electrolyte_ml.species.base import Ion, Salt, Solvent
from electrolyte_ml.species.chemistry import canonical_smiles, formal_charge, fragments, is_smiles

_S = TypeVar("_S", Solvent, Ion)
_COUNTED_ION = re.compile(r"^\(?(?P<name>.*?)\)?(?P<count>[2-9]?)$")


def normalise_name(name: str) -> str:
    """Form in which names are compared: no case, spaces, hyphens or underscores.

    Examples
    --------
    >>> normalise_name("2-Methyl THF")
    '2methylthf'
    """
    return re.sub(r"[\s_\-‐-―]+", "", name).casefold()


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
        self._salts: dict[str, Salt] = {}

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
        return self._solvent_by_smiles.get(smiles) or Solvent(
            name=smiles, smiles=smiles, in_catalog=False
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
        raise UnknownSpeciesError(f"unknown ion {name!r}{self._suggest(name, self._ion_by_name)}")

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
        key = name.strip()
        if key not in self._salts:
            self._salts[key] = self._salt_from_name(key) or self._salt_from_smiles(key)
        return self._salts[key]

    def is_solvent(self, name: str) -> bool:
        """Whether `name` is a name or alias of a solvent here, or a SMILES of one molecule."""
        if normalise_name(name) in self._solvent_by_name:
            return True
        return "." not in name and is_smiles(name) and formal_charge(name) == 0

    def is_salt(self, name: str) -> bool:
        """Whether `name` is written as a salt: cation and anion names, or ions as SMILES."""
        try:
            named = self._salt_from_name(name.strip()) is not None
        except ChargeBalanceError:
            return True
        return named or ("." in name and is_smiles(name))

    def _ion_from_smiles(self, smiles: str) -> Ion:
        return self._ion_by_smiles.get(smiles) or Ion(name=smiles, smiles=smiles, in_catalog=False)

    def _salt_from_name(self, name: str) -> Salt | None:
        for prefix, cation in self._cation_prefixes:
            if not name.casefold().startswith(prefix):
                continue
            rest = name[len(prefix) :]
            count = ""
            if rest[:1].isdigit() and normalise_name(rest) not in self._ion_by_name:
                count, rest = rest[0], rest[1:]
            found = self._anion_and_count(rest)
            if found is None:
                continue
            anion, anion_count = found
            salt = Salt(cation=cation, anion=anion)
            written = (int(count or 1), int(anion_count or 1))
            if (count or anion_count) and written != (salt.n_cation, salt.n_anion):
                raise ChargeBalanceError(
                    f"salt {name!r} is not neutral: {cation.name} has charge {cation.charge:+d}, "
                    f"{anion.name} has {anion.charge:+d}; write {salt.name}"
                )
            return salt
        return None

    def _anion_and_count(self, text: str) -> tuple[Ion, str] | None:
        whole = self._ion_by_name.get(normalise_name(text))
        if whole is not None:
            return (whole, "") if whole.charge < 0 else None
        match = _COUNTED_ION.match(text)
        if match is None:
            return None
        ion = self._ion_by_name.get(normalise_name(match["name"]))
        return (ion, match["count"]) if ion is not None and ion.charge < 0 else None

    def _salt_from_smiles(self, name: str) -> Salt:
        if not is_smiles(name):
            if "[" in name and "." in name:
                raise SmilesError(f"cannot parse salt SMILES {name!r}")
            raise UnknownSpeciesError(self._unknown_salt(name))
        counts = Counter(fragments(name))
        charge = sum(formal_charge(part) * n for part, n in counts.items())
        if charge != 0:
            raise ChargeBalanceError(
                f"salt {name!r} has a net charge of {charge:+d}; add the counter-ion so that the "
                "charges add up to zero"
            )
        ions = [self._ion_from_smiles(part) for part in counts if formal_charge(part) != 0]
        if len(counts) != 2 or len(ions) != 2:
            raise SmilesError(
                f"salt {name!r} must hold one kind of cation and one kind of anion, "
                "written cation.anion"
            )
        cation, anion = sorted(ions, key=lambda ion: -ion.charge)
        return Salt(cation=cation, anion=anion)

    @cached_property
    def _cation_prefixes(self) -> list[tuple[str, Ion]]:
        pairs = [
            (name.casefold(), ion) for ion in self.cations for name in (ion.name, *ion.aliases)
        ]
        return sorted(pairs, key=lambda pair: -len(pair[0]))

    def _unknown_solvent(self, name: str) -> str:
        return (
            f"unknown solvent {name!r}{self._suggest(name, self._solvent_by_name)}; "
            "give a catalog name or a SMILES"
        )

    def _unknown_salt(self, name: str) -> str:
        names = {
            normalise_name(Salt(cation=c, anion=a).name): Salt(cation=c, anion=a)
            for c in self.cations
            for a in self.anions
        }
        return (
            f"unknown salt {name!r}{self._suggest(name, names)}; "
            "write cation and anion (NaPF6) or SMILES ([Na+].F[P-](F)(F)(F)(F)F)"
        )

    @staticmethod
    def _suggest(name: str, known: Mapping[str, Solvent | Ion | Salt]) -> str:
        close = difflib.get_close_matches(normalise_name(name), known, n=2, cutoff=0.6)
        names = list(dict.fromkeys(known[c].name for c in close))
        return f"; did you mean {' or '.join(map(repr, names))}?" if names else ""


def _index(species: Iterable[_S]) -> dict[str, _S]:
    by_name: dict[str, _S] = {}
    by_smiles: dict[str, _S] = {}
    item: _S
    clashes = []
    for item in species:
        for name in (item.name, *item.aliases):
            other = by_name.setdefault(normalise_name(name), item)
            if other is not item:
                clashes.append(f"the name {name!r} means both {other.name} and {item.name}")
        same = by_smiles.setdefault(item.smiles, item)
        if same is not item:
            clashes.append(f"{same.name} and {item.name} have the same SMILES {item.smiles}")
    if clashes:
        raise CatalogError(clashes)
    return by_name
