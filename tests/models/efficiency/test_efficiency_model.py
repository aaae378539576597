"""The model of coulombic efficiency: what it ranks, where it is silent, and how it is trained."""

import re

import numpy as np
import pytest

from electrolyte_ml.data.efficiency import (
    CAPACITIES_MAH_CM2,
    CURRENTS_MA_CM2,
    CYCLING,
    DEFAULT_CYCLING,
    Cycling,
    EfficiencyTable,
    asked_cycling,
    efficiency_table,
    percent_of,
)
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputErrors, RecipeFileError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.efficiency import EfficiencyModel, predict_efficiency
from electrolyte_ml.models.efficiency.explain import DRIVERS, drivers, explain_efficiency
from electrolyte_ml.models.efficiency.features import INPUTS, family_of, features
from electrolyte_ml.models.efficiency.fit import fit_efficiency
from electrolyte_ml.models.efficiency.measured import nearest_efficiencies
from electrolyte_ml.models.efficiency.train import train_efficiency
from electrolyte_ml.models.scoring import score_formulations
from electrolyte_ml.report.explain import efficiency_words
from electrolyte_ml.rules import Cell
from electrolyte_ml.search import load_problem
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.scorer import ModelScorer

LIFSI = "[Li+].[N-](S(=O)(=O)F)S(=O)(=O)F"


def _made_up(n=40, seed=0):
    """Efficiencies that rise with the molality of LiFSI in two ethers and two carbonates."""
    rng = np.random.default_rng(seed)
    molality = rng.uniform(0.5, 5.0, n)
    solvents = ("DME", "diglyme", "EC:DMC 1:1 w/w", "PC")
    recipes = [f"{m:.4f} m LiFSI in {solvents[i % 4]}" for i, m in enumerate(molality)]
    lce = 1.0 + 0.25 * molality + 0.02 * rng.standard_normal(n)
    measured = Measurements(
        property_name="coulombic_efficiency_percent",
        formulations=tuple(map(parse_recipe, recipes)),
        formulation_index=np.arange(n),
        temperature_k=np.full(n, np.nan),
        value=percent_of(lce),
        source=np.array([f"paper {i % 7}" for i in range(n)]),
        source_row=np.arange(n),
        flag=np.full(n, ""),
    )
    return EfficiencyTable(
        measurements=measured, cycling=(DEFAULT_CYCLING,) * n, dataset=np.full(n, "made up")
    )


def test_what_practice_knows_is_ranked():
    recipes = ["1 M LiPF6 in EC:DMC 1:1 v/v", "1 M LiFSI in DME", "4 M LiFSI in DME"]
    found = predict_efficiency([parse_recipe(r) for r in recipes])
    assert np.all(np.diff(found.value) > 0)
    assert np.all((found.low < found.value) & (found.value < found.high) & (found.high < 100))
    assert found.record(0)["of"] == "lithium metal on copper"


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        ("1 M NaPF6 in DME", "measure it in a campaign"),
        ("1 M LiPF6 + 0.5 M NaPF6 in DME", "too little of Na"),
        ("1 M LiPF6 in water", r"family \(other\)"),
        ("1 M LiCl in DME", "Cl is hardly measured"),
        ("DME", "no salt"),
        ("1 m LiFSI in Pyr13FSI", "ionic liquids"),
    ],
)
def test_where_nothing_was_measured_there_is_no_number(recipe, why):
    found = predict_efficiency([parse_recipe(recipe)])
    assert np.isnan(found.value[0])
    assert not found.in_domain[0]
    assert re.search(why, found.reason[0])


def test_rows_without_a_value_do_not_move_the_others():
    alone = predict_efficiency([parse_recipe("1 M LiFSI in DME")])
    mixed = predict_efficiency([parse_recipe("1 M NaPF6 in DME"), parse_recipe("1 M LiFSI in DME")])
    assert mixed.value[1] == pytest.approx(alone.value[0], rel=1e-12)


def test_the_order_of_components_changes_nothing():
    one, two = (
        "1 M LiFSI + 0.2 M LiNO3 in DME:DOL 1:2 v/v",
        "0.2 M LiNO3 + 1 M LiFSI in DOL:DME 2:1",
    )
    found = predict_efficiency([parse_recipe(one), parse_recipe(f"{two} v/v")])
    assert found.value[0] == pytest.approx(found.value[1], rel=1e-9)


def test_how_it_is_measured_is_an_input():
    recipe = parse_recipe("1 M LiFSI in DME")
    other = Cycling(method=CYCLING, current_ma_cm2=2.0, capacity_mah_cm2=0.5)
    found = predict_efficiency([recipe, recipe], [DEFAULT_CYCLING, other])
    assert found.value[0] != found.value[1]
    assert found.record(1)["method"] == CYCLING
    usual = features([recipe], [Cycling(method="aurbach")])
    assert usual.tolist() == features([recipe], [DEFAULT_CYCLING]).tolist()


def test_a_diluent_does_not_name_the_family():
    recipe = parse_recipe("1.5 m LiFSI in DMC:TTE 1:4 w/w")
    assert family_of(recipe) == "carbonate"
    assert family_of(parse_recipe("1 m LiFSI in TTE")) == "ether"


def test_a_fit_finds_what_is_there_and_is_read_back_as_it_was(tmp_path):
    table = _made_up()
    model = fit_efficiency(table)
    test = _made_up(20, seed=1)
    value, half, _ = model.lce(test.measurements.row_formulations, test.cycling)
    assert np.abs(value - test.lce).mean() < 0.1
    assert np.mean(np.abs(value - test.lce) <= half) >= 0.8
    model.save({}, tmp_path)
    again = EfficiencyModel.load(tmp_path)
    assert again.lce(test.measurements.row_formulations, test.cycling)[0] == pytest.approx(value)
    assert len(model.centre) == len(INPUTS)


def test_far_from_everything_is_said():
    model = fit_efficiency(_made_up())
    odd = parse_recipe("30 m LiFSI in FC(F)(F)C(F)(F)C(F)(F)C(F)(F)OC(F)(F)C(F)(F)C(F)(F)F")
    found = model.predict([odd])
    assert not found.in_domain[0]
    assert found.reason == ("nothing alike was measured",)


def test_nearest_measured_of_a_measured_recipe_is_itself():
    near = nearest_efficiencies([parse_recipe("1 m LiFSI in DME")], 3)[0]
    assert len(near) == 3
    assert [n.distance for n in near] == sorted(n.distance for n in near)
    itself = nearest_efficiencies([parse_recipe(near[0].recipe)], 1)[0][0]
    assert itself.distance < 1e-3
    assert 50 < itself.percent < 100


def test_drivers_are_all_inputs_once_and_agree_with_the_process():
    assert sorted(name for names in DRIVERS.values() for name in names) == sorted(INPUTS)
    model = fit_efficiency(_made_up())
    strong, weak = (
        drivers(model, parse_recipe(f"{m} m LiFSI in DME"), DEFAULT_CYCLING) for m in (4.8, 0.6)
    )
    assert strong["amount of salt"] > 1 > weak["amount of salt"]
    assert [*strong] == sorted(strong, key=lambda n: -abs(np.log(strong[n])))


def test_an_explanation_names_papers_and_is_none_for_sodium():
    found = explain_efficiency(parse_recipe("1 M LiFSI in DME"))
    assert found.to_dict()["nearest_measured"][0]["source"]
    words = " ".join(efficiency_words(found))
    assert "lithium metal on copper" in words
    assert "0.5 mA/cm2" in words
    # Dimethoxyethane has hydrogen instead of fluorine, and less of it the more salt there is.
    assert found.above_mean["fluorine"] is False
    assert re.search(r"less fluorine, \d\.\d times (less|more) lost", words)
    # Citations of papers end with the year or their number, not in the middle of a page.
    assert all(re.search(r"[).\w]$", one.source) for one in found.measured)
    assert explain_efficiency(parse_recipe("1 M NaPF6 in DME")) is None


def test_conditions_are_asked_within_what_was_measured():
    assert asked_cycling() == DEFAULT_CYCLING
    asked = asked_cycling("Cycling", 1.0, 0.5)
    told = (asked.method, asked.current_ma_cm2, asked.capacity_mah_cm2)
    assert told == (CYCLING, 1.0, 0.5)
    with pytest.raises(InputErrors) as failed:
        asked_cycling("aurbach's", 5.0, float("nan"))
    assert len(failed.value.messages) == 3
    assert "aurbach, cycling" in str(failed.value) or "did you mean 'aurbach'" in str(failed.value)
    assert "0.1 to 1 mA/cm2 alone, given 5" in str(failed.value)


def test_the_limits_are_those_of_the_rows_that_the_model_holds():
    model = EfficiencyModel.load()
    raw = model.inputs * np.where(np.isinf(model.scale), 0, model.scale) + model.centre
    for name, (low, high) in (
        ("current_ma_cm2", CURRENTS_MA_CM2),
        ("capacity_mah_cm2", CAPACITIES_MAH_CM2),
    ):
        held = raw[:, list(INPUTS).index(name)]
        assert held.min() == pytest.approx(low, rel=0.05)
        assert held.max() == pytest.approx(high, rel=0.05)


def test_the_same_conditions_are_told_by_scores_explanations_and_searches(tmp_path):
    recipe = parse_recipe("4 M LiFSI in DME")
    cell = Cell(cycling=asked_cycling("cycling", 1.0))
    usual, asked = (
        next(score_formulations([recipe], np.array([298.15]), cell=one).records())
        for one in (None, cell)
    )
    name = "coulombic_efficiency_percent"
    conditions = {"method": "cycling", "current_ma_cm2": 1.0, "capacity_mah_cm2": 1.0}
    assert conditions.items() <= asked[name].items()
    assert usual[name]["method"] == "aurbach"
    assert asked[name]["value"] != usual[name]["value"]
    explained = explain_efficiency(recipe, cell.cycling)
    assert explained.to_dict()["prediction"] == asked[name]
    assert cell.to_dict() == {"cycling": conditions}
    found = ModelScorer([name], cell=cell)([recipe], np.array([298.15]))[name]
    assert found.record(0) == asked[name]


def test_a_problem_file_says_how_it_is_measured(tmp_path):
    text = find_problem("lithium_metal").read_text(encoding="utf-8")
    path = tmp_path / "asked.toml"
    path.write_text(text.replace('"aurbach"', '"cycling"'), encoding="utf-8")
    assert load_problem(path).to_dict()["cell"]["cycling"]["method"] == "cycling"
    bad = text.replace('"aurbach"', '"coin"').replace("current_ma_cm2 = 0.5", "current_ma_cm2 = 20")
    path.write_text(bad, encoding="utf-8")
    with pytest.raises(RecipeFileError) as failed:
        load_problem(path)
    lines = str(failed.value).splitlines()
    assert ["cell.cycling.method: unknown 'coin'" in lines[0], len(lines)] == [True, 2]
    assert "cell.cycling.current_ma_cm2: efficiencies were measured with" in lines[1]


def test_whoever_has_helena_trains_with_one_command(tmp_path, monkeypatch):
    rows = [
        f"{i},x,{97 + 0.1 * (i % 25)},,{solvent}:{5 + i % 7},,,,,{LIFSI}:1,,,"
        f"Aurbach,0.5,1,10,10.1/{i % 9}"
        for i in range(36)
        for solvent in (("COCCOC", "C1CCOC1", "COC(=O)OC")[i % 3],)
    ]
    head = (
        "Row_ID,Electrolyte,CE,LCE,Solvent_1,Solvent_2,Solvent_3,Solvent_4,Solvent_5,"
        "Salt_1,Salt_2,Salt_3,Method,Current,Capacity,Cycle,Reference"
    )
    (tmp_path / "helena.csv").write_text("\n".join([head, *rows]) + "\n")
    monkeypatch.setenv("ELECTROLYTE_ML_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    efficiency_table.cache_clear()
    try:
        record = train_efficiency(out=tmp_path / "model")
    finally:
        efficiency_table.cache_clear()
    assert "36 efficiencies of helena" in record["data"]
    found = predict_efficiency([parse_recipe("1 m LiFSI in DME")], folder=tmp_path / "model")
    assert 95 < found.value[0] < 100


@pytest.mark.full_data
def test_training_again_gives_the_model_that_ships(tmp_path):
    train_efficiency(out=tmp_path)
    again, shipped = EfficiencyModel.load(tmp_path), EfficiencyModel.load()
    recipe = [parse_recipe("1 M LiFSI in DME")]
    assert again.predict(recipe).value == pytest.approx(shipped.predict(recipe).value, rel=1e-4)
