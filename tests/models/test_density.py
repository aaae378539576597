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
