import numpy as np

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import predict_density


def test_density_has_an_interval_and_flags_estimates():
    recipes = [parse_recipe("1 M NaPF6 in PC"), parse_recipe("1 M NaPF6 in CCCCCCCC")]
    prediction = predict_density(recipes, np.full(2, 298.15))
    assert (prediction.low < prediction.value).all()
    assert (prediction.value < prediction.high).all()
    assert prediction.in_domain.tolist() == [True, False]
    assert "estimated" in prediction.reason[1]


def test_density_interval_widens_away_from_room_temperature():
    recipe = parse_recipe("1 M NaPF6 in PC")
    prediction = predict_density([recipe] * 2, np.array([298.15, 253.15]))
    width = prediction.high / prediction.low
    assert width[1] > width[0]
    assert prediction.value[1] > prediction.value[0]


def test_an_estimated_component_widens_the_interval_by_its_share():
    recipes = [parse_recipe(r) for r in ("PC", "PC:CCCCCCCC 9:1 w/w", "PC:CCCCCCCC 1:9 w/w")]
    prediction = predict_density(recipes, np.full(3, 298.15))
    relative = prediction.high / prediction.value - 1
    assert relative[0] < 0.01 < relative[1] < relative[2]
    assert 0.08 < relative[2] < 0.12
    assert prediction.in_domain.tolist() == [True, False, False]


def test_a_trace_that_is_estimated_stays_in_the_domain():
    prediction = predict_density([parse_recipe("PC:CCCCCCCC 99:1 w/w")], np.array([298.15]))
    assert prediction.in_domain[0]


def test_salt_widens_the_interval():
    recipes = [parse_recipe(f"{m} mol/kg NaPF6 in PC") for m in (0.1, 1.0, 3.0)]
    prediction = predict_density(recipes, np.full(3, 298.15))
    assert (np.diff(prediction.high / prediction.value) > 0).all()
