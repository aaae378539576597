"""Campaigns for the coulombic efficiency of sodium: a prior, and what is measured corrects it."""

import numpy as np
import pytest

from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.campaign import Campaign
from electrolyte_ml.campaign.efficiency_prior import FROM_LITHIUM, NOTHING, EfficiencyPrior
from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.data.efficiency import EFFICIENCY
from electrolyte_ml.errors import RecipeFileError, TableError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.properties import registered_property
from electrolyte_ml.search.bundled import require_predictable
from electrolyte_ml.search.recipe_file import load_problem
from electrolyte_ml.search.scorer import ModelScorer

PROBLEM = """\
name = "sodium efficiency"
[components]
solvents = ["DME", "diglyme", "THF", "2-MeTHF"]
salts = ["NaPF6"]
[limits]
max_solvents = 2
salt_molality_mol_kg = [0.8, 1.2]
[[objectives]]
property = "coulombic_efficiency_percent"
direction = "maximize"
[search]
n_trials = 64
"""
RECIPES = ["1 m NaPF6 in DME", "1 m NaPF6 in THF", "1 m NaFSI in EC:DMC 1:1 w/w"]
AT = np.full(3, 298.15)


def _scorer(*, lithium):
    return EfficiencyPrior(ModelScorer([EFFICIENCY]), lithium=lithium)


def _result(recipe, percent):
    return Result(
        suggestion=None,
        formulation=parse_recipe(recipe),
        status=Status.OK,
        values={(EFFICIENCY, None): percent},
    )


def test_without_lithium_all_recipes_are_alike_and_the_interval_is_wide():
    found = _scorer(lithium=False)([parse_recipe(r) for r in RECIPES], AT)[EFFICIENCY]
    assert found.value == pytest.approx(99.0)
    assert np.all(found.low < 90)
    assert np.all(found.high > 99.9)
    assert set(found.reason) == {NOTHING}


def test_lithium_tilts_the_prior_and_narrows_nothing():
    recipes = [parse_recipe(r) for r in RECIPES]
    flat, tilted = (_scorer(lithium=on)(recipes, AT)[EFFICIENCY] for on in (False, True))
    assert len(set(np.round(tilted.value, 6).tolist())) == 3
    assert set(tilted.reason) == {FROM_LITHIUM}
    scaled = registered_property(EFFICIENCY).scaled
    widths = [scaled(p.high) - scaled(p.low) for p in (flat, tilted)]
    assert widths[0] == pytest.approx(widths[1])


def test_lithium_itself_is_predicted_by_its_model():
    recipes = [parse_recipe("1 M LiFSI in DME")]
    with_prior = _scorer(lithium=True)(recipes, AT[:1])[EFFICIENCY]
    assert with_prior.value == pytest.approx(
        ModelScorer([EFFICIENCY])(recipes, AT[:1])[EFFICIENCY].value
    )


def test_measurements_correct_the_prior_on_the_scale_of_what_is_lost():
    results = [_result("1 m NaPF6 in DME", 99.9), _result("1 m NaPF6 in THF", 95.0)]
    tuned = TunedScorer(_scorer(lithium=False), results)
    found = tuned([parse_recipe(r) for r in RECIPES], AT)[EFFICIENCY]
    assert 99.8 < found.value[0] < 99.95
    assert found.value[1] < 97
    assert np.all(found.high < 100)
    scale = registered_property(EFFICIENCY)
    half = scale.scaled(found.high) - scale.scaled(found.value)
    assert half[0] == pytest.approx((scale.scaled(found.value) - scale.scaled(found.low))[0])


def test_a_shortlist_of_sodium_by_efficiency_is_refused_and_a_campaign_is_not(tmp_path):
    path = tmp_path / "problem.toml"
    path.write_text(PROBLEM)
    with pytest.raises(RecipeFileError, match="measure it in a campaign"):
        require_predictable(load_problem(path))
    campaign = Campaign.create(tmp_path / "campaign", path)
    first = campaign.suggest(3, seed=1)
    assert len({s.formulation.key for s in first}) == 3
    rows = [{"id": s.id, EFFICIENCY: 99.0 + 0.3 * i} for i, s in enumerate(first[:2])]
    rows.append({"id": first[2].id, "status": "failed", "comment": "would not run"})
    campaign.record(rows)
    again = campaign.tuned()([first[1].formulation], AT[:1])[EFFICIENCY]
    assert again.value[0] == pytest.approx(99.3, abs=0.2)
    assert campaign.suggest(1, seed=2)


def test_the_switch_stands_in_the_problem(tmp_path):
    path = tmp_path / "problem.toml"
    path.write_text(PROBLEM + "[prediction]\nlithium_prior = false\n")
    assert not load_problem(path).lithium_prior
    campaign = Campaign.create(tmp_path / "campaign", path)
    found = campaign.tuned()([parse_recipe(r) for r in RECIPES[:2]], AT[:2])[EFFICIENCY]
    assert found.value == pytest.approx(99.0)


def test_an_efficiency_without_loss_is_learnt_and_a_fraction_is_asked_about(tmp_path):
    found = TunedScorer(_scorer(lithium=False), [_result("1 m NaPF6 in DME", 100.0)])
    value = found([parse_recipe("1 m NaPF6 in DME")], AT[:1])[EFFICIENCY].value[0]
    assert 99.9 < value < 100
    path = tmp_path / "problem.toml"
    path.write_text(PROBLEM)
    campaign = Campaign.create(tmp_path / "campaign", path)
    with pytest.raises(TableError, match=r"no known electrolyte has one below 1.5.*another unit"):
        campaign.record([{"recipe": "1 m NaPF6 in DME", EFFICIENCY: 0.98}])
    rows = [{"recipe": "1 m NaPF6 in DME", EFFICIENCY: 99.5}]
    rows.append({"recipe": "1 m NaPF6 in THF", EFFICIENCY: 3.0})
    campaign.record(rows)
    known = campaign.tuned()([parse_recipe(r) for r in RECIPES], AT)[EFFICIENCY]
    assert np.all(known.low >= 0)
