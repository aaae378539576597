import os

import numpy as np
import pytest

from electrolyte_ml.benchmarks import run_suite
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.errors import InputError

needs_data = pytest.mark.skipif(
    not os.environ.get("ELECTROLYTE_ML_DATA"), reason="ELECTROLYTE_ML_DATA is not set"
)


def test_metrics_of_a_known_case():
    measured = np.log10([1.0, 10.0, 10.0, 1.0])
    predicted = np.log10([1.0, 10.0, 20.0, 1.0])
    half_width = np.array([0.1, 0.1, 0.1, 0.1])
    metrics = log_metrics(measured, predicted, np.array([0, 0, 1, 1]), half_width)
    assert metrics["n"] == 4
    assert metrics["mae"] == pytest.approx(2.5)
    assert metrics["mae_log10"] == pytest.approx(np.log10(2) / 4)
    assert metrics["r2"] == pytest.approx(1 - 100 / 81)
    assert metrics["worst_group_mae_log10"] == pytest.approx(np.log10(2) / 2)
    assert metrics["coverage"] == pytest.approx(0.75)
    assert metrics["groups_covered_80"] == pytest.approx(0.5)


def test_unknown_suite_and_split_are_refused():
    with pytest.raises(InputError, match="there are conductivity"):
        run_suite("conductance")
    with pytest.raises(InputError, match="there are random, formulation"):
        run_suite("conductivity", splits=["rows"])


@needs_data
def test_sodium_tasks_have_the_contract_form():
    result = run_suite("conductivity", splits=["sodium"])
    assert result["suite"] == "conductivity"
    for task in result["tasks"]:
        assert task.keys() == {"task", "split", "model", "metrics"}
        assert {"n", "seed", "mae_log10", "coverage", "bias_log10"} <= task["metrics"].keys()


@needs_data
@pytest.mark.slow
def test_unseen_formulations_meet_the_headline():
    pytest.importorskip("torch", reason="training needs torch")
    result = run_suite("conductivity", quick=True)
    (task,) = result["tasks"]
    assert task["split"] == "formulation"
    assert task["metrics"]["n"] == 12819
    assert task["metrics"]["mae"] <= 0.36
    assert task["metrics"]["r2"] >= 0.93
    assert 0.85 <= task["metrics"]["coverage"] <= 0.95
