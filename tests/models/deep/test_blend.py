import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import predict_conductivity
from electrolyte_ml.models.deep.blend import predict_blend

TEXTS = ("1 M LiPF6 in EC:DMC 1:1 w/w", "1 M NaPF6 in PC", "EC:DEC 1:1 w/w", "1 m LiTFSI in DME")


def both(share):
    recipes = [parse_recipe(t) for t in TEXTS]
    temperature = np.full(len(recipes), 298.15)
    return predict_conductivity(recipes, temperature), predict_blend(recipes, temperature, share)


def test_mean_of_logarithms_lies_half_way():
    default, all_graph = both(1.0)
    _, blend = both(0.5)
    lithium = [0, 3]
    expected = np.sqrt(default.value * all_graph.value)[lithium]
    assert np.allclose(blend.value[lithium], expected)
    widths = [p.high[lithium] / p.low[lithium] for p in (blend, default)]
    assert np.allclose(*widths)
    assert blend.reason == default.reason


def test_other_cations_no_salt_and_share_zero_are_the_default_model():
    default, blend = both(0.5)
    assert blend.value[1] == default.value[1]
    assert blend.value[2] == 0.0
    assert np.allclose(both(0.0)[1].value, default.value)


def test_a_share_is_a_share():
    with pytest.raises(InputError, match="0 to 1, not 2"):
        both(2)


def test_scores_take_the_mean_and_keep_their_words():
    from electrolyte_ml.models import score_formulations
    from electrolyte_ml.models.deep.blend import blended_table

    recipes = [parse_recipe(t) for t in TEXTS]
    table = score_formulations(recipes, np.full(len(recipes), 298.15))
    moved = blended_table(table)
    name = "conductivity_ms_cm"
    assert np.allclose(moved.predictions[name].value, both(0.5)[1].value)
    assert moved.predictions[name].reason == table.predictions[name].reason
    assert moved.predictions["viscosity_mpa_s"] is table.predictions["viscosity_mpa_s"]
