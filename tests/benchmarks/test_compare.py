import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.benchmarks.compare import JUDGED, read_result, regressions
from electrolyte_ml.errors import InputError

numbers = st.floats(0.01, 10)


def result_of(metrics, model="m"):
    task = {"task": "t", "split": "s", "model": model, "metrics": metrics}
    return {"suite": "x", "tasks": [task]}


@given(st.dictionaries(st.sampled_from(sorted(JUDGED)), numbers))
def test_a_result_is_no_worse_than_itself(metrics):
    assert regressions(result_of(metrics), result_of(metrics), tolerance=0) == []


def test_parts_of_the_rows_are_compared_each():
    before, after = (result_of({"mae_log10": 0.1}) for _ in range(2))
    before["tasks"][0]["subsets"] = {"anion FSI": {"n": 30, "mae_log10": 0.1}, "sodium": {"n": 9}}
    after["tasks"][0]["subsets"] = {"anion FSI": {"n": 30, "mae_log10": 0.2}}
    found = [str(one) for one in regressions(before, after)]
    assert found == [
        "t; s; m; anion FSI: mae_log10 0.1 -> 0.2",
        "t; s; m; sodium: not in the second result",
    ]


@given(numbers, st.floats(0, 2))
def test_errors_may_grow_by_the_tolerance_and_not_more(mae, growth):
    found = regressions(result_of({"mae": mae}), result_of({"mae": mae * (1 + growth)}))
    if abs(growth - 0.05) > 1e-6:
        assert bool(found) == (growth > 0.05)


@pytest.mark.parametrize(
    ("metric", "old", "worse", "better"),
    [
        ("mae_log10", 0.1, 0.12, 0.05),
        ("r2", 0.95, 0.9, 0.99),
        ("coverage", 0.9, 0.8, 0.91),
        ("coverage", 0.85, 1.0, 0.9),
        ("speed_ratio", 100.0, 50.0, 200.0),
    ],
)
def test_each_kind_has_its_direction(metric, old, worse, better):
    (found,) = regressions(result_of({metric: old}), result_of({metric: worse}))
    assert metric in str(found)
    assert str(found).startswith("t; s; m")
    assert regressions(result_of({metric: old}), result_of({metric: better})) == []


def test_what_is_gone_is_a_regression():
    before = result_of({"mae": 1.0, "coverage": 0.9})
    assert "not in the second" in str(regressions(before, result_of({"mae": 1.0}, "other"))[0])
    (found,) = regressions(before, result_of({"mae": 1.0}))
    assert "coverage is gone" in str(found)


def test_descriptions_are_not_judged():
    before = result_of({"n": 10, "width_log10": 0.1})
    assert regressions(before, result_of({"n": 5, "width_log10": 1.0})) == []


def test_other_suites_and_tolerances_are_refused():
    before = result_of({"mae": 1.0})
    after = copy.deepcopy(before)
    after["suite"] = "y"
    with pytest.raises(InputError, match="different suites: 'x' and 'y'"):
        regressions(before, after)
    with pytest.raises(InputError, match="at least 0"):
        regressions(before, before, tolerance=-0.1)


@pytest.mark.parametrize(
    "text", ["{", "[]", "[" * 100_000, '{"tasks": [{"task": "t"}]}', '{"suite": "x"}']
)
def test_files_that_are_no_result_are_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"a\.json is not"):
        read_result(path)
    with pytest.raises(InputError, match="no such file"):
        read_result(tmp_path / "b.json")


def test_results_are_read_back(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(result_of({"mae": 1.0})))
    assert read_result(path) == result_of({"mae": 1.0})
