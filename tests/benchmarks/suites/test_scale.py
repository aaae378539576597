import pytest

from electrolyte_ml.benchmarks import run_suite
from electrolyte_ml.benchmarks.suites import scale


def test_rates_of_one_core_stand_beside_plain_prediction():
    result = run_suite("scale", quick=True, splits=("core",))
    metrics = {task["model"]: task["metrics"] for task in result["tasks"]}
    place = metrics.pop("place 1e+09 of the sequence")
    assert place["latency_ms"] > 0
    assert len(metrics) == 4
    assert all(m["per_second"] > 0 and m["share_of_plain"] > 0 for m in metrics.values())


def test_memory_is_that_of_a_process_of_its_own(monkeypatch):
    monkeypatch.setattr(scale, "_QUICK_ROWS", (60,))
    (task,) = run_suite("scale", quick=True, splits=("memory",))["tasks"]
    assert 50 < task["metrics"]["memory_mb"] < 2000
    assert task["metrics"]["bytes_per_recipe"] > 0
    assert task["metrics"]["leaders_s_per_million"] > 0


@pytest.mark.slow
def test_workers_give_the_parts_of_one_process(monkeypatch):
    monkeypatch.setattr(scale, "_QUICK_CHUNK", 30)
    result = run_suite("scale", quick=True, splits=("workers",))
    models = {job["model"] for job in (*result["tasks"], *result["skipped"])}
    assert {"this process", "pool of 2 processes", "local Dask cluster of 2 processes"} <= models
    for task in result["tasks"]:
        assert task["metrics"]["n_different"] == 0
        assert task["metrics"]["efficiency"] > 0
        assert task["metrics"]["piece_ms"] > 0
