import dataclasses

import numpy as np
import pytest

from electrolyte_ml.errors import InputError, RecipeFileError
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import Direction, Objective, SamplerName, SearchSettings, load_problem
from electrolyte_ml.search.bundled import bundled_problems
from electrolyte_ml.search.engine import run_search, spread_points
from electrolyte_ml.search.evaluation import Evaluator
from electrolyte_ml.search.storage import plan_search, sampler_seed


def _keys(result):
    return [f.key for f in result.formulations]


def test_distinct_recipes_are_scored_a_population_at_a_time(make_problem, scorer):
    problem = make_problem(search={"n_trials": 300, "population": 50})
    seen = []
    result = run_search(
        problem, Evaluator(problem, scorer), progress=lambda done, total: seen.append((done, total))
    )
    assert len(set(_keys(result))) == len(result.formulations) == 300
    assert scorer.n_calls == len(seen) <= 8
    assert scorer.n_rows == 2 * 300
    assert seen[-1] == (300, 300)


def test_same_seed_same_recipes(make_problem, scorer):
    problem = make_problem()
    evaluator = Evaluator(problem, scorer)
    first, second = (run_search(problem, evaluator, n_trials=200, seed=3) for _ in range(2))
    other = run_search(problem, evaluator, n_trials=200, seed=4)
    assert _keys(first) == _keys(second) != _keys(other)
    assert np.array_equal(first.evaluation.objectives, second.evaluation.objectives)


@pytest.mark.parametrize("sampler", [SamplerName.NSGA2, SamplerName.NSGA3, SamplerName.TPE])
def test_search_beats_chance(make_problem, scorer, sampler):
    problem = make_problem()
    one = dataclasses.replace(
        problem, objectives=problem.objectives[1:], settings=SearchSettings(sampler=sampler)
    )
    evaluator = Evaluator(one, scorer)
    found = run_search(one, evaluator, n_trials=150).evaluation
    best = found.objectives[found.feasible].max()
    # The formula's optimum at -20 degC: salt at 1/c and polarity at 1/(2 c^3), c = 298.15/253.15.
    cold = 298.15 / 253.15
    optimum = 0.7 * 20 / (2 * cold**3) / cold * np.exp(-2)
    assert 0.97 * optimum < best <= optimum * (1 + 1e-12)


def test_constraints_steer_the_search(make_problem, scorer):
    problem = make_problem(
        constraints=[
            {"property": "conductivity_ms_cm", "temperature": "-20 degC", "min": 0.35},
            {"property": "density_g_cm3", "temperature": "25 degC", "max": 1.13, "on": "value"},
        ]
    )
    result = run_search(problem, Evaluator(problem, scorer), n_trials=600, seed=0)
    feasible = result.evaluation.feasible
    late = feasible[300:].mean()
    assert late > 2 * feasible[:50].mean()
    assert late > 0.25
    for recipe, is_feasible in zip(result.formulations, feasible, strict=True):
        if is_feasible:
            assert "diglyme" not in recipe.mass_fractions
            assert sum(recipe.molalities_mol_kg.values()) <= 0.65


def test_a_small_space_ends_the_search(make_problem, scorer):
    problem = make_problem(
        components={"solvents": ["DME"], "salts": ["NaPF6"]},
        limits={"max_fraction": {}, "salt_molality_mol_kg": [0.5, 1.0], "molality_step": 0.1},
    )
    object.__setattr__(problem, "limits", dataclasses.replace(problem.limits, max_fraction={}))
    result = run_search(problem, Evaluator(problem, scorer))
    molalities = sorted(sum(f.molalities_mol_kg.values()) for f in result.formulations)
    assert molalities == [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


def test_a_stored_study_is_resumed(make_problem, scorer, tmp_path):
    problem = make_problem(search={"population": 20})
    evaluator = Evaluator(problem, scorer)
    storage = f"journal:{tmp_path}/study.log"
    first = run_search(problem, evaluator, n_trials=40, storage=storage)
    again = run_search(problem, evaluator, n_trials=40, storage=storage)
    more = run_search(problem, evaluator, n_trials=80, storage=storage)
    assert _keys(again) == _keys(first)
    assert _keys(more)[:40] == _keys(first)
    assert len(set(_keys(more))) == 80
    changed = make_problem(limits={"max_solvents": 2})
    with pytest.raises(InputError, match="changed since"):
        run_search(changed, Evaluator(changed, scorer), n_trials=40, storage=storage)


def test_storage_that_cannot_be_opened_is_an_input_error(make_problem, scorer):
    problem = make_problem()
    with pytest.raises(InputError, match="cannot be opened"):
        run_search(problem, Evaluator(problem, scorer), storage="nonsense://x")


def test_properties_that_are_not_predicted_are_all_named(make_problem, scorer):
    problem = make_problem(
        objectives=[{"property": "working_voltage_v"}],
        constraints=[{"property": "viscosity_mpa_s", "temperature": "25 degC", "max": 5}],
    )
    with pytest.raises(RecipeFileError) as caught:
        run_search(problem, Evaluator(problem, scorer))
    first, second = caught.value.messages
    assert "nothing predicts 'working_voltage_v'" in first
    assert "no model ships yet" in second


def test_recipes_without_a_number_are_no_candidates(make_problem, scorer):
    def patchy(formulations, temperature_k):
        whole = scorer(formulations, temperature_k)["conductivity_ms_cm"]
        gap = np.array(["PC" in f.mass_fractions for f in formulations])
        blank = {
            name: np.where(gap, np.nan, getattr(whole, name)) for name in ("value", "low", "high")
        }
        return {"conductivity_ms_cm": dataclasses.replace(whole, **blank)}

    problem = make_problem()
    result = run_search(problem, Evaluator(problem, patchy), n_trials=200)
    for recipe, is_feasible in zip(result.formulations, result.evaluation.feasible, strict=True):
        assert not (is_feasible and "PC" in recipe.mass_fractions)
    assert not result.evaluation.predicted.all()
    assert isinstance(
        patchy([result.formulations[0]], np.array([298.15]))["conductivity_ms_cm"], Prediction
    )


def test_first_population_is_spread_evenly():
    points = spread_points(40, 5, seed=1)
    assert points.shape == (40, 5)
    for column in points.T:
        assert sorted((column * 40).astype(int)) == list(range(40))


@pytest.mark.parametrize(("n_trials", "seed"), [(0, 0), (10, -1), (10, 2**32)])
def test_arguments_out_of_range(make_problem, scorer, n_trials, seed):
    problem = make_problem()
    with pytest.raises(InputError):
        run_search(problem, Evaluator(problem, scorer), n_trials=n_trials, seed=seed)


def test_a_gaussian_process_needs_few_trials(make_problem, scorer):
    pytest.importorskip("torch", reason="needs pip install 'electrolyte_ml[train]'")
    problem = make_problem(
        objectives=[{"property": "conductivity_ms_cm", "temperature": "25 degC"}],
        search={"sampler": "gp", "n_trials": 18},
    )
    runs = [run_search(problem, Evaluator(problem, scorer)) for _ in range(2)]
    assert _keys(runs[0]) == _keys(runs[1])
    best = np.where(runs[0].evaluation.feasible, runs[0].evaluation.objectives[:, 0], 0.0)
    assert runs[0].plan.population == 5
    # Beyond its random start it finds better than that.
    assert best[10:].max() > best[:10].max()


def test_many_objectives_go_to_nsga3(make_problem):
    objectives = [
        {"property": "conductivity_ms_cm", "temperature": f"{t} degC"} for t in (-20, 0, 25, 40)
    ]
    assert plan_search(make_problem(), n_trials=None, seed=None).sampler is SamplerName.NSGA2
    many = make_problem(objectives=objectives)
    assert plan_search(many, n_trials=None, seed=None).sampler is SamplerName.NSGA3


def test_workers_on_one_storage_draw_different_recipes(make_problem, scorer, tmp_path):
    problem = make_problem(search={"population": 10})
    evaluator = Evaluator(problem, scorer)
    seeds = {
        sampler_seed(plan_search(problem, n_trials=10, seed=0, worker=w), n_held=0)
        for w in range(5)
    }
    assert len(seeds) == 5
    storage = f"{tmp_path}/study.log"
    first = run_search(problem, evaluator, n_trials=20, storage=storage)
    second = run_search(problem, evaluator, n_trials=40, storage=storage, worker=1)
    assert _keys(second)[:20] == _keys(first)
    assert len(set(_keys(second))) == 40
    with pytest.raises(InputError, match="worker"):
        run_search(problem, evaluator, n_trials=20, worker=-1)


def test_shipped_models_score_three_objectives_in_one_call_a_batch(tmp_path):
    problem = dataclasses.replace(
        load_problem(bundled_problems()["sodium_room_temperature"]),
        objectives=(
            Objective(property_name="conductivity_ms_cm", temperature_k=298.15),
            Objective(
                property_name="viscosity_mpa_s", temperature_k=298.15, direction=Direction.MINIMIZE
            ),
            Objective(property_name="oxidation_limit_v"),
        ),
    )
    evaluator, asked = Evaluator(problem), []
    models = evaluator.scorer

    def scorer(formulations, temperature_k):
        asked.append(len(formulations))
        return models(formulations, temperature_k)

    evaluator.scorer = scorer
    result = run_search(problem, evaluator, n_trials=300, seed=0, storage=f"{tmp_path}/study.log")
    assert len(result.formulations) == 300
    assert result.evaluation.objectives.shape == (300, 3)
    assert np.isfinite(result.evaluation.objectives).all()
    assert len(asked) <= 2 + 300 / result.plan.population
