"""Reading a recipe file (TOML) into a `Problem`, with every fault reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import RecipeFileError
from electrolyte_ml.search.component_reading import read_components
from electrolyte_ml.search.consistency import limit_faults
from electrolyte_ml.search.limit_reading import read_limits
from electrolyte_ml.search.price_reading import COST, read_prices
from electrolyte_ml.search.problem import (
    OutOfDomain,
    Problem,
    Risk,
    SamplerName,
    SearchSettings,
)
from electrolyte_ml.search.term_reading import (
    LEAST_PROBABILITY,
    read_constraints,
    read_objectives,
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
