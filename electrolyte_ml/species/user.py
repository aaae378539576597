"""Adding a user's own species: a CSV or TOML file, merged into tables in the user's folder."""

from __future__ import annotations

import csv
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import CatalogError, InputError
from electrolyte_ml.species.default import catalog_with, default_catalog, user_folder
from electrolyte_ml.species.properties import ION_PROPERTIES, SOLVENT_PROPERTIES
from electrolyte_ml.species.tables import ION_VALUES, IONS, SOLVENT_VALUES, SOLVENTS

_VALUE_COLUMNS = ("property", "value", "temperature_k", "source", "verified", "note")
_COMMON = ("kind", "source", "temperature_k", "note")
_KINDS: dict[str, tuple[str, str, tuple[str, ...], Mapping[str, object]]] = {
    "solvent": (
        SOLVENTS,
        SOLVENT_VALUES,
        ("name", "iupac_name", "smiles", "cas", "family", "role", "aliases", "hazard_note"),
        SOLVENT_PROPERTIES,
    ),
    "ion": (IONS, ION_VALUES, ("name", "iupac_name", "smiles", "cas", "aliases"), ION_PROPERTIES),
}
_ROLES = ("solvent", "diluent", "additive")


def add_species(file: Path, folder: Path | None = None) -> list[str]:
    """Add species from a file to the user's own catalog tables.

    Parameters
    ----------
    file
        CSV with columns ``name, smiles`` and any of ``kind`` (solvent or ion), ``family``,
        ``role``, ``aliases`` (separated by ``;``), properties such as ``density_g_cm3``,
        ``temperature_k`` (of the properties, 298.15 if empty), ``source`` (needed where a
        property is given), ``note``. TOML with the same keys in ``[[species]]`` tables; there a
        property may also be a table ``{value, temperature_k, source, note}``.
    folder
        Folder of the user's tables; by default `user_folder`.

    Returns
    -------
    list of str
        Names added.

    Raises
    ------
    InputError
        If the file cannot be read.
    CatalogError
        If rows cannot be used; all are listed and nothing is written.
    """
    folder = folder or user_folder()
    rows = _read(file)
    faults: list[str] = []
    for place, row in rows:
        faults += [f"{place}: {fault}" for fault in _faults(row)]
    if faults:
        raise CatalogError(faults)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        staged = Path(scratch)
        for kind, (species_table, value_table, identity, properties) in _KINDS.items():
            own = [row for _, row in rows if _kind(row) == kind]
            _append(folder, staged, species_table, identity, own)
            values = [v for row in own for v in _values(row, kind, properties)]
            _append(folder, staged, value_table, (kind, *_VALUE_COLUMNS), values)
        catalog_with(staged)  # raises before anything of the user's is touched
        for table in staged.iterdir():
            table.replace(folder / table.name)
    default_catalog.cache_clear()
    return [str(row["name"]) for _, row in rows]


def _read(file: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read: {error}") from error
    if file.suffix.lower() == ".csv":
        table = csv.DictReader(text.splitlines())
        rows: list[dict[str, Any]] = [
            {key.strip(): (value or "").strip() for key, value in row.items() if key}
            for row in table
        ]
    elif file.suffix.lower() == ".toml":
        try:
            rows = tomllib.loads(text).get("species", [])
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{file}: {error}") from error
    else:
        raise InputError(f"{file}: species are read from .csv or .toml")
    if not rows:
        raise InputError(f"{file}: holds no species")
    return [(f"{file.name}, species {number}", row) for number, row in enumerate(rows, start=1)]


def _kind(row: Mapping[str, Any]) -> str:
    return str(row.get("kind") or "solvent")


def _faults(row: Mapping[str, Any]) -> list[str]:
    kind = _kind(row)
    if kind not in _KINDS:
        return [f"kind is {kind!r}; use solvent or ion"]
    _, _, identity, properties = _KINDS[kind]
    known = {*identity, *properties, *_COMMON}
    faults = [f"{key} is missing" for key in ("name", "smiles") if not row.get(key)]
    faults += [f"unknown column {key!r}" for key in row if key not in known]
    if kind == "solvent" and row.get("role") not in (None, "", *_ROLES):
        faults.append(f"role is {row['role']!r}; use {', '.join(_ROLES)}")
    for name in properties:
        given = _one_value(row, name)
        if given is None:
            continue
        try:
            float(given["value"])
        except (TypeError, ValueError):
            faults.append(f"{name} is {given['value']!r}, not a number")
        if not given["source"]:
            faults.append(f"{name} has no source")
    return faults


def _one_value(row: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    given = row.get(name)
    if given is None or given == "":
        return None
    inner = given if isinstance(given, Mapping) else {"value": given}
    return {
        "property": name,
        "value": inner.get("value"),
        "temperature_k": inner.get("temperature_k") or row.get("temperature_k") or 298.15,
        "source": inner.get("source") or row.get("source") or "",
        "verified": "no",
        "note": inner.get("note") or row.get("note") or "",
    }


def _values(
    row: Mapping[str, Any], kind: str, properties: Mapping[str, object]
) -> list[dict[str, Any]]:
    given = [_one_value(row, name) for name in properties]
    return [{kind: row["name"], **value} for value in given if value is not None]


def _append(
    folder: Path, staged: Path, table: str, columns: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    """Write the user's table with `rows` added into `staged`."""
    held = folder / table
    target = staged / table
    if held.is_file():
        shutil.copyfile(held, target)
    new = not target.exists()
    with target.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore")
        if new:
            writer.writeheader()
        for row in rows:
            aliases = row.get("aliases", "")
            joined = ";".join(aliases) if isinstance(aliases, list) else aliases
            writer.writerow({**row, "aliases": joined} if "aliases" in columns else row)
