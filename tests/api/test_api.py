"""The functions for notebooks: what they take, what they give, and what they refuse."""

import doctest
import importlib
import io
import pkgutil
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import electrolyte_ml as eml
from electrolyte_ml import api, properties
from electrolyte_ml.campaign.adapted import FineTuned
from electrolyte_ml.cli import main
from electrolyte_ml.errors import InputError, TableError

PC, DME = "1 M NaPF6 in PC", "1 m NaFSI in DME"
# Modules below the functions for notebooks whose docstrings show examples, too.
WITH_EXAMPLES = (
    "arguments",
    "bad_rows",
    "immutable",
    "prediction",
    "properties",
    "text",
    "units",
    "species.names",
    "tables.headings",
    "tables.numbers",
)


def as_csv(*arguments):
    out = io.StringIO()
    with redirect_stdout(out), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["electrolyte-ml", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code
    return pd.read_csv(io.StringIO(out.getvalue()))


@pytest.mark.parametrize(
    "line",
    [
        "eml.score('1 M NaPF6 in PC')",
        "eml.score(['1 M NaPF6 in PC', '1 M NaFSI in DME'], at=['25 degC', '-20 degC'])",
        "eml.propose('sodium_room_temperature', n=5, n_trials=60)",
        "eml.explain('1 M NaPF6 in PC').to_frame()",
        "eml.window('1 M NaPF6 in PC')",
        "eml.convert('1 M NaPF6 in PC', to='wt')",
        "eml.weigh_out('1 M NaPF6 in PC', '100 g').to_frame()",
    ],
)
def test_lines_run_in_a_new_interpreter(line):
    code = f"import electrolyte_ml as eml; print({line})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "PC" in run.stdout or "sodium" in run.stdout


def test_public_names_are_shown():
    assert set(eml.__all__) == set(dir(eml))
    assert 20 <= len(dir(eml)) <= 32
    assert eml.Recipe is eml.Formulation


def test_a_wrong_name_is_corrected():
    with pytest.raises(AttributeError, match="did you mean 'score'"):
        _ = eml.scor


def test_the_columns_are_those_of_the_csv():
    scores = eml.score([PC, DME], at=["25 degC", "-20 degC"])
    csv = as_csv("score", PC, DME, "--at", "25 degC", "--at", "-20 degC", "--csv")
    assert list(scores.columns) == list(csv.columns)
    assert scores["recipe"].tolist() == [PC, PC, DME, DME]
    for name in csv.select_dtypes("number"):
        np.testing.assert_allclose(scores[name].to_numpy(float), csv[name].to_numpy(float))


@pytest.mark.parametrize(
    "recipes",
    [
        [PC, DME],
        (PC, eml.recipe(DME)),
        np.array([PC, DME]),
        pd.Series([PC, DME]),
        pd.Series([PC, DME], dtype="category"),
        pd.DataFrame({"recipe": [PC, DME]}),
        iter([PC, DME]),
    ],
)
def test_recipes_in_any_container(recipes):
    scores = eml.score(recipes)
    assert scores["key"].tolist() == [eml.recipe(PC).key, eml.recipe(DME).key]
    assert scores.index.tolist() == [0, 1]


def test_a_series_and_a_dict_name_the_rows():
    by_name = {"a": PC, "b": DME}
    for recipes in (by_name, pd.Series(by_name)):
        assert eml.score(recipes).index.tolist() == ["a", "b"]
        assert eml.window(recipes).index.tolist() == ["a", "a", "b", "b"]


def test_a_frame_is_obeyed_and_carried_through():
    table = pd.DataFrame(
        {
            "batch": pd.to_datetime(["2026-01-01", "2026-01-02"]),
            "recipe": [PC, DME],
            "temperature_c": [None, -10],
            "key": ["mine", "yours"],
        },
        index=["x", "y"],
    )
    scores = eml.score(table, at=["25 degC", "-20 degC"])
    assert scores.index.tolist() == ["x", "x", "y"]
    assert scores["temperature_k"].tolist() == pytest.approx([298.15, 253.15, 263.15])
    assert scores["batch"].tolist() == table["batch"].iloc[[0, 0, 1]].tolist()
    assert scores["input.key"].tolist() == ["mine", "mine", "yours"]
    assert "temperature_c" not in scores


def test_a_file_is_read_like_a_frame(tmp_path):
    table = pd.DataFrame({"recipe": [PC, DME], "temperature_c": [0, -10], "mark_k": ["a", "b"]})
    path = tmp_path / "candidates.csv"
    table.to_csv(path, index=False)
    for given in (path, str(path)):
        pd.testing.assert_frame_equal(eml.score(given), eml.score(table), check_dtype=False)


def test_missing_numbers_are_nan_and_columns_keep_their_type():
    scores = eml.score("PC")
    assert scores["conductivity_ms_cm.value"].dtype == float
    assert scores["oxidation_limit_v.in_domain"].dtype == bool


def test_temperatures_with_units_or_in_kelvin():
    expected = eml.score(PC, at="0 degC")
    pd.testing.assert_frame_equal(eml.score(PC, at_k=273.15), expected)
    pd.testing.assert_frame_equal(eml.score(PC, at_k=np.array([273.15])), expected)
    with pytest.raises(InputError, match=r"no unit.*at_k"):
        eml.score(PC, at=25)
    for wrong in ("25", -3, float("nan")):
        with pytest.raises(InputError, match="above absolute zero"):
            eml.score(PC, at_k=wrong)


def test_all_bad_rows_are_reported_at_once():
    table = pd.DataFrame(
        {"recipe": ["1 M NaPF6 in diglime", PC, None, 5], "temperature_k": [300, -1, 300, 300]},
        index=["a", "b", "c", "d"],
    )
    with pytest.raises(TableError) as caught:
        eml.score(table)
    lines = caught.value.messages
    assert len(lines) == 4
    for label in "abcd":
        assert any(f"row '{label}'" in line for line in lines)
    assert "did you mean 'diglyme'" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: eml.score([]), "no recipe is given"),
        (lambda: eml.score(3.5), "3.5"),
        (lambda: eml.score(pd.DataFrame({"recipes": [PC]})), "did you mean 'recipes'"),
        (lambda: eml.score(pd.DataFrame([[PC, PC]], columns=["recipe"] * 2)), "twice"),
        (lambda: eml.score(pd.DataFrame({"recipe": [PC], "T": [0]})), "not from 'T'; rename"),
        (lambda: eml.score(pd.DataFrame({"recipe": []})), "no rows"),
        (lambda: eml.recipe([PC]), "one recipe at a time"),
        (lambda: eml.explain([PC, DME]), "one recipe at a time"),
        (lambda: eml.convert(PC, to="wtt"), "did you mean 'wt'"),
        (lambda: eml.weigh_out(PC, 100), "'50 g'"),
        (lambda: eml.predict(PC, "viscosity"), "did you mean 'viscosity_mpa_s'"),
        (lambda: eml.predict(PC, "oxidation_limit_v", at="25 degC"), "no temperature"),
        (lambda: eml.predict(PC, ["density_g_cm3"]), "one at a time.*given list"),
        (lambda: eml.predict(PC, None), "given None"),
        (lambda: eml.predict(PC, "density_g_cm3", at="0 degC", at_k=273.15), "given twice"),
        (lambda: eml.score(PC, at=[]), "at holds no temperature"),
        (lambda: eml.score(PC, at_k=[]), "at_k holds no temperature"),
        (lambda: eml.score(PC, at_k=25), "at='25 degC'"),
        (lambda: eml.score({"recipe": [PC], "temperature_c": [25]}), r"pd\.DataFrame"),
        (lambda: eml.score(pd.DataFrame({"recipe": [PC], "temperature_c": 0}), at_k=300), "leave"),
        (lambda: eml.propose("sodium_room_temperature", n="5"), "n, .*whole number.*'5'"),
        (lambda: eml.propose("sodium_room_temperature", n=2.5), r"whole number.*2\.5"),
        (lambda: eml.propose("sodium_room_temperature", seed="a"), "the seed .*whole number.*'a'"),
        (lambda: eml.propose("sodium_room_temperature", n_trials=True), "n_trials, .*True"),
        (lambda: eml.propose(None), "bundled one.*given None"),
        (lambda: eml.propose({"name": "x"}), "read_problem.*given dict"),
        (lambda: eml.load_problem(5), "bundled one.*given int 5"),
        (lambda: eml.Campaign(5), "folder of a campaign.*given int 5"),
        (lambda: eml.score(PC, tuned=5), r"'lab\.tuned\.json'; given int 5"),
        (lambda: eml.propose("sodium_room_temperature", storage=5), "storage.*given int 5"),
        (lambda: eml.window(PC, against=5), "'Na/Na.*given int 5"),
        (lambda: eml.window(PC, against=[]), "given list"),
        (lambda: eml.window(PC, minimum_share="a"), "from 0 to 1.*given str 'a'"),
        (lambda: eml.predict(PC, "cost_per_kg", prices=5), "prices.*given int 5"),
        (lambda: eml.read_measurements(5), "measurements are.*given int 5"),
        (lambda: eml.register_property("x"), r"Property\(name=.*given str 'x'"),
        (lambda: eml.load_problem("sodium_rom_temperature"), "sodium_room_temperature"),
        (lambda: eml.window(PC, against="SHE"), "Na/Na"),
        (lambda: eml.read_measurements("calisol"), "calisol23"),
    ],
)
def test_refusals_say_what_to_do(wrong, words):
    with pytest.raises(eml.ElectrolyteError, match=words):
        wrong()


def test_scores_corrected_by_measurements(tmp_path):
    recipes = [PC, DME, "1 M NaPF6 in DMC"]
    measured = eml.score(recipes)["conductivity_ms_cm.value"].to_numpy() * 1.3
    tuned = FineTuned(
        formulations=[eml.recipe(text) for text in recipes],
        temperature_k=np.full(3, 298.15),
        conductivity_ms_cm=measured,
    )
    path = tmp_path / "lab.tuned.json"
    tuned.write(path)
    corrected = eml.score(recipes, tuned=str(path))["conductivity_ms_cm.value"].to_numpy()
    assert (corrected > measured / 1.3).all()


def test_one_property_is_that_of_the_scores():
    scores = eml.score([PC, DME], at_k=[298.15, 273.15])
    for name in ("viscosity_mpa_s", "conductivity_ms_cm"):
        alone = eml.predict([PC, DME], name, at_k=[298.15, 273.15])
        np.testing.assert_allclose(alone.value, scores[f"{name}.value"])
    assert len(eml.predict([PC, DME], "oxidation_limit_v")) == 2
    assert eml.predict("PC", "cost_per_kg", prices={"PC": 3.0}).value == pytest.approx([3.0])


def test_all_bad_temperatures_are_told_at_once():
    with pytest.raises(InputError) as caught:
        eml.score(PC, at=[25, "x degC", "-500 degC", "25 degC"])
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "25 has no unit" in lines[0]
    assert "'x degC'" in lines[1]
    assert "not above absolute zero" in lines[2]


def test_conversions():
    wt = eml.convert(PC, to="wt")
    assert wt.sum() == pytest.approx(100)
    assert wt.name == "wt%"
    assert eml.convert(PC, to="json")["key"] == eml.recipe(PC).key
    assert eml.recipe(eml.convert(PC, to="text")).key == eml.recipe(PC).key
    assert "hasSolvent" in str(eml.convert(PC, to="battinfo"))
    rows = pd.read_csv(io.StringIO(eml.convert(PC, to="csv")))
    assert eml.recipe(PC).key in rows.to_string()
    assert eml.convert(PC, to="sheet") == eml.weigh_out(PC, "100 g")


def test_a_window_against_each_electrode():
    limits = eml.window([PC, DME], against=["Na/Na+", "Li/Li+"])
    assert limits["reference.name"].tolist() == ["Na/Na+", "Li/Li+"] * 2
    assert "one-electron limits of isolated molecules" in limits.attrs["caveat"]
    films = eml.window("1 M NaPF6 in PC + 2 wt% FEC", against="Na/Na+")["passivation"]
    assert "FEC" in films[0]


def test_a_shortlist_is_a_sequence_and_a_table():
    shortlist = eml.propose(eml.load_problem("sodium_metal_glyme"), n=2, n_trials=40)
    assert [p.place for p in shortlist] == [1, 2]
    assert len(shortlist) == 2
    with pytest.raises(InputError, match=r"shortlist\[0\].*given str 'x'"):
        _ = shortlist["x"]
    assert shortlist[0].formulation.notation() in shortlist._repr_html_()
    alone = shortlist[0]._repr_html_()
    assert shortlist[0].formulation.notation() in alone
    assert "conductivity_ms_cm" in alone
    assert "g for 100 g" in alone
    table = shortlist.to_frame()
    assert len(table) == 4
    assert {"rank", "recipe", "conductivity_ms_cm.value"} <= set(table)
    assert eml.score(shortlist)["key"].tolist() == [p.formulation.key for p in shortlist]
    assert eml.weigh_out(shortlist[0]) == eml.weigh_out(shortlist[0].formulation)


def test_a_campaign_of_strings_and_frames(tmp_path):
    folder = str(tmp_path / "campaign")
    campaign = eml.Campaign.create(folder, "sodium_metal_glyme")
    sheet = campaign.suggest(2, n_trials=40).to_frame()
    assert sheet["id"].tolist() == ["S001", "S002"]
    sheet["conductivity_ms_cm at 25 degC"] = [7.5, None]
    results = campaign.record(sheet)
    assert [r.suggestion for r in results] == ["S001"]
    again = eml.Campaign(folder)
    status = again.status()
    assert (status["measured"], [row["id"] for row in status["pending"]]) == (1, ["S002"])
    assert "S002" in again.report().read_text(encoding="utf-8")
    assert again.to_frame()["conductivity_ms_cm at 25 degC"].tolist() == [7.5]
    (pending,) = again.state.pending
    assert repr(pending) == f"<Suggestion S002: {pending.formulation.notation()}>"
    assert "conductivity_ms_cm at 25 degC" in pending._repr_html_()
    with pytest.raises(InputError, match="again=True"):
        again.record(sheet)
    with pytest.raises(InputError, match=r"n, the number of suggestions.*given str '2'"):
        again.suggest(n="2")
    row = {"id": "S002", "conductivity_ms_cm at 25 degC": 7.0}
    for given in (row, [row], {name: [value] for name, value in row.items()}):
        assert again.record(given, again=True)[0].suggestion == "S002"
    with pytest.raises(InputError, match=r"list of dicts.*given int 5"):
        again.record(5)
    faulty = pd.DataFrame({"id": ["S009"], "conductivity_ms_cm at 25 degC": ["much"]}, index=["z"])
    with pytest.raises(TableError) as caught:
        again.record(faulty)
    assert len(caught.value.messages) == 2
    assert all(line.startswith("row z") for line in caught.value.messages)


def test_measurements_of_a_frame_and_of_a_file(tmp_path):
    table = pd.DataFrame(
        {
            "recipe": [PC, DME],
            "temperature_c": [25, None],
            "conductivity_ms_cm": [6.5, 11],
            "viscosity_mpa_s": [8.1, None],
        },
        index=["x", "y"],
    )
    with pytest.raises(TableError, match=r"row 'y'.*temperature"):
        eml.read_measurements(table, source="lab")
    held = eml.read_measurements(table.fillna({"temperature_c": 25}), source="lab")
    assert len(held["conductivity_ms_cm"]) == 2
    assert len(held.to_frame()) == 3
    path = tmp_path / "lab.csv"
    table.fillna({"temperature_c": 25}).to_csv(path, index=False)
    for given in (path, str(path)):
        assert len(eml.read_measurements(given, source="lab").to_frame()) == 3
    long = held.to_frame()
    long.to_csv(tmp_path / "long.csv", index=False)
    for given in (long, tmp_path / "long.csv"):
        pd.testing.assert_frame_equal(eml.read_measurements(given).to_frame(), long)


def examples():
    names = [f"api.{found.name}" for found in pkgutil.iter_modules(api.__path__)]
    return [*names, *WITH_EXAMPLES]


@pytest.mark.parametrize("name", examples())
def test_examples_of_docstrings_run(name, monkeypatch):
    # A property that an example registers is gone afterwards.
    monkeypatch.setattr(properties, "_ADDITIONS", properties._Additions())
    module = importlib.import_module(f"electrolyte_ml.{name}")
    results = doctest.testmod(module)
    assert not results.failed
    assert results.attempted or name == "api.inputs"


def test_the_python_of_the_readme_runs():
    readme = Path(__file__).parents[2] / "README.md"
    blocks = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        with redirect_stdout(io.StringIO()):
            exec(block, {})
