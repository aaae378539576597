"""The verb ``screen``."""

import json

import pandas as pd

PROBLEM = "sodium_metal_glyme"


def test_leaders_are_printed_and_written(run, tmp_path):
    shown = run("screen", PROBLEM, "--n", 40, "--chunk", 20, "--out", tmp_path)
    assert shown.code == 0
    assert "recipes screened" in shown.out
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "leaders.csv",
        "leaders.xlsx",
        "part-000000.parquet",
        "part-000001.parquet",
        "screening.json",
    ]
    again = run("screen", PROBLEM, "--n", 40, "--chunk", 20, "--out", tmp_path, "--json")
    record = json.loads(again.out)
    frame = pd.read_csv(tmp_path / "leaders.csv")
    different = frame[frame["list"] == "different"]
    assert different["recipe"].tolist() == [row["recipe"] for row in record["different"]]


def test_leaders_say_that_the_pessimistic_end_leads_and_in_which_unit(run, tmp_path):
    problem = tmp_path / "two.toml"
    problem.write_text(
        'name = "two"\n[components]\nsolvents = ["PC", "DME"]\nsalts = ["NaPF6"]\n'
        "[limits]\nsalt_molality_mol_kg = [0.5, 1.5]\n"
        '[[objectives]]\nproperty = "conductivity_ms_cm"\ntemperature = "25 degC"\n'
        '[[objectives]]\nproperty = "flash_point_k"\n'
    )
    shown = run("screen", problem, "--n", 20, "--chunk", 20, "--out", tmp_path / "out").out
    assert "pessimistic conductivity at 25 °C" in shown.replace("\n", " ")
    assert " mS/cm" in shown
    assert " °C" in shown.splitlines()[-3]
    frame = pd.read_csv(tmp_path / "out" / "leaders.csv")
    assert "pessimistic conductivity_ms_cm at 25 degC" in frame


def test_shards_leave_the_leaders_to_the_last(run, tmp_path):
    options = ("screen", PROBLEM, "--grid", "--n", 40, "--chunk", 20, "--out", tmp_path)
    first = run(*options, "--shard", "1/2")
    assert first.code == 0
    assert "1 of 2 parts" in first.err
    assert not (tmp_path / "leaders.csv").exists()
    assert run(*options, "--shard", "2/2").code == 0
    assert (tmp_path / "leaders.csv").exists()


def test_what_is_wrong_is_told(run, tmp_path):
    assert run("screen", PROBLEM, "--out", tmp_path, "--shard", "5/2").code == 2
    wrong = run("screen", "no_such_problem", "--out", tmp_path)
    assert (wrong.code, wrong.out) == (2, "")
