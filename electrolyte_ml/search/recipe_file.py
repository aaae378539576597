"""Reading a recipe file (TOML) into a `Problem`, with every fault reported at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from electrolyte_ml.cell import find_cell, reference_cells
from electrolyte_ml.data.efficiency import Cycling, asked_cycling
from electrolyte_ml.errors import ElectrolyteError, InputError, InputErrors, RecipeFileError
from electrolyte_ml.files import read_toml
from electrolyte_ml.properties import registered_property
from electrolyte_ml.rules import Cell, RuleSettings
from electrolyte_ml.search.check_limits import limit_faults
from electrolyte_ml.search.component_order import solvents_by_similarity
from electrolyte_ml.search.limits import AdditiveRange, Components, Limits, Ratio
from electrolyte_ml.search.problem import (
    Bound,
    Constraint,
    Direction,
    Objective,
    Problem,
    Risk,
    SearchSettings,
)
from electrolyte_ml.search.recipe_tables import (
    CellTable,
    ComponentsTable,
    ConstraintTable,
    CyclingTable,
    LimitsTable,
    Lookup,
    ObjectiveTable,
    PredictionTable,
    Price,
    PricesTable,
    RecipeFile,
    RulesTable,
    Table,
    find_component,
)
from electrolyte_ml.species import Catalog, default_catalog
from electrolyte_ml.tables import TableFile, note, plain_heading, read_number
from electrolyte_ml.text import nearest_or_all, shown

COST = "cost_per_kg"
#: Default of ``least_probability``.
LEAST_PROBABILITY = 0.8
_PRICE_COLUMNS = ("component", "price_per_kg")
_PRICE: TypeAdapter[float] = TypeAdapter(Price)

# Words for the error types of pydantic; {} are keys of the context.
_WORDS = {
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "list_type": "must be a list",
    "string_type": "must be a text in quotes",
    "string_too_short": "must be a text in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "enum": "must be {expected}",
}
# Stand-ins for required values with a fault, so that faults of other tables are reported too.
_STAND_INS: Mapping[tuple[int | str, ...], Any] = {
    ("name",): "unnamed",
    ("components",): {},
    ("limits",): {"salt_molality_mol_kg": [0.3, 2.0]},
    ("limits", "salt_molality_mol_kg"): [0.3, 2.0],
    ("objectives",): [{"property": "conductivity_ms_cm", "temperature": "25 degC"}],
    ("prices", "currency"): "unknown",
}
_NOTHING = None
# If these have no fault, all solvents and salts are known.
_LISTS = (
    "components:",
    "components.solvents",
    "components.families",
    "components.cation",
    "components.salts",
)


def load_problem(path: str | Path, catalog: Catalog | None = None) -> Problem:
    """Read a recipe file.

    Parameters
    ----------
    path
        TOML file; those in ``recipes/`` explain every key.
    catalog
        Catalog of species; by default the one that ships with the package.

    Returns
    -------
    Problem
        The problem; it has at least one legal recipe.

    Raises
    ------
    RecipeFileError
        If the file cannot be read or used; one line for each fault, naming file and key.
    """
    file = Path(path)
    try:
        data = read_toml(file)
    except InputError as error:
        raise RecipeFileError([str(error)]) from error
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
        Result of `tomllib`.
    file
        Name of the file in messages.
    catalog
        Catalog of species.
    folder
        Folder of the file of prices; by default the working folder.

    Returns
    -------
    Problem
        The problem; it has at least one legal recipe.

    Raises
    ------
    RecipeFileError
        If the tables have faults; one line for each.
    """
    lookup = Lookup(catalog or default_catalog())
    tables, faults = _read_tables(data, lookup)
    components = _components(tables.components, faults)
    is_complete = not any(fault.startswith(_LISTS) for fault in faults)
    cell, settings = _cell(tables.cell, folder or Path(), faults), _rule_settings(tables.rules)
    limits = _kept_apart(_limits(tables.limits), components, cell, settings)
    objectives = _objectives(tables.objectives, faults)
    constraints = [
        c for table in tables.constraints for c in _constraints(table, tables.prediction)
    ]
    prices = _prices(tables.prices, lookup.catalog, folder or Path(), faults)
    unpriced = [name for name in components.names if name not in prices]
    asked = [o.property_name for o in objectives] + [c.property_name for c in constraints]
    if unpriced and COST in asked:
        faults.append(
            f"prices: {COST} is asked for, but there is no price by kg of {', '.join(unpriced)}; "
            "add them to [prices.per_kg] or to the file of prices"
        )
    faults += _geometry_faults(cell, asked, faults)
    faults += limit_faults(components, limits, complete=is_complete)
    if faults:
        raise RecipeFileError([f"{file}: {fault}" for fault in dict.fromkeys(faults)])
    return Problem(
        name=tables.name,
        description=tables.description,
        components=components,
        limits=limits,
        objectives=tuple(objectives),
        constraints=tuple(constraints),
        risk=tables.prediction.risk,
        out_of_domain=tables.prediction.out_of_domain,
        frozen=tables.prediction.frozen,
        lithium_prior=tables.prediction.lithium_prior,
        settings=SearchSettings(**dict(tables.search)),
        prices=prices,
        currency="" if tables.prices is None else tables.prices.currency,
        cell=cell,
        rules=settings,
    )


def problem_schema() -> dict[str, Any]:
    """JSON schema of recipe files, for editors and for programs that write them."""
    schema = RecipeFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _read_tables(data: Mapping[str, Any], lookup: Lookup) -> tuple[RecipeFile, list[str]]:
    """The tables without values that have a fault, and the faults."""
    usable: Any = dict(data)
    faults: list[str] | None = None
    while True:
        try:
            return RecipeFile.model_validate(usable, context=lookup), faults or []
        except ValidationError as error:
            errors = error.errors(include_url=False)
            # Later errors only follow from values removed here.
            faults = [_fault(e) for e in errors] if faults is None else faults
            usable = _without({_path(e) for e in errors}, usable)


def _path(error: ErrorDetails) -> tuple[int | str, ...]:
    return tuple(key for key in error["loc"] if key != "[key]")


def _without(faulty: set[tuple[int | str, ...]], value: Any, *place: int | str) -> Any:
    """`value` without faulty parts; `_NOTHING` for a table that lacks a required key."""
    if place in faulty:
        return _STAND_INS.get(place, _NOTHING)
    if isinstance(value, list):
        items = [_without(faulty, item, *place, i) for i, item in enumerate(value)]
        return [item for item in items if item is not _NOTHING]
    if not isinstance(value, dict):
        return value
    lacking = [path for path in faulty if path[:-1] == place and path[-1] not in value]
    if any(path not in _STAND_INS for path in lacking):
        return _NOTHING
    keys = [*value, *(path[-1] for path in lacking)]
    found = {key: _without(faulty, value.get(key), *place, key) for key in keys}
    return {key: item for key, item in found.items() if item is not _NOTHING}


def _fault(error: ErrorDetails) -> str:
    """One line for an error of pydantic: place, fault, allowed values."""
    path = _path(error)
    place = "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in path)[1:]
    known, key = table_at(path[:-1]).model_fields, str(path[-1])
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return f"{place}: {context['error']}"
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key{nearest_or_all(key, known)}"
    meaning = known[key].description or "" if key in known else ""
    more = f" ({meaning[0].lower()}{meaning[1:].rstrip('.')})" if meaning else ""
    if error["type"] in {"missing", "too_short"}:
        return f"{place}: is missing{more}"
    words = _WORDS.get(error["type"], error["msg"]).format(**context)
    return f"{place}: {words}, given {shown(error['input'])}{more}"


def table_at(path: Sequence[int | str]) -> type[Table]:
    """The table at a place, or the one around it."""
    table: type[Table] = RecipeFile
    for key in path:
        known = table.model_fields.get(str(key))
        kinds = () if known is None else (known.annotation, *get_args(known.annotation))
        tables = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Table)]
        table = tables[0] if tables else table
    return table


def _components(table: ComponentsTable, faults: list[str]) -> Components:
    """Components of recipes, without the excluded ones."""
    family = dict.fromkeys(s for family in table.families for s in family)
    solvents = [*table.solvents]
    solvents += [s for s in solvents_by_similarity([*family]) if s not in solvents]
    present = {s.name for s in solvents} | {s.name for s in table.salts}
    out = {species.name for species in table.exclude}
    if not any(fault.startswith(_LISTS) for fault in faults):
        faults += [
            f"components.exclude: {name} is not a component anyway; remove it"
            for name in sorted(out - present)
        ]
        faults += [
            f"components.{key}: is empty; list at least one"
            for key, found in (("solvents", solvents), ("salts", table.salts))
            if out.issuperset(s.name for s in found)
        ]
    return Components(
        solvents=tuple(s for s in solvents if s.name not in out),
        salts=tuple(s for s in table.salts if s.name not in out),
        additives=tuple(
            AdditiveRange(additive=additive, low_wt_percent=low, high_wt_percent=high)
            for additive, (low, high) in table.additives.items()
        ),
    )


def _limits(table: LimitsTable) -> Limits:
    by_name = {
        key: {species.name: amount for species, amount in getattr(table, key).items()}
        for key in ("max_fraction", "min_fraction", "max_molality_mol_kg")
    }
    pairs = [tuple(species.name for species in pair) for pair in table.forbidden_pairs]
    ratios = [
        Ratio(
            of=tuple(s.name for s in ratio.of),
            to=tuple(s.name for s in ratio.to),
            low=ratio.min,
            high=ratio.max,
        )
        for ratio in table.ratios
    ]
    # A pair with an unknown name has one entry.
    known = [(pair[0], pair[1]) for pair in pairs if len(pair) == 2]
    plain = {**dict(table), **by_name, "forbidden_pairs": tuple(known), "ratios": tuple(ratios)}
    return Limits(**plain)


def _cell(table: CellTable, folder: Path, faults: list[str]) -> Cell:
    """The cell; a file of its geometry is looked for beside the recipe file."""
    given = {**dict(table), "cycling": _cycling(table.cycling, faults)}
    geometry = given["geometry"]
    if geometry is None:
        return Cell(**given)
    if geometry.endswith(".toml"):
        given["geometry"] = str(folder / geometry)
    try:
        find_cell(given["geometry"])
    except ElectrolyteError as error:
        faults += [f"cell.geometry: {line}" for line in str(error).splitlines()]
        given["geometry"] = None
    return Cell(**given)


def _cycling(table: CyclingTable | None, faults: list[str]) -> Cycling | None:
    """How efficiency is measured; None where the file does not say."""
    if table is None:
        return None
    try:
        return asked_cycling(**dict(table))
    except InputErrors as error:
        faults += [f"cell.cycling.{line}" for line in str(error).splitlines()]
        return None


def _geometry_faults(cell: Cell, asked: Sequence[str], faults: Sequence[str]) -> list[str]:
    """Properties that need a geometry which the file does not name."""
    named = cell.geometry is not None or any(f.startswith("cell.geometry") for f in faults)
    of_cell = [name for name in asked if registered_property(name).takes_cell]
    if named or not of_cell:
        return []
    return [
        f"cell.geometry: is missing, but {of_cell[0]} is asked for; name a cell in [cell], such as "
        f'geometry = "{reference_cells()[-1]}", or a TOML file'
    ]


def _rule_settings(table: RulesTable) -> RuleSettings:
    forbid = None if table.forbid is None else tuple(table.forbid)
    return RuleSettings(off=tuple(table.off), forbid=forbid)


def _kept_apart(
    limits: Limits, components: Components, cell: Cell, settings: RuleSettings
) -> Limits:
    """Limits with the pairs of components that rules keep apart."""
    solvents = [*components.solvents, *(a.additive for a in components.additives)]
    pairs = settings.pairs(components.salts, solvents, cell)
    return replace(limits, kept_apart=tuple((salt, solvent) for salt, solvent, _ in pairs))


def _objectives(tables: Sequence[ObjectiveTable], faults: list[str]) -> list[Objective]:
    objectives: list[Objective] = []
    for table in tables:
        is_lower_better = registered_property(table.property).better == "lower"
        usual = Direction.MINIMIZE if is_lower_better else Direction.MAXIMIZE
        objective = Objective(
            property_name=table.property,
            temperature_k=table.temperature,
            direction=table.direction or usual,
            weight=table.weight,
        )
        if objective.label in [other.label for other in objectives]:
            faults.append(f"objectives: {objective.label} is an objective already; remove one")
        objectives.append(objective)
    return objectives


def _constraints(table: ConstraintTable, prediction: PredictionTable) -> Iterator[Constraint]:
    """One or two constraints of a table; the risk attitude gives the default bound."""
    probability = table.probability
    if probability is None and table.on is None and prediction.risk is Risk.PROBABILITY:
        probability = prediction.least_probability or LEAST_PROBABILITY
    is_careful = prediction.risk is Risk.LOW and probability is None
    for limit, careful in ((table.min, Bound.LOW), (table.max, Bound.HIGH)):
        if limit is not None:
            yield Constraint(
                property_name=table.property,
                temperature_k=table.temperature,
                limit=limit,
                is_minimum=careful is Bound.LOW,
                bound=table.on or (careful if is_careful else Bound.VALUE),
                probability=probability,
            )


def _prices(
    table: PricesTable | None, catalog: Catalog, folder: Path, faults: list[str]
) -> dict[str, float]:
    """Prices by kilogram; those of the recipe file replace those of the CSV."""
    if table is None:
        return {}
    of_file = {} if table.file is None else prices_of_table(folder / table.file, catalog, faults)
    return of_file | {species.name: price for species, price in table.per_kg.items()}


def read_prices(path: Path) -> dict[str, float]:
    """Prices by kilogram of a CSV or xlsx file with columns component and price_per_kg.

    Raises
    ------
    RecipeFileError
        If anything in the file cannot be used: one line for each fault.
    """
    faults: list[str] = []
    prices = prices_of_table(path, default_catalog(), faults)
    if faults:
        raise RecipeFileError(faults)
    return prices


def prices_of_table(path: Path, catalog: Catalog, faults: list[str]) -> dict[str, float]:
    """Prices of a table, whatever its name; species outside the problem are no fault."""
    prices: dict[str, float] = {}
    try:
        table = TableFile(path, expected=set(_PRICE_COLUMNS), any_name=True)
        headings = [plain_heading(heading) for heading in table.header]
        if sorted(h for h in headings if h in _PRICE_COLUMNS) != list(_PRICE_COLUMNS):
            faults.append(
                f"prices.file: {path}: needs columns {' and '.join(_PRICE_COLUMNS)}, one of each; "
                f"it has {', '.join(table.header)}"
            )
            return {}
        note(path, table.remarks)
        component, price = map(headings.index, _PRICE_COLUMNS)
        for row in table.rows():
            place = f"prices.file: {path}, line {table.line(row.number)}"
            if row.fault:
                faults.append(f"{place}: {row.fault}")
                continue
            name = row.cells[component].strip()
            try:
                found = find_component(catalog, name).name
                given = _price(name, row.cells[price], decimal_comma=table.decimal_comma)
            except ElectrolyteError as error:
                faults.append(f"{place}: {error}")
                continue
            if prices.setdefault(found, given) != given:
                above = f"{prices[found]:g}"
                faults.append(f"{place}: another price of {found}, which is {above} above")
    except ElectrolyteError as error:
        faults.append(f"prices.file: {error}")
    return prices


def _price(name: str, text: str, *, decimal_comma: bool) -> float:
    try:
        return _PRICE.validate_python(read_number(text, decimal_comma=decimal_comma))
    except ValidationError as error:
        raise InputError(
            f"the price of {name} must be a number of at least 0, given {shown(text)}"
        ) from error
    except InputError as error:
        raise InputError(
            f"the price of {name} must be a number of at least 0; it is {error}"
        ) from error
