import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models import predict_conductivity
from electrolyte_ml.models.curves import concentration_curves, temperature_curves
from electrolyte_ml.models.explain import explain


@pytest.fixture(scope="module")
def explanation():
    return explain(parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC"))


def test_curves_go_through_the_recipe(explanation):
    own = explanation.prediction.value[0]
    molality = explanation.formulation.molalities_mol_kg["NaPF6"]
    curve = explanation.concentration
    at = np.flatnonzero(np.isclose(curve.molality_mol_kg, molality))
    assert curve.prediction.value[at] == pytest.approx([own])
    at = np.flatnonzero(np.isclose(explanation.temperature.temperature_k, 298.15))
    assert explanation.temperature.prediction.value[at] == pytest.approx([own])


def test_maximum_is_the_highest_and_lies_inside(explanation):
    curve = explanation.concentration
    assert curve.prediction.value[curve.maximum] == curve.prediction.value.max()
    assert 0.5 < curve.molality_mol_kg[curve.maximum] < 1.5
    assert curve.molarity_mol_l[curve.maximum] == pytest.approx(
        curve.molality_mol_kg[curve.maximum] * 1.1, rel=0.1
    )


def test_activation_energy_is_the_slope_of_the_curve(explanation):
    recipe = explanation.formulation
    pair = np.array([297.0, 299.3])
    low, high = np.log(predict_conductivity([recipe, recipe], pair).value)
    slope = 8.314462618e-3 * (high - low) / (1 / pair[0] - 1 / pair[1])
    assert explanation.temperature.activation_kj_mol[298.15] == pytest.approx(slope, rel=1e-3)
    assert 8 < slope < 30
    assert explanation.temperature.activation_kj_mol[253.15] > slope


def test_swaps_keep_everything_but_one_component(explanation):
    own = set(explanation.formulation.mass_fractions) | {"NaPF6"}
    for swap in explanation.swaps:
        other = set(swap.formulation.mass_fractions) | set(swap.formulation.molalities_mol_kg)
        assert own - other == {swap.component}
        assert other - own == {swap.replacement}
    assert {s.component for s in explanation.swaps} == {"EC", "DEC", "NaPF6"}
    for component in ("EC", "DEC", "NaPF6"):
        known = [s for s in explanation.swaps if s.component == component]
        flags = [s.prediction["in_domain"] for s in known]
        assert flags == sorted(flags, reverse=True)
    assert "EMC" in {s.replacement for s in explanation.swaps if s.component == "DEC"}


def test_change_of_a_swap_is_that_of_the_predictions(explanation):
    # Metals of the same charge that the model knows.
    assert [swap.replacement for swap in explanation.cations] == ["Li", "K", "Rb"]
    for swap in (*explanation.cations, *explanation.swaps):
        ratio = swap.prediction["value"] / explanation.prediction.value[0]
        assert swap.change_percent == pytest.approx(100 * (ratio - 1), abs=1e-3)


def test_two_cations_are_compared_with_each_alone():
    mixed = explain(parse_recipe("0.5 m NaPF6 + 0.5 m LiPF6 in EC:DMC 1:1 wt"))
    assert [s.replacement for s in mixed.cations] == ["Li", "Na", "K", "Rb"]
    for swap in mixed.cations:
        assert list(swap.formulation.molalities_mol_kg.values()) == pytest.approx([1.0])


def test_many_curves_at_once_are_as_one_by_one():
    recipes = [parse_recipe(r) for r in ("1 m NaPF6 in PC", "0.5 m NaTFSI in DME")]
    for together, alone in zip(
        concentration_curves(recipes, 273.15),
        [concentration_curves([r], 273.15)[0] for r in recipes],
        strict=True,
    ):
        assert together.prediction.value == pytest.approx(alone.prediction.value)
    for together, alone in zip(
        temperature_curves(recipes), [temperature_curves([r])[0] for r in recipes], strict=True
    ):
        # Networks predict in single precision, and the energies are of small differences.
        assert together.activation_kj_mol == pytest.approx(alone.activation_kj_mol, rel=1e-4)


def test_a_solid_replacement_is_called_so():
    swaps = explain(parse_recipe("1 m NaPF6 in PC:DMC 1:1 wt")).swaps
    (carbonate,) = [s for s in swaps if (s.component, s.replacement) == ("PC", "EC")]
    assert carbonate.note == "EC melts at 36 °C"


def test_a_replacement_that_brings_a_hazard_says_so():
    swaps = explain(parse_recipe("1 M NaPF6 in EC:diglyme 1:1 wt")).swaps
    notes = {s.replacement: s.note for s in swaps}
    assert notes["NaAsF6"].startswith("caution: NaAsF6: arsenic or antimony")
    assert "reproduc" not in notes["DME"]  # the recipe itself holds a toxic ether


def test_without_salt_there_is_nothing_to_explain():
    with pytest.raises(InputError, match="'EC' holds no salt"):
        explain(parse_recipe("EC"))


def test_salts_of_organic_cations_keep_them():
    found = explain(parse_recipe("0.5 m NaPF6 + 0.5 m TEABF4 in PC"))
    for swap in found.cations:
        assert swap.component == "Na"
        assert {"TEABF4", f"{swap.replacement}PF6"} == set(swap.formulation.molalities_mol_kg)
    assert explain(parse_recipe("1 m TEABF4 in PC")).cations == ()
