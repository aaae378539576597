"""Reading the objectives and constraints of a recipe file."""

from __future__ import annotations

from electrolyte_ml.errors import InputError
from electrolyte_ml.search.problem import Bound, Constraint, Direction, Objective, Risk
from electrolyte_ml.search.properties import needs_temperature, property_words
from electrolyte_ml.search.terms import at_temperature
from electrolyte_ml.search.toml_table import TomlTable
from electrolyte_ml.units import temperature_k

#: Where a file goes by probability and does not say by which.
LEAST_PROBABILITY = 0.8


def read_objectives(root: TomlTable) -> list[Objective]:
    """Read ``[[objectives]]``; faults are collected in the table."""
    objectives: list[Objective] = []
    seen: set[tuple[str, float | None]] = set()
    for table in root.tables("objectives"):
        table.allow("property", "temperature", "direction", "weight")
        name = table.text("property")
        direction = table.choice("direction", Direction.MAXIMIZE)
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
    if needs_temperature(name):
        temperature = table.temperature()
        return temperature is not None, temperature
    if "temperature" in table:
        words = property_words(name)[0]
        table.fault("temperature", f"the {words} ({name}) has no temperature; remove the line")
        return False, None
    return True, None


def _limit(table: TomlTable, key: str, name: str) -> float | None:
    """A limit as a number in the unit of the property's name, or a temperature with its unit."""
    if property_words(name)[1] != "K" or not isinstance(table.data.get(key), str):
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
