import json

import numpy as np
import pytest

from electrolyte_ml.benchmarks.job import JobResult
from electrolyte_ml.benchmarks.runner import SuiteResult
from electrolyte_ml.report.leaderboard import leaderboard_markdown, write_results


@pytest.fixture
def result(make_job) -> SuiteResult:
    outcomes = []
    for model, metrics in (("a", {"n": 3, "mae": 0.5}), ("b", {"n": 3, "oddity": 2.0})):
        job, _ = make_job(model, split="two words", split_sha256="c" * 64, data={"f.csv": "d" * 64})
        value = np.array([1.0, 10.0, 100.0])
        outcomes.append((job, JobResult(metrics=metrics, measured=value, predicted=-value)))
    skipped, _ = make_job("c", skipped="needs a library")
    return SuiteResult(suite="x", seed=0, finished=tuple(outcomes), skipped=(skipped,))


def test_leaderboard_shows_everything(result):
    text = leaderboard_markdown(result.to_dict())
    assert "| model | n | MAE | oddity |" in text
    assert "| a | 3 | 0.500 | - |" in text
    assert "| b | 3 | - | 2.000 |" in text
    assert "- c (s): needs a library" in text
    for digest in ("c" * 64, "d" * 64):
        assert digest in text


def test_parts_of_the_rows_stand_in_a_table_of_all_models(make_job):
    outcomes = []
    for model, metrics in (("a", {"mae_log10": 0.5, "coverage": 0.9}), ("b", {"mae_log10": 2.0})):
        parts = {"anion FSI": {"n": 7, **metrics}, **({model: {"n": 1}} if model == "a" else {})}
        outcomes.append((make_job(model)[0], JobResult(metrics={"n": 9}, subsets=parts)))
    judged = SuiteResult(suite="x", seed=0, finished=tuple(outcomes), skipped=())
    text = leaderboard_markdown(judged.to_dict())
    assert "| tested rows | n | a: MAE lg | a: cover | b: MAE lg |" in text
    assert "| anion FSI | 7 | 0.500 | 0.900 | 2.000 |" in text
    assert "| a | 1 | - | - | - |" in text


def test_files_are_the_same_twice(result, tmp_path):
    one = write_results(result, tmp_path / "one")
    two = write_results(result, tmp_path / "two")
    assert [p.name for p in one] == ["x.json", "x.md", "x-two-words.png"]
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes()
    content = json.loads(one[0].read_text(encoding="utf-8"))
    assert content == result.to_dict()
    assert content["environment"]["packages"]["numpy"] == np.__version__
    assert not list((tmp_path / "one").glob("*.tmp"))


def test_searches_are_drawn_and_their_spread_stands_beside(make_job, tmp_path):
    job, _ = make_job("a", split="two words")
    metrics = {"n": 4, "regret_percent": 3.0, "regret_percent_sd": 0.5}
    outcome = JobResult(metrics=metrics, trace=np.array([[20.0, 60, 90, 97], [30, 50, 95, 96]]))
    searched = SuiteResult(suite="x", seed=0, finished=((job, outcome),), skipped=())
    assert "| model | n | regret % | sd |" in leaderboard_markdown(searched.to_dict())
    files = write_results(searched, tmp_path)
    assert [p.name for p in files] == ["x.json", "x.md", "x-two-words.png"]


def test_an_error_with_a_meaning_of_its_own_stands_once_and_keeps_it(make_job):
    metrics = {"n": 3, "rmse_above_rbf": 0.25, "rmse_above_rbf_se": 0.125}
    judged = SuiteResult(
        suite="x", seed=0, finished=((make_job("a")[0], JobResult(metrics=metrics)),), skipped=()
    )
    text = leaderboard_markdown(judged.to_dict())
    assert "| model | n | over RBF | +- RBF |" in text
    assert "| a | 3 | 0.250 | 0.125 |" in text
    assert "of the groups left out and of the seeds" in text
