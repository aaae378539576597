"""The catalog's tables (CSV, a source for every value) and how they are read."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from electrolyte_ml.errors import CatalogError, SmilesError
from electrolyte_ml.files import read_table
from electrolyte_ml.species.chemistry import canonical_smiles
from electrolyte_ml.species.entities import Ion, PropertyValue, Solvent
from electrolyte_ml.species.properties import (
    ION_PROPERTIES,
    SOLVENT_PROPERTIES,
    SpeciesProperty,
    fault_of,
)
from electrolyte_ml.units import ROOM_TEMPERATURE_K

# In a user's folder: tables that replace those beside it, all at once or not at all.
PENDING = ".pending"
SOLVENTS, SOLVENT_VALUES = "solvents.csv", "solvent_properties.csv"
IONS, ION_VALUES = "ions.csv", "ion_properties.csv"
LIQUID_VALUES = "ionic_liquid_properties.csv"
SOLVENT_COLUMNS = (
    "name",
    "iupac_name",
    "smiles",
    "cas",
    "family",
    "role",
    "aliases",
    "hazard_note",
)
ION_COLUMNS = ("name", "iupac_name", "smiles", "cas", "aliases")
VALUE_COLUMNS = ("property", "value", "temperature_k", "source", "verified", "note")


def read_solvents(folder: Traversable | None = None) -> list[Solvent]:
    """Solvents of ``solvents.csv`` with the values of ``solvent_properties.csv``.

    Parameters
    ----------
    folder
        Where the two tables are; by default those that ship with the package.

    Raises
    ------
    CatalogError
        If a row cannot be used; all such rows are listed.
    """
    folder = folder or files(__name__)
    faults: list[str] = []
    properties = _read_properties(
        _table(folder, SOLVENT_VALUES), "solvent", SOLVENT_PROPERTIES, faults
    )
    solvents = [
        Solvent(
            name=row["name"],
            smiles=smiles,
            cas=row["cas"],
            aliases=_aliases(row),
            family=row["family"],
            role=row["role"] or "solvent",
            hazard_note=row["hazard_note"],
            properties=properties.pop(row["name"], {}),
        )
        for row, smiles in _species_rows(_table(folder, SOLVENTS), SOLVENT_COLUMNS, faults)
    ]
    faults += [f"{SOLVENT_VALUES}: no solvent is named {name!r}" for name in properties]
    if faults:
        raise CatalogError(faults)
    return solvents


def read_ions(folder: Traversable | None = None) -> list[Ion]:
    """Ions of ``ions.csv`` with the values of ``ion_properties.csv``.

    Parameters
    ----------
    folder
        Where the two tables are; by default those that ship with the package.

    Raises
    ------
    CatalogError
        If a row cannot be used; all such rows are listed.
    """
    folder = folder or files(__name__)
    faults: list[str] = []
    properties = _read_properties(_table(folder, ION_VALUES), "ion", ION_PROPERTIES, faults)
    ions = [
        Ion(
            name=row["name"],
            smiles=smiles,
            cas=row["cas"],
            aliases=_aliases(row),
            properties=properties.pop(row["name"], {}),
        )
        for row, smiles in _species_rows(_table(folder, IONS), ION_COLUMNS, faults)
    ]
    faults += [f"{ION_VALUES}: no ion is named {name!r}" for name in properties]
    if faults:
        raise CatalogError(faults)
    return ions


@cache
def read_ionic_liquids() -> Mapping[str, Mapping[str, PropertyValue]]:
    """Measured values of ionic liquids by SMILES, ``cation.anion``.

    Raises
    ------
    CatalogError
        If a row cannot be used; all such rows are listed.
    """
    faults: list[str] = []
    found = _read_properties(files(__name__) / LIQUID_VALUES, "smiles", SOLVENT_PROPERTIES, faults)
    if faults:
        raise CatalogError(faults)
    return found


def _species_rows(
    table: Traversable, columns: tuple[str, ...], faults: list[str]
) -> list[tuple[dict[str, str], str]]:
    """Rows with the canonical SMILES of each; rows without one are reported in `faults`."""
    usable = []
    for row in _rows(table, columns):
        try:
            usable.append((row, canonical_smiles(row["smiles"])))
        except SmilesError as error:
            faults.append(f"{table.name}, {row['name']}: {error}")
    return usable


def _read_properties(
    table: Traversable, key: str, kinds: dict[str, SpeciesProperty], faults: list[str]
) -> dict[str, dict[str, PropertyValue]]:
    """Property values by species; of several temperatures, the one nearest 298.15 K."""
    chosen: dict[str, dict[str, PropertyValue]] = {}
    for number, row in enumerate(_rows(table, (key, *VALUE_COLUMNS)), start=2):
        try:
            value = PropertyValue(
                value=float(row["value"]),
                temperature_k=float(row["temperature_k"]) if row["temperature_k"] else None,
                source=row["source"],
                verified=row["verified"] == "yes",
                note=row["note"],
            )
        except ValueError as error:
            faults.append(f"{table.name}, line {number}: {error}")
            continue
        fault = fault_of(row["property"], value.value, kinds)
        if not value.source:
            fault = "a value without a source"
        if fault:
            faults.append(f"{table.name}, line {number}: {fault}")
        of_species = chosen.setdefault(row[key], {})
        held = of_species.get(row["property"])
        if held is None or _distance(value) < _distance(held):
            of_species[row["property"]] = value
    return chosen


def _distance(value: PropertyValue) -> float:
    return abs((value.temperature_k or ROOM_TEMPERATURE_K) - ROOM_TEMPERATURE_K)


def _aliases(row: dict[str, str]) -> tuple[str, ...]:
    written = [row["iupac_name"], *row["aliases"].split(";")]
    return tuple(dict.fromkeys(a.strip() for a in written if a.strip()))


def _rows(table: Traversable, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a table, every cell a text."""
    if not table.is_file():
        return []
    try:
        rows = read_table(table)
    except (UnicodeDecodeError, csv.Error) as error:
        raise CatalogError([f"{table.name} cannot be read: {error}"]) from error
    lacking = [column for column in columns if rows and column not in rows[0]]
    if lacking:
        raise CatalogError([f"{table.name}: no column {', '.join(lacking)}"])
    return [{column: row[column] or "" for column in columns} for row in rows]


def _table(folder: Traversable, name: str) -> Traversable:
    pending = folder / PENDING / name
    return pending if pending.is_file() else folder / name
