"""The components of a recipe file, their prices, and their order on a coordinate.

Putting alike species beside each other.

Samplers take a coordinate for a scale: they look near what was good. A coordinate that picks a
component is only such a scale if neighbours on it are alike. Optuna 5 has no distance between
categories any more, so the order of the categories carries it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.models.similarity import anion_similarity, solvent_similarity
from electrolyte_ml.search.limits import AdditiveRange, Components
from electrolyte_ml.search.toml_table import TomlTable
from electrolyte_ml.species import Catalog, Salt, Solvent
from electrolyte_ml.text import nearest_or_all

_FEWEST_TO_ORDER = 3


def solvents_by_likeness(solvents: Sequence[Solvent]) -> list[Solvent]:
    """The same solvents, alike ones beside each other.

    Leaves of the tree of average linkage over unlikenesses, in the order that makes the sum over
    neighbours least [1]_.

    Parameters
    ----------
    solvents
        In any order; the result does not depend on it.

    References
    ----------
    .. [1] Bar-Joseph, Gifford and Jaakkola, Bioinformatics 2001, 17, S22.
       https://doi.org/10.1093/bioinformatics/17.suppl_1.S22
    """
    items = sorted(solvents, key=lambda s: s.name)
    return [items[i] for i in _leaves(solvent_similarity(items, items))]


def salts_by_likeness(salts: Sequence[Salt]) -> list[Salt]:
    """The same salts of one cation, alike anions beside each other, as `solvents_by_likeness`."""
    items = sorted(salts, key=lambda s: s.name)
    anions = [s.anion for s in items]
    return [items[i] for i in _leaves(anion_similarity(anions, anions))]


def _leaves(similarity: NDArray[np.float64]) -> list[int]:
    n = len(similarity)
    if n < _FEWEST_TO_ORDER:
        return list(range(n))
    from scipy.cluster.hierarchy import leaves_list, linkage

    # Rounding leaves 1 + 1e-16 between equal species.
    condensed = np.maximum(1.0 - similarity[np.triu_indices(n, k=1)], 0.0)
    tree = linkage(condensed, method="average", optimal_ordering=True)
    leaves: list[int] = leaves_list(tree).tolist()
    return leaves


#: Instead of a list of solvents or salts: all that the catalog holds.
EVERYTHING = "everything"

_S = TypeVar("_S", bound=Solvent | Salt)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundComponents:
    """Components whose names could be looked up.

    Attributes
    ----------
    components
        What was found.
    unknown
        Names as written that mean nothing to the catalog.
    complete
        Whether there are solvents and salts, and every name was found.
    catalog
        Where they were looked up.
    """

    components: Components
    unknown: frozenset[str]
    complete: bool
    catalog: Catalog


def read_components(root: TomlTable, catalog: Catalog) -> FoundComponents:
    """Read ``[components]``.

    Parameters
    ----------
    root
        The file's top table; faults are collected there.
    catalog
        Where names are looked up.

    Returns
    -------
    FoundComponents
        Everything that could be found.
    """
    if "components" not in root:
        root.fault("components", "is missing; list solvents and salts under [components]")
    table = root.table("components")
    table.allow("solvents", "families", "salts", "cation", "exclude", "additives")
    unknown: set[str] = set()

    def find_solvent(place: TomlTable, key: str, name: str) -> Solvent | None:
        return look_up(catalog.solvent, place, key, name, unknown)

    listed = [find_solvent(table, "solvents", name) for name in _names(table, "solvents")]
    solvents = [s for s in listed if s is not None]
    solvents += [s for s in _families(table, catalog, unknown) if s not in solvents]
    found = [look_up(catalog.salt, table, "salts", n, unknown) for n in _names(table, "salts")]
    salts = [s for s in found if s is not None] + _all_salts(table, catalog, unknown)
    solvents, salts = _without_excluded(table, catalog, solvents, salts, unknown)
    missing = [] if unknown else [k for k, v in (("solvents", solvents), ("salts", salts)) if not v]
    if isinstance(root.data.get("components"), dict):
        for key in missing:
            table.fault(key, "is empty; list at least one")
    additives = []
    ranges = table.table("additives")
    for name in ranges.data:
        additive, span = find_solvent(ranges, name, name), ranges.pair(name)
        if additive is not None and span is not None:
            additives.append(
                AdditiveRange(additive=additive, low_wt_percent=span[0], high_wt_percent=span[1])
            )
    return FoundComponents(
        components=Components(
            solvents=tuple(solvents), salts=tuple(salts), additives=tuple(additives)
        ),
        unknown=frozenset(unknown),
        complete=not unknown and not missing,
        catalog=catalog,
    )


def _families(table: TomlTable, catalog: Catalog, unknown: set[str]) -> list[Solvent]:
    """Solvents (not additives or diluents) of the families asked for."""
    known = dict.fromkeys(s.family for s in catalog.solvents if s.role == "solvent" and s.family)
    solvents: list[Solvent] = []
    if table.data.get("solvents") == EVERYTHING:
        solvents = [s for s in catalog.solvents if s.role == "solvent"]
    for family in table.names("families"):
        mine = [s for s in catalog.solvents if s.family == family and s.role == "solvent"]
        if not mine:
            table.fault("families", f"unknown family {family!r}{nearest_or_all(family, known)}")
            unknown.add(family)
        solvents += mine
    return solvents_by_likeness(list(dict.fromkeys(solvents)))


def _names(table: TomlTable, key: str) -> list[str]:
    """Names of a list; none where everything is asked for."""
    if table.data.get(key) == EVERYTHING:
        return []
    if isinstance(table.data.get(key), str):
        table.fault(key, f"must be a list of names in quotes or {EVERYTHING!r}")
        return []
    return table.names(key)


def _all_salts(table: TomlTable, catalog: Catalog, unknown: set[str]) -> list[Salt]:
    """Every salt of one cation of the catalog, where everything is asked for."""
    if table.data.get("salts") != EVERYTHING:
        if "cation" in table:
            table.fault("cation", f"goes with salts = {EVERYTHING!r}; salts in a list name theirs")
        return []
    if "cation" not in table:
        table.fault("cation", f"is missing; salts = {EVERYTHING!r} needs it, such as cation = 'Na'")
        unknown.add(EVERYTHING)
        return []
    name = table.text("cation")
    try:
        cation = catalog.ion(name)
        return salts_by_likeness([Salt(cation=cation, anion=a) for a in catalog.anions])
    except ElectrolyteError as error:
        table.fault("cation", str(error))
        unknown.add(name)
        return []


def _without_excluded(
    table: TomlTable,
    catalog: Catalog,
    solvents: list[Solvent],
    salts: list[Salt],
    unknown: set[str],
) -> tuple[list[Solvent], list[Salt]]:
    """Leave out what ``exclude`` names; a name that excludes nothing is most likely a slip."""
    out: set[str] = set()
    for name in table.names("exclude"):
        find: Callable[[str], Solvent | Salt] = (
            catalog.salt if catalog.is_salt(name) else catalog.solvent
        )
        species = look_up(find, table, "exclude", name, unknown)
        present = {s.name for s in solvents} | {s.name for s in salts}
        if species is not None and species.name not in present:
            table.fault("exclude", f"{species.name} is not a component anyway; remove it")
        out |= set() if species is None else {species.name}
    return [s for s in solvents if s.name not in out], [s for s in salts if s.name not in out]


def look_up(
    find: Callable[[str], _S], table: TomlTable, key: str, name: str, unknown: set[str]
) -> _S | None:
    """A species by name; None and a fault where the name is unknown, which is noted."""
    try:
        return find(name)
    except ElectrolyteError as error:
        table.fault(key, str(error))
        unknown.add(name)
        return None


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
