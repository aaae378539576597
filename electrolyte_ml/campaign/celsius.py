"""Temperatures of sheets and reports that people read and fill in: in degrees Celsius.

Quantities are known by their label, the name of a property with the temperature it is at, such as
``conductivity_ms_cm at 25 degC``. The log and JSON keep kelvin; both are read back.
"""

from __future__ import annotations

from collections.abc import Mapping

from electrolyte_ml.properties import Property, registered_property
from electrolyte_ml.units import ZERO_CELSIUS_K


def people_heading(label: str) -> str:
    """Heading of a quantity: its label, or for a temperature its name in words with the unit.

    Examples
    --------
    >>> people_heading("conductivity_ms_cm at 25 degC"), people_heading("freezes_below_k")
    ('conductivity_ms_cm at 25 degC', 'freezing point in degC')
    """
    known, at = _property(label)
    if known.unit != "K":
        return label
    return f"{known.label} in degC" + (f" at {at}" if at else "")


def people_number(label: str, value: float | None) -> float | None:
    """A value of a quantity; a temperature in degrees Celsius, to a tenth."""
    if value is None or _property(label)[0].unit != "K":
        return value
    return round(value - ZERO_CELSIUS_K, 1)


def people_prediction(
    label: str, prediction: Mapping[str, float | None]
) -> dict[str, float | None]:
    """The ends of a prediction, each as `people_number` has it."""
    return {end: people_number(label, number) for end, number in prediction.items()}


def _property(label: str) -> tuple[Property, str]:
    name, _, at = label.partition(" at ")
    return registered_property(name), at
