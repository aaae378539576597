"""Results of models from outside: checked as a whole, and shown beside ours."""

import copy
import json
import re
from pathlib import Path

import pytest

from electrolyte_ml.benchmarks.submissions import MANIFEST, beside, read_submission
from electrolyte_ml.errors import InputErrors

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "benchmarks" / "submissions" / "extra-trees-morgan"
ABOUT = (EXAMPLE / MANIFEST).read_text(encoding="utf-8")


def result_of(model, error, n=10):
    return {
        "suite": "chemistry",
        "environment": {"python": "3.11"},
        "split_sha256": {"conductivity; series": "aa"},
        "data_sha256": {"edb1.csv": "bb"},
        "tasks": [
            {
                "task": "conductivity",
                "split": "series",
                "model": model,
                "metrics": {"n": n, "seed": 0, "mae_log10": error},
                "subsets": {"sodium": {"n": 3, "mae_log10": error}},
            }
        ],
    }


OURS = result_of("our model", 0.1)
OURS["tasks"] += result_of("gradient boosting", 0.3)["tasks"]
OURS["tasks"] += [{**OURS["tasks"][0], "split": "file"}]


@pytest.fixture
def hand_in(tmp_path):
    def write(result, about=ABOUT, name="chemistry.json"):
        (tmp_path / MANIFEST).write_text(about, encoding="utf-8")
        (tmp_path / name).write_text(json.dumps(result), encoding="utf-8")
        return tmp_path

    return write


def test_theirs_stands_among_ours_by_its_error(hand_in):
    submission = read_submission(hand_in(result_of("my_module:Model", 0.2)))
    rows = beside(OURS, [submission])
    assert [row["model"] for row in rows] == ["our model", submission.title, "gradient boosting"]
    assert {row["split"] for row in rows} == {"series"}


def test_all_faults_of_a_submission_are_named(hand_in):
    result = result_of("a", float("inf"))
    result["tasks"] += result_of("b", 0.2)["tasks"]
    del result["environment"], result["tasks"][1]["metrics"]["n"]
    about = ABOUT.replace("authors = [", "author = [").replace('licence = "Apache-2.0"\n', "")
    with pytest.raises(InputErrors) as caught:
        read_submission(hand_in(result, about))
    faults = "\n".join(caught.value.messages)
    for words in (
        "no key 'author'; did you mean 'authors'?",
        "authors is missing: list of names",
        "licence is missing",
        "environment is missing",
        "holds 2 models: a, b",
        "mae_log10 is inf, but should be a finite number",
        "n is missing",
    ):
        assert words in faults


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r["data_sha256"].update({"edb1.csv": "cc"}), "edb1.csv is another file"),
        (lambda r: r["split_sha256"].clear(), "split_sha256 is missing"),
        (
            lambda r: r["split_sha256"].update({"conductivity; series": "x"}),
            "other rows are tested than in ours",
        ),
        (lambda r: r["tasks"][0]["metrics"].update({"n": 9}), "9 rows are tested, in ours 10"),
        (
            lambda r: r["tasks"][0].update({"split": "salt"}),
            "no such split; they have file, series",
        ),
        (lambda r: r.update({"suite": "density"}), "no result of the suite 'chemistry'"),
    ],
)
def test_results_of_other_rows_are_refused(hand_in, change, words):
    result = copy.deepcopy(result_of("m", 0.2))
    change(result)
    with pytest.raises(InputErrors, match=re.escape(words)):
        beside(OURS, [read_submission(hand_in(result))])


def test_a_folder_without_result_or_manifest_is_refused(tmp_path):
    with pytest.raises(InputErrors, match="no such file"):
        read_submission(tmp_path)
    (tmp_path / MANIFEST).write_text(ABOUT, encoding="utf-8")
    with pytest.raises(InputErrors, match="holds no result"):
        read_submission(tmp_path)


def test_submissions_that_are_here_are_of_our_rows():
    for folder in EXAMPLE.parent.iterdir():
        submission = read_submission(folder)
        for suite in submission.results:
            ours = json.loads((ROOT / "benchmarks" / "results" / f"{suite}.json").read_text())
            names = [row["model"] for row in beside(ours, [submission])]
            assert submission.title in names
            assert "our model" in names
