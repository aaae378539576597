import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import predict_conductivity
from electrolyte_ml.models.conductivity import load
from electrolyte_ml.models.deep.artefact import load as graph_network
from electrolyte_ml.models.deep.blend import predict_blend
from electrolyte_ml.models.deep.mixtures import Mixtures

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


def _shipped_and_alone(texts):
    recipes = [parse_recipe(t) for t in texts]
    at = np.full(len(recipes), 298.15)
    return predict_conductivity(recipes, at), load().predict(recipes, at)


def test_a_new_solvent_gets_the_mean_and_known_ones_the_default():
    shipped, alone = _shipped_and_alone(["LiFSI:DME:TTE 1:1.2:1 mol", "1 M LiFSI in DME"])
    recipe = parse_recipe("LiFSI:DME:TTE 1:1.2:1 mol")
    mixtures = Mixtures.of(compose([recipe]))
    members = graph_network().log10_conductivity(mixtures, np.array([298.15]))
    graph = 10.0 ** np.median(members)
    assert shipped.value[0] == pytest.approx(np.sqrt(alone.value[0] * graph), rel=1e-6)
    assert shipped.high[0] / shipped.low[0] == pytest.approx(alone.high[0] / alone.low[0])
    assert not shipped.in_domain[0]
    assert shipped.value[1] == alone.value[1]


def test_with_a_new_solvent_the_step_to_sodium_stays():
    texts = ["LiFSI:DME:TTE 1:1.2:1 mol", "NaFSI:DME:TTE 1:1.2:1 mol"]
    shipped, alone = _shipped_and_alone(texts)
    # The twin has the same moles of all, and so the same molality.
    assert shipped.value[1] / alone.value[1] == pytest.approx(
        shipped.value[0] / alone.value[0], rel=1e-6
    )


def test_a_solvent_outside_the_table_and_no_salt_are_left_to_the_default():
    shipped, alone = _shipped_and_alone(["1 m LiPF6 in CCCCCCCC", "TTE"])
    assert np.array_equal(shipped.value, alone.value)


def test_new_solvents_are_moved_once():
    recipe = parse_recipe("LiFSI:DME:TTE 1:1.2:1 mol")
    at = np.array([298.15])
    assert predict_blend([recipe], at).value == predict_conductivity([recipe], at).value
