"""Scores of arrays are the scores of the same recipes, of every registered property."""

import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.compositions import score_compositions
from electrolyte_ml.models.scoring import score_formulations
from electrolyte_ml.properties import scored_properties
from electrolyte_ml.rules import Cell
from electrolyte_ml.shipped_properties import LIQUID

SPECIES = ["EC", "DEC", "DME", "NaPF6", "NaClO4"]
FRACTIONS = [[0.5, 0.5, 0.0], [0.0, 0.4, 0.6]]
MOLALITIES = [[1.0, 0.0], [0.0, 0.5]]
TEXTS = ["1 m NaPF6 in EC:DEC 1:1 w/w", "0.5 m NaClO4 in DEC:DME 4:6 w/w"]


def test_arrays_score_as_their_recipes_do():
    kelvin, cell = np.array([298.15, 263.15]), Cell(anode="hard carbon")
    scores = score_compositions(SPECIES, FRACTIONS, MOLALITIES, kelvin, cell=cell)
    recipes = [parse_recipe(text) for text in TEXTS]
    expected = score_formulations(recipes, kelvin, cell=cell)
    shown = {p.name for p in scored_properties() if p.nested_in != LIQUID}
    assert scores.predictions.keys() == shown
    for name, prediction in scores.predictions.items():
        other = expected.predictions[name]
        np.testing.assert_allclose(prediction.value, other.value, rtol=1e-9)
        np.testing.assert_allclose(prediction.low, other.low, rtol=1e-9)
        assert prediction.reason == other.reason
    assert scores.warnings == expected.warnings
    assert scores.liquid.record(0) == expected.liquid.record(0)


def test_one_temperature_serves_all():
    scores = score_compositions(SPECIES, FRACTIONS, MOLALITIES, 283.15)
    assert scores.temperature_k.tolist() == [283.15, 283.15]


@pytest.mark.parametrize("kelvin", [[298.15], [[298.15, 298.15]], -3.0, float("nan")])
def test_temperatures_fit_the_rows(kelvin):
    with pytest.raises(InputError, match="temperature"):
        score_compositions(SPECIES, FRACTIONS, MOLALITIES, kelvin)
