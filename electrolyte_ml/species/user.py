"""Adding a user's own species: a CSV or TOML file, merged into tables in the user's folder."""

from __future__ import annotations

import csv
import shutil
import tempfile
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import CatalogError, InputError
from electrolyte_ml.species.base import Ion, Solvent
from electrolyte_ml.species.catalog import Catalog, clashes
from electrolyte_ml.species.default import catalog_with, default_catalog, user_folder
from electrolyte_ml.species.user_rows import KINDS, UserRow, read_rows

_VALUE_COLUMNS = ("property", "value", "temperature_k", "source", "verified", "note")


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
    held = catalog_with(folder)
    rows = read_rows(file)
    faults = [f"{row.place}: {fault}" for row in rows for fault in row.faults()]
    faults += _clashes(rows, held)
    if faults:
        raise CatalogError(faults)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            staged = Path(scratch)
            _stage(folder, staged, rows)
            catalog_with(staged)  # raises before anything of the user's is touched
            for table in staged.iterdir():
                table.replace(folder / table.name)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error}") from error
    default_catalog.cache_clear()
    return [str(row.cells["name"]) for row in rows]


def _clashes(rows: list[UserRow], held: Catalog) -> list[str]:
    """Names and SMILES that mean something else already, in the catalog or in the same file."""
    places: dict[int, str] = {}
    solvents: list[Solvent] = []
    ions: list[Ion] = []
    for row in rows:
        species = row.species()
        places[id(species)] = row.place
        if isinstance(species, Solvent):
            solvents.append(species)
        elif isinstance(species, Ion):
            ions.append(species)
    found: list[tuple[Solvent | Ion, str]] = [*clashes([*held.solvents, *solvents])]
    found += clashes([*held.ions, *ions])
    return [f"{places[id(species)]}: {message}" for species, message in found]


def _stage(folder: Path, staged: Path, rows: list[UserRow]) -> None:
    """Write the user's tables with `rows` added into `staged`."""
    for name, kind in KINDS.items():
        own = [row for row in rows if row.kind == name]
        _append(folder, staged, kind.table, kind.identity, [row.identity() for row in own])
        values = [value for row in own for value in row.values()]
        _append(folder, staged, kind.value_table, (name, *_VALUE_COLUMNS), values)


def _append(
    folder: Path, staged: Path, table: str, columns: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    held = folder / table
    target = staged / table
    if held.is_file():
        shutil.copyfile(held, target)
    new = not target.exists()
    with target.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore")
        if new:
            writer.writeheader()
        writer.writerows(rows)
