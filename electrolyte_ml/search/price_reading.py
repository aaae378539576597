"""Reading prices of components, from the recipe file or from a CSV beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.search.component_reading import FoundComponents
from electrolyte_ml.search.toml_table import TomlTable

COST = "cost_per_kg"
_COLUMNS = ("component", "price_per_kg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices of components.

    Attributes
    ----------
    per_kg
        Price by kilogram by name of the component.
    currency
        The currency, for people.
    """

    per_kg: Mapping[str, float]
    currency: str

    def require_all(self, root: TomlTable, found: FoundComponents) -> None:
        """Every component without a price is a fault."""
        missing = [name for name in found.components.names if name not in self.per_kg]
        if missing:
            root.fault(
                "prices",
                f"{COST} is asked for, but there is no price by kg of {', '.join(missing)}; "
                "add them to [prices.per_kg] or to the file of prices",
            )


def read_prices(root: TomlTable, found: FoundComponents, folder: Path) -> Prices:
    """Read ``[prices]``.

    Parameters
    ----------
    root
        The file's top table; faults are collected there.
    found
        Where names are looked up. Prices of other species are no fault, so that one list of prices
        serves many problems.
    folder
        Where the file of prices is looked for.

    Returns
    -------
    Prices
        Those that could be read; later ones (of the recipe file) replace earlier ones (of the CSV).
    """
    table = root.table("prices")
    table.allow("currency", "file", "per_kg")
    currency = table.text("currency", "") if "currency" in table else ""
    if table.data and not currency:
        table.fault("currency", "is missing; say what prices are in, such as 'EUR'")
    per_kg: dict[str, float] = {}
    if "file" in table:
        path = folder / table.text("file")
        for line, name, text in _rows(table, path):
            fault = _add(name, text, found, per_kg)
            if fault:
                table.fault("file", f"{path}, line {line}: {fault}")
    written = table.table("per_kg")
    for name, value in written.data.items():
        fault = _add(name, value, found, per_kg)
        if fault:
            written.fault(name, fault)
    return Prices(per_kg=per_kg, currency=currency)


def _rows(table: TomlTable, path: Path) -> Iterator[tuple[int, str, str]]:
    """Line number, component and price of each row of the CSV."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                table.fault("file", f"{path}: needs columns {' and '.join(_COLUMNS)}")
                return
            for row in reader:
                yield reader.line_num, (row["component"] or "").strip(), row["price_per_kg"] or ""
    except (OSError, UnicodeDecodeError) as error:
        table.fault("file", f"{path}: cannot be read: {error}")


def _add(name: str, value: object, found: FoundComponents, per_kg: dict[str, float]) -> str:
    """Note a price; what is wrong with it, or nothing."""
    catalog = found.catalog
    try:
        species = catalog.salt(name) if catalog.is_salt(name) else catalog.solvent(name)
    except ElectrolyteError as error:
        return str(error)
    try:
        price = float(value) if isinstance(value, int | float | str) else -1.0
    except ValueError:
        price = -1.0
    if not 0 <= price < float("inf") or isinstance(value, bool):
        return f"the price of {name} must be a number of at least 0, given {value!r}"
    per_kg[species.name] = price
    return ""
