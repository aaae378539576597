"""Searches leave out what rules forbid and what freezes, and say so."""

import numpy as np
import pytest

from electrolyte_ml.errors import InfeasibleError, InputErrors
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.scoring import score_formulations
from electrolyte_ml.prediction import unknown_rows
from electrolyte_ml.report.limits import limit_rows
from electrolyte_ml.report.warnings import lines_by, obeyed_words
from electrolyte_ml.rules import Cell, RuleSettings
from electrolyte_ml.search import propose, read_problem
from electrolyte_ml.search.advice import problem_warnings
from electrolyte_ml.search.check_recipe import violations
from electrolyte_ml.search.evaluation import FREEZES, UNKNOWN, Evaluator

CONDUCTIVITY = {"property": "conductivity_ms_cm", "temperature": "25 degC"}


def _problem(**changes):
    data = {
        "name": "rules",
        "components": {"solvents": ["EC", "PC", "DME", "DOL"], "salts": ["NaPF6", "NaClO4"]},
        "limits": {"salt_molality_mol_kg": [0.5, 1.0], "molality_step": 0.1, "fraction_step": 0.1},
        "objectives": [CONDUCTIVITY],
        "prediction": {"out_of_domain": "allow", "risk": "value"},
        "search": {"n_trials": 120},
    }
    for table, keys in changes.items():
        data[table] = {**data.get(table, {}), **keys} if isinstance(keys, dict) else keys
    return read_problem(data)


def test_dangers_are_never_proposed_and_that_is_said():
    problem = _problem()
    assert set(problem.limits.kept_apart) == {
        ("NaPF6", "DOL"),
        ("NaClO4", "DME"),
        ("NaClO4", "DOL"),
    }
    assert problem.limits.to_dict()["forbidden_pairs"] == []
    found = propose(problem, n=8)
    assert not any(w.severity == "danger" for p in found for w in p.warnings)
    study = found.to_dict()["study"]
    assert study["rules"]["forbid"] == ["danger"]
    assert ["NaPF6", "DOL", "dioxolane_polymerises"] in study["rules"]["kept_apart"]
    assert "NaPF6 with DOL" in obeyed_words(study)
    assert all(
        p["warnings"] == [w.to_dict() for w in q.warnings]
        for p, q in zip(found.to_dict()["proposals"], found, strict=True)
    )
    assert all("_" not in row["words"] for row in limit_rows(problem, found[0].checks))


def test_a_recipe_of_ones_own_that_a_rule_forbids_is_outside_of_the_problem():
    problem = _problem()
    own = parse_recipe("1 m NaClO4 in DME")
    assert any(
        "a rule forbids" in line for line in violations(own, problem.components, problem.limits)
    )


def test_rules_are_switched_off_by_name():
    assert _problem(rules={"off": ["perchlorate_ether"]}).limits.kept_apart == (("NaPF6", "DOL"),)
    nothing = _problem(rules={"forbid": []})
    assert nothing.limits.kept_apart == ()
    assert obeyed_words(propose(nothing, n=1, n_trials=20).study) == ""


def test_a_named_anode_asks_for_a_film_former():
    esters = {
        "components": {"solvents": ["PC", "MA"], "salts": ["NaPF6"], "additives": {"FEC": [2, 5]}},
        "cell": {"anode": "hard carbon"},
    }
    found = propose(_problem(**esters, limits={"min_fraction": {"MA": 0.3}}), n=5)
    assert all("FEC" in p.formulation.mass_fractions for p in found)
    assert found.study["rules"]["n_forbidden"] > 0
    without = {**esters, "cell": {}}
    assert any(
        "FEC" not in p.formulation.mass_fractions
        for p in propose(_problem(**without, limits={"min_fraction": {"MA": 0.3}}), n=5)
    )


def test_a_problem_without_its_film_former_says_what_is_missing():
    problem = _problem(
        components={"solvents": ["MA"], "salts": ["NaPF6"]}, cell={"anode": "hard carbon"}
    )
    with pytest.raises(InfeasibleError, match="whether a film former is listed"):
        propose(problem, n=1, n_trials=20)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"rules": {"off": ["perclorate"]}}, "rules.off[1]: no rule is named 'perclorate'"),
        ({"rules": {"forbid": ["frozen"]}}, "rests on a prediction"),
        ({"rules": {"forbid": ["dangr"]}}, "did you mean 'danger'"),
        ({"cell": {"anode": "hrad carbon"}}, "did you mean 'hard carbon'"),
        ({"cell": {"upper_voltage_v": 12.0}}, "cell.upper_voltage_v: must be at most 7"),
        ({"cell": {"anod": "sodium"}}, "unknown key"),
    ],
)
def test_faults_of_the_new_tables_are_told(table, told):
    with pytest.raises(InputErrors) as caught:
        _problem(**table)
    assert told in str(caught.value)


def test_what_freezes_above_an_objective_is_left_out_unless_allowed():
    cold = [CONDUCTIVITY, {**CONDUCTIVITY, "temperature": "-20 degC"}]
    solvents = {"solvents": ["EC", "DMC"], "salts": ["NaPF6"]}
    problem = _problem(components=solvents, objectives=cold)
    recipes = [parse_recipe(f"0.5 m NaPF6 in EC:DMC {x}:{100 - x} wt") for x in (10, 50, 90)]
    evaluator = Evaluator(problem)
    column = evaluator.constraint_names.index(FREEZES)
    frozen = evaluator(recipes).violations[:, column] > 0
    freezes = [w.rule for found in problem_warnings(problem, recipes) for w in found]
    assert frozen[1]
    assert frozen[2]
    assert {"frozen", "may_freeze"} & set(freezes)
    allowed = _problem(
        components=solvents,
        objectives=cold,
        prediction={"frozen": "allow", "out_of_domain": "allow"},
    )
    assert FREEZES not in Evaluator(allowed).constraint_names


def test_what_is_too_uncertain_for_a_number_is_left_out_of_lists():
    recipes = [parse_recipe(r) for r in ("1.1 m NaDFOB in TFEP", "1 m NaPF6 in EC:PC 1:1 wt")]
    scored = score_formulations(recipes, np.full(2, 298.15)).predictions["conductivity_ms_cm"]
    assert unknown_rows(scored).tolist() == [True, False]
    problem = _problem(components={"solvents": ["EC", "PC", "TFEP"], "salts": ["NaPF6", "NaDFOB"]})
    evaluator = Evaluator(problem, known_only=True)
    evaluation = evaluator(recipes)
    assert evaluation.feasible.tolist() == [False, True]
    assert evaluator.constraint_names[-1] == UNKNOWN
    # A campaign may measure it.
    assert Evaluator(problem)(recipes).feasible.all()
    for check in propose(problem, n=1, n_trials=30).proposals[0].checks:
        assert check.satisfied


def test_warnings_of_several_recipes_are_told_once_the_gravest_first():
    problem = _problem(rules={"forbid": []})
    recipes = [parse_recipe(f"1 m NaClO4 in {s}") for s in ("DME", "PC", "DME:PC 1:1 wt")]
    warnings = problem_warnings(problem, recipes)
    records = [
        {"place": rank, "warnings": [w.to_dict() for w in found]}
        for rank, found in enumerate(warnings, start=1)
    ]
    lines = list(lines_by(records, "place"))
    assert lines[0].startswith("1, 3: danger: NaClO4 with DME")
    assert len(lines) == len({line.partition(": ")[2] for line in lines})


def test_words_of_settings():
    assert RuleSettings().words(Cell()) == ("danger",)
    assert RuleSettings(forbid=("volatile",)).words(Cell(anode="sodium")) == ("volatile",)
