import json

import pytest

from electrolyte_ml.errors import InfeasibleError, InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.search import propose


@pytest.fixture(scope="module")
def problem(make_problem):
    return make_problem(
        constraints=[{"property": "density_g_cm3", "temperature": "25 degC", "max": 1.3}],
        search={"n_trials": 400},
    )


def test_contract_of_the_result(problem, scorer):
    result = propose(problem, scorer, n=6).to_dict()
    assert list(result) == ["problem", "proposals", "baselines", "study"]
    assert result["problem"]["name"] == "test"
    assert result["study"]["n_trials"] == 400
    assert 0 < result["study"]["n_feasible"] < 400
    assert result["study"]["seed"] == 0
    proposals = result["proposals"]
    assert [p["place"] for p in proposals] == [1, 2, 3, 4, 5, 6]
    ranks = [p["rank"] for p in proposals]
    assert ranks[0] == 1
    assert ranks == sorted(ranks)
    assert len({p["key"] for p in proposals}) == 6
    assert len({tuple(p["weigh_out_g_per_100g"]) for p in proposals}) > 1
    for proposal in proposals:
        cold_last = [score["temperature_k"] for score in proposal["predictions"]]
        assert cold_last == [298.15, 253.15]
        for score in proposal["predictions"]:
            assert score["recipe"] == proposal["recipe"]
            assert score["key"] == proposal["key"]
            assert score["conductivity_ms_cm"]["in_domain"] is True
        assert all(check["satisfied"] for check in proposal["constraints"].values())
        assert proposal["constraints"]["max_fraction.EC"]["limit"] == 0.5
        assert round(sum(proposal["weigh_out_g_per_100g"].values()), 2) == 100.0
        assert proposal["why"]
        assert "\n" not in proposal["why"]


def test_the_text_reads_back_to_the_recipe_that_was_scored(problem, scorer, catalog):
    proposals = propose(problem, scorer).proposals
    assert len(proposals) >= 2
    for proposal in proposals:
        shown = proposal.to_dict()
        again = parse_recipe(shown["recipe"], catalog)
        assert again.key == shown["key"] == proposal.formulation.key


def test_same_seed_same_bytes(problem, scorer):
    first, second = (json.dumps(propose(problem, scorer, seed=5).to_dict()) for _ in range(2))
    assert first == second
    assert json.loads(first)["study"]["seed"] == 5
    assert json.dumps(json.loads(first), allow_nan=False)


def test_best_compromise_stands_first_and_extremes_are_named(problem, scorer):
    proposals = propose(problem, scorer).proposals
    reported = " ".join(p.why for p in proposals)
    assert "compromise" in proposals[0].why
    assert "highest pessimistic conductivity at 25 °C" in reported
    assert "highest pessimistic conductivity at -20 °C" in reported


def test_one_objective_ranks_by_it(make_problem, scorer):
    problem = make_problem(
        objectives=[{"property": "conductivity_ms_cm", "temperature": "25 degC"}],
        prediction={"risk": "value"},
    )
    proposals = propose(problem, scorer, n_trials=300).proposals
    values = [p.predictions[0]["conductivity_ms_cm"]["value"] for p in proposals]
    assert values == sorted(values, reverse=True)
    assert proposals[0].why.startswith("highest conductivity at 25 °C")


def test_minimising_prefers_less(make_problem, scorer):
    problem = make_problem(
        objectives=[
            {"property": "density_g_cm3", "temperature": "25 degC", "direction": "minimize"}
        ]
    )
    best = propose(problem, scorer, n=1, n_trials=200).proposals[0]
    assert sum(best.formulation.molalities_mol_kg.values()) == 0.3
    assert best.why.startswith("lowest pessimistic density")


def test_unknown_territory_is_proposed_only_when_allowed(make_problem, scorer):
    only_unknown = {"solvents": ["diglyme", "EC"], "salts": ["NaPF6"]}
    limits = {"min_fraction": {"diglyme": 0.5}}
    with pytest.raises(InfeasibleError, match="in_domain: fails in 100% of them"):
        propose(make_problem(components=only_unknown, limits=limits), scorer, n_trials=50)
    allowed = make_problem(
        components=only_unknown, limits=limits, prediction={"out_of_domain": "allow"}
    )
    proposal = propose(allowed, scorer, n_trials=50).to_dict()["proposals"][0]
    assert "in_domain" not in proposal["constraints"]
    assert proposal["predictions"][0]["conductivity_ms_cm"]["reason"] == "diglyme is unknown"


def test_infeasible_says_what_stands_in_the_way_and_by_how_much(make_problem, scorer):
    problem = make_problem(
        constraints=[
            {"property": "conductivity_ms_cm", "temperature": "25 degC", "min": 50, "on": "value"},
            {"property": "density_g_cm3", "temperature": "25 degC", "max": 1.3},
        ]
    )
    with pytest.raises(InfeasibleError) as caught:
        propose(problem, scorer, n_trials=200)
    first, worst, *_ = str(caught.value).splitlines()
    assert first == "test: none of 200 recipes satisfies every constraint"
    assert worst.startswith("conductivity_ms_cm at 25 degC >= 50: fails in 100% of them")
    assert "mS/cm off" in worst


def test_constraints_that_only_exclude_each_other(make_problem, scorer):
    problem = make_problem(
        constraints=[
            {"property": "density_g_cm3", "temperature": "25 degC", "max": 1.1, "on": "value"},
            {"property": "density_g_cm3", "temperature": "-20 degC", "min": 1.3, "on": "value"},
        ]
    )
    with pytest.raises(InfeasibleError, match="no recipe found meets all together"):
        propose(problem, scorer, n_trials=200)


def test_fewer_feasible_recipes_than_asked_for(make_problem, scorer):
    problem = make_problem(
        components={"solvents": ["DME"], "salts": ["NaPF6"]},
        limits={"salt_molality_mol_kg": [0.5, 0.6], "max_fraction": {"DME": 1.0}},
    )
    assert len(propose(problem, scorer, n=8).proposals) == 3


def test_shortlist_must_hold_something(problem, scorer):
    with pytest.raises(InputError, match="at least 1"):
        propose(problem, scorer, n=0)


def test_usual_recipes_stand_beside_the_list(problem, scorer):
    shortlist = propose(problem, scorer, n=3)
    texts = [b.text for b in shortlist.baselines]
    assert "1 M NaPF6 in EC:PC 1:1 v/v" in texts
    usual = shortlist.to_dict()["baselines"][0]
    assert [score["temperature_k"] for score in usual["predictions"]] == [298.15, 253.15]
    first = shortlist[0].predictions[0]["conductivity_ms_cm"]["value"]
    theirs = usual["predictions"][0]["conductivity_ms_cm"]["value"]
    beside = usual["first_beside"]["conductivity_ms_cm at 25 degC"]
    assert beside["value"] == pytest.approx(first / theirs)
    assert beside["low"] < beside["value"] < beside["high"]


def test_usual_recipes_say_which_limits_they_miss(make_problem, scorer):
    # The problem allows at most half of EC by mass; 1:1 by volume is a little more.
    usual = propose(make_problem(), scorer, n=1, n_trials=100).baselines
    found = {b.text: b.to_dict()["missed"] for b in usual}["1 M NaPF6 in EC:PC 1:1 v/v"]
    assert found["max_fraction.EC"]["value"] == pytest.approx(0.527, abs=0.001)
    assert found["max_fraction.EC"]["limit"] == 0.5


def test_usual_recipes_say_which_constraints_they_miss(make_problem, scorer):
    least = {"property": "conductivity_ms_cm", "temperature": "25 degC", "min": 0.1}
    usual = propose(make_problem(constraints=[least]), scorer, n=1, n_trials=100).baselines
    values = [b.predictions[0]["conductivity_ms_cm"]["low"] for b in usual]
    most = {"property": "conductivity_ms_cm", "temperature": "25 degC", "max": min(values) * 0.9}
    strict = make_problem(constraints=[{**most, "on": "low"}])
    missed = [set(b.to_dict()["missed"]) for b in usual]
    name = next(c.name for c in strict.constraints)
    more = [
        set(b.to_dict()["missed"]) for b in propose(strict, scorer, n=1, n_trials=100).baselines
    ]
    assert more == [{name, *names} for names in missed]
