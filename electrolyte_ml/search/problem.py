"""A search problem: components, limits, objectives, constraints and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from electrolyte_ml.errors import RecipeFileError
from electrolyte_ml.immutable import FrozenMapping
from electrolyte_ml.notebook import html_table
from electrolyte_ml.properties import registered_property
from electrolyte_ml.rules import Cell, RuleSettings
from electrolyte_ml.search.check_limits import limit_faults
from electrolyte_ml.search.limits import Components, Limits
from electrolyte_ml.search.objectives import (
    Bound,
    Constraint,
    Direction,
    Frozen,
    Objective,
    OutOfDomain,
    Risk,
)
from electrolyte_ml.text import with_unit
from electrolyte_ml.units import ROOM_TEMPERATURE_K, ZERO_CELSIUS_K

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Bound",
    "Constraint",
    "Direction",
    "Frozen",
    "Objective",
    "OutOfDomain",
    "Problem",
    "Risk",
    "SamplerName",
    "SearchSettings",
]


#: Property that says where a recipe is no liquid any more.
FREEZING = "freezes_below_k"


class SamplerName(StrEnum):
    """Optuna's sampler; ``auto`` takes the one that suits the problem."""

    AUTO = "auto"
    NSGA2 = "nsga2"
    NSGA3 = "nsga3"
    TPE = "tpe"
    GP = "gp"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """Settings of a search.

    Attributes
    ----------
    n_trials
        Distinct recipes to score; None for the sampler's own default.
    population
        Recipes scored together, and NSGA-II's population; None for the sampler's own default.
    seed
        Same seed, same shortlist.
    sampler
        Sampler of Optuna that proposes recipes.
    """

    n_trials: int | None = None
    population: int | None = None
    seed: int = 0
    sampler: SamplerName = SamplerName.AUTO


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Problem:
    """A search problem.

    Attributes
    ----------
    name, description
        For people; the name also names a stored study.
    components, limits
        Components of recipes and their limits.
    objectives, constraints
        Properties to optimise, and limits on properties.
    risk
        Risk attitude: whether objectives use the best estimate or the pessimistic bound.
    out_of_domain
        Whether recipes outside the models' domain may be proposed.
    frozen
        Whether recipes may be proposed that freeze above the temperature of an objective.
    lithium_prior
        Whether a campaign for the coulombic efficiency of another metal begins with what is known
        of lithium.
    settings
        Settings of the search.
    prices
        Price by kilogram of each component by name, in one currency; empty if cost does not matter.
    currency
        That currency, for people.
    cell
        The cell that recipes are for: warnings look at its electrodes and its water.
    rules
        Rules that are switched off, and those that a search obeys.

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
    frozen: Frozen = Frozen.EXCLUDE
    lithium_prior: bool = True
    settings: SearchSettings = field(default_factory=SearchSettings)
    prices: Mapping[str, float] = field(default_factory=dict, hash=False)
    currency: str = ""
    cell: Cell = field(default_factory=Cell)
    rules: RuleSettings = field(default_factory=RuleSettings)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prices", FrozenMapping(self.prices))
        faults = limit_faults(self.components, self.limits)
        if not self.objectives:
            faults.append("objectives: at least one is needed")
        if faults:
            raise RecipeFileError(faults)

    def __repr__(self) -> str:
        aims = " and ".join(f"{o.direction} {o.label}" for o in self.objectives)
        return f"<Problem {self.name}: {aims}, {len(self.components.names)} components>"

    def _repr_html_(self) -> str:
        return html_table(f"{self.name}: {self.description}", self.to_frame(), self._words())

    def _words(self) -> list[str]:
        held = self.components
        named = {
            "solvents": [s.name for s in held.solvents],
            "salts": [s.name for s in held.salts],
            "additives": [a.additive.name for a in held.additives],
        }
        return [f"{what}: {', '.join(names)}" for what, names in named.items() if names]

    def to_frame(self) -> pd.DataFrame:
        """One line per objective or constraint: kind, property, temperature and limit."""
        import pandas as pd

        rows: list[dict[str, Any]] = [
            {
                "term": str(o.direction),
                "property": o.property_name,
                "temperature_k": o.temperature_k,
            }
            for o in self.objectives
        ]
        rows += [
            {
                "term": "at least" if c.is_minimum else "at most",
                "property": c.property_name,
                "temperature_k": c.temperature_k,
                "limit": c.limit,
            }
            for c in self.constraints
        ]
        return pd.DataFrame(rows, columns=["term", "property", "temperature_k", "limit"])

    @property
    def terms(self) -> tuple[Objective | Constraint, ...]:
        """Objectives, then constraints."""
        return (*self.objectives, *self.constraints)

    @property
    def temperatures_k(self) -> tuple[float, ...]:
        """Temperatures of objectives and constraints, K, each once, in the order written.

        Room temperature where no property of the problem has one.
        """
        given = [term.temperature_k for term in self.terms]
        return tuple(dict.fromkeys(t for t in given if t is not None)) or (ROOM_TEMPERATURE_K,)

    @property
    def property_names(self) -> tuple[str, ...]:
        """Properties of objectives and constraints, each once, in the order written."""
        return tuple(dict.fromkeys(term.property_name for term in self.terms))

    @property
    def scored_names(self) -> tuple[str, ...]:
        """Properties that a search predicts: those asked for, and the freezing point."""
        return tuple(dict.fromkeys((*self.property_names, FREEZING)))

    @property
    def coldest_liquid_k(self) -> float | None:
        """Lowest temperature at which an objective needs a liquid, K; None if none does."""
        given = [
            o.temperature_k
            for o in self.objectives
            if o.temperature_k is not None and registered_property(o.property_name).needs_liquid
        ]
        return min(given, default=None) if self.frozen is Frozen.EXCLUDE else None

    def unit_of(self, property_name: str) -> str:
        """Unit of a property, the currency for a cost; empty for none."""
        known = registered_property(property_name)
        return self.currency if known.takes_prices else known.unit

    def amount(self, property_name: str, value: float) -> str:
        """A value with its unit; temperatures in degrees Celsius.

        To a tenth of a degree, the accuracy of measurements.
        """
        unit = self.unit_of(property_name)
        if unit == "K":
            return f"{round(value - ZERO_CELSIUS_K, 1):g} °C"
        return with_unit(value, unit)

    def key_of(self, property_name: str) -> str:
        """Key of the recipe file that asks for a property: ``objectives`` or ``constraints``."""
        is_objective = any(o.property_name == property_name for o in self.objectives)
        return "objectives" if is_objective else "constraints"

    def to_dict(self) -> dict[str, Any]:
        """The problem as the command line's contract shows it."""
        prices = {"currency": self.currency, "per_kg": dict(self.prices)} if self.prices else {}
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
            "frozen": str(self.frozen),
            "components": self.components.to_dict(),
            "limits": self.limits.to_dict(),
            **({"prices": prices} if prices else {}),
            "cell": self.cell.to_dict(),
            "rules": {"off": list(self.rules.off), "forbid": list(self.rules.words(self.cell))},
        }
