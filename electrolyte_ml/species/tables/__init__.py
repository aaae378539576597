"""The catalog's tables (CSV, a source for every value) and how they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from importlib.resources import files

from electrolyte_ml.errors import CatalogError, SmilesError
from electrolyte_ml.species.base import Ion, PropertyValue, Solvent
from electrolyte_ml.species.chemistry import canonical_smiles

REFERENCE_TEMPERATURE_K = 298.15


def read_solvents() -> list[Solvent]:
    """Solvents of ``solvents.csv`` with the values of ``solvent_properties.csv``.

    Raises
    ------
    CatalogError
        If a row cannot be used; all such rows are listed.
    """
    properties = _read_properties("solvent_properties.csv", "solvent")
    faults: list[str] = []
    solvents = []
    for row in _rows("solvents.csv"):
        try:
            smiles = canonical_smiles(row["smiles"])
        except SmilesError as error:
            faults.append(f"solvents.csv, {row['name']}: {error}")
            continue
        solvents.append(
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
        )
    faults += [f"solvent_properties.csv: no solvent is named {name!r}" for name in properties]
    if faults:
        raise CatalogError(faults)
    return solvents


def read_ions() -> list[Ion]:
    """Ions of ``ions.csv`` with the values of ``ion_properties.csv``.

    Raises
    ------
    CatalogError
        If a row cannot be used; all such rows are listed.
    """
    properties = _read_properties("ion_properties.csv", "ion")
    ions = [
        Ion(
            name=row["name"],
            smiles=canonical_smiles(row["smiles"]),
            cas=row["cas"],
            aliases=_aliases(row),
            properties=properties.pop(row["name"], {}),
        )
        for row in _rows("ions.csv")
    ]
    if properties:
        raise CatalogError([f"ion_properties.csv: no ion is named {name!r}" for name in properties])
    return ions


def _read_properties(table: str, key: str) -> dict[str, dict[str, PropertyValue]]:
    """Property values by species; of several temperatures, the one nearest 298.15 K."""
    chosen: dict[str, dict[str, PropertyValue]] = {}
    faults = []
    for number, row in enumerate(_rows(table), start=2):
        try:
            value = PropertyValue(
                value=float(row["value"]),
                temperature_k=float(row["temperature_k"]) if row["temperature_k"] else None,
                source=row["source"],
                verified=row["verified"] == "yes",
                note=row["note"],
            )
        except ValueError as error:
            faults.append(f"{table}, line {number}: {error}")
            continue
        if not value.source:
            faults.append(f"{table}, line {number}: a value without a source")
        of_species = chosen.setdefault(row[key], {})
        held = of_species.get(row["property"])
        if held is None or _distance(value) < _distance(held):
            of_species[row["property"]] = value
    if faults:
        raise CatalogError(faults)
    return chosen


def _distance(value: PropertyValue) -> float:
    return abs((value.temperature_k or REFERENCE_TEMPERATURE_K) - REFERENCE_TEMPERATURE_K)


def _aliases(row: dict[str, str]) -> tuple[str, ...]:
    written = [row["iupac_name"], *row["aliases"].split(";")]
    return tuple(dict.fromkeys(a.strip() for a in written if a.strip()))


def _rows(table: str) -> Iterator[dict[str, str]]:
    text = (files(__name__) / table).read_text(encoding="utf-8")
    yield from csv.DictReader(io.StringIO(text, newline=""))
