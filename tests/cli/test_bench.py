import json

import pytest

from electrolyte_ml.benchmarks.registry import suite_names


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def write(path, mae):
    task = {"task": "t", "split": "s", "model": "m", "metrics": {"mae": mae}}
    path.write_text(json.dumps({"suite": "x", "tasks": [task]}))
    return path


def test_a_suite_is_run_with_and_without_the_word_run(run):
    for words in (["bench", "speed"], ["bench", "run", "speed"]):
        outcome = run(*words, "--split", "single", "--quick", "--json")
        assert outcome.code == 0
        result = json.loads(outcome.out)
        assert result["suite"] == "speed"
        assert result["tasks"][0].keys() == {"task", "split", "model", "metrics"}


def test_help_names_every_suite(run):
    out = run("bench", "--help").out
    assert all(suite in out for suite in suite_names())


def test_unknown_suites_and_splits_are_refused(run):
    outcome = run("bench", "conductance")
    assert outcome.code == 2
    assert "there are conductivity, density" in outcome.err
    outcome = run("bench", "speed", "--split", "warp")
    assert outcome.code == 2
    assert "there are batch, single" in outcome.err


def test_compare_names_what_got_worse(run, tmp_path):
    good, bad = write(tmp_path / "a.json", 1.0), write(tmp_path / "b.json", 1.2)
    outcome = run("bench", "compare", good, bad)
    assert outcome.code == 1
    assert "worse: t; s; m: mae 1 -> 1.2" in outcome.out
    assert run("bench", "compare", bad, good).code == 0
    assert run("bench", "compare", good, bad, "--tolerance", "0.3").code == 0
    outcome = run("bench", "compare", good, tmp_path / "c.json")
    assert outcome.code == 2
    assert "no such file" in outcome.err


def test_results_are_written_and_the_same_twice(run, sample, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        outcome = run("bench", "density", "--split", "all", "--out", folder)
        assert outcome.code == 0
        assert "as shipped" in outcome.out
    names = sorted(p.name for p in folders[0].iterdir())
    assert {"density.json", "density.md", "density-all.png"} <= set(names)
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
    text = (folders[0] / "density.md").read_text(encoding="utf-8")
    assert "| as shipped | " in text
    assert "kumar2026_na_density.csv" in text


def test_a_model_from_outside_is_run_on_our_splits(run, sample, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outside_model.py").write_text(
        "import numpy as np\n"
        "class Geometric:\n"
        "    def fit(self, X, y): self.mean = np.exp(np.log(y).mean())\n"
        "    def predict(self, X): return np.full(len(X), self.mean)\n"
    )
    given = ("bench", "conductivity", "--split", "hot", "--seed", 1, "--model")
    outcome = run(*given, "outside_model:Geometric", "--json")
    assert outcome.code == 0
    (task,) = json.loads(outcome.out)["tasks"]
    assert task["model"] == "outside_model:Geometric"
    assert task["metrics"]["n"] == 64
    assert task["metrics"]["r2"] < 0
    outcome = run(*given, "outside_model:Other")
    assert outcome.code == 2
    assert "classes in it: Geometric" in outcome.err


@pytest.mark.full_data
def test_freeze_writes_files(run, tmp_path):
    outcome = run("bench", "freeze", "sodium", "--out", tmp_path / "splits")
    assert outcome.code == 0
    assert (tmp_path / "splits" / "sodium-cation.json.gz").is_file()
    assert (tmp_path / "splits" / "manifest.json").is_file()


def test_an_interrupted_run_says_how_to_go_on(run, sample, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("electrolyte_ml.benchmarks.suites.sodium.fit_conductivity", stop)
    outcome = run("bench", "sodium", "--quick", "--seed", 1)
    assert outcome.code == 130
    assert "0 of 8 jobs are done" in outcome.err  # two models, all and three anions
    assert "the same command" in outcome.err


def test_models_are_chosen_by_their_names(run, sample):
    words = ("bench", "density", "--split", "all", "--json", "--only")
    outcome = run(*words, "as shipped")
    assert outcome.code == 0
    assert {task["model"] for task in json.loads(outcome.out)["tasks"]} == {"as shipped"}
    outcome = run(*words, "oracle")
    assert outcome.code == 2
    assert "no model 'oracle' in this run; there are" in outcome.err
    outcome = run(*words, "as shipped", "--model", "json:JSONDecoder")
    assert outcome.code == 2
    assert "leave it out beside --model" in outcome.err


@pytest.mark.full_data
def test_a_baseline_alone_is_run_on_unseen_series(run, tmp_path):
    words = ("bench", "chemistry", "--quick", "--only", "gradient boosting")
    outcome = run(*words, "--jobs", tmp_path / "jobs", "--out", tmp_path / "out")
    assert outcome.code == 0
    (task,) = json.loads((tmp_path / "out" / "chemistry.json").read_text())["tasks"]
    assert task["split"] == "series, first fold"
    assert task["metrics"]["n"] == sum(
        task["subsets"][name]["n"] for name in ("CALiSol-23", "not in CALiSol-23")
    )
    assert task["metrics"]["mae_log10"] < 0.14
    assert task["subsets"]["not in CALiSol-23; cation lithium"]["n"] > 1000
    text = (tmp_path / "out" / "chemistry.md").read_text()
    assert "| not in CALiSol-23; anion FSI | 114 |" in text
