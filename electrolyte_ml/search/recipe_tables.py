"""The tables of a recipe file (TOML) as pydantic models: meanings and allowed values of keys.

Names of species are looked up while the tables are read, in the catalog of a `Lookup`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
    field_validator,
)
from pydantic_core import PydanticOmit

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.models.solubility import insoluble_anions
from electrolyte_ml.properties import properties, registered_property
from electrolyte_ml.rules import Cell, RuleSettings, require_rules
from electrolyte_ml.search.component_order import salts_by_similarity, solvents_by_similarity
from electrolyte_ml.search.limits import Limits
from electrolyte_ml.search.objectives import Bound, Direction, Frozen, OutOfDomain, Risk
from electrolyte_ml.search.problem import SamplerName
from electrolyte_ml.species import Catalog, Ion, Salt, Solvent
from electrolyte_ml.text import nearest_or_all, shown, steers_terminal
from electrolyte_ml.units import temperature_k

#: In place of a list of solvents or salts: all of the catalog.
EVERYTHING = "everything"
# Temperatures of liquid electrolytes lie well inside; others are most likely mistakes of the unit.
_COLDEST_K, _HOTTEST_K = 150.0, 500.0
# Far above what any search holds; numbers above them are slips.
_MOST_COMPONENTS, _MOST_TRIALS = 1000, 10_000_000
_LARGEST_RATIO = 1e6
_DEFAULTS = Limits(salt_molality_mol_kg=(0.3, 2.0))


@dataclass(slots=True)
class Lookup:
    """Look-up of names while tables are read.

    Attributes
    ----------
    catalog
        The catalog of species.
    unknown
        Unknown names; each is reported once.
    """

    catalog: Catalog
    unknown: set[str] = field(default_factory=set)


def _lookup(info: ValidationInfo) -> Lookup:
    lookup: Lookup = info.context  # type: ignore[assignment] # given whenever tables are read
    return lookup


def _family(catalog: Catalog, name: str) -> list[Solvent]:
    """Solvents (not additives or diluents) of a family."""
    solvents = [s for s in catalog.solvents if s.role == "solvent"]
    found = [s for s in solvents if s.family == name]
    if not found:
        known = dict.fromkeys(s.family for s in solvents if s.family)
        raise ValueError(f"unknown family {shown(name)}{nearest_or_all(name, known)}")
    return found


def find_component(catalog: Catalog, name: str) -> Solvent | Salt:
    """A solvent or salt by name."""
    return catalog.salt(name) if catalog.is_salt(name) else catalog.written_solvent(name)


def _molecule(catalog: Catalog, name: str) -> Solvent:
    if catalog.is_ionic_liquid(name):
        raise ValueError(
            f"{name!r} is an ionic liquid; searches do not cover ionic liquids as solvents, only "
            "as salts"
        )
    return catalog.written_solvent(name)


def _found_by(find: Callable[[Catalog, str], Any]) -> PlainValidator:
    def look_up(name: object, info: ValidationInfo) -> Any:
        lookup = _lookup(info)
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"must be a name in quotes, given {shown(name)}")
        if name in lookup.unknown:
            raise PydanticOmit
        try:
            return find(lookup.catalog, name)
        except (ElectrolyteError, ValueError) as error:
            lookup.unknown.add(name)
            raise ValueError(str(error)) from error

    return PlainValidator(look_up)


def _or_everything(value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
    """Solvents or salts of a list, or all of the catalog where everything is asked for."""
    if isinstance(value, str) and value != EVERYTHING:
        raise ValueError(
            f"must be a list of names in quotes or {EVERYTHING!r}, given {shown(value)}"
        )
    catalog: Catalog = _lookup(info).catalog
    if info.field_name == "solvents":
        everything = [s for s in catalog.solvents if s.role == "solvent"]
        return solvents_by_similarity(everything) if value == EVERYTHING else handler(value)
    cation = info.data.get("cation")
    if value != EVERYTHING and cation is not None:
        raise ValueError(f"cation goes with salts = {EVERYTHING!r}; salts in a list name theirs")
    if value == EVERYTHING and "cation" in info.data and cation is None:
        raise ValueError(f"cation is missing; {EVERYTHING!r} needs it, such as cation = 'Na'")
    if value == EVERYTHING:
        anions = [a for a in catalog.anions if a.name not in insoluble_anions()]
        salts = [] if cation is None else [Salt(cation=cation, anion=a) for a in anions]
        return salts_by_similarity(salts)
    return handler(value)


def _each_once(value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
    found = handler(value)
    if len(found) + len(_lookup(info).unknown.intersection(value)) < len(value):
        raise ValueError("one component is given twice, by two of its names; keep one")
    return found


def _two(form: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, list) and len(value) == 2:
            return value
        raise ValueError(f"must be {form}, given {shown(value)}")

    return BeforeValidator(check)


def _above_zero(value: float) -> float:
    if value == 0:
        raise ValueError("is 0; remove the component from the list instead")
    return value


def _harmless(text: str) -> str:
    if steers_terminal(text):
        raise ValueError(f"holds control characters: {shown(text)}")
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise ValueError(f"must be one line, given {shown(text)}")
    return _harmless(text)


def _registered_name(name: str) -> str:
    return registered_property(name).name


def _temperature(given: Any, info: ValidationInfo) -> float | None:
    """A temperature in kelvin, written with its unit; None for a property that has none."""
    # Of a property that is unknown, only what is written can be checked.
    known = properties().get(info.data.get("property", ""))
    if given is None and known is not None and known.at_temperature:
        raise ValueError("is missing; write it with its unit, such as '25 degC'")
    if given is not None and known is not None and not known.at_temperature:
        raise ValueError(f"the {known.label} ({known.name}) has no temperature; remove the line")
    if given is None:
        return None
    kelvin = temperature_k(given)
    if not _COLDEST_K <= kelvin <= _HOTTEST_K:
        span = f"{_COLDEST_K:g} to {_HOTTEST_K:g} K"
        raise ValueError(f"{given!r} is {kelvin:g} K, outside {span}")
    return kelvin


def _in_own_unit(given: Any, info: ValidationInfo) -> Any:
    """A limit as a number in the unit of the property's name, or a temperature with its unit."""
    known = properties().get(info.data.get("property", ""))
    may_be_temperature = known is None or known.unit == "K"
    return temperature_k(given) if may_be_temperature and isinstance(given, str) else given


def _range(low: float | None, info: ValidationInfo) -> float | None:
    """The lower end of a range with upper end `max`."""
    high = info.data.get("max")
    if low is None and "max" in info.data and high is None:
        raise ValueError("is missing; give min, max or both")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{low:g} is above max {high:g}")
    return low


def _known_anode(name: str) -> str:
    return Cell(anode=name).anode or name


def _known_rule(name: str) -> str:
    return require_rules([name])[0]


def _can_be_forbidden(word: str) -> str:
    return (RuleSettings(forbid=(word,)).forbid or (word,))[0]


_AS_TEXT = WithJsonSchema({"type": "string"})
_ALL_OR_LIST = WithJsonSchema(
    {"anyOf": [{"const": EVERYTHING}, {"type": "array", "items": {"type": "string"}}]}
)
Description = Annotated[str, AfterValidator(_harmless)]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_one_line)
]
PropertyName = Annotated[Text, AfterValidator(_registered_name)]
SolventName = Annotated[Solvent, _found_by(_molecule), _AS_TEXT]
SaltName = Annotated[Salt, _found_by(Catalog.salt), _AS_TEXT]
ComponentName = Annotated[Solvent | Salt, _found_by(find_component), _AS_TEXT]
Family = Annotated[list[Solvent], _found_by(_family), _AS_TEXT]
Cation = Annotated[Ion, _found_by(Catalog.ion), _AS_TEXT]
Span = Annotated[tuple[float, float], _two("two numbers, [lowest, highest]"), Field(strict=False)]
Pair = Annotated[list[ComponentName], _two('a pair of names, such as ["NaClO4", "DME"]')]
Fraction = Annotated[float, Field(ge=0, le=1), AfterValidator(_above_zero)]
Molality = Annotated[float, Field(ge=0, le=100), AfterValidator(_above_zero)]
Fractions = Annotated[dict[SolventName, Fraction], WrapValidator(_each_once)]
Molalities = Annotated[dict[SaltName, Molality], WrapValidator(_each_once)]
Anode = Annotated[Text, AfterValidator(_known_anode)]
RuleName = Annotated[Text, AfterValidator(_known_rule)]
Forbidden = Annotated[Text, AfterValidator(_can_be_forbidden)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
Temperature = Annotated[float | None, BeforeValidator(_temperature), _AS_TEXT]
Limit = Annotated[
    float | None,
    BeforeValidator(_in_own_unit),
    WithJsonSchema({"type": ["number", "string"]}),
]


class Table(BaseModel):
    """A table of a recipe file."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
        arbitrary_types_allowed=True,
    )


class ComponentsTable(Table):
    """Components of recipes."""

    solvents: Annotated[list[SolventName], WrapValidator(_or_everything), _ALL_OR_LIST] = []
    """Names, aliases or SMILES of solvents, or "everything" that the catalog holds."""
    families: list[Family] = []
    """Names of families, such as "glyme", whose solvents all join."""
    cation: Cation | None = None
    """Where salts are "everything": their cation, such as "Na"."""
    salts: Annotated[list[SaltName], WrapValidator(_or_everything), _ALL_OR_LIST] = []
    """Names of salts, or "everything" that the catalog holds of one cation and that dissolves."""
    exclude: list[ComponentName] = []
    """Names of solvents and salts that are left out again."""
    additives: dict[SolventName, Span] = {}
    """Lowest and highest amount of additives, wt% of the whole electrolyte, such as [1, 3]."""


class RatioTable(Table):
    """Lowest and highest ratio of the masses of two groups of solvents."""

    of: list[SolventName] = Field(min_length=1)
    """Names of the solvents whose mass is compared."""
    to: list[SolventName] = []
    """Names of the solvents that they are compared with; all solvents of the recipe if empty."""
    max: float | None = Field(default=None, ge=0, le=_LARGEST_RATIO)
    """Highest ratio."""
    min: Annotated[float | None, AfterValidator(_range)] = Field(
        default=None, ge=0, le=_LARGEST_RATIO
    )
    """Lowest ratio."""


class LimitsTable(Table):
    """Limits that every recipe obeys by construction."""

    salt_molality_mol_kg: Span
    """Lowest and highest molality of all salts together, mol/kg of solvents, such as [0.3, 2]."""
    min_solvents: int = Field(default=_DEFAULTS.min_solvents, ge=1, le=_MOST_COMPONENTS)
    """Fewest solvents of a recipe, additives not counted."""
    max_solvents: int = Field(default=_DEFAULTS.max_solvents, ge=1, le=_MOST_COMPONENTS)
    """Most solvents of a recipe, additives not counted."""
    max_salts: int = Field(default=_DEFAULTS.max_salts, ge=1, le=_MOST_COMPONENTS)
    """Most salts of a recipe."""
    max_additives: int = Field(default=_DEFAULTS.max_additives, ge=0, le=_MOST_COMPONENTS)
    """Most additives of a recipe."""
    smallest_fraction: float = _DEFAULTS.smallest_fraction
    """A solvent that is in a recipe has at least this mass fraction."""
    fraction_step: float = _DEFAULTS.fraction_step
    """Mass fractions are whole multiples of it."""
    molality_step: float = _DEFAULTS.molality_step
    """Molalities are whole multiples of it, mol/kg."""
    additive_step_wt_percent: float = _DEFAULTS.additive_step_wt_percent
    """Amounts of additives are whole multiples of it, wt%."""
    max_fraction: Fractions = {}
    """Highest mass fraction by solvent."""
    min_fraction: Fractions = {}
    """Lowest mass fraction by solvent; such a solvent is in every recipe."""
    max_molality_mol_kg: Molalities = {}
    """Highest molality by salt, mol/kg, such as its solubility."""
    forbidden_pairs: list[Pair] = []
    """List of pairs of names that never occur in one recipe, such as [["NaClO4", "DME"]]."""
    ratios: list[RatioTable] = []
    """Bounds of mass ratios between groups of solvents, each under [[limits.ratios]]."""


class ObjectiveTable(Table):
    """A property to maximise or minimise."""

    property: PropertyName
    """Name of a property, such as "conductivity_ms_cm"."""
    temperature: Temperature = None
    """Temperature with its unit, such as "25 degC", where the property has one."""
    direction: Direction | None = Field(default=None, strict=False)
    """Which way is better; by default the usual one for the property."""
    weight: float = Field(default=1.0, gt=0)
    """Importance beside other objectives when the shortlist is ranked."""


class ConstraintTable(Table):
    """A limit on a property."""

    property: PropertyName
    """Name of a property, such as "conductivity_ms_cm"."""
    temperature: Temperature = None
    """Temperature with its unit, such as "25 degC", where the property has one."""
    max: Limit = None
    """Highest value, in the unit of the property's name; temperatures also as "-45 degC"."""
    min: Annotated[Limit, AfterValidator(_range)] = None
    """Lowest value."""
    probability: Probability | None = None
    """Least probability that the limit is obeyed, instead of `on`."""
    on: Bound | None = Field(default=None, strict=False)
    """Value of a prediction that is compared with the limit; by default that of the risk."""

    @field_validator("on")
    @classmethod
    def _without_probability(cls, on: Bound | None, info: ValidationInfo) -> Bound | None:
        if on is not None and info.data.get("probability") is not None:
            raise ValueError("goes without probability; give one of the two")
        return on


class PredictionTable(Table):
    """Treatment of uncertainty."""

    risk: Risk = Field(default=Risk.LOW, strict=False)
    """Value that counts: pessimistic end of an interval, best estimate, or a probability."""
    out_of_domain: OutOfDomain = Field(default=OutOfDomain.EXCLUDE, strict=False)
    """Whether recipes that a model does not know may be proposed."""
    frozen: Frozen = Field(default=Frozen.EXCLUDE, strict=False)
    """Whether recipes may be proposed that freeze above the temperature of an objective."""
    lithium_prior: bool = True
    """Whether a campaign for the coulombic efficiency of another metal begins with what is known of
    lithium, weakly."""
    least_probability: Probability | None = None
    """Least probability that a limit is obeyed, where risk is "probability"; 0.8 by default."""

    @field_validator("least_probability")
    @classmethod
    def _with_risk(cls, least: float | None, info: ValidationInfo) -> float | None:
        risk = info.data.get("risk", Risk.PROBABILITY)
        if least is not None and risk is not Risk.PROBABILITY:
            raise ValueError(f"goes with risk = 'probability', given {str(risk)!r}")
        return least


class PricesTable(Table):
    """Prices of components, for problems with cost_per_kg."""

    currency: Text
    """Currency of the prices, such as "EUR"."""
    file: Text | None = None
    """A CSV or xlsx file with columns component and price_per_kg, beside the recipe file."""
    per_kg: dict[ComponentName, Price] = {}
    """Prices by kilogram; they replace those of the file."""


class CyclingTable(Table):
    """How coulombic efficiency is measured, of the metal on copper."""

    method: Text | None = None
    """ "aurbach" (a fixed reservoir of metal, stripped at the end; the default) or "cycling"."""
    current_ma_cm2: float | None = None
    """Current density, mA/cm2; 0.5 by default."""
    capacity_mah_cm2: float | None = None
    """Capacity of each half cycle, mAh/cm2; 1 by default."""


class CellTable(Table):
    """The cell that recipes are for; warnings and rules look at it."""

    anode: Anode | None = None
    """Negative electrode, such as "hard carbon" or "sodium"."""
    cathode: Text | None = None
    """Positive electrode, for people."""
    upper_voltage_v: float | None = Field(default=None, ge=0, le=7)
    """Highest potential of the positive electrode, V against the metal of the salt."""
    water_ppm: float | None = Field(default=None, ge=0, le=1e6)
    """Water in the electrolyte by mass, ppm."""
    geometry: Text | None = None
    """Layers, for limits of the cell: a reference cell such as "hc_nvpf", or a TOML file."""
    cycling: CyclingTable | None = None
    """How coulombic efficiency is measured: method, current and capacity under [cell.cycling]."""


class RulesTable(Table):
    """Rules that are switched off, and those that the search obeys."""

    off: list[RuleName] = []
    """Names of rules that are switched off; "electrolyte-ml rules" lists them."""
    forbid: list[Forbidden] | None = None
    """Severities, kinds or names of rules; by default "danger", and a missing film former."""


class SearchTable(Table):
    """Settings of the search."""

    n_trials: int | None = Field(default=None, ge=1, le=_MOST_TRIALS)
    """Distinct recipes to score; the sampler's own number by default."""
    population: int | None = Field(default=None, ge=4, le=_MOST_TRIALS)
    """Recipes scored together; the sampler's own number by default."""
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    """Same seed, same shortlist."""
    sampler: SamplerName = Field(default=SamplerName.AUTO, strict=False)
    """Sampler of Optuna that proposes recipes."""


class RecipeFile(Table):
    """A search problem: components, limits, objectives, constraints and settings."""

    name: Text
    """Name of the problem, and of its stored search."""
    description: Description = ""
    """For people."""
    components: ComponentsTable
    """Components of recipes: list solvents and salts under [components]."""
    limits: LimitsTable
    """Limits of every recipe; salt_molality_mol_kg under [limits] is needed."""
    objectives: list[ObjectiveTable] = Field(min_length=1)
    """Properties to optimise: add [[objectives]] with property and temperature."""
    constraints: list[ConstraintTable] = []
    """Limits on properties: add [[constraints]] with property, temperature, and min or max."""
    prediction: PredictionTable = PredictionTable()
    """Treatment of uncertainty."""
    prices: PricesTable | None = None
    """Prices of components, for cost_per_kg."""
    cell: CellTable = CellTable()
    """The cell that recipes are for."""
    rules: RulesTable = RulesTable()
    """Rules that are switched off, and those that the search obeys."""
    search: SearchTable = SearchTable()
    """Settings of the search."""
