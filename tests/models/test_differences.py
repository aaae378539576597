import numpy as np
import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.differences import differences, error_correlation, surely
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import registered_property

CONDUCTIVITY = registered_property("conductivity_ms_cm")
DENSITY = registered_property("density_g_cm3")
FLASH = registered_property("flash_point_k")


def _prediction(value, low, high):
    n = len(value)
    return Prediction(
        value=np.array(value, dtype=float),
        low=np.array(low, dtype=float),
        high=np.array(high, dtype=float),
        coverage=0.9,
        in_domain=np.ones(n, dtype=bool),
        reason=(None,) * n,
    )


def test_alike_recipes_have_alike_errors():
    texts = (
        "1 M NaPF6 in EC:DMC 1:1 v/v",
        "0.9 M NaPF6 in EC:DMC 1:1 v/v",
        "1 M NaPF6 in EC:DEC 1:1 v/v",
        "1 M NaFSI in diglyme",
    )
    recipes = [parse_recipe(text) for text in texts]
    correlation = error_correlation(recipes, recipes)
    assert np.diag(correlation).tolist() == [1.0] * 4
    np.testing.assert_allclose(correlation, correlation.T, atol=1e-12)
    same_blend, alike, different = correlation[0, 1:]
    assert 0.9 < same_blend <= 0.95
    assert 0.2 < alike < 0.8
    assert different < 0.05


def test_a_factor_has_the_width_of_both_errors_less_what_they_share():
    mine, other = _prediction([8.0], [4.0], [16.0]), _prediction([4.0], [2.0], [8.0])
    apart = differences(CONDUCTIVITY, mine, other, np.array([0.0]))
    assert apart.value[0] == pytest.approx(2.0)
    assert apart.high[0] == pytest.approx(2 * 2 ** np.sqrt(2))
    assert apart.low[0] == pytest.approx(2 / 2 ** np.sqrt(2))
    alike = differences(CONDUCTIVITY, mine, other, np.array([0.95]))
    assert alike.high[0] == pytest.approx(2 * 2 ** np.sqrt(0.1))
    assert surely(CONDUCTIVITY, apart).tolist() == [0]
    assert surely(CONDUCTIVITY, alike).tolist() == [1]
    back = differences(CONDUCTIVITY, other, mine, np.array([0.95]))
    assert back.low[0] == pytest.approx(1 / alike.high[0])
    assert surely(CONDUCTIVITY, back).tolist() == [-1]


def test_intervals_that_are_not_symmetric_stay_so():
    mine, other = _prediction([1.3], [1.2], [1.6]), _prediction([1.0], [0.9], [1.0])
    found = differences(DENSITY, mine, other, np.array([0.0]))
    assert found.value[0] == pytest.approx(0.3)
    assert found.high[0] == pytest.approx(0.3 + np.hypot(0.3, 0.1))
    assert found.low[0] == pytest.approx(0.3 - 0.1)


def test_the_same_recipe_and_the_same_limiting_number_differ_by_nothing():
    mine = _prediction([6.5, 6.5], [5.0, 5.0], [7.0, 7.0])
    found = differences(registered_property("oxidation_limit_v"), mine, mine, np.array([1.0, 0.3]))
    assert found.low.tolist() == found.high.tolist() == [0.0, 0.0]


def test_without_a_value_there_is_no_difference_and_a_reason():
    mine, other = _prediction([0.0], [0.0], [0.0]), _prediction([4.0], [2.0], [8.0])
    found = differences(CONDUCTIVITY, mine, other, np.array([0.5]))
    assert np.isnan(found.value[0])
    assert not found.in_domain[0]
    assert "no conductivity to compare" in found.reason[0]


def test_what_never_burns_is_alike_and_beats_what_burns():
    never, burns = _prediction([np.inf], [np.inf], [np.inf]), _prediction([300], [290], [310])
    assert differences(FLASH, never, never, np.array([0.1])).value.tolist() == [0.0]
    assert surely(FLASH, differences(FLASH, never, burns, np.array([0.1]))).tolist() == [1]
