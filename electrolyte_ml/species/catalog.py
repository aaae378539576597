"""Look-up of species by name, alias, formula or SMILES, and the catalog that ships."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

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
    is_smiles,
    is_word,
    one_form,
    one_resonance_form,
    resonance_forms,
    said_by_rdkit,
    why_not_covered,
    without_prefix,
)
from electrolyte_ml.species.entities import Ion, Salt, Solvent
from electrolyte_ml.species.ionic_liquids import ionic_liquid, may_be_liquid
from electrolyte_ml.species.names import SaltReader, normalise_name, suggestion
from electrolyte_ml.species.tables import PENDING, read_ions, read_solvents
from electrolyte_ml.text import shown

if TYPE_CHECKING:
    import pandas as pd

# Unknown names that are remembered; bounded for services that run for months.
_MOST_REMEMBERED = 20_000

# Characters of a SMILES that names hardly have.
_OF_SMILES = re.compile(r"[=#\[\]]")

# Letters that an unknown name shares with the ionic liquids that may be meant.
_SAME_START = 3

_S = TypeVar("_S", Solvent, Ion)

FOLDER_VARIABLE = "ELECTROLYTE_ML_SPECIES"


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
    """How a word that RDKit reads as a molecule is given as a SMILES; why another is none."""
    if _OF_SMILES.search(name) and not is_smiles(name):
        return f", which this is not{said_by_rdkit(name)}"
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
            both = f"{same.name} and {item.name} have the same SMILES {item.smiles}"
            found.append((item, f"{both}; call it {same.name}, or correct the SMILES"))
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
