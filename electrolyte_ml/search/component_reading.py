"""Reading the components of a recipe file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.search.likeness import salts_by_likeness, solvents_by_likeness
from electrolyte_ml.search.limits import AdditiveRange, Components
from electrolyte_ml.search.toml_table import TomlTable
from electrolyte_ml.species import Catalog, Salt, Solvent
from electrolyte_ml.text import nearest_or_all

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
