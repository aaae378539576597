"""Properties a measurement can be of: unit, sign and range, whether a temperature belongs to it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import packaged_table

TABLE = "properties.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyKind:
    """What values of a property can be.

    Attributes
    ----------
    name
        Property with its unit, such as ``conductivity_ms_cm``.
    unit
        Unit as people write it.
    pint_unit
        The same for pint; what stands after ``vs`` (a reference electrode) is not part of it.
    lowest, highest
        Values outside of these are a mistake of unit, not a measurement.
    positive
        Whether zero is a mistake too.
    temperature
        Whether a row needs a temperature.
    label
        The property in words.
    """

    name: str
    unit: str
    pint_unit: str = ""
    lowest: float = 0.0
    highest: float = math.inf
    positive: bool = True
    temperature: bool = True
    label: str = ""

    def fault(self, value: float) -> str | None:
        """Why `value` cannot be of this property; None if it can."""
        if not math.isfinite(value):
            return f"{self.name} is {value}, not a finite number"
        if self.positive and value <= 0:
            return f"{self.name} is {value:g}; it must be positive and finite"
        if not self.lowest <= value <= self.highest:
            return (
                f"{self.name} is {value:g} {self.unit}, outside of {self.lowest:g} to "
                f"{self.highest:g}; check the unit"
            )
        return None

    def temperature_fault(self, kelvin: float) -> str | None:
        """Why `kelvin` cannot be a row's temperature; NaN stands for none."""
        if math.isnan(kelvin):
            return f"{self.name} needs a temperature" if self.temperature else None
        if not (math.isfinite(kelvin) and kelvin > 0):
            return f"temperature_k is {kelvin:g}; it must be positive and finite"
        return None


@cache
def property_kinds() -> dict[str, PropertyKind]:
    """Every registered property by name."""
    rows = packaged_table(f"data/tables/{TABLE}")
    return {row["property"]: _kind(row) for row in rows}


def kind_of(name: str) -> PropertyKind:
    """Registered kind of a property, or, for any other name, a positive one at a temperature."""
    return property_kinds().get(name) or PropertyKind(name=name, unit="")


def registered_kind(name: str) -> PropertyKind:
    """Registered kind of a property.

    Raises
    ------
    InputError
        If there is none; the message lists all of them.
    """
    kinds = property_kinds()
    if name not in kinds:
        raise InputError(f"unknown property {name!r}; there are {', '.join(kinds)}")
    return kinds[name]


def _kind(row: dict[str, str]) -> PropertyKind:
    return PropertyKind(
        name=row["property"],
        unit=row["unit"],
        pint_unit=row["pint_unit"],
        lowest=float(row["lowest"]),
        highest=float(row["highest"]),
        positive=row["positive"] == "yes",
        temperature=row["temperature"] == "yes",
        label=row["label"],
    )
