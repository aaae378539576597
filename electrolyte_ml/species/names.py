"""How names of species are compared, and salts whose names are made of names of their ions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Protocol

from electrolyte_ml.errors import (
    ChargeBalanceError,
    SmilesError,
    UnknownSpeciesError,
)
from electrolyte_ml.species.chemistry import (
    formal_charge,
    fragments,
    is_smiles,
    said_by_rdkit,
)
from electrolyte_ml.species.entities import Ion, Salt
from electrolyte_ml.text import did_you_mean, shown

_SPACES_AND_DASHES = re.compile(r"[\s_\-‐-―]+")

# Enough for the names of any file of recipes; bounded for services that run for months.
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 200

# No space before the count: "LiDFOB 3:7" is a salt before a ratio.
_COUNTED_ION = re.compile(r"^[(\[]?(?P<name>.*?)(?<!\s)[)\]]?(?P<count>[2-9]?)$")

# (NH4)2SO4
_BRACKETED_CATION = re.compile(r"^\((?P<name>[^()]+)\)(?P<count>[2-9]?)(?P<rest>.+)$")

# [EMIM][FSI], [EMIM]FSI, [EMIM+][FSI-]
_BRACKETED_IONS = re.compile(r"\[([^\[\]]+)\]\s*(?:\[([^\[\]]+)\]|([^\[\]]+))")

# "1-ethyl-3-methyl-imidazolium FSI": hyphens of long names are set as one likes.
_LONG_CATION = re.compile(r"(?P<cation>[^()]*ium)[\s-]*(?P<anion>\S.*)", re.IGNORECASE)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def normalise_name(name: str) -> str:
    """Form in which names are compared: no case, spaces, hyphens or underscores.

    Examples
    --------
    >>> normalise_name("2-Methyl THF")
    '2methylthf'
    """
    if len(name) > _LONGEST_REMEMBERED:
        return _SPACES_AND_DASHES.sub("", name).casefold()
    return _normalised(name)


@lru_cache(maxsize=_MOST_REMEMBERED)
def _normalised(name: str) -> str:
    return _SPACES_AND_DASHES.sub("", name).casefold()


def suggestion(name: str, known: Mapping[str, _Named]) -> str:
    """``; did you mean 'diglyme'?``, or an empty string where no normalised name is close."""
    shown = {form: species.name for form, species in known.items()}
    return did_you_mean(normalise_name(name), shown, most=2)


class SaltReader:
    """Salts of a set of ions.

    Parameters
    ----------
    ions
        The ions.
    ion_by_name
        The ions by normalised name.
    ion_from_smiles
        Ion of a canonical SMILES.
    """

    def __init__(
        self,
        ions: Sequence[Ion],
        ion_by_name: Mapping[str, Ion],
        ion_from_smiles: Callable[[str], Ion],
    ) -> None:
        self.cations = tuple(ion for ion in ions if ion.charge > 0)
        self.anions = tuple(ion for ion in ions if ion.charge < 0)
        self._ion_by_name = ion_by_name
        self._ion_from_smiles = ion_from_smiles
        self._by_name: dict[str, Salt | None] = {}
        self._by_text: dict[str, Salt] = {}

    def read(self, text: str) -> Salt:
        """Salt by formula name or SMILES; raises as `Catalog.salt`."""
        if text not in self._by_text:
            if len(self._by_text) > _MOST_REMEMBERED:
                self._by_text.clear()
            self._by_text[text] = self.by_name(text) or self._from_smiles(text)
        return self._by_text[text]

    def by_name(self, name: str) -> Salt | None:
        """Salt whose name is made of names of its ions; None if `name` is not.

        Raises
        ------
        ChargeBalanceError
            If the written numbers of ions do not add up to zero charge.
        """
        if name not in self._by_name:
            if len(self._by_name) > _MOST_REMEMBERED:
                self._by_name.clear()
            self._by_name[name] = self._from_name(name)
        return self._by_name[name]

    def _from_name(self, name: str) -> Salt | None:
        if name.startswith("["):
            bracketed = _BRACKETED_IONS.fullmatch(name)
            name = "".join(filter(None, bracketed.groups())) if bracketed else name
        folded = name.casefold()
        for prefix, cation in self._cation_prefixes.get(folded[:1], ()):
            if not folded.startswith(prefix):
                continue
            rest = name[len(prefix) :]
            count = ""
            if rest[:1].isdigit() and normalise_name(rest) not in self._ion_by_name:
                count, rest = rest[0], rest[1:]
            found = self._anion_and_count(rest)
            if found is None:
                continue
            anion, anion_count = found
            return _neutral(name, cation, count, anion, anion_count)
        bracketed = _BRACKETED_CATION.match(name) if name.startswith("(") else None
        if bracketed is None:
            return self._from_long_name(name) if "ium" in folded else None
        ion = self._ion_by_name.get(normalise_name(bracketed["name"]))
        found = self._anion_and_count(bracketed["rest"])
        if ion is None or ion.charge < 0 or found is None:
            return None
        return _neutral(name, ion, bracketed["count"], *found)

    def _from_long_name(self, name: str) -> Salt | None:
        match = _LONG_CATION.fullmatch(name)
        if match is None:
            return None
        cation, anion = (self._ion_by_name.get(normalise_name(n)) for n in match.groups())
        if cation is None or anion is None or cation.charge < 0 or anion.charge > 0:
            return None
        return Salt(cation=cation, anion=anion)

    def _anion_and_count(self, text: str) -> tuple[Ion, str] | None:
        whole = self._ion_by_name.get(normalise_name(text))
        if whole is not None:
            return (whole, "") if whole.charge < 0 else None
        match = _COUNTED_ION.match(text)
        if match is None:
            return None
        ion = self._ion_by_name.get(normalise_name(match["name"]))
        return (ion, match["count"]) if ion is not None and ion.charge < 0 else None

    def _from_smiles(self, name: str) -> Salt:
        if not is_smiles(name):
            if "[" in name and "." in name:
                raise SmilesError(f"cannot parse salt SMILES {shown(name)}{said_by_rdkit(name)}")
            raise UnknownSpeciesError(self._unknown(name))
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
    def _cation_prefixes(self) -> dict[str, list[tuple[str, Ion]]]:
        """Names of cations by their first letter, longest first."""
        pairs = [
            (name.casefold(), ion) for ion in self.cations for name in (ion.name, *ion.aliases)
        ]
        by_letter: dict[str, list[tuple[str, Ion]]] = {}
        for pair in sorted(pairs, key=lambda pair: -len(pair[0])):
            by_letter.setdefault(pair[0][:1], []).append(pair)
        return by_letter

    @cached_property
    def suggestions(self) -> dict[str, Salt]:
        """Salts of every cation and anion by normalised name."""
        salts = [Salt(cation=c, anion=a) for c in self.cations for a in self.anions]
        return {normalise_name(salt.name): salt for salt in salts}

    def _unknown(self, name: str) -> str:
        return (
            f"unknown salt {shown(name)}{suggestion(name, self.suggestions)}; "
            "write cation and anion (NaPF6) or SMILES ([Na+].F[P-](F)(F)(F)(F)F)"
        )


def _neutral(name: str, cation: Ion, count: str, anion: Ion, anion_count: str) -> Salt:
    """The salt of two ions, whose numbers are as written or not written."""
    salt = Salt(cation=cation, anion=anion)
    written = (int(count or 1), int(anion_count or 1))
    if (count or anion_count) and written != (salt.n_cation, salt.n_anion):
        raise ChargeBalanceError(
            f"salt {name!r} is not neutral: {cation.name} has charge {cation.charge:+d}, "
            f"{anion.name} has {anion.charge:+d}; write {salt.name}"
        )
    return salt
