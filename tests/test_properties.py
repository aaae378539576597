"""The registry: what it refuses, and what comes of a property that others add."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from electrolyte_ml import Property, properties, register_property
from electrolyte_ml.campaign import Campaign
from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.data.user_table import read_user_table
from electrolyte_ml.errors import InfeasibleError, InputError, PropertyWarning, RecipeFileError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.scoring import Answers, score_formulations
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.report.page import proposals_page
from electrolyte_ml.report.propose import print_proposals
from electrolyte_ml.search import Direction, propose, read_problem
from electrolyte_ml.search.scorer import ModelScorer

EXAMPLE = Path(__file__).parents[1] / "examples" / "own_property.py"
ROOM = np.array([298.15])
RECIPE = parse_recipe("1 m NaPF6 in PC:DMC 50:50 wt")


def salt_share(formulations):
    return [f.molality_mol_kg / 10 for f in formulations]


def slow_salt(formulations, temperature_k):
    value = np.array([f.molality_mol_kg for f in formulations]) * temperature_k / 298.15
    return Prediction(
        value=value,
        low=value * 0.8,
        high=value * 1.25,
        coverage=0.8,
        in_domain=np.ones(len(value), dtype=bool),
        reason=(None,) * len(value),
    )


@pytest.fixture
def registered(monkeypatch):
    """Two properties of somebody else for the time of a test."""
    monkeypatch.setattr(properties._ADDITIONS, "registered", {})
    share = Property(
        name="salt_share",
        label="salt share",
        at_temperature=False,
        is_measurable=False,
        better="lower",
        predict=salt_share,
    )
    slow = Property(
        name="salt_slow_s",
        label="slow salt",
        unit="s",
        positive=True,
        lowest=0,
        highest=50,
        at_temperature=True,
        is_logarithmic=True,
        predict=slow_salt,
    )
    return register_property(share), register_property(slow)


def test_the_registry_costs_nothing_to_import():
    code = "import sys, electrolyte_ml.properties as p; p.properties(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    modules = loaded.stdout.split()
    assert not {"numpy", "pandas", "rdkit", "electrolyte_ml.models"} & set(modules)


def test_every_shipped_property_names_a_function_and_has_words():
    for name, known in properties.properties().items():
        assert name == known.name
        assert known.label
        assert known.predict is None or callable(known.predictor())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lowest": 2, "highest": 1}, "lowest 2 is not below highest 1"),
        ({"better": "more"}, "'higher', 'lower' or None"),
        ({"predict": "no function"}, "'package.module:function'"),
        ({"predict": 3}, "a function or its dotted name"),
        ({"needs_liquid": True}, "for properties at a temperature"),
        ({"digits": 0}, "at least 1"),
    ],
)
def test_a_property_that_contradicts_itself_is_refused(change, words):
    with pytest.raises(InputError, match=words):
        Property(**{"name": "x", "label": "x", "at_temperature": False} | change)


@pytest.mark.parametrize("name", ["conductivity_ms_cm", "recipe", "Mine", "my property", ""])
def test_names_that_are_taken_or_cannot_be_columns_are_refused(registered, name):
    with pytest.raises(InputError, match=r"name is taken|a name is of small letters"):
        register_property(replace(registered[0], name=name))


def test_a_cell_of_a_notebook_can_be_run_again(registered):
    register_property(replace(registered[0], label="another"))
    assert properties.registered_property("salt_share").label == "another"


def test_scores_hold_it_after_those_that_ship(registered):
    table = score_formulations([RECIPE, RECIPE], np.array([298.15, 313.15]))
    record = next(table.records())
    own = list(record)[list(record).index("salt_share") :]
    assert own == ["salt_share", "salt_slow_s", "liquid", "warnings", "assumptions"]
    assert record["salt_share"]["value"] == pytest.approx(0.1)
    assert record["salt_share"]["low"] == record["salt_share"]["high"]
    slow = table.predictions["salt_slow_s"]
    assert slow.value[1] > slow.value[0]


def test_its_model_is_trained_and_its_suite_run_like_the_others(registered):
    from electrolyte_ml.benchmarks import jobs_of, suite_names
    from electrolyte_ml.models.train import trainable, trainable_models

    register_property(
        replace(registered[0], model="index", train=f"{__name__}:train_index", suite=__name__)
    )
    assert list(trainable_models())[-2:] == ["index", "encoder"]
    assert trainable("index").train(seed=4) == {"seed": 4}
    assert __name__ in suite_names()
    assert jobs_of(__name__, quick=True) == ["a job of quick True"]
    with pytest.raises(InputError, match=r"train is .* of a named model"):
        replace(registered[0], model="", train=f"{__name__}:train_index")


def train_index(*, seed, out, progress):
    return {"seed": seed}


def jobs(*, quick, splits, seed):
    return [f"a job of quick {quick}"]


def test_numbers_for_other_rows_than_asked_are_refused(registered):
    wrong = replace(registered[0], predict=lambda _: [1.0, 2.0])
    with pytest.raises(InputError, match=r"'salt_share'.*shape \(2,\) for 1 recipes; return n"):
        Answers([RECIPE], ROOM).predict(wrong)


@pytest.mark.parametrize(("number", "why"), [(np.inf, "inf"), (-np.inf, "-inf"), (np.nan, "no ")])
def test_what_is_no_finite_number_is_none_out_of_the_domain_with_a_reason(registered, number, why):
    share = replace(registered[0], predict=lambda _: [number])
    slow = replace(
        registered[1],
        predict=lambda *_: Prediction(
            value=np.array([number]),
            low=np.array([0.0]),
            high=np.array([np.inf]),
            coverage=0.9,
            in_domain=np.array([True]),
            reason=(None,),
        ),
    )
    for known in (share, slow):
        prediction = Answers([RECIPE], ROOM).predict(known)
        record = prediction.record(0)
        assert (record["value"], record["low"], record["high"]) == (None, None, None)
        assert record["in_domain"] is False
        assert known.label in record["reason"]
        assert why in record["reason"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"predict": lambda recipes: ["high"] * len(recipes)}, "returned texts; return n numbers"),
        ({"predict": lambda recipes: ["1.5"] * len(recipes)}, "returned texts"),
        ({"predict": lambda _: 1.0}, "returned one number for 2 recipes; return n"),
        ({"predict": lambda _: None}, "returned None; return n"),
        ({"predict": lambda _: {"a": 1}}, "returned dict"),
        ({"predict": lambda _, __: [1.0]}, r"with formulations .*missing a required"),
        ({"at_temperature": True}, r"formulations and temperatures in K .*too many positional"),
        ({"predict": "no_such_module:x"}, r"'no_such_module:x' cannot be loaded"),
        ({"predict": "math:no_such_name"}, r"'math:no_such_name' cannot be loaded"),
        ({"part": "density"}, "list, which has no part 'density'"),
    ],
)
def test_a_fault_of_an_own_function_names_its_property(registered, change, words):
    broken = replace(registered[0], **change)
    other = parse_recipe("1 m NaPF6 in PC")
    with pytest.raises(InputError, match=rf"property 'salt_share': its function .*{words}"):
        Answers([RECIPE, other], np.full(2, 298.15)).predict(broken)
    of_a_package = replace(broken, origin="own-package 1.2")
    with pytest.warns(PropertyWarning, match=words):
        found = Answers([RECIPE, other], np.full(2, 298.15)).predict(of_a_package)
    assert found.reason[0].startswith("property 'salt_share' (from own-package 1.2): its function ")


def _problem(**more):
    return read_problem(
        {
            "name": "own",
            "components": {"solvents": ["PC", "DMC", "DME"], "salts": ["NaPF6"]},
            "limits": {"max_solvents": 2, "salt_molality_mol_kg": [0.5, 1.5]},
            "objectives": [{"property": "salt_share"}],
            "constraints": [{"property": "salt_slow_s", "temperature": "25 degC", "min": 1.0}],
            "search": {"n_trials": 60},
            **more,
        }
    )


def test_what_misses_a_limit_without_a_unit_is_told_in_plain_digits(registered):
    problem = _problem(constraints=[{"property": "salt_share", "min": 1400}])
    with pytest.raises(InfeasibleError, match=r"recipe has 0\.1\d*, 1400 off"):
        propose(problem, n=1)


def test_problems_seek_and_limit_it_by_name(registered):
    problem = _problem()
    assert problem.objectives[0].direction is Direction.MINIMIZE
    (best,) = propose(problem, n=1).proposals
    told = best.predictions[0]
    # Pessimistic, as the attitude of a problem is by default: the low end obeys.
    assert told["salt_slow_s"]["low"] >= 1.0
    assert told["salt_share"]["value"] == pytest.approx(0.125, abs=0.02)
    with pytest.raises(RecipeFileError, match=r"the salt share \(salt_share\) has no temperature"):
        _problem(objectives=[{"property": "salt_share", "temperature": "25 degC"}])


def test_the_table_and_the_page_of_proposals_show_it(registered, capsys):
    proposals = propose(_problem(), n=1)
    print_proposals(proposals)
    shown = " ".join(capsys.readouterr().out.split())
    assert "salt share" in shown
    assert "slow salt, s at" in shown
    page = proposals_page(proposals)
    assert "slow salt at 25 °C at least 1 s" in page
    assert "salt share" in page


def test_it_may_take_the_prices_of_the_problem(registered):
    def dearest(formulations, *, prices):
        return [max(prices[s.solvent.name] for s in f.solvents) for f in formulations]

    known = replace(registered[0], name="dearest_eur", predict=dearest, takes_prices=True)
    found = Answers([RECIPE], ROOM, {"PC": 2.0, "DMC": 1.0}).predict(known)
    assert found.value.tolist() == [2.0]


def test_a_misspelt_property_is_named_with_the_nearest(registered):
    with pytest.raises(RecipeFileError, match=r"salt_sharing'; did you mean 'salt_share'"):
        _problem(objectives=[{"property": "salt_sharing", "temperature": "25 degC"}])


def test_campaigns_record_it_and_correct_its_predictions(registered, tmp_path):
    recipe = tmp_path / "problem.toml"
    recipe.write_text(
        'name = "own"\n[components]\nsolvents = ["PC", "DMC"]\nsalts = ["NaPF6"]\n[limits]\n'
        'salt_molality_mol_kg = [0.5, 1.5]\n[[objectives]]\nproperty = "salt_slow_s"\n'
        'temperature = "25 degC"\n[search]\nn_trials = 40\n'
    )
    campaign = Campaign.create(tmp_path / "campaign", recipe)
    campaign.suggest(2)
    sheet = pd.read_csv(campaign.folder / "round_001.csv")
    assert "salt_slow_s at 25 degC" in sheet
    results = tmp_path / "results.csv"
    results.write_text(f"recipe,salt_slow_s at 25 degC\n{RECIPE.notation()},3\n")
    campaign.record(results)
    before = ModelScorer(["salt_slow_s"])([RECIPE], ROOM)["salt_slow_s"]
    after = campaign.tuned()([RECIPE], ROOM)["salt_slow_s"]
    assert before.value[0] < after.value[0] <= 3
    results.write_text("recipe,salt_slow_s at 25 degC,salt_share\n1 m NaPF6 in PC,300,1\n")
    with pytest.raises(InputError) as refused:
        campaign.record(results)
    assert "outside of 0 to 50" in str(refused.value)
    assert "salt_share follows from the recipe" in str(refused.value)


def test_a_campaign_without_the_package_of_its_property_says_so(registered, tmp_path):
    recipe = tmp_path / "problem.toml"
    recipe.write_text(
        'name = "own"\n[components]\nsolvents = ["PC", "DMC"]\nsalts = ["NaPF6"]\n[limits]\n'
        'salt_molality_mol_kg = [0.5, 1.5]\n[[objectives]]\nproperty = "salt_share"\n'
    )
    Campaign.create(tmp_path / "campaign", recipe)
    properties._ADDITIONS.registered.clear()
    with pytest.raises(RecipeFileError, match=r"unknown property 'salt_share'.*not installed"):
        Campaign(tmp_path / "campaign")


def test_it_is_imported_as_measured_data_in_units_of_its_kind(registered, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text(
        "recipe,temperature_c,property,value,unit\n1 m NaPF6 in PC,25,salt_slow_s,500,ms\n"
    )
    (measured,) = read_user_table(table, source="mine").tables
    assert measured.property_name == "salt_slow_s"
    assert measured.value.tolist() == [0.5]


def test_units_of_temperature_have_another_zero():
    known = properties.registered_property("flash_point_k")
    factor, offset = conversion("degC", known)
    assert factor * 25 + offset == pytest.approx(298.15)
    factor, offset = conversion("degF", known)
    assert factor * 77 + offset == pytest.approx(298.15)


_PACKAGE = """
from electrolyte_ml.properties import Property

def twice(formulations):
    return [2.0] * len(formulations)

def fails(formulations):
    raise ZeroDivisionError("no salt")

TWICE = Property(name="twice_the_one", label="twice", at_temperature=False, predict=twice)
FAILS = Property(name="fails_always", label="fails", at_temperature=False, predict=fails)
TAKEN = Property(name="density_g_cm3", label="mine", at_temperature=True)
"""


_BROKEN = {
    "gone": ("no_such_module:X", "ModuleNotFoundError"),
    "nothing": ("own_package:NOTHING", "AttributeError"),
    "taken": ("own_package:TAKEN", "the name is taken"),
    "takes_arguments": ("own_package:twice", "TypeError"),
    "text": ("own_package:__name__", "which is no Property"),
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A package with entry points good and broken; a function that runs the command line."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "own_package.py").write_text(_PACKAGE)
    info = folder / "own_package-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-package\nVersion: 1.2\n")
    lines = [f"{name} = {value}" for name, (value, _) in _BROKEN.items()]
    lines += ["twice = own_package:TWICE", "fails = own_package:FAILS"]
    (info / "entry_points.txt").write_text("\n".join(["[electrolyte_ml.properties]", *lines]))

    def run(*arguments):
        path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
        code = "from electrolyte_ml.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def scored(installed):
    return installed("score", "PC", "--json")


def test_a_package_adds_one_by_an_entry_point(scored, installed):
    assert scored.returncode == 0
    assert json.loads(scored.stdout)[0]["twice_the_one"]["value"] == 2.0
    table = pd.read_csv(io.StringIO(installed("score", "PC", "--csv").stdout))
    assert table["twice_the_one.value"].tolist() == [2.0]
    assert "twice" in installed("score", "PC").stdout.splitlines()[0]


@pytest.mark.parametrize("name", _BROKEN)
def test_a_broken_entry_point_is_a_warning_that_names_the_package(scored, name):
    start = f"warning: the property {name!r} of own-package 1.2 cannot be used: "
    (line,) = (line for line in scored.stderr.splitlines() if line.startswith(start))
    assert _BROKEN[name][1] in line
    assert "Traceback" not in scored.stderr


def test_the_command_line_lists_what_may_be_named(installed):
    rows = json.loads(installed("properties", "--json").stdout)
    found = {row["name"]: row for row in rows}
    assert found["twice_the_one"]["from"] == "own-package 1.2"
    assert found["conductivity_ms_cm"]["at_temperature"]
    assert not found["working_voltage_v"]["predicted"]


def test_a_property_of_a_package_that_fails_leaves_the_others(scored):
    failed = json.loads(scored.stdout)[0]["fails_always"]
    assert failed["value"] is None
    assert failed["reason"] == "fails_always of own-package 1.2 failed: ZeroDivisionError: no salt"
    assert f"warning: {failed['reason']}" in scored.stderr.splitlines()


def test_a_property_that_is_registered_fails_as_its_own_code_does(registered):
    broken = replace(registered[0], predict=lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Answers([RECIPE], ROOM).predict(broken)


def test_the_example_runs_and_is_short():
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 60
    done = subprocess.run(
        [sys.executable, EXAMPLE], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert "refractive_index at 25 degC <= 1.385" in done.stdout
