import sys

import pytest

from electrolyte_ml import units
from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.formulation.weigh_out import batch_g
from electrolyte_ml.properties import registered_property
from electrolyte_ml.units import celsius_text, duration_s, duration_text, share, temperature_k


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


@pytest.mark.parametrize(
    "unit",
    [
        "K**9**9",
        "K^(9^9)",
        "K**9" * 5000,
        "((((",
        "K)",
        "K\x00",
        "K'",
        "(2**99)**99 K",
        "K" * 200_000,
    ],
)
def test_what_pint_would_work_out_for_ever_is_no_unit(unit):
    with pytest.raises(InputError) as error:
        temperature_k(f"25 {unit}")
    assert len(str(error.value)) < 300
    with pytest.raises(InputError):
        conversion(unit, registered_property("conductivity_ms_cm"))
    with pytest.raises(InputError):
        batch_g(f"25 {unit}", parse_recipe("1 M NaPF6 in PC"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7200), ("90 min", 5400), ("1.5 days", 129600), ("40 s", 40), ("0.5 hours", 1800)],
)
def test_times_are_read_with_their_unit(text, seconds):
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["2", "h", "-1 h", "0 min", "2 m", "2 weeks", ""])
def test_what_is_no_time_is_told_with_an_example(text):
    with pytest.raises(InputError, match="'90 min' or '2 h'"):
        duration_s(text)


def test_shares_are_per_cent_or_below_one():
    assert share("10%") == share("10 %") == share("0.1") == pytest.approx(0.1)
    with pytest.raises(InputError, match="write '10%'"):
        share("10")
    with pytest.raises(InputError, match="write '10%' or"):
        share("ten")


def test_times_are_said_in_words():
    assert duration_text(12_040) == "3 h 21 min"
    assert duration_text(240) == "4 min"
    assert duration_text(12.3) == "12 s"
