"""A user's own species: reading a CSV or TOML file, and merging it into the user's tables."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import CatalogError, ElectrolyteError, InputError, TableError
from electrolyte_ml.files import (
    make_folder,
    one_at_a_time,
    read_toml,
    write_csv_rows,
    writing,
)
from electrolyte_ml.species.catalog import (
    Catalog,
    catalog_with,
    clashes,
    default_catalog,
    user_folder,
)
from electrolyte_ml.species.chemistry import canonical_smiles, formal_charge
from electrolyte_ml.species.entities import Ion, Solvent
from electrolyte_ml.species.properties import (
    ION_PROPERTIES,
    SOLVENT_PROPERTIES,
    SpeciesProperty,
    fault_of,
)
from electrolyte_ml.species.tables import (
    ION_COLUMNS,
    ION_VALUES,
    IONS,
    PENDING,
    SOLVENT_COLUMNS,
    SOLVENT_VALUES,
    SOLVENTS,
    VALUE_COLUMNS,
)
from electrolyte_ml.tables import (
    SUFFIXES,
    TableFile,
    note,
    plain_heading,
    read_number,
    read_temperature,
    unusual_temperature,
)
from electrolyte_ml.text import looks_like_formula, shown, steers_terminal
from electrolyte_ml.units import ROOM_TEMPERATURE_K

_STAGED = ".staged"
_COMMON = ("kind", "source", "temperature_k", "note")

_ROLES = ("solvent", "diluent", "additive")


@dataclass(frozen=True, slots=True)
class SpeciesTables:
    """Tables and columns of solvents or of ions."""

    table: str
    value_table: str
    identity: tuple[str, ...]
    properties: Mapping[str, SpeciesProperty]


KINDS = {
    "solvent": SpeciesTables(
        SOLVENTS,
        SOLVENT_VALUES,
        SOLVENT_COLUMNS,
        SOLVENT_PROPERTIES,
    ),
    "ion": SpeciesTables(IONS, ION_VALUES, ION_COLUMNS, ION_PROPERTIES),
}


def read_rows(file: Path) -> list[UserRow]:
    """Rows of a table or a TOML file.

    Raises
    ------
    InputError
        If the file cannot be read or holds no species.
    """
    rows: object
    if file.suffix.lower() == ".toml":
        rows = read_toml(file).get("species", [])
    elif file.suffix.lower() in SUFFIXES:
        rows = _table_rows(file)
    else:
        raise InputError(f"{file}: species are read from .toml, {', '.join(SUFFIXES)}")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{file}: species are given as [[species]] tables")
    if not rows:
        raise InputError(f"{file}: holds no species")
    return [UserRow(f"{file.name}, species {n}", row) for n, row in enumerate(rows, start=1)]


def _table_rows(file: Path) -> list[dict[str, str]]:
    table = TableFile(file, expected={"name", "smiles"})
    headings = [_plain_column(heading) for heading in table.header]
    twice = sorted(name for name, n in Counter(headings).items() if n > 1)
    faults = [f"{file}: column {name!r} twice" for name in twice]
    rows = list(table.rows())
    places = table.places(row.number for row in rows)
    faults += [f"{p}: {row.fault}" for p, row in zip(places, rows, strict=True) if row.fault]
    if faults:
        raise TableError(faults)
    note(file, table.remarks)
    return [
        {
            heading: _plain_number(heading, cell.strip(), decimal_comma=table.decimal_comma)
            for heading, cell in zip(headings, row.cells, strict=True)
            if heading
        }
        for row in rows
    ]


def _plain_column(heading: str) -> str:
    plain = plain_heading(heading)
    return "temperature_k" if read_temperature(heading) == "temperature_k" else plain


def _plain_number(column: str, text: str, *, decimal_comma: bool) -> str:
    """A number with a decimal point; what is none stays as it is, and is a fault of its row."""
    if column not in {*SOLVENT_PROPERTIES, *ION_PROPERTIES, "temperature_k"}:
        return text
    try:
        return repr(read_number(text, decimal_comma=decimal_comma))
    except InputError:
        return text


@dataclass(frozen=True, slots=True)
class UserRow:
    """One species as the user gave it.

    Attributes
    ----------
    place
        File and number, for messages.
    cells
        Columns or keys with their values.
    """

    place: str
    cells: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """``solvent``, ``ion``, or the word that the row gives instead."""
        return str(self.cells.get("kind") or "solvent")

    def faults(self, *, accept_unusual: bool = False) -> list[str]:
        """All faults of the row, except clashes with other species."""
        kind = KINDS.get(self.kind)
        if kind is None:
            return [f"kind is {self.kind!r}; use solvent or ion"]
        known = {*kind.identity, *kind.properties, *_COMMON}
        faults = [f"{key} is missing" for key in ("name", "smiles") if not self._text(key)]
        faults += [
            f"unknown column {key!r}; known are {', '.join(sorted(known))}"
            for key in self.cells
            if key not in known
        ]
        if self.kind == "solvent" and self.cells.get("role") not in (None, "", *_ROLES):
            faults.append(f"role is {self.cells['role']!r}; use {', '.join(_ROLES)}")
        faults += self._text_faults()
        faults += self._smiles_faults()
        for name in kind.properties:
            faults += self._value_faults(name, kind, accept_unusual=accept_unusual)
        return faults

    def species(self) -> Solvent | Ion | None:
        """The species without its properties; None if it has no name or no usable SMILES."""
        name, smiles = self._text("name"), self._text("smiles")
        if not name or not smiles or self.kind not in KINDS or self._smiles_faults():
            return None
        aliases = tuple(a for a in [self._text("iupac_name"), *self._aliases()] if a)
        one = canonical_smiles(smiles)
        if self.kind == "ion":
            return Ion(name=name, smiles=one, aliases=aliases)
        return Solvent(name=name, smiles=one, aliases=aliases)

    def identity(self) -> dict[str, Any]:
        """Row of the table of species."""
        cells = {key: self._text(key) for key in KINDS[self.kind].identity}
        return {**cells, "aliases": ";".join(self._aliases())}

    def values(self) -> list[dict[str, Any]]:
        """Rows of the table of values."""
        given = [self._value(name) for name in KINDS[self.kind].properties]
        return [{self.kind: self._text("name"), **value} for value in given if value is not None]

    def _text(self, key: str) -> str:
        value = self.cells.get(key)
        return "" if value is None else str(value).strip()

    def _aliases(self) -> list[str]:
        given = self.cells.get("aliases") or []
        parts = map(str, given) if isinstance(given, list) else str(given).split(";")
        return [part.strip() for part in parts if part.strip()]

    def _text_faults(self) -> list[str]:
        """Texts that no table or terminal can hold safely."""
        texts = [(key, self._text(key)) for key in self.cells if key != "aliases"]
        texts += [("aliases", alias) for alias in self._aliases()]
        faults = []
        for key, text in texts:
            if steers_terminal(text) or "\n" in text:
                faults.append(f"{key} holds control characters: {shown(text)}")
            elif looks_like_formula(text):
                faults.append(f"{key} starts like a formula of a spreadsheet: {shown(text)}")
        return faults

    def _smiles_faults(self) -> list[str]:
        smiles = self._text("smiles")
        if not smiles:
            return []
        try:
            charge = formal_charge(canonical_smiles(smiles))
        except ElectrolyteError as error:
            return [str(error)]
        if self.kind == "solvent" and charge != 0:
            return [f"SMILES {smiles!r} carries a charge of {charge:+d}; set kind to ion"]
        if self.kind == "ion" and charge == 0:
            return [f"SMILES {smiles!r} carries no charge; set kind to solvent"]
        return []

    def _value(self, name: str) -> dict[str, Any] | None:
        given = self.cells.get(name)
        if given is None or given == "":
            return None
        inner = given if isinstance(given, Mapping) else {"value": given}
        temperature = inner.get("temperature_k") or self.cells.get("temperature_k")
        return {
            "property": name,
            "value": inner.get("value"),
            "temperature_k": temperature or ROOM_TEMPERATURE_K,
            "source": inner.get("source") or self.cells.get("source") or "",
            "verified": "no",
            "note": inner.get("note") or self.cells.get("note") or "",
        }

    def _value_faults(self, name: str, kind: SpeciesTables, *, accept_unusual: bool) -> list[str]:
        given = self._value(name)
        if given is None:
            return []
        faults = []
        for key, called in (("value", name), ("temperature_k", f"temperature_k of {name}")):
            number = _number(given[key])
            if number is None:
                faults.append(f"{called} is {given[key]!r}, not a number")
            elif key == "value":
                fault = fault_of(name, number, dict(kind.properties))
                faults += [fault] if fault else []
            elif number <= 0:
                faults.append(f"{called} is {number:g} K, not above absolute zero")
            elif not accept_unusual:
                unusual = unusual_temperature(number, f"{called} is {given[key]}")
                faults += [unusual] if unusual else []
        return (
            faults if given["source"] else [*faults, f"{name} has no source; say where it is from"]
        )


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def add_species(
    file: Path, folder: Path | None = None, *, accept_unusual: bool = False
) -> list[str]:
    """Add species from a file to the user's own catalog tables.

    Parameters
    ----------
    file
        Table (see `electrolyte_ml.tables.SUFFIXES`) with columns ``name, smiles`` and any of
        ``kind`` (solvent or ion), ``family``, ``role``, ``aliases`` (separated by ``;``),
        properties such as ``density_g_cm3``, ``temperature_k`` (of the properties, 298.15 if
        empty), ``source`` (needed where a property is given), ``note``. TOML with the same keys in
        ``[[species]]`` tables; there a property may also be a table
        ``{value, temperature_k, source, note}``.
    folder
        Folder of the user's tables; by default `user_folder`.
    accept_unusual
        Whether temperatures at which no electrolyte is used are meant.

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
    UnwritableError
        If the folder cannot be written.
    """
    folder = folder or user_folder()
    rows = read_rows(file)
    # Before anything is written, even a lock.
    _require_usable(rows, catalog_with(folder), accept_unusual=accept_unusual)
    make_folder(folder)
    with writing(folder), one_at_a_time(folder / SOLVENTS):
        _finish_replacing(folder)
        _require_usable(rows, catalog_with(folder), accept_unusual=accept_unusual)
        staged = folder / _STAGED
        shutil.rmtree(staged, ignore_errors=True)  # of a process that was killed
        staged.mkdir()
        try:
            _stage(folder, staged, rows)
            catalog_with(staged)  # raises before anything of the user's is touched
            staged.rename(folder / PENDING)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        _finish_replacing(folder)
    default_catalog.cache_clear()
    return [str(row.cells["name"]).strip() for row in rows]


def _finish_replacing(folder: Path) -> None:
    """Move pending tables into place: readers prefer them, so that this may stop anywhere."""
    pending = folder / PENDING
    if pending.is_dir():
        for table in pending.iterdir():
            table.replace(folder / table.name)
        pending.rmdir()


def _require_usable(rows: list[UserRow], held: Catalog, *, accept_unusual: bool) -> None:
    faults = [
        f"{row.place}: {fault}"
        for row in rows
        for fault in row.faults(accept_unusual=accept_unusual)
    ]
    faults += _clashes(rows, held)
    if faults:
        raise CatalogError(faults)


def _clashes(rows: list[UserRow], held: Catalog) -> list[str]:
    """Names and SMILES already taken by another species of the catalog or the file."""
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
        _append(folder, staged, kind.value_table, (name, *VALUE_COLUMNS), values)


def _append(
    folder: Path, staged: Path, table: str, columns: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    held = folder / table
    target = staged / table
    if held.is_file():
        shutil.copyfile(held, target)
    new = not target.exists()
    with target.open("a", encoding="utf-8", newline="") as stream:
        cells = [[row.get(column, "") for column in columns] for row in rows]
        write_csv_rows(stream, [columns, *cells] if new else cells, line_end="\r\n")
