"""Reading a recipe file (TOML) into a `Problem`, with every fault reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import RecipeFileError
from electrolyte_ml.search.component_reading import read_components, read_limits
from electrolyte_ml.search.consistency import limit_faults
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
from electrolyte_ml.species import Catalog, default_catalog

_SECTIONS = (
    "name",
    "description",
    "components",
    "limits",
    "objectives",
    "constraints",
    "prediction",
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
    return read_problem(data, file=str(path), catalog=catalog)


def read_problem(
    data: Mapping[str, Any], *, file: str = "problem", catalog: Catalog | None = None
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
    risk, out_of_domain = _prediction(root.table("prediction"))
    objectives = _objectives(root)
    constraints = _constraints(root, risk)
    settings = _settings(root.table("search"))
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
        risk=risk,
        out_of_domain=out_of_domain,
        settings=settings,
    )


def _prediction(table: TomlTable) -> tuple[Risk, OutOfDomain]:
    table.allow("risk", "out_of_domain")
    return table.choice("risk", Risk.LOW), table.choice("out_of_domain", OutOfDomain.EXCLUDE)


def _objectives(root: TomlTable) -> list[Objective]:
    objectives: list[Objective] = []
    seen: set[tuple[str, float]] = set()
    for table in root.tables("objectives"):
        table.allow("property", "temperature", "direction", "weight")
        name = table.text("property")
        temperature = table.temperature()
        direction = table.choice("direction", Direction.MAXIMIZE)
        weight = table.number("weight", 1.0)
        if weight <= 0:
            table.fault("weight", f"must be above 0, given {weight:g}")
        if temperature is None:
            continue
        if (name, temperature) in seen:
            table.fault("property", f"{name} at this temperature is an objective already")
        seen.add((name, temperature))
        objectives.append(
            Objective(
                property_name=name, temperature_k=temperature, direction=direction, weight=weight
            )
        )
    if "objectives" not in root or root.data["objectives"] == []:
        root.fault("objectives", "is missing; add [[objectives]] with property and temperature")
    return objectives


def _constraints(root: TomlTable, risk: Risk) -> list[Constraint]:
    constraints: list[Constraint] = []
    for table in root.tables("constraints"):
        table.allow("property", "temperature", "min", "max", "on")
        name = table.text("property")
        temperature = table.temperature()
        minimum, maximum = table.optional_number("min"), table.optional_number("max")
        on = table.choice("on", Bound.VALUE) if "on" in table else None
        if minimum is None and maximum is None:
            table.fault("min", "is missing; give min, max or both")
        if minimum is not None and maximum is not None and minimum > maximum:
            table.fault("min", f"{minimum:g} is above max {maximum:g}")
        for limit, is_minimum in ((minimum, True), (maximum, False)):
            if limit is not None and temperature is not None:
                constraints.append(
                    Constraint(
                        property_name=name,
                        temperature_k=temperature,
                        limit=limit,
                        is_minimum=is_minimum,
                        bound=on or _careful_bound(risk, is_minimum),
                    )
                )
    return constraints


def _careful_bound(risk: Risk, is_minimum: bool) -> Bound:
    """Bound that a constraint counts where the file does not say: that of the risk attitude."""
    if risk is Risk.VALUE:
        return Bound.VALUE
    return Bound.LOW if is_minimum else Bound.HIGH


def _settings(table: TomlTable) -> SearchSettings:
    table.allow("n_trials", "population", "seed", "sampler")
    return SearchSettings(
        n_trials=table.integer("n_trials", 1, low=1) if "n_trials" in table else None,
        population=table.integer("population", 4, low=4) if "population" in table else None,
        seed=table.integer("seed", 0, low=0),
        sampler=table.choice("sampler", SamplerName.AUTO),
    )
