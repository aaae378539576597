"""Library of electrolyte-like molecules, enumerated from templates and substituents.

The enumeration is deterministic. Molecules come smallest first, one of each family in turn, so an
interrupted computation still has a balanced data set.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rdkit import Chem, rdBase

from electrolyte_ml.files import packaged_file
from electrolyte_ml.quantum.geometry import inchikey
from electrolyte_ml.species.catalog import packaged_catalog

_SLOT = re.compile(r"<([a-z|]+)(?::(\d))?>")
_BETWEEN = re.compile(r"<[a-z|]+(?::\d)?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryMolecule:
    """A molecule to compute.

    Attributes
    ----------
    smiles
        Canonical SMILES.
    family
        Family of the library, or ``catalog`` for a species of the package's catalog.
    """

    smiles: str
    family: str


@cache
def library() -> tuple[LibraryMolecule, ...]:
    """Solvents and anions of the catalog, then the enumerated families in turn."""
    catalog = packaged_catalog()
    known = [*catalog.solvents, *catalog.anions]
    smallest = sorted((_heavy_atoms(s.smiles), s.smiles) for s in known)
    found = [LibraryMolecule(smiles=smiles, family="catalog") for _, smiles in smallest]
    seen = {inchikey(m.smiles) for m in found}
    families = [
        [LibraryMolecule(smiles=s, family=name) for s in members]
        for name, members in enumerate_families().items()
    ]
    for turn in itertools.zip_longest(*families):
        for molecule in filter(None, turn):
            key = inchikey(molecule.smiles)
            if key not in seen:
                seen.add(key)
                found.append(molecule)
    return tuple(found)


@cache
def enumerate_families() -> Mapping[str, tuple[str, ...]]:
    """Canonical SMILES of each family of ``library.toml``, smallest first."""
    text = packaged_file("quantum/tables/library.toml").read_text("utf-8")
    settings = tomllib.loads(text)
    largest = settings["largest_heavy_atoms"]
    families = {}
    for family in settings["family"]:
        members = {
            (size, smiles)
            for template in family["templates"]
            for smiles in _filled(template, settings["groups"])
            if (size := _heavy_atoms(smiles)) <= largest
        }
        families[family["name"]] = tuple(s for _, s in sorted(members)[: family["keep"]])
    return families


def _filled(template: str, groups: Mapping[str, Any]) -> Iterator[str]:
    """Canonical SMILES of a template with every combination of substituents."""
    slots = list(dict.fromkeys(_slots(template)))
    choices = [[f for name in slot[0].split("|") for f in groups[name]] for slot in slots]
    for combination in itertools.product(*choices):
        filling = dict(zip(slots, combination, strict=True))
        pieces = [filling[slot] for slot in _slots(template)]
        between = _BETWEEN.split(template)
        written = "".join(a + b for a, b in zip(between, [*pieces, ""], strict=True))
        with rdBase.BlockLogs():
            molecule = Chem.MolFromSmiles(written)
        if molecule is None:
            raise ValueError(f"template {template!r} gives {written!r}, which is not a SMILES")
        yield Chem.MolToSmiles(molecule)


def _slots(template: str) -> list[tuple[str, str]]:
    """Group and number of each place; places without a number are all different."""
    return [(match[1], match[2] or f"place {match.start()}") for match in _SLOT.finditer(template)]


def _heavy_atoms(smiles: str) -> int:
    return int(Chem.MolFromSmiles(smiles).GetNumHeavyAtoms())
