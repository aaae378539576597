"""Groups of species by structure (SMARTS), by hazard note and by boiling point.

A molecule known by its SMILES alone belongs to the groups of its structure, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from rdkit import Chem

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import packaged_file
from electrolyte_ml.rules.film_formers import film_formers
from electrolyte_ml.species import Ion, Solvent
from electrolyte_ml.species.chemistry import molecule_of

_TABLE = "rules/tables/groups.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of solvents or ions.

    Attributes
    ----------
    name
        Of the table.
    smarts, not_smarts
        Patterns, one of which is in the molecule, and none of which is.
    hazard, not_hazard
        Words, one of which stands in the hazard note, and none of which does.
    boils_below_k
        The catalog's boiling point lies below, K; None if it does not matter.
    in_catalog
        False for molecules known by their SMILES alone; None if it does not matter.
    film_former
        Whether known film formers of the negative electrode belong to it.
    """

    name: str
    smarts: tuple[str, ...] = ()
    not_smarts: tuple[str, ...] = ()
    hazard: tuple[str, ...] = ()
    not_hazard: tuple[str, ...] = ()
    boils_below_k: float | None = None
    in_catalog: bool | None = None
    film_former: bool = False

    def holds(self, smiles: str, hazard_note: str, boils_k: float | None, known: bool) -> bool:
        """Whether a species belongs to it."""
        if self.film_former and smiles in film_formers():
            return film_formers()[smiles].electrode != "positive"
        if self.boils_below_k is not None:
            return boils_k is not None and boils_k < self.boils_below_k
        if self.in_catalog is not None:
            return known == self.in_catalog
        if self.hazard:
            return _any(self.hazard, hazard_note) and not _any(self.not_hazard, hazard_note)
        return _matches(smiles, self.smarts) and not _matches(smiles, self.not_smarts)


@cache
def groups() -> Mapping[str, Group]:
    """The groups of the table, by name."""
    table = tomllib.loads(packaged_file(_TABLE).read_text(encoding="utf-8"))
    return {name: _group(name, row) for name, row in table.items()}


def _group(name: str, row: Mapping[str, Any]) -> Group:
    given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    return Group(name=name, **given)


def groups_of(species: Solvent | Ion) -> frozenset[str]:
    """Names of the groups that a species belongs to.

    Parameters
    ----------
    species
        Solvent, additive or ion, of the catalog or known by its SMILES only.
    """
    note = species.hazard_note if isinstance(species, Solvent) else ""
    boils_k = species.value("boiling_point_k")
    return _groups_of(species.smiles, note, boils_k, species.in_catalog)


@lru_cache(maxsize=16384)
def _groups_of(smiles: str, hazard_note: str, boils_k: float | None, known: bool) -> frozenset[str]:
    found = (g.name for g in groups().values() if g.holds(smiles, hazard_note, boils_k, known))
    return frozenset(found)


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


def _matches(smiles: str, patterns: tuple[str, ...]) -> bool:
    molecule = molecule_of(smiles)
    return any(molecule.HasSubstructMatch(_pattern(p)) for p in patterns)


@cache
def _pattern(smarts: str) -> Chem.Mol:
    pattern = Chem.MolFromSmarts(smarts)
    if pattern is None:
        raise InputError(f"{_TABLE}: {smarts!r} is no SMARTS pattern")
    return pattern
