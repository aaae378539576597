"""A search problem: what may be mixed, within which limits, and what makes a recipe good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from electrolyte_ml.errors import RecipeFileError
from electrolyte_ml.search.consistency import limit_faults
from electrolyte_ml.search.limits import Components, Limits
from electrolyte_ml.units import celsius_text

# Property name to what people call it and its unit; other names are shown as they are.
_WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "conductivity_ms_cm": ("conductivity", "mS/cm"),
        "viscosity_mpa_s": ("viscosity", "mPa s"),
        "density_g_cm3": ("density", "g/cm3"),
        "oxidation_limit_v": ("oxidation limit", "V"),
        "reduction_limit_v": ("reduction limit", "V"),
    }
)


class Direction(StrEnum):
    """Whether more or less of a property is better."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


class Bound(StrEnum):
    """Which number of a prediction counts: an end of its interval or its best estimate."""

    LOW = "low"
    VALUE = "value"
    HIGH = "high"


class Risk(StrEnum):
    """How a search meets uncertainty: by the best estimate, or by the pessimistic bound."""

    VALUE = "value"
    LOW = "low"


class OutOfDomain(StrEnum):
    """What happens to recipes that a model does not know."""

    EXCLUDE = "exclude"
    ALLOW = "allow"


class SamplerName(StrEnum):
    """Optuna's sampler; ``auto`` takes the one that suits the problem."""

    AUTO = "auto"
    NSGA2 = "nsga2"
    TPE = "tpe"


def property_words(name: str) -> tuple[str, str]:
    """What people call a property, and its unit (empty if the name is not known)."""
    return _WORDS.get(name, (name, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A property at a temperature that is to be as high or as low as possible.

    Attributes
    ----------
    property_name
        Name of a predicted property, such as ``conductivity_ms_cm``.
    temperature_k
        Temperature, K.
    direction
        Which way is better.
    weight
        Importance beside other objectives when the shortlist is ranked; the Pareto set itself
        does not depend on it.
    """

    property_name: str
    temperature_k: float
    direction: Direction = Direction.MAXIMIZE
    weight: float = 1.0

    @property
    def label(self) -> str:
        """Such as ``conductivity_ms_cm at 25 degC``."""
        return f"{self.property_name} at {celsius_text(self.temperature_k)}"

    def bound(self, risk: Risk) -> Bound:
        """The number of a prediction that this objective counts."""
        if risk is Risk.VALUE:
            return Bound.VALUE
        return Bound.LOW if self.direction is Direction.MAXIMIZE else Bound.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A property at a temperature that must not pass a limit.

    Attributes
    ----------
    property_name, temperature_k
        As in `Objective`.
    limit
        The limit, in the unit of the property's name.
    is_minimum
        True if the property must be at least the limit, False if at most.
    bound
        The number of the prediction that is held against the limit.
    """

    property_name: str
    temperature_k: float
    limit: float
    is_minimum: bool
    bound: Bound = Bound.VALUE

    @property
    def name(self) -> str:
        """Such as ``conductivity_ms_cm at -20 degC >= 2``."""
        sign = ">=" if self.is_minimum else "<="
        which = "" if self.bound is Bound.VALUE else f" ({self.bound})"
        temperature = celsius_text(self.temperature_k)
        return f"{self.property_name}{which} at {temperature} {sign} {self.limit:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """How long and in which way to search.

    Attributes
    ----------
    n_trials
        Distinct recipes to score; None for the sampler's own default.
    population
        Recipes scored together, and NSGA-II's population; None for the sampler's own default.
    seed
        Same seed, same shortlist.
    sampler
        Which of Optuna's samplers proposes.
    """

    n_trials: int | None = None
    population: int | None = None
    seed: int = 0
    sampler: SamplerName = SamplerName.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything a search needs to know.

    Attributes
    ----------
    name, description
        For people; the name also names a stored study.
    components, limits
        What may be mixed and how much of it.
    objectives, constraints
        What makes a recipe good, and what makes it acceptable.
    risk
        Whether objectives count the best estimate or the pessimistic bound.
    out_of_domain
        Whether recipes that a model does not know may be proposed.
    settings
        How to search.

    Raises
    ------
    RecipeFileError
        If the limits contradict each other; one line for each fault.
    """

    name: str
    components: Components
    limits: Limits
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = ()
    description: str = ""
    risk: Risk = Risk.LOW
    out_of_domain: OutOfDomain = OutOfDomain.EXCLUDE
    settings: SearchSettings = field(default_factory=SearchSettings)

    def __post_init__(self) -> None:
        faults = limit_faults(self.components, self.limits)
        if not self.objectives:
            faults.append("objectives: at least one is needed")
        if faults:
            raise RecipeFileError(faults)

    @property
    def temperatures_k(self) -> tuple[float, ...]:
        """Temperatures of objectives and constraints, K, each once, in the order written."""
        given = [o.temperature_k for o in self.objectives]
        given += [c.temperature_k for c in self.constraints]
        return tuple(dict.fromkeys(given))

    def to_dict(self) -> dict[str, Any]:
        """The problem as the command line's contract shows it."""
        return {
            "name": self.name,
            "description": self.description,
            "objectives": [
                {
                    "property": o.property_name,
                    "temperature_k": o.temperature_k,
                    "direction": str(o.direction),
                    "on": str(o.bound(self.risk)),
                    "weight": o.weight,
                }
                for o in self.objectives
            ],
            "constraints": [c.name for c in self.constraints],
            "risk": str(self.risk),
            "out_of_domain": str(self.out_of_domain),
            "components": self.components.to_dict(),
            "limits": self.limits.to_dict(),
        }
