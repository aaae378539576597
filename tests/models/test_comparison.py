import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.comparison import compare_formulations

TEXTS = ("1 M NaPF6 in EC:DEC 1:1 v/v", "1 M NaPF6 in EC:DMC 1:1 v/v", "1 M NaPF6 in diglyme")


@pytest.fixture(scope="module")
def comparison():
    recipes = [parse_recipe(text) for text in TEXTS]
    prices = {"EC": 2, "DEC": 2.5, "DMC": 1.5, "NaPF6": 50}
    return compare_formulations(recipes, [298.15, 273.15], names=TEXTS, prices=prices)


def test_each_row_is_beside_the_first_recipe_at_its_temperature(comparison):
    rows = list(comparison.records())
    assert [row["recipe"] for row in rows] == [text for text in TEXTS for _ in range(2)]
    assert [row["temperature_k"] for row in rows] == [298.15, 273.15] * 3
    for row, first in zip(rows, rows[:2] * 3, strict=True):
        beside = row["differences"]
        assert beside["from"] == rows[0]["key"]
        ratio = row["conductivity_ms_cm"]["value"] / first["conductivity_ms_cm"]["value"]
        assert beside["conductivity_ms_cm"]["value"] == pytest.approx(ratio)
        gain = row["density_g_cm3"]["value"] - first["density_g_cm3"]["value"]
        assert beside["density_g_cm3"]["value"] == pytest.approx(gain)
        assert beside["conductivity_ms_cm"]["is_ratio"] is True
        assert beside["density_g_cm3"]["is_ratio"] is False


def test_a_difference_of_alike_recipes_is_surer_than_both(comparison):
    found = comparison.differences["conductivity_ms_cm"]
    each = comparison.predictions["conductivity_ms_cm"]
    widths = each.high / each.low
    assert 1 < found.high[2] / found.low[2] < widths[2] * widths[0]
    assert found.high[0] == found.low[0] == 1.0


def test_costs_are_compared_where_prices_are_known(comparison):
    costs = comparison.differences["cost_per_kg"]
    assert costs.value[2] < 0
    assert costs.low[2] == costs.high[2]
    assert "no price for diglyme" in costs.reason[4]


def test_one_recipe_is_not_compared():
    with pytest.raises(InputError, match="at least two recipes, given 1"):
        compare_formulations([parse_recipe(TEXTS[0])], [298.15])
