"""Reading a recipe file (TOML) into a `Problem`, with every fault reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import InputError, RecipeFileError
from electrolyte_ml.properties import property_of
from electrolyte_ml.search.check_limits import limit_faults
from electrolyte_ml.search.components_file import (
    COST,
    FoundComponents,
    look_up,
    read_components,
    read_prices,
)
from electrolyte_ml.search.limits import Limits, Ratio
from electrolyte_ml.search.objectives import at_temperature
from electrolyte_ml.search.problem import (
    Bound,
    Constraint,
    Direction,
    Objective,
    OutOfDomain,
    Problem,
    Risk,
    SamplerName,
    SearchSettings,
)
from electrolyte_ml.search.toml_table import TomlTable
from electrolyte_ml.species import Catalog, Salt, Solvent, default_catalog
from electrolyte_ml.units import temperature_k

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


#: Where a file goes by probability and does not say by which.
LEAST_PROBABILITY = 0.8


def read_objectives(root: TomlTable) -> list[Objective]:
    """Read ``[[objectives]]``; faults are collected in the table."""
    objectives: list[Objective] = []
    seen: set[tuple[str, float | None]] = set()
    for table in root.tables("objectives"):
        table.allow("property", "temperature", "direction", "weight")
        name = table.text("property")
        lower_is_better = property_of(name).better == "lower"
        usual = Direction.MINIMIZE if lower_is_better else Direction.MAXIMIZE
        direction = table.choice("direction", usual)
        weight = table.number("weight", 1.0)
        if weight <= 0:
            table.fault("weight", f"must be above 0, given {weight:g}")
        is_placed, temperature = _temperature(table, name)
        if not is_placed:
            continue
        if (name, temperature) in seen:
            table.fault("property", f"{name}{_here(temperature)} is an objective already")
        seen.add((name, temperature))
        objectives.append(
            Objective(
                property_name=name, temperature_k=temperature, direction=direction, weight=weight
            )
        )
    if "objectives" not in root or root.data["objectives"] == []:
        root.fault("objectives", "is missing; add [[objectives]] with property and temperature")
    return objectives


def read_constraints(root: TomlTable, risk: Risk, least_probability: float) -> list[Constraint]:
    """Read ``[[constraints]]``.

    Parameters
    ----------
    root
        The file's top table; faults are collected there.
    risk, least_probability
        What counts where a constraint does not say.
    """
    constraints: list[Constraint] = []
    for table in root.tables("constraints"):
        table.allow("property", "temperature", "min", "max", "on", "probability")
        name = table.text("property")
        is_placed, temperature = _temperature(table, name)
        minimum, maximum = _limit(table, "min", name), _limit(table, "max", name)
        if "min" not in table and "max" not in table:
            table.fault("min", "is missing; give min, max or both")
        if minimum is not None and maximum is not None and minimum > maximum:
            table.fault("min", f"{minimum:g} is above max {maximum:g}")
        on, probability = _counted(table, risk, least_probability)
        for limit, is_minimum in ((minimum, True), (maximum, False)):
            if limit is not None and is_placed:
                constraints.append(
                    Constraint(
                        property_name=name,
                        temperature_k=temperature,
                        limit=limit,
                        is_minimum=is_minimum,
                        bound=on or _careful_bound(risk, is_minimum),
                        probability=probability,
                    )
                )
    return constraints


def _temperature(table: TomlTable, name: str) -> tuple[bool, float | None]:
    """Whether the temperature is as it must be, and the temperature."""
    known = property_of(name)
    if known.at_temperature:
        temperature = table.temperature()
        return temperature is not None, temperature
    if "temperature" in table:
        table.fault(
            "temperature", f"the {known.label} ({name}) has no temperature; remove the line"
        )
        return False, None
    return True, None


def _limit(table: TomlTable, key: str, name: str) -> float | None:
    """A limit as a number in the unit of the property's name, or a temperature with its unit."""
    if property_of(name).unit != "K" or not isinstance(table.data.get(key), str):
        return table.optional_number(key)
    try:
        return temperature_k(table.data[key])
    except InputError as error:
        table.fault(key, str(error))
        return None


def _counted(
    table: TomlTable, risk: Risk, least_probability: float
) -> tuple[Bound | None, float | None]:
    """What a constraint counts: a bound, a probability, or neither where the file is silent."""
    if "on" in table and "probability" in table:
        table.fault("on", "goes without probability; give one of the two")
    if "probability" in table:
        chance = table.number("probability", least_probability, low=0.0, high=1.0)
        return Bound.VALUE, chance
    if "on" in table:
        return table.choice("on", Bound.VALUE), None
    return None, least_probability if risk is Risk.PROBABILITY else None


def _careful_bound(risk: Risk, is_minimum: bool) -> Bound:
    """Bound that a constraint counts where the file does not say: that of the risk attitude."""
    if risk is not Risk.LOW:
        return Bound.VALUE
    return Bound.LOW if is_minimum else Bound.HIGH


def _here(temperature: float | None) -> str:
    return at_temperature(temperature) and " at this temperature"


_SECTIONS = (
    "name",
    "description",
    "components",
    "limits",
    "objectives",
    "constraints",
    "prediction",
    "prices",
    "search",
)


def load_problem(path: str | Path, catalog: Catalog | None = None) -> Problem:
    """Read a recipe file.

    Parameters
    ----------
    path
        TOML file; those in ``recipes/`` explain every key.
    catalog
        Where names of species are looked up; by default the one that ships with the package.

    Returns
    -------
    Problem
        With at least one legal recipe.

    Raises
    ------
    RecipeFileError
        If the file cannot be read or used; one line for each fault, naming file and key.
    """
    file = Path(path)
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeFileError([f"{path}: no such file"]) from None
    except OSError as error:
        raise RecipeFileError([f"{path}: cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeFileError([f"{path}: is no TOML: {error}"]) from error
    return read_problem(data, file=str(path), catalog=catalog, folder=file.parent)


def read_problem(
    data: Mapping[str, Any],
    *,
    file: str = "problem",
    catalog: Catalog | None = None,
    folder: Path | None = None,
) -> Problem:
    """Read the tables of a recipe file.

    Parameters
    ----------
    data
        What `tomllib` returns.
    file
        Name to put before every fault.
    catalog
        Where names of species are looked up.
    folder
        Where a file of prices is looked for; by default the working folder.

    Returns
    -------
    Problem
        With at least one legal recipe.

    Raises
    ------
    RecipeFileError
        With one line for each fault.
    """
    faults: list[str] = []
    root = TomlTable(data, "", faults)
    root.allow(*_SECTIONS)
    name = root.text("name")
    description = root.text("description", "")
    found = read_components(root, catalog or default_catalog())
    limits = read_limits(root.table("limits"), found)
    attitude = _prediction(root.table("prediction"))
    objectives = read_objectives(root)
    constraints = read_constraints(root, attitude.risk, attitude.least_probability)
    settings = _settings(root.table("search"))
    prices = read_prices(root, found, folder or Path())
    asked = [o.property_name for o in objectives] + [c.property_name for c in constraints]
    if COST in asked:
        prices.require_all(root, found)
    faults += limit_faults(found.components, limits, complete=found.complete)
    if faults:
        raise RecipeFileError([f"{file}: {fault}" for fault in dict.fromkeys(faults)])
    return Problem(
        name=name,
        description=description,
        components=found.components,
        limits=limits,
        objectives=tuple(objectives),
        constraints=tuple(constraints),
        risk=attitude.risk,
        out_of_domain=attitude.out_of_domain,
        settings=settings,
        prices=prices.per_kg,
        currency=prices.currency,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attitude:
    risk: Risk
    out_of_domain: OutOfDomain
    least_probability: float


def _prediction(table: TomlTable) -> _Attitude:
    table.allow("risk", "out_of_domain", "least_probability")
    risk = table.choice("risk", Risk.LOW)
    if "least_probability" in table and risk is not Risk.PROBABILITY:
        table.fault("least_probability", f"goes with risk = 'probability', given {str(risk)!r}")
    return _Attitude(
        risk=risk,
        out_of_domain=table.choice("out_of_domain", OutOfDomain.EXCLUDE),
        least_probability=table.number("least_probability", LEAST_PROBABILITY, low=0.0, high=1.0),
    )


def _settings(table: TomlTable) -> SearchSettings:
    table.allow("n_trials", "population", "seed", "sampler")
    return SearchSettings(
        n_trials=table.integer("n_trials", 1, low=1) if "n_trials" in table else None,
        population=table.integer("population", 4, low=4) if "population" in table else None,
        seed=table.integer("seed", 0, low=0),
        sampler=table.choice("sampler", SamplerName.AUTO),
    )
