import numpy as np
import pytest

from electrolyte_ml.benchmarks.compare import paired_differences
from electrolyte_ml.benchmarks.job import JobResult
from electrolyte_ml.benchmarks.runner import SuiteResult
from electrolyte_ml.report.leaderboard import leaderboard_markdown


def _searched(make_job, model, ends, split="s"):
    job, _ = make_job(model, split=split)
    # Half of what was found in the end was found at once.
    trace = np.array([[end / 2, end] for end in ends])
    return job, JobResult(metrics={"n": 2}, trace=trace)


def test_worlds_that_are_hard_for_all_do_not_hide_who_is_ahead(make_job):
    ours = _searched(make_job, "ours", [90.0, 50.0, 20.0, 70.0])
    rival = _searched(make_job, "rival", [86.0, 48.0, 20.0, 64.0])
    (row,) = paired_differences([ours, rival])
    assert (row["model"], row["rival"], row["seeds"]) == ("ours", "rival", 4)
    assert row["ahead"] == pytest.approx(3.0)
    # Standard deviation of 4, 2, 0, 6 over the root of 4.
    assert row["ahead_se"] == pytest.approx(np.sqrt(20 / 3) / 2)
    assert row["ahead_all_along"] == pytest.approx(2.25)
    assert (row["won"], row["lost"]) == (3, 0)
    assert row["p"] == pytest.approx(1 / 8)


def test_each_split_has_its_own_first_and_only_equal_seeds_are_compared(make_job):
    rows = paired_differences(
        [
            _searched(make_job, "a", [1.0, 2.0]),
            _searched(make_job, "b", [1.0, 2.0]),
            _searched(make_job, "c", [1.0, 2.0, 3.0]),
            _searched(make_job, "b", [5.0, 6.0], split="t"),
            _searched(make_job, "a", [1.0, 7.0], split="t"),
            (make_job("d")[0], JobResult(metrics={"n": 1})),
        ]
    )
    assert [(r["split"], r["model"], r["rival"], r["won"]) for r in rows] == [
        ("s", "a", "b", 0),
        ("t", "b", "a", 1),
    ]
    assert rows[0]["p"] is None


def test_the_leaderboard_says_by_how_much(make_job):
    ours = _searched(make_job, "ours", [90.0, 50.0, 20.0, 70.0])
    rival = _searched(make_job, "rival", [86.0, 48.0, 20.0, 64.0])
    result = SuiteResult(suite="x", seed=0, finished=(ours, rival), skipped=())
    text = leaderboard_markdown(result.to_dict())
    assert "| s | rival | 3.0 +- 1.3 | 2.2 +- 1.0 | 3 / 0 | 0.125 |" in text
