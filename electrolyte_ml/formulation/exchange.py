"""JSON and CSV forms of formulations, and reading them back."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from electrolyte_ml.errors import ElectrolyteError, InputError, InputErrors, TableError
from electrolyte_ml.files import write_csv_rows
from electrolyte_ml.formulation.amounts import SaltAmount, SolventAmount
from electrolyte_ml.formulation.formulation import SCHEMA_VERSION, Formulation
from electrolyte_ml.species import Catalog, Salt, default_catalog
from electrolyte_ml.text import shown

# Whole numbers of JSON have no bound; those of floats do.
_LARGEST = 1e300

ROLES = ("solvent", "diluent", "additive")

COLUMNS = ("key", "component", "role", "smiles", "amount", "basis")

SOLVENT_BASIS = "mass_fraction"

SALT_BASIS = "molality_mol_kg"


def formulation_from_dict(data: Mapping[str, Any], catalog: Catalog | None = None) -> Formulation:
    """Read the dict that `Formulation.to_dict` makes.

    Parameters
    ----------
    data
        Needed are ``schema_version``, for each of ``solvents`` a ``smiles`` and a
        ``mass_fraction``, for each of ``salts`` its ``cation_smiles``, ``anion_smiles`` and
        ``molality_mol_kg``. A ``key``, if there is one, must belong to these amounts. Names,
        ``recipe``, mole fractions and molarities follow from the rest and are not read.
    catalog
        Species to look up; by default the one that ships with the package.

    Returns
    -------
    Formulation
        The same formulation, assumptions included.

    Raises
    ------
    InputErrors
        If anything is missing, of another type, unknown or impossible; one line for each.
    """
    faults: list[str] = []
    if not isinstance(data, Mapping):
        raise InputError(f"a formulation is a JSON object, given {type(data).__name__}")
    version = data.get("schema_version")
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise InputError(
            f"schema_version is {version!r}; this version of the package reads {SCHEMA_VERSION}"
        )
    reader = _Reader(catalog or default_catalog(), faults)
    solvents = [reader.solvent(place, item) for place, item in reader.items(data, "solvents")]
    salts = [reader.salt(place, item) for place, item in reader.items(data, "salts")]
    assumptions = reader.assumptions(data)
    if faults:
        raise InputErrors(faults)
    formulation = Formulation(
        solvents=tuple(s for s in solvents if s is not None),
        salts=tuple(s for s in salts if s is not None),
        assumptions=assumptions,
    )
    key = data.get("key")
    if key is not None and key != formulation.key:
        raise InputError(
            f"key {key!r} does not belong to these amounts, whose key is {formulation.key}; "
            "leave key out after a change by hand"
        )
    return formulation


def formulation_from_json(text: str, catalog: Catalog | None = None) -> Formulation:
    """Read the JSON text of one formulation.

    Raises
    ------
    InputError
        If the text is not JSON, or `formulation_from_dict` refuses its content.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:  # of JSON, or of a number of thousands of digits
        raise InputError(f"the text is no JSON: {error}") from error
    return formulation_from_dict(data, catalog)


class _Reader:
    """Reads pieces of the JSON form and collects the faults in `faults`."""

    def __init__(self, catalog: Catalog, faults: list[str]) -> None:
        self.catalog = catalog
        self.faults = faults

    def items(self, data: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
        given = data.get(name, [] if name == "salts" else None)
        if not isinstance(given, Sequence) or isinstance(given, str):
            self.faults.append(f"{name} must be a list, given {_shown(given)}")
            return []
        found = []
        for i, item in enumerate(given):
            if isinstance(item, Mapping):
                found.append((f"{name}[{i}]", item))
            else:
                self.faults.append(f"{name}[{i}] must be an object, given {_shown(item)}")
        return found

    def solvent(self, place: str, item: Mapping[str, Any]) -> SolventAmount | None:
        smiles = self._text(place, item, "smiles")
        fraction = self._number(place, item, "mass_fraction")
        role = item.get("role", "solvent")
        if role not in ROLES:
            self.faults.append(f"{place}.role is {_shown(role)}; use {', '.join(ROLES)}")
        if smiles is None or fraction is None or role not in ROLES:
            return None
        try:
            solvent = self.catalog.solvent(smiles)
        except ElectrolyteError as error:
            self.faults.append(f"{place}.smiles: {error}")
            return None
        return SolventAmount(solvent=solvent, mass_fraction=fraction, role=role)

    def salt(self, place: str, item: Mapping[str, Any]) -> SaltAmount | None:
        cation = self._text(place, item, "cation_smiles")
        anion = self._text(place, item, "anion_smiles")
        molality = self._number(place, item, "molality_mol_kg")
        if cation is None or anion is None or molality is None:
            return None
        try:
            salt = Salt(cation=self.catalog.ion(cation), anion=self.catalog.ion(anion))
        except ElectrolyteError as error:
            self.faults.append(f"{place}: {error}")
            return None
        return SaltAmount(salt=salt, molality_mol_kg=molality)

    def assumptions(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        given = data.get("assumptions", [])
        if not isinstance(given, list) or not all(isinstance(line, str) for line in given):
            self.faults.append(f"assumptions must be a list of texts, given {_shown(given)}")
            return ()
        return tuple(given)

    def _text(self, place: str, item: Mapping[str, Any], name: str) -> str | None:
        value = item.get(name)
        if isinstance(value, str) and value:
            return value
        self.faults.append(f"{place}.{name} must be a text, given {_shown(value)}")
        return None

    def _number(self, place: str, item: Mapping[str, Any], name: str) -> float | None:
        value = item.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value) if abs(value) < _LARGEST else math.inf
            if math.isfinite(number) and number > 0:
                return number
        self.faults.append(f"{place}.{name} must be a positive number, given {_shown(value)}")
        return None


def _shown(value: object) -> str:
    """A value short enough for a message; ``nothing`` for a missing one."""
    return "nothing" if value is None else shown(value)


def to_csv(formulations: Sequence[Formulation]) -> str:
    """Table of components.

    Parameters
    ----------
    formulations
        Each becomes the rows of one key. Assumptions are not written.

    Returns
    -------
    str
        CSV with the columns ``key, component, role, smiles, amount, basis``: mass fractions of
        solvents and additives in all of them (``mass_fraction``), and mol of a salt by kilogram
        of them (``molality_mol_kg``), in all digits.
    """
    stream = io.StringIO()
    rows = [row for formulation in formulations for row in _component_rows(formulation)]
    write_csv_rows(stream, [COLUMNS, *rows])
    return stream.getvalue()


def _component_rows(formulation: Formulation) -> Iterator[tuple[object, ...]]:
    key = formulation.key
    for s in formulation.solvents:
        yield key, s.solvent.name, s.role, s.solvent.smiles, s.mass_fraction, SOLVENT_BASIS
    for a in formulation.salts:
        yield key, a.salt.name, "salt", _salt_smiles(a.salt), a.molality_mol_kg, SALT_BASIS


def formulations_from_csv(text: str, catalog: Catalog | None = None) -> list[Formulation]:
    """Read a table that `to_csv` wrote, or one of the same columns.

    Parameters
    ----------
    text
        The table. Rows of one key are one formulation; a key that starts with ``eml1-`` must
        belong to its amounts, any other is only a label.
    catalog
        Species to look up; by default the one that ships with the package.

    Returns
    -------
    list of Formulation
        In the order of their first rows.

    Raises
    ------
    TableError
        If rows cannot be used; all of them are listed.
    """
    catalog = catalog or default_catalog()
    table = csv.DictReader(io.StringIO(text.removeprefix("\N{BYTE ORDER MARK}")))
    needed = [c for c in COLUMNS if c != "component"]
    missing = [column for column in needed if column not in (table.fieldnames or ())]
    if missing:
        raise TableError(
            [f"column {column!r} is missing; needed are {', '.join(needed)}" for column in missing]
        )
    faults: list[str] = []
    solvents: dict[str, list[SolventAmount]] = {}
    salts: dict[str, list[SaltAmount]] = {}
    for number, row in enumerate(_rows_of(table), start=2):
        cells = {column: (row[column] or "").strip() for column in needed}
        try:
            amount = _amount(cells)
            if cells["role"] == "salt":
                salt = catalog.salt(cells["smiles"])
                salts.setdefault(cells["key"], []).append(
                    SaltAmount(salt=salt, molality_mol_kg=amount)
                )
            else:
                solvents.setdefault(cells["key"], []).append(
                    SolventAmount(
                        solvent=catalog.solvent(cells["smiles"]),
                        mass_fraction=amount,
                        role=cells["role"],
                    )
                )
        except (ElectrolyteError, ValueError) as error:
            faults.append(f"line {number}: {error}")
    if faults:
        raise TableError(faults)
    return _assembled(solvents, salts)


def _rows_of(table: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    try:
        yield from table
    except csv.Error as error:
        raise TableError([f"line {table.line_num}: cannot be read: {error}"]) from error


def _assembled(
    solvents: dict[str, list[SolventAmount]], salts: dict[str, list[SaltAmount]]
) -> list[Formulation]:
    faults: list[str] = []
    formulations = []
    for key in dict.fromkeys([*solvents, *salts]):
        try:
            formulation = Formulation(
                solvents=tuple(solvents.get(key, ())), salts=tuple(salts.get(key, ()))
            )
        except ElectrolyteError as error:
            faults.append(f"key {key}: {error}")
            continue
        if key.startswith("eml1-") and key != formulation.key:
            faults.append(f"key {key}: the amounts belong to {formulation.key}")
        formulations.append(formulation)
    if faults:
        raise TableError(faults)
    return formulations


def _amount(cells: dict[str, str]) -> float:
    role = cells["role"]
    if role not in (*ROLES, "salt"):
        raise ValueError(f"role is {role!r}; use {', '.join(ROLES)} or salt")
    basis = SALT_BASIS if role == "salt" else SOLVENT_BASIS
    if cells["basis"] != basis:
        raise ValueError(f"basis of a {role} is {cells['basis']!r}; use {basis}")
    try:
        amount = float(cells["amount"])
    except ValueError:
        amount = math.nan
    if not (math.isfinite(amount) and amount > 0):
        raise ValueError(f"amount is {cells['amount']!r}, not a positive number")
    return amount


def _salt_smiles(salt: Salt) -> str:
    return ".".join([salt.cation.smiles] * salt.n_cation + [salt.anion.smiles] * salt.n_anion)
