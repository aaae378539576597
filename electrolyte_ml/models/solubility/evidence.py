"""What is known of solubilities: values, bounds, and classes with wide bounds.

Two tables. ``solubilities.csv`` holds bounds of the molality of saturated solutions: narrow ones
of values that were read in their source, one-sided ones (a mixture that is liquid), and wide ones
of classes that are known to practice but were not checked. ``dissolved.csv`` holds how much salt a
measured solution held, one row for each salt and set of solvents: at least that much dissolves.
``python tools/dissolved_salts.py`` makes it from the conductivities.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features.molecule import ANION_DESCRIPTORS, SOLVENT_DESCRIPTORS, tabled
from electrolyte_ml.files import packaged_table
from electrolyte_ml.species import Salt, Solvent
from electrolyte_ml.species.catalog import packaged_catalog

#: More moles of salt than of solvent is a wet salt and no solution.
MOST_SALT_BY_SOLVENT = 1.5
_TABLES = "models/solubility/tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Bounds of the solubility of one salt in one solvent.

    Attributes
    ----------
    salt, solvent
        What dissolves in what.
    low_mol_kg, high_mol_kg
        Bounds, mol/kg of solvent; `high_mol_kg` is never beyond `most_mol_kg`.
    temperature_k
        Their temperature, K.
    source, note
        Pedigree.
    verified
        Whether the source was read; a class from memory otherwise.
    is_bound
        Whether the lower bound is a measured solution.
    """

    salt: Salt
    solvent: Solvent
    low_mol_kg: float
    high_mol_kg: float
    temperature_k: float
    source: str
    verified: bool
    note: str = ""
    is_bound: bool = False

    @property
    def is_value(self) -> bool:
        """Whether both bounds are close and read in a source."""
        return self.verified and self.high_mol_kg < 1.5 * self.low_mol_kg


@dataclass(frozen=True, slots=True, kw_only=True)
class DissolvedMixture:
    """A measured solution in several solvents.

    Attributes
    ----------
    salt
        The only salt.
    solvents
        Two or more.
    mass_fractions
        Of the solvents, shape (len(solvents),).
    molality_mol_kg
        Molality of the salt.
    temperature_k
        Temperature, K.
    source
        DOI.
    """

    salt: Salt
    solvents: tuple[Solvent, ...]
    mass_fractions: NDArray[np.float64]
    molality_mol_kg: float
    temperature_k: float
    source: str


def most_mol_kg(solvent: Solvent) -> float:
    """Molality beyond which there is no solution of a salt in a solvent."""
    return MOST_SALT_BY_SOLVENT * 1000 / solvent.molar_mass_g_mol


@cache
def solubility_evidence() -> tuple[Evidence, ...]:
    """Everything known of single solvents; descriptors of all are in the shipped tables."""
    return (*_known(), *_measured())


def _known() -> list[Evidence]:
    catalog = packaged_catalog()
    found = []
    for row in packaged_table(f"{_TABLES}/solubilities.csv"):
        salt = catalog.salt(row["cation"] + row["anion"])
        for solvent in _members(row["medium"]):
            most = most_mol_kg(solvent)
            high = float(row["high_mol_kg"]) if row["high_mol_kg"] else most
            low = float(row["low_mol_kg"])
            found.append(
                Evidence(
                    salt=salt,
                    solvent=solvent,
                    low_mol_kg=low,
                    high_mol_kg=max(min(high, most), 1.01 * low),
                    temperature_k=float(row["temperature_k"]),
                    source=row["source"],
                    verified=row["verified"] == "yes",
                    note=row["note"],
                )
            )
    return found


def _members(medium: str) -> list[Solvent]:
    """Solvents of a list of names and families; of a family those that are solvents by role."""
    catalog = packaged_catalog()
    wanted = medium.split(";")
    named = [catalog.solvent(name) for name in wanted if catalog.has_solvent_named(name)]
    families = [s for s in catalog.solvents if s.family in wanted and s.role == "solvent"]
    return [solvent for solvent in (*named, *families) if _has_table(solvent)]


def _has_table(solvent: Solvent) -> bool:
    return solvent.smiles in tabled(SOLVENT_DESCRIPTORS)


def _measured() -> list[Evidence]:
    return [
        Evidence(
            salt=held.salt,
            solvent=held.solvents[0],
            low_mol_kg=held.molality_mol_kg,
            high_mol_kg=max(most_mol_kg(held.solvents[0]), 1.5 * held.molality_mol_kg),
            temperature_k=held.temperature_k,
            source=held.source,
            verified=True,
            is_bound=True,
        )
        for held in _dissolved()
        if len(held.solvents) == 1
        and _has_table(held.solvents[0])
        and held.salt.anion.smiles in tabled(ANION_DESCRIPTORS)
    ]


@cache
def dissolved_mixtures() -> tuple[DissolvedMixture, ...]:
    """Measured solutions in mixed solvents; no model is fitted to them."""
    return tuple(held for held in _dissolved() if len(held.solvents) > 1)


@cache
def _dissolved() -> tuple[DissolvedMixture, ...]:
    catalog = packaged_catalog()
    found = []
    for row in packaged_table(f"{_TABLES}/dissolved.csv"):
        fractions = np.array([float(x) for x in row["mass_fractions"].split("|")])
        found.append(
            DissolvedMixture(
                salt=Salt(cation=catalog.ion(row["cation"]), anion=catalog.ion(row["anion"])),
                solvents=tuple(catalog.solvent(s) for s in row["solvents"].split("|")),
                mass_fractions=fractions / math.fsum(fractions),
                molality_mol_kg=float(row["molality_mol_kg"]),
                temperature_k=float(row["temperature_k"]),
                source=row["source"],
            )
        )
    return tuple(found)
