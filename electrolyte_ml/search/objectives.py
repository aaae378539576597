"""Objectives and constraints: which number of which prediction a search goes by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from electrolyte_ml.units import celsius_text


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
    """How a search meets uncertainty.

    ``low`` goes by the pessimistic end of the interval, ``value`` by the best estimate, and
    ``probability`` by the best estimate for objectives and by the probability that a limit is
    obeyed for constraints.
    """

    VALUE = "value"
    LOW = "low"
    PROBABILITY = "probability"


class OutOfDomain(StrEnum):
    """What happens to recipes that a model does not know."""

    EXCLUDE = "exclude"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A property that is to be as high or as low as possible.

    Attributes
    ----------
    property_name
        Name of a predicted property, such as ``conductivity_ms_cm``.
    temperature_k
        Temperature, K; None for a property that has none, such as a cost.
    direction
        Which way is better.
    weight
        Importance beside other objectives when the shortlist is ranked; the Pareto set itself
        does not depend on it.
    """

    property_name: str
    temperature_k: float | None = None
    direction: Direction = Direction.MAXIMIZE
    weight: float = 1.0

    @property
    def label(self) -> str:
        """Such as ``conductivity_ms_cm at 25 degC``."""
        return self.property_name + at_temperature(self.temperature_k)

    def bound(self, risk: Risk) -> Bound:
        """The number of a prediction that this objective counts."""
        if risk is not Risk.LOW:
            return Bound.VALUE
        return Bound.LOW if self.direction is Direction.MAXIMIZE else Bound.HIGH

    @property
    def hopeful_bound(self) -> Bound:
        """The end of the interval that is better."""
        return Bound.HIGH if self.direction is Direction.MAXIMIZE else Bound.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A property that must not pass a limit.

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
    probability
        Instead of `bound`: the least probability that the limit is obeyed, 0 to 1; None where the
        bound counts.
    """

    property_name: str
    temperature_k: float | None = None
    limit: float
    is_minimum: bool
    bound: Bound = Bound.VALUE
    probability: float | None = None

    @property
    def name(self) -> str:
        """Such as ``conductivity_ms_cm at -20 degC >= 2``."""
        sign = ">=" if self.is_minimum else "<="
        place = at_temperature(self.temperature_k)
        if self.probability is not None:
            return f"P({self.property_name}{place} {sign} {self.limit:g}) >= {self.probability:g}"
        which = "" if self.bound is Bound.VALUE else f" ({self.bound})"
        return f"{self.property_name}{which}{place} {sign} {self.limit:g}"


def at_temperature(temperature_k: float | None) -> str:
    """`` at 25 degC``, or nothing where a property has no temperature."""
    return "" if temperature_k is None else f" at {celsius_text(temperature_k)}"
