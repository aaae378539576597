"""Rows of a user's file of species: reading them, and everything that can be wrong with one."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.species.base import Ion, Solvent
from electrolyte_ml.species.chemistry import canonical_smiles, formal_charge
from electrolyte_ml.species.properties import (
    ION_PROPERTIES,
    SOLVENT_PROPERTIES,
    PropertyKind,
    fault_of,
)
from electrolyte_ml.species.tables import (
    ION_VALUES,
    IONS,
    SOLVENT_VALUES,
    SOLVENTS,
)
from electrolyte_ml.units import ROOM_TEMPERATURE_K


@dataclass(frozen=True, slots=True)
class Kind:
    """Tables and columns of solvents or of ions."""

    table: str
    value_table: str
    identity: tuple[str, ...]
    properties: Mapping[str, PropertyKind]


KINDS = {
    "solvent": Kind(
        SOLVENTS,
        SOLVENT_VALUES,
        ("name", "iupac_name", "smiles", "cas", "family", "role", "aliases", "hazard_note"),
        SOLVENT_PROPERTIES,
    ),
    "ion": Kind(
        IONS, ION_VALUES, ("name", "iupac_name", "smiles", "cas", "aliases"), ION_PROPERTIES
    ),
}
_COMMON = ("kind", "source", "temperature_k", "note")
_ROLES = ("solvent", "diluent", "additive")


def read_rows(file: Path) -> list[UserRow]:
    """Rows of a CSV or TOML file.

    Raises
    ------
    InputError
        If the file cannot be read or holds no species.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read: {error}") from error
    if file.suffix.lower() == ".csv":
        rows: object = [
            {key.strip(): (value or "").strip() for key, value in row.items() if key}
            for row in csv.DictReader(text.splitlines())
        ]
    elif file.suffix.lower() == ".toml":
        try:
            rows = tomllib.loads(text).get("species", [])
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{file}: {error}") from error
    else:
        raise InputError(f"{file}: species are read from .csv or .toml")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{file}: species are given as [[species]] tables")
    if not rows:
        raise InputError(f"{file}: holds no species")
    return [UserRow(f"{file.name}, species {n}", row) for n, row in enumerate(rows, start=1)]


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
        """``solvent`` or ``ion``, or what else the row says."""
        return str(self.cells.get("kind") or "solvent")

    def faults(self) -> list[str]:
        """Everything that is wrong with the row, but for clashes with other species."""
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
        faults += self._smiles_faults()
        for name in kind.properties:
            faults += self._value_faults(name, kind)
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

    def _value_faults(self, name: str, kind: Kind) -> list[str]:
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
        return faults if given["source"] else [*faults, f"{name} has no source"]


def _number(given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
