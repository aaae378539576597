import os
import shutil

import pytest

from electrolyte_ml.benchmarks import run_suite
from electrolyte_ml.benchmarks.suites.speed import one_core, recipes
from electrolyte_ml.formulation import parse_recipe


def test_every_rate_stands_beside_a_reference():
    result = run_suite("speed", quick=True, splits=("batch", "single"))
    assert len(result["tasks"]) == 5
    for task in result["tasks"]:
        metrics = task["metrics"]
        assert metrics["per_second"] > 0
        assert metrics["speed_ratio"] == pytest.approx(
            metrics["per_second"] * metrics["reference_ms"] / 1000
        )
    single = [t for t in result["tasks"] if t["split"] == "single"]
    assert single[0]["metrics"]["latency_ms"] > 0
    # 586 of them; with pandas and pyarrow there are 974.
    assert 0 < single[1]["metrics"]["n_modules"] < 800


@pytest.mark.slow
def test_our_engine_is_timed_beside_plain_openmm():
    pytest.importorskip("openmm", reason="the extra md (OpenMM) is not installed")
    result = run_suite("speed", quick=True, splits=("simulation",))
    ours, gromacs = result["tasks"]
    assert ours["metrics"]["n"] >= 8
    assert ours["metrics"]["speed_ratio"] > 0
    if shutil.which("gmx") is not None:
        assert gromacs["metrics"]["n"] >= 1
        assert gromacs["metrics"]["speed_ratio"] > 0


def test_recipes_are_repeatable_and_distinct():
    assert recipes(50, 1) == recipes(50, 1)
    assert recipes(50, 1) != recipes(50, 2)
    assert len({parse_recipe(text).key for text in recipes(50, 1)}) == 50


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system cannot hold a core")
def test_cores_are_given_back():
    before = os.sched_getaffinity(0)
    with one_core():
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
