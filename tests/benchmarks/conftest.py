import numpy as np
import pytest

from electrolyte_ml.benchmarks.job import Job, JobResult


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    """No test reads or keeps jobs or fits of whoever runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def make_job():
    """Jobs that count how often they run."""

    def make(model="m", **fields) -> tuple[Job, list[int]]:
        runs: list[int] = []

        def run(progress):
            runs.append(1)
            if progress is not None:
                progress("fold", 1, 2)
            return JobResult(
                metrics={"n": 2, "mae": 0.25},
                measured=np.array([1.0, 2.0]),
                predicted=np.array([1.5, 2.0]),
            )

        given = {"task": "t", "split": "s", "seed": 0, "run": run, **fields}
        return Job(model=model, **given), runs

    return make
