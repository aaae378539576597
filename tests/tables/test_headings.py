import pytest

from electrolyte_ml.tables import (
    looks_like_a_quantity,
    looks_like_temperature,
    read_quantity,
    read_temperature,
)

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


@pytest.mark.parametrize(
    "heading",
    [
        "temperature / °C", "Temperature_C", "T [degC]", "T (°C)", "temp_c", "t / °C", "T in °C",
        "Temperature, deg C", "temperature (Celsius)", "T / ℃", "T / ºC", "T / ˚C", "Temp. [°C]",
        " TEMPERATURE_C ",
    ],
)  # fmt: skip
def test_plain_temperatures_in_celsius_are_read(heading):
    assert read_temperature(heading) == "temperature_c"


@pytest.mark.parametrize("heading", ["T / K", "T(K)", "T, K", "Temperature_K", "temperature [K]"])
def test_plain_temperatures_in_kelvin_are_read(heading):
    assert read_temperature(heading) == "temperature_k"


@pytest.mark.parametrize(
    "heading",
    [
        "T", "temperature", "1000/T (K-1)", "T / °F", "T_c", "Tg / K", "melting temperature / °C",
        f"T / K{MINUS}1", "T / 10^3 K", "t / K", "c", "K",
    ],
)  # fmt: skip
def test_others_are_not_read_as_the_temperature(heading):
    assert read_temperature(heading) is None


@pytest.mark.parametrize(
    "heading",
    [
        "°C",
        "ϑ / °C",
        "θ (°C)",
        "at / °C",
        "Messtemperatur",
        "温度",
        "T1",
        "bath / ºC",
        "T_meas",
        "Tset",
        "T.exp",
        "at",
    ],
)
def test_whatever_may_be_the_temperature_looks_like_one(heading):
    assert read_temperature(heading) is None
    assert looks_like_temperature(heading)


@pytest.mark.parametrize(
    "heading", ["T_m / °C", "melting point / °C", "c", "K", "tank", "Tg", "attempt"]
)
def test_other_temperatures_do_not(heading):
    assert not looks_like_temperature(heading)


@pytest.mark.parametrize(
    ("heading", "name", "unit"),
    [
        ("Conductivity_mS_cm", "conductivity_ms_cm", ""),
        (f"Ionic conductivity / mS·cm{MINUS}1", "conductivity_ms_cm", "mS cm-1"),
        (f"σ (S m{DASH}1)", "conductivity_ms_cm", "S m-1"),
        ("κ [Ω⁻¹ cm⁻¹]", "conductivity_ms_cm", "ohm-1 cm-1"),
        ("viscosity, mPas", "viscosity_mpa_s", "mPa s"),
        (f"ρ / g cm{MINUS}3", "density_g_cm3", "g cm-3"),
        ("oxidation limit (V vs. Li/Li+)", "oxidation_limit_v", "V vs. Li/Li+"),
    ],
)
def test_properties_with_their_units_are_read(heading, name, unit):
    found = read_quantity(heading)
    assert (found.kind.name, found.unit) == (name, unit)


@pytest.mark.parametrize("heading", ["conductivity", "log10 conductivity", "mS/cm", "unit", "T"])
def test_near_misses_look_like_quantities(heading):
    assert read_quantity(heading) is None
    assert looks_like_a_quantity(heading)


@pytest.mark.parametrize("heading", ["recipe", "batch", "comment", "cell", "molality", "date"])
def test_other_headings_do_not(heading):
    assert not looks_like_a_quantity(heading)
