"""Output on species: a list of names, and every value with its source."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from electrolyte_ml.errors import InputError, UnknownSpeciesError
from electrolyte_ml.quantum.binding import IONS
from electrolyte_ml.quantum.binding_table import known_bindings
from electrolyte_ml.report.text import output_console
from electrolyte_ml.species import Ion, Salt, Solvent, default_catalog
from electrolyte_ml.species.properties import ION_PROPERTIES, SOLVENT_PROPERTIES
from electrolyte_ml.text import significant
from electrolyte_ml.units import ZERO_CELSIUS_K


def species_rows(family: str | None = None) -> list[dict[str, Any]]:
    """One row per species of the catalog.

    Parameters
    ----------
    family
        Only this family; ``cation`` and ``anion`` are the families of ions.

    Raises
    ------
    InputError
        If there is no such family.
    """
    catalog = default_catalog()
    rows = [_identity(s) for s in catalog.solvents] + [_identity(s) for s in catalog.ions]
    # A species of the user may have none.
    families = sorted({row["family"] for row in rows if row["family"]})
    if family is not None and family not in families:
        raise InputError(f"unknown family {family!r}; there are {', '.join(families)}")
    return [row for row in rows if family in (None, row["family"])]


def describe(name: str) -> list[dict[str, Any]]:
    """All values of a species; a salt is described by its two ions.

    An ionic liquid is described as a liquid, too, before its ions.

    Raises
    ------
    UnknownSpeciesError
        If no solvent, ion or salt has this name.
    """
    catalog = default_catalog()
    found: list[Solvent | Ion]
    if catalog.is_solvent(name):
        found = [catalog.written_solvent(name)]
    elif catalog.is_salt(name):
        salt: Salt = catalog.salt(name)
        liquid = catalog.ionic_liquid(name)
        found = [*([] if liquid is None else [liquid]), salt.cation, salt.anion]
    else:
        try:
            found = [catalog.ion(name)]
        except UnknownSpeciesError:
            raise catalog.unknown(name) from None
    return [
        {
            **_identity(species),
            "properties": {
                key: {
                    "value": value.value,
                    "temperature_k": value.temperature_k,
                    "source": value.source,
                    "verified": value.verified,
                    "note": value.note,
                }
                for key, value in species.properties.items()
            },
            "bindings": _bindings(species),
        }
        for species in found
    ]


def _bindings(species: Solvent | Ion) -> dict[str, dict[str, Any]]:
    """Computed bindings of metal ions, by the name of the ion."""
    known = known_bindings()
    names = {ion: default_catalog().ion(ion).name for ion in IONS}
    held = {name: known.get((species.smiles, ion)) for ion, name in names.items()}
    return {
        name: {
            "binding_ev": row.binding_ev,
            "donors": row.donors,
            "distance_angstrom": row.distance_angstrom,
        }
        for name, row in held.items()
        if row is not None
    }


def print_list(rows: list[dict[str, Any]]) -> None:
    """Print names, families and aliases."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "family", "role", "M, g/mol", "aliases"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        mass = f"{row['molar_mass_g_mol']:.2f}"
        table.add_row(row["name"], row["family"], row["role"], mass, ", ".join(row["aliases"]))
    output_console().print(table)


def print_species(described: dict[str, Any]) -> None:
    """Print one species with a row for each property; a missing value stays empty."""
    console = output_console()
    console.print(f"{described['name']}  ({', '.join(described['aliases']) or 'no other name'})")
    for key, label in (
        ("smiles", "SMILES"),
        ("cas", "CAS"),
        ("family", "family"),
        ("role", "role"),
    ):
        if described[key]:
            console.print(f"  {label}: {described[key]}")
    if not described["in_catalog"]:
        console.print("  not in the catalog: read as a SMILES, so no value is known")
    console.print(f"  molar mass: {described['molar_mass_g_mol']:.3f} g/mol (RDKit)")
    if described["hazard_note"]:
        console.print(f"  hazard: {described['hazard_note']}")
    for line in binding_lines(described):
        console.print(f"  {line}")
    table = Table(box=None)
    for heading in ("property", "value", "T, °C", "checked", "source", "note"):
        table.add_column(heading, overflow="fold")
    for row in value_rows(described):
        table.add_row(*row)
    console.print(table)


def binding_lines(described: dict[str, Any]) -> list[str]:
    """How strongly metal ions are bound, a line each."""
    return [
        f"binds {ion}+ with {-binding['binding_ev']:.2f} eV"
        + (f" by {binding['donors']}" if binding["donors"] else "")
        + " (GFN1-xTB in acetonitrile; "
        "differences below 0.2 eV mean nothing)"
        for ion, binding in described["bindings"].items()
    ]


def value_rows(described: dict[str, Any]) -> list[tuple[str, str, str, str, str, str]]:
    """Each property of a species: label, value, at which °C, checked, source, note."""
    kinds = ION_PROPERTIES if described["family"] in ("cation", "anion") else SOLVENT_PROPERTIES
    rows = []
    for key, kind in kinds.items():
        value = described["properties"].get(key)
        is_temperature = kind.label.endswith(", K")
        label = f"{kind.label.removesuffix('K')}°C" if is_temperature else kind.label
        if value is None:
            rows.append((label, "", "", "", "", ""))
            continue
        number = value["value"]
        rows.append(
            (
                label,
                _degrees(number) if is_temperature else significant(number, 5),
                _degrees(value["temperature_k"]),
                "yes" if value["verified"] else "no",
                value["source"],
                value["note"],
            )
        )
    return rows


def _degrees(kelvin: float | None) -> str:
    """A temperature in degrees Celsius, to a tenth."""
    return "-" if kelvin is None else f"{round(kelvin - ZERO_CELSIUS_K, 1):g}"


def _identity(species: Solvent | Ion) -> dict[str, Any]:
    common = {
        "name": species.name,
        "smiles": species.smiles,
        "cas": species.cas,
        "aliases": list(species.aliases),
        "molar_mass_g_mol": species.molar_mass_g_mol,
        "in_catalog": species.in_catalog,
    }
    if isinstance(species, Ion):
        family = "cation" if species.charge > 0 else "anion"
        return {**common, "family": family, "role": "", "hazard_note": ""}
    return {
        **common,
        "family": species.family,
        "role": species.role,
        "hazard_note": species.hazard_note,
    }
