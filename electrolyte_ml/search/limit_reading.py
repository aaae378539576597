"""Reading the limits of a recipe file."""

from __future__ import annotations

from collections.abc import Callable

from electrolyte_ml.search.component_reading import FoundComponents, look_up
from electrolyte_ml.search.limits import Limits
from electrolyte_ml.search.ratios import Ratio
from electrolyte_ml.search.toml_table import TomlTable
from electrolyte_ml.species import Salt, Solvent

_DEFAULTS = Limits(salt_molality_mol_kg=(0.3, 2.0))


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
        additive_step_wt_percent=table.number(
            "additive_step_wt_percent", d.additive_step_wt_percent
        ),
        max_fraction=_amounts(table.table("max_fraction"), solvent, found, high=1.0),
        min_fraction=_amounts(table.table("min_fraction"), solvent, found, high=1.0),
        max_molality_mol_kg=_amounts(table.table("max_molality_mol_kg"), salt, found, high=100.0),
        forbidden_pairs=_pairs(table, found),
        ratios=_ratios(table, found),
    )


def _ratios(table: TomlTable, found: FoundComponents) -> tuple[Ratio, ...]:
    ratios = []
    for entry in table.tables("ratios"):
        entry.allow("of", "to", "min", "max")
        names: dict[str, tuple[str, ...]] = {}
        for key in ("of", "to"):
            looked_up = [
                look_up(found.catalog.solvent, entry, key, name, set())
                for name in entry.names(key)
                if name not in found.unknown
            ]
            names[key] = tuple(s.name for s in looked_up if s is not None)
        if not entry.data.get("of"):
            entry.fault("of", "is missing; list the solvents whose mass is compared")
        low, high = (
            entry.number(key, 0.0, low=0.0) if key in entry else None for key in ("min", "max")
        )
        if low is None and high is None:
            entry.fault("min", "is missing; give min, max or both")
        ratios.append(Ratio(of=names["of"], to=names["to"], low=low, high=high))
    return tuple(ratios)


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
        species = None if name in found.unknown else look_up(find, table, name, name, set())
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
    species = look_up(find, table, "forbidden_pairs", name, set())
    return None if species is None else species.name
