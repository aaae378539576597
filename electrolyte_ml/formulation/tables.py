"""CSV long form of formulations: one row for each component."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from electrolyte_ml.errors import ElectrolyteError, TableError
from electrolyte_ml.formulation.base import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.formulation.exchange import ROLES
from electrolyte_ml.species import Catalog, Salt, default_catalog

COLUMNS = ("key", "component", "role", "smiles", "amount", "basis")
SOLVENT_BASIS = "mass_fraction"
SALT_BASIS = "molality_mol_kg"


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
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for formulation in formulations:
        key = formulation.key
        for s in formulation.solvents:
            writer.writerow(
                (key, s.solvent.name, s.role, s.solvent.smiles, s.mass_fraction, SOLVENT_BASIS)
            )
        for salt in formulation.salts:
            writer.writerow(
                (
                    key,
                    salt.salt.name,
                    "salt",
                    _salt_smiles(salt.salt),
                    salt.molality_mol_kg,
                    SALT_BASIS,
                )
            )
    return stream.getvalue()


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
    for number, row in enumerate(table, start=2):
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
