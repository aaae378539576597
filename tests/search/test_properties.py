import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.errors import InfeasibleError
from electrolyte_ml.formulation import parse_recipe, weigh_out_g
from electrolyte_ml.models import conductivity, density, liquid, scoring, viscosity, window
from electrolyte_ml.models.recipe_properties import (
    cost_per_kg,
    fluorine_mass_fraction,
    solvents_per_salt_mol,
)
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.properties import properties
from electrolyte_ml.rules import Cell
from electrolyte_ml.search import Constraint, propose
from electrolyte_ml.search.evaluation import Evaluator, probability_obeyed
from electrolyte_ml.search.scorer import ModelScorer


def test_fluorine_of_a_salt_that_can_be_worked_out_by_hand():
    recipe = parse_recipe("1 m NaPF6 in DME")
    # 1 mol of NaPF6 (167.954 g) holds 6 x 18.998 g of fluorine in 1167.954 g of solution.
    assert fluorine_mass_fraction([recipe])[0] == pytest.approx(6 * 18.9984 / 1167.954, 1e-5)
    assert fluorine_mass_fraction([parse_recipe("1 m NaClO4 in PC")])[0] == 0


def test_solvents_by_salt_do_not_count_diluents():
    recipe = parse_recipe("NaFSI:DME:TTE 1:1.2:1 mol")
    assert solvents_per_salt_mol([recipe])[0] == pytest.approx(1.2)
    assert np.isnan(solvents_per_salt_mol([parse_recipe("DME")])[0])


def test_cost_is_that_of_what_is_weighed():
    recipe = parse_recipe("1 m NaPF6 in EC:DEC 50:50 wt")
    prices = {"EC": 2.0, "DEC": 3.0, "NaPF6": 20.0}
    grams = weigh_out_g(recipe, 1000)
    expected = sum(g / 1000 * prices[name] for name, g in grams.items())
    assert cost_per_kg([recipe], prices=prices).value[0] == pytest.approx(expected)
    missing = cost_per_kg([recipe], prices={"EC": 2.0})
    assert np.isnan(missing.value[0])
    assert missing.reason[0] == "no price for DEC, NaPF6"


def test_every_property_of_the_table_answers_for_every_row():
    recipes = [parse_recipe("1 m NaPF6 in EC:DEC 50:50 wt"), parse_recipe("0.5 m NaFSI in DME")]
    temperatures = np.array([298.15, 253.15])
    prices = {"EC": 1.0, "DEC": 1.0, "DME": 1.0, "NaPF6": 1.0, "NaFSI": 1.0}
    answers = scoring.Answers(recipes, temperatures, prices, Cell(geometry="hc_nvpf"))
    for name, known in properties().items():
        if known.predict is None:
            continue
        prediction = answers.predict(known)
        assert len(prediction) == 2, name
        assert np.all(np.isfinite(prediction.value)) or all(prediction.reason), name


def test_a_property_without_temperature_is_asked_once_for_each_recipe():
    recipe, other = parse_recipe("1 m NaPF6 in DME"), parse_recipe("1 m NaClO4 in PC")
    rows = [recipe, recipe, other, recipe]
    found = ModelScorer(["fluorine_mass_fraction"])(rows, np.full(4, 298.15))
    value = found["fluorine_mass_fraction"].value
    assert value[0] == value[1] == value[3] > value[2] == 0


_MODELS = {
    "liquid_range": liquid,
    "predict_window": window,
    "predict_conductivity": conductivity,
    "predict_viscosity": viscosity,
    "predict_density": density,
}


@pytest.fixture
def calls(monkeypatch):
    """How often each shipped model is asked, and of how many recipes."""
    counted = {}

    def watched(name, model):
        def counting(formulations, *rest):
            counted.setdefault(name, []).append(len(formulations))
            return model(formulations, *rest)

        return counting

    for name, module in _MODELS.items():
        monkeypatch.setattr(module, name, watched(name, getattr(module, name)))
    return counted


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["density_g_cm3"], {"predict_density": [4]}),
        (["fluorine_mass_fraction"], {}),
        (["oxidation_limit_v", "reduction_limit_v"], {"predict_window": [2]}),
        (["flash_point_k", "freezes_below_k", "phase_separation_doubt"], {"liquid_range": [2]}),
        (
            ["conductivity_ms_cm", "oxidation_limit_v", "flash_point_k"],
            {"predict_conductivity": [4], "liquid_range": [2], "predict_window": [2]},
        ),
    ],
)
def test_only_the_models_that_are_asked_run_and_each_once(calls, names, expected):
    recipe, other = parse_recipe("1 m NaPF6 in DME"), parse_recipe("1 m NaClO4 in PC")
    found = ModelScorer(names)([recipe, recipe, other, other], np.array([298.15, 253.15] * 2))
    assert calls == expected
    assert all(len(found[name]) == 4 for name in names)


def test_properties_asked_alone_are_those_of_a_whole_score():
    recipe, other = parse_recipe("1 m NaPF6 in DME"), parse_recipe("1 m NaClO4 in PC")
    rows, temperatures = [recipe, recipe, other, recipe], np.array([298.15, 213.15, 298.15, 333.15])
    table = scoring.score_formulations(rows, temperatures)
    for name, whole in table.predictions.items():
        alone = ModelScorer([name])(rows, temperatures)[name]
        assert [alone.record(i) for i in range(4)] == [whole.record(i) for i in range(4)]


def _prediction(low, value, high, coverage=0.9):
    return Prediction(
        value=np.array([value]),
        low=np.array([low]),
        high=np.array([high]),
        coverage=coverage,
        in_domain=np.array([True]),
        reason=(None,),
    )


def _limit(name, limit, is_minimum):
    return Constraint(property_name=name, temperature_k=None, limit=limit, is_minimum=is_minimum)


def test_probability_is_a_half_at_the_estimate_and_five_percent_beyond_the_interval():
    prediction = _prediction(1.0, 2.0, 4.0)
    for name in ("conductivity_ms_cm", "density_g_cm3"):
        for limit, chance in ((1.0, 0.95), (2.0, 0.5), (4.0, 0.05)):
            found = probability_obeyed(prediction, _limit(name, limit, True))[0]
            assert found == pytest.approx(chance, abs=1e-9)
            below = probability_obeyed(prediction, _limit(name, limit, False))[0]
            assert below == pytest.approx(1 - chance, abs=1e-9)


@given(
    limit=st.floats(0.01, 100),
    value=st.floats(0.1, 10),
    factor=st.floats(1.01, 5),
    up=st.booleans(),
)
def test_probability_falls_as_the_limit_tightens(limit, value, factor, up):
    prediction = _prediction(value / factor, value, value * factor)
    loose, tight = (limit, limit * 1.5) if up else (limit * 1.5, limit)
    chances = [
        probability_obeyed(prediction, _limit("conductivity_ms_cm", at, up))[0]
        for at in (loose, tight)
    ]
    assert 0 <= chances[1] <= chances[0] <= 1


def test_what_is_certain_is_obeyed_or_not():
    prediction = _prediction(0.1, 0.1, 0.1, coverage=1.0)
    assert probability_obeyed(prediction, _limit("fluorine_mass_fraction", 0.1, False))[0] == 1
    assert probability_obeyed(prediction, _limit("fluorine_mass_fraction", 0.09, False))[0] == 0
    unknown = _prediction(np.nan, np.nan, np.nan)
    assert np.isnan(probability_obeyed(unknown, _limit("density_g_cm3", 1, True))[0])


def test_probability_of_feasibility_is_what_counts_where_it_is_asked_for(make_problem, scorer):
    problem = make_problem(
        prediction={"risk": "probability", "least_probability": 0.7},
        constraints=[
            {"property": "conductivity_ms_cm", "temperature": "25 degC", "min": 1},
            {
                "property": "conductivity_ms_cm",
                "temperature": "-20 degC",
                "min": 0.1,
                "probability": 0.9,
            },
        ],
    )
    assert [c.probability for c in problem.constraints] == [0.7, 0.9]
    assert problem.constraints[0].name == "P(conductivity_ms_cm at 25 degC >= 1) >= 0.7"
    assert str(problem.objectives[0].bound(problem.risk)) == "value"
    recipes = [parse_recipe("1 m NaPF6 in DMC"), parse_recipe("1 m NaPF6 in EC:DMC 50:50 wt")]
    evaluation = Evaluator(problem, scorer)(recipes)
    chances = evaluation.constraint_values[:, :2]
    assert np.all((chances >= 0) & (chances <= 1))
    expected = np.array([0.7, 0.9]) - chances
    assert evaluation.violations[:, :2] == pytest.approx(expected)


def test_a_liquid_that_does_not_burn_obeys_every_flash_point(make_problem, scorer):
    def unburnable(formulations, temperature_k):
        n = len(formulations)
        whole = scorer(formulations, temperature_k)
        flash = dataclasses.replace(
            whole["density_g_cm3"],
            value=np.full(n, np.inf),
            low=np.full(n, np.inf),
            high=np.full(n, np.inf),
        )
        return {**whole, "flash_point_k": flash}

    problem = make_problem(constraints=[{"property": "flash_point_k", "min": "60 degC"}])
    assert problem.constraints[0].limit == 333.15
    evaluation = Evaluator(problem, unburnable)([parse_recipe("1 m NaPF6 in DMC")])
    assert evaluation.predicted.all()
    assert np.isfinite(evaluation.violations).all()
    assert evaluation.violations[0, 0] < 0


def test_a_probability_that_no_recipe_reaches_is_told_as_one(make_problem, scorer):
    thin = {"property": "conductivity_ms_cm", "temperature": "25 degC", "min": 500}
    hard = make_problem(constraints=[{**thin, "probability": 0.8}])
    with pytest.raises(
        InfeasibleError, match=r"meets it with a probability of \d+%, asked for 80%"
    ):
        propose(hard, scorer, n=1, n_trials=60)
