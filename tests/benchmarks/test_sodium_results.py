"""What the committed results of the suite ``sodium`` say, one paper left out at a time."""

import json
from pathlib import Path

import pytest

from electrolyte_ml.benchmarks.suites import sodium

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "sodium.json"


@pytest.fixture(scope="module")
def metrics():
    tasks = json.loads(RESULTS.read_text(encoding="utf-8"))["tasks"]
    return {task["model"]: task["metrics"] for task in tasks}


def test_every_further_source_of_knowledge_helps(metrics):
    models = (sodium.OTHER_PAPERS, sodium.ALL_CATIONS, sodium.LITHIUM_ALONE)
    errors = [metrics[model]["mae_log10"] for model in models]
    assert errors == sorted(errors)
    assert {metrics[model]["n"] for model in models} == {40}
    baselines = [m["mae_log10"] for name, m in metrics.items() if not name.startswith("trained")]
    assert baselines
    assert errors[-1] < min(baselines)


def test_intervals_hold_papers_left_out(metrics):
    assert 0.85 <= metrics[sodium.OTHER_PAPERS]["coverage"] <= 0.98
