"""Reading the components and the limits of a recipe file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.search.limits import AdditiveRange, Components, Limits
from electrolyte_ml.search.toml_table import TomlTable, suggestion
from electrolyte_ml.species import Catalog, Salt, Solvent

_S = TypeVar("_S", bound=Solvent | Salt)
_DEFAULTS = Limits(salt_molality_mol_kg=(0.3, 2.0))


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
    table.allow("solvents", "families", "salts", "additives")
    unknown: set[str] = set()

    def find_solvent(place: TomlTable, key: str, name: str) -> Solvent | None:
        return _look_up(catalog.solvent, place, key, name, unknown)

    listed = [find_solvent(table, "solvents", name) for name in table.names("solvents")]
    solvents = [s for s in listed if s is not None]
    solvents += [s for s in _families(table, catalog, unknown) if s not in solvents]
    found = [_look_up(catalog.salt, table, "salts", n, unknown) for n in table.names("salts")]
    salts = [s for s in found if s is not None]
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


def read_limits(table: TomlTable, found: FoundComponents) -> Limits:
    """Read ``[limits]``.

    Parameters
    ----------
    table
        The table; faults are collected there.
    found
        The components that limits may name.

    Returns
    -------
    Limits
        With the default wherever a fault was found.
    """
    d = _DEFAULTS
    table.allow(*d.to_dict())
    molality = table.pair("salt_molality_mol_kg")
    solvent, salt = found.catalog.solvent, found.catalog.salt
    return Limits(
        salt_molality_mol_kg=molality or d.salt_molality_mol_kg,
        min_solvents=table.integer("min_solvents", d.min_solvents, low=1),
        max_solvents=table.integer("max_solvents", d.max_solvents, low=1),
        max_salts=table.integer("max_salts", d.max_salts, low=1),
        max_additives=table.integer("max_additives", d.max_additives, low=0),
        smallest_fraction=table.number("smallest_fraction", d.smallest_fraction),
        fraction_step=table.number("fraction_step", d.fraction_step),
        molality_step=table.number("molality_step", d.molality_step),
        max_fraction=_amounts(table.table("max_fraction"), solvent, found, high=1.0),
        min_fraction=_amounts(table.table("min_fraction"), solvent, found, high=1.0),
        max_molality_mol_kg=_amounts(table.table("max_molality_mol_kg"), salt, found, high=100.0),
        forbidden_pairs=_pairs(table, found),
    )


def _families(table: TomlTable, catalog: Catalog, unknown: set[str]) -> list[Solvent]:
    """Solvents (not additives or diluents) of the families asked for."""
    known = dict.fromkeys(s.family for s in catalog.solvents if s.role == "solvent" and s.family)
    solvents: list[Solvent] = []
    for family in table.names("families"):
        mine = [s for s in catalog.solvents if s.family == family and s.role == "solvent"]
        if not mine:
            table.fault("families", f"unknown family {family!r}{suggestion(family, known)}")
            unknown.add(family)
        solvents += mine
    return list(dict.fromkeys(solvents))


def _amounts(
    table: TomlTable,
    find: Callable[[str], Solvent | Salt],
    found: FoundComponents,
    *,
    high: float,
) -> dict[str, float]:
    """Numbers above 0 by name of a component."""
    amounts: dict[str, float] = {}
    for name in table.data:
        species = None if name in found.unknown else _look_up(find, table, name, name, set())
        value = table.number(name, high, low=0.0, high=high)
        if value == 0:
            table.fault(name, "is 0; remove the component from the list instead")
            value = high
        if species is not None and species.name in amounts:
            table.fault(name, f"{species.name} is given twice")
        if species is not None:
            amounts[species.name] = value
    return amounts


def _pairs(table: TomlTable, found: FoundComponents) -> tuple[tuple[str, str], ...]:
    given = table.data.get("forbidden_pairs", [])
    form = 'must be a list of pairs of names, such as [["NaClO4", "DME"]]'
    if not isinstance(given, list):
        table.fault("forbidden_pairs", f"{form}, given {given!r}")
        return ()
    pairs = []
    for pair in given:
        is_pair = isinstance(pair, list) and len(pair) == 2
        if not is_pair or not all(isinstance(name, str) for name in pair):
            table.fault("forbidden_pairs", f"{form}, given {pair!r}")
            continue
        names = [_component_name(table, name, found) for name in pair if name not in found.unknown]
        known = [name for name in names if name is not None]
        if len(known) == 2:
            pairs.append((known[0], known[1]))
    return tuple(pairs)


def _component_name(table: TomlTable, name: str, found: FoundComponents) -> str | None:
    catalog = found.catalog
    find: Callable[[str], Solvent | Salt] = (
        catalog.salt if catalog.is_salt(name) else catalog.solvent
    )
    species = _look_up(find, table, "forbidden_pairs", name, set())
    return None if species is None else species.name


def _look_up(
    find: Callable[[str], _S], table: TomlTable, key: str, name: str, unknown: set[str]
) -> _S | None:
    try:
        return find(name)
    except ElectrolyteError as error:
        table.fault(key, str(error))
        unknown.add(name)
        return None
