"""Look-up of species by name, alias, formula or SMILES, and the catalog that ships."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from electrolyte_ml.errors import (
    CatalogError,
    ChargeBalanceError,
    ElectrolyteError,
    SmilesError,
    UnknownSpeciesError,
)
from electrolyte_ml.files import user_folder_of
from electrolyte_ml.notebook import html_table
from electrolyte_ml.species.chemistry import (
    best_resonance_form,
    canonical_smiles,
    explicit_smiles,
    formal_charge,
    fragments,
    is_smiles,
    is_word,
    one_form,
    one_resonance_form,
    resonance_forms,
    why_not_covered,
    without_prefix,
)
from electrolyte_ml.species.entities import Ion, Salt, Solvent
from electrolyte_ml.species.ionic_liquids import ionic_liquid, may_be_liquid
from electrolyte_ml.species.tables import PENDING, read_ions, read_solvents
from electrolyte_ml.text import did_you_mean, shown

if TYPE_CHECKING:
    import pandas as pd

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

# Letters that an unknown name shares with the ionic liquids that may be meant.
_SAME_START = 3

_S = TypeVar("_S", Solvent, Ion)

FOLDER_VARIABLE = "ELECTROLYTE_ML_SPECIES"


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
                raise SmilesError(f"cannot parse salt SMILES {shown(name)}")
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


class Catalog:
    """A set of species, looked up by name, alias, formula or SMILES.

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
        self._unknown_solvents: dict[str, str] = {}
        self._salts = SaltReader(self.ions, self._ion_by_name, self._ion_from_smiles)

    def __repr__(self) -> str:
        return f"<Catalog of {len(self.solvents)} solvents and {len(self.ions)} ions>"

    def _repr_html_(self) -> str:
        return html_table(repr(self).strip("<>"), self.to_frame())

    def to_frame(self) -> pd.DataFrame:
        """One line per species: name, kind, family, role, SMILES, CAS number, molar mass, g/mol."""
        import pandas as pd

        rows: list[tuple[str, str, str, Solvent | Ion]] = [
            ("solvent", s.family, s.role, s) for s in self.solvents
        ]
        rows += [("ion", "cation" if i.charge > 0 else "anion", "salt", i) for i in self.ions]
        return pd.DataFrame(
            {
                "name": [s.name for _, _, _, s in rows],
                "kind": [kind for kind, _, _, _ in rows],
                "family": [family for _, family, _, _ in rows],
                "role": [role for _, _, role, _ in rows],
                "smiles": [s.smiles for _, _, _, s in rows],
                "cas": [s.cas for _, _, _, s in rows],
                "molar_mass_g_mol": [s.molar_mass_g_mol for _, _, _, s in rows],
            }
        )

    @property
    def cations(self) -> tuple[Ion, ...]:
        """Ions of positive charge."""
        return tuple(ion for ion in self.ions if ion.charge > 0)

    @property
    def anions(self) -> tuple[Ion, ...]:
        """Ions of negative charge."""
        return tuple(ion for ion in self.ions if ion.charge < 0)

    def solvent(self, name: str) -> Solvent:
        """Solvent, diluent or additive of that name, alias or SMILES, or an ionic liquid.

        Raises
        ------
        UnknownSpeciesError
            If it is neither in the catalog nor a SMILES; close names are suggested.
        SmilesError
            If the SMILES is charged or has several fragments that are no ionic liquid.
        """
        found = self._solvent_by_name.get(normalise_name(name)) or self.ionic_liquid(name)
        if found is not None:
            return found
        if not is_smiles(name):
            raise UnknownSpeciesError(self._unknown_solvent(name))
        smiles = canonical_smiles(name)
        if "[" in smiles and smiles not in self._solvent_by_smiles:
            smiles = one_form(smiles)
        if formal_charge(smiles) != 0:
            raise SmilesError(f"solvent {name!r} carries a charge; write ions as a salt")
        # PP is diphosphane as a SMILES and propyl propanoate as a name.
        clash = self.has_solvent_named(smiles) or is_word(smiles)
        return self._solvent_by_smiles.get(smiles) or Solvent(
            name=explicit_smiles(smiles) if clash else smiles, smiles=smiles, in_catalog=False
        )

    def written_solvent(self, text: str) -> Solvent:
        """Solvent as a person writes it: a word of letters is a name, never a SMILES.

        A SMILES has brackets, digits or bonds, is a chain of C, N and O, or follows ``smiles:``.

        Raises
        ------
        UnknownSpeciesError
            If a word is no name of the catalog, or the rest as `solvent`.
        SmilesError
            As `solvent`, and if the molecule has an open shell, or is a metal or a bare atom.
        """
        smiles = without_prefix(text)
        known = self.has_solvent_named(text) or self.is_ionic_liquid(text)
        if smiles is None and is_word(text) and not known:
            raise UnknownSpeciesError(self._unknown_solvent(text))
        found = self.solvent(text if smiles is None else explicit_smiles(smiles))
        reason = None if found.in_catalog else why_not_covered(found.smiles)
        if reason is not None:
            raise SmilesError(f"solvent {text!r} is not covered: {reason}")
        return found

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
        raise UnknownSpeciesError(f"unknown ion {shown(name)}{suggestion(name, self._ion_by_name)}")

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

    def ionic_liquid(self, name: str) -> Solvent | None:
        """The ionic liquid of the name or SMILES of a salt; None where `name` is not of one.

        Any cation and anion make one, if they are of a kind that does (`may_be_liquid`).
        """
        try:
            salt = self.salt(name) if self.is_salt(name) else None
        except ElectrolyteError:
            return None
        return ionic_liquid(salt) if salt is not None and may_be_liquid(salt) else None

    def is_ionic_liquid(self, name: str) -> bool:
        """Whether `name` is written as a salt that can stand in the place of a solvent."""
        return self.ionic_liquid(name) is not None

    def has_solvent_named(self, name: str) -> bool:
        """Whether `name` is a name or alias of a solvent here."""
        return normalise_name(name) in self._solvent_by_name

    def has_salt_named(self, name: str) -> bool:
        """Whether `name` is written as names of a cation and an anion here."""
        return self._salts.by_name(name.strip()) is not None

    def is_solvent(self, name: str) -> bool:
        """Whether `name` is a name or alias here, or written as a SMILES of one molecule."""
        if self.has_solvent_named(name):
            return True
        smiles = without_prefix(name)
        if smiles is None and is_word(name):
            return False
        smiles = name if smiles is None else smiles
        return "." not in smiles and is_smiles(smiles) and formal_charge(smiles) == 0

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
            f"unknown species {shown(name)}{suggestion(name, known)}; "
            "give a catalog name, a salt such as NaPF6, or a SMILES"
        )

    def _ion_from_smiles(self, smiles: str) -> Ion:
        form = one_resonance_form(smiles)
        if form not in self._ion_by_smiles:
            form = self._same_ion(form)
        return self._ion_by_smiles.get(form) or Ion(name=form, smiles=form, in_catalog=False)

    def _same_ion(self, smiles: str) -> str:
        """SMILES of the catalog's ion that `smiles` is another form of; else one form of it."""
        form = one_form(smiles)
        forms = (form, *resonance_forms(form))
        known = next((f for f in forms if f in self._ion_by_smiles), None)
        return best_resonance_form(form) if known is None else known

    def _unknown_solvent(self, name: str) -> str:
        # A file may hold one wrong name in very many recipes, and close names take time to find.
        if name not in self._unknown_solvents:
            if len(self._unknown_solvents) > _MOST_REMEMBERED:
                self._unknown_solvents.clear()
            known: dict[str, Solvent | Salt] = {
                **self._solvent_by_name,
                **self._liquids_like(name),
            }
            self._unknown_solvents[name] = suggestion(name, known)
        return (
            f"unknown solvent {shown(name)}{self._unknown_solvents[name]}; "
            f"give a catalog name or a SMILES{_how_to_write(name)}"
        )

    def _liquids_like(self, name: str) -> dict[str, Salt]:
        """Ionic liquids whose names begin like `name`."""
        start = normalise_name(name)[:_SAME_START]
        return {
            form: salt
            for form, salt in self._salts.suggestions.items()
            if form.startswith(start) and may_be_liquid(salt)
        }


def _how_to_write(name: str) -> str:
    """How a word that RDKit reads as a molecule is given as a SMILES; nothing for other names."""
    if not (is_word(name) and is_smiles(name)):
        return ""
    return f" (a word of letters is a name; the molecule {name} is written smiles:{name})"


def clashes(species: Iterable[_S]) -> list[tuple[_S, str]]:
    """Species whose name, alias or SMILES is already taken by an earlier one, and why."""
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


def user_folder() -> Path:
    """Folder of the user's own species: ``$ELECTROLYTE_ML_SPECIES``, or the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    return user_folder_of("data") / "species"


def catalog_with(folder: Path) -> Catalog:
    """The package's species and those whose tables are in `folder`.

    Raises
    ------
    CatalogError
        If a row of the tables cannot be used, or a name means two species.
    """
    while True:
        state = _state_of(folder)
        try:
            solvents, ions = read_solvents(folder), read_ions(folder)
        except (CatalogError, OSError) as error:
            if state != _state_of(folder):
                continue
            if isinstance(error, OSError):
                raise CatalogError([f"{folder} cannot be read: {error.strerror}"]) from error
            raise
        if state == _state_of(folder):
            return Catalog([*read_solvents(), *solvents], [*read_ions(), *ions])


def _state_of(folder: Path) -> list[tuple[str, int, int]]:
    """Which tables a folder holds; it changes while another process replaces them."""
    tables = [*folder.glob("*.csv"), *folder.glob(f"{PENDING}/*.csv")]
    found = []
    for table in sorted(tables):
        with suppress(FileNotFoundError):
            found.append((str(table), table.stat().st_ino, table.stat().st_mtime_ns))
    return found


@cache
def packaged_catalog() -> Catalog:
    """The package's species alone, which models are trained on, whatever a user adds."""
    return Catalog(read_solvents(), read_ions())


@cache
def default_catalog() -> Catalog:
    """The package's species and the user's own, read once."""
    return catalog_with(user_folder())
