"""Objectives and constraints of a search."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from electrolyte_ml.text import celsius
from electrolyte_ml.units import celsius_text


class Direction(StrEnum):
    """Direction of an objective."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


class Bound(StrEnum):
    """Value of a prediction that counts: an end of its interval or the best estimate."""

    LOW = "low"
    VALUE = "value"
    HIGH = "high"


class Risk(StrEnum):
    """Risk attitude of a search.

    ``low`` uses the pessimistic end of the interval, ``value`` the best estimate. ``probability``
    uses the best estimate for objectives, and for constraints the probability that the limit is
    obeyed.
    """

    VALUE = "value"
    LOW = "low"
    PROBABILITY = "probability"


class OutOfDomain(StrEnum):
    """Treatment of recipes outside a model's domain."""

    EXCLUDE = "exclude"
    ALLOW = "allow"


class Frozen(StrEnum):
    """Treatment of recipes whose freezing point lies above a temperature of an objective.

    ``allow`` is for liquids that supercool.
    """

    EXCLUDE = "exclude"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A property to maximise or minimise.

    Attributes
    ----------
    property_name
        Name of a predicted property, such as ``conductivity_ms_cm``.
    temperature_k
        Temperature, K; None for a property without one, such as a cost.
    direction
        Whether to maximise or minimise.
    weight
        Weight in the ranking of the shortlist; the Pareto set does not depend on it.
    """

    property_name: str
    temperature_k: float | None = None
    direction: Direction = Direction.MAXIMIZE
    weight: float = 1.0

    @property
    def label(self) -> str:
        """Label, such as ``conductivity_ms_cm at 25 degC``."""
        return self.property_name + at_temperature(self.temperature_k)

    def bound(self, risk: Risk) -> Bound:
        """The value of a prediction that this objective uses."""
        if risk is not Risk.LOW:
            return Bound.VALUE
        return Bound.LOW if self.direction is Direction.MAXIMIZE else Bound.HIGH

    @property
    def optimistic_bound(self) -> Bound:
        """The better end of the interval."""
        return Bound.HIGH if self.direction is Direction.MAXIMIZE else Bound.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A limit on a property.

    Attributes
    ----------
    property_name, temperature_k
        As in `Objective`.
    limit
        The limit, in the unit of the property's name.
    is_minimum
        True if the property must be at least the limit, False if at most.
    bound
        Value of the prediction that is compared with the limit.
    probability
        Least probability that the limit is obeyed, 0 to 1, in place of `bound`; None to use
        `bound`.
    """

    property_name: str
    temperature_k: float | None = None
    limit: float
    is_minimum: bool
    bound: Bound = Bound.VALUE
    probability: float | None = None

    @property
    def name(self) -> str:
        """Name, such as ``conductivity_ms_cm at -20 degC >= 2``."""
        sign = ">=" if self.is_minimum else "<="
        place = at_temperature(self.temperature_k)
        if self.probability is not None:
            return f"P({self.property_name}{place} {sign} {self.limit:g}) >= {self.probability:g}"
        which = "" if self.bound is Bound.VALUE else f" ({self.bound})"
        return f"{self.property_name}{which}{place} {sign} {self.limit:g}"


def at_temperature(temperature_k: float | None) -> str:
    """`` at 25 degC``, as labels and files have it, or nothing without a temperature."""
    return "" if temperature_k is None else f" at {celsius_text(temperature_k)}"


def at_degrees(temperature_k: float | None) -> str:
    """`` at 25 °C``, as sentences have it, or nothing without a temperature."""
    return "" if temperature_k is None else f" at {celsius(temperature_k)}"
