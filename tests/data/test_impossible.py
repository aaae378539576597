"""Viscosities that no liquid has."""

import numpy as np
import pytest

from electrolyte_ml.data.impossible import find_impossible

KELVIN = (293.15, 303.15, 313.15, 323.15)
MOLALITIES = (0.5, 1, 2, 3)


@pytest.fixture
def series(make_measurements):
    """Viscosities of one salt at four concentrations and temperatures, by a function of both."""

    def make(value, paper="10.1/a", solvent="PC"):
        rows = [
            (f"{m} m LiTFSI in {solvent}", t, value(m, t), paper)
            for m in MOLALITIES
            for t in KELVIN
        ]
        return make_measurements(rows, property_name="viscosity_mpa_s")

    return make


def usual(m, t):
    return 2.5 * np.exp(0.6 * m) * np.exp(1800 * (1 / t - 1 / 298.15))


def test_a_usual_series_is_possible(series):
    assert find_impossible(series(usual)) == ()


def test_a_series_that_thickens_when_heated_is_not(series):
    (found,) = find_impossible(series(lambda m, t: usual(m, 600 - t)))
    assert found.source == "10.1/a"
    assert "LiTFSI in PC" in found.recipe
    assert len(found.rows) == 16
    assert found.reason == "viscosity rises with temperature in 12 of 12 steps"


def test_a_series_that_thins_with_salt_is_not(series):
    (found,) = find_impossible(series(lambda m, t: usual(-m, t)))
    assert found.reason == "viscosity falls with salt in 12 of 12 steps"


def test_a_single_step_the_wrong_way_is_scatter(series):
    once = lambda m, t: usual(m, t) * (1.3 if (m, t) == (1, 313.15) else 1)  # noqa: E731
    assert find_impossible(series(once)) == ()


def test_another_property_has_no_such_series(make_measurements):
    rows = [("1 m LiTFSI in PC", t, 1 + t / 1000, "10.1/a") for t in range(280, 320, 4)]
    assert find_impossible(make_measurements(rows, property_name="density_g_cm3")) == ()
