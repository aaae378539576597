import sys

import pytest

from electrolyte_ml import units
from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.units import celsius_text, temperature_k


@pytest.mark.parametrize(
    ("text", "kelvin"),
    [
        ("25 degC", 298.15),
        ("25degC", 298.15),
        ("-20 degC", 253.15),
        ("−20 °C", 253.15),
        ("25 C", 298.15),
        ("25 ℃", 298.15),
        ("298.15 K", 298.15),
        ("2.98e2 kelvin", 298.0),
        ("77 degF", 298.15),
    ],
)
def test_temperature_is_read_exactly(text, kelvin):
    assert temperature_k(text) == kelvin


@pytest.mark.parametrize("text", ["25", 25, 25.0, "warm", "", "degC", "25 m", "25 nonsense", None])
def test_temperature_without_a_proper_unit_is_refused(text):
    with pytest.raises(ElectrolyteError, match="25 degC"):
        temperature_k(text)


@pytest.mark.parametrize("text", ["-300 degC", "0 K", "-1 K", "1e999 K"])
def test_temperature_must_be_above_absolute_zero(text):
    with pytest.raises(ElectrolyteError, match="absolute zero"):
        temperature_k(text)


@pytest.mark.parametrize("kelvin", [298.15, 253.15, 273.15, 333.2])
def test_celsius_text_reads_back(kelvin):
    assert temperature_k(celsius_text(kelvin)) == kelvin


@pytest.mark.parametrize("unit", ["degC", "°C", "celsius", "K", "kelvin", "C", "℃"])
def test_common_units_need_no_pint_and_agree_with_it(unit, monkeypatch):
    quick = temperature_k(f"31.7 {unit}")
    monkeypatch.setattr(units, "_COMMON", {})
    assert temperature_k(f"31.7 {unit}") == quick
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "pint", None)
    assert temperature_k(f"31.7 {unit}") == quick
