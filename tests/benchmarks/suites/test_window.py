import numpy as np
import pytest

from electrolyte_ml.benchmarks.suites import window
from electrolyte_ml.benchmarks.suites.window import SPLITS, jobs
from electrolyte_ml.errors import InputError
from electrolyte_ml.models.window.dataset import training_set


def test_every_split_has_jobs(sample):
    listed = jobs(quick=False, splits=None, seed=0)
    assert {job.split for job in listed} == set(SPLITS)
    assert len({(job.task, job.split, job.model) for job in listed}) == len(listed)


def test_quick_is_families_left_out():
    assert {job.split for job in jobs(quick=True, splits=None, seed=0)} == {"family"}


def test_unknown_split_is_bad_input():
    with pytest.raises(InputError, match="scaffold"):
        jobs(quick=False, splits=("cold",), seed=0)


def test_the_mean_is_what_the_mean_of_other_folds_is():
    job = next(j for j in jobs(quick=False, splits=("random",), seed=0) if j.model == "mean")
    result = job.run(None)
    assert len(set(result.predicted.round(9))) == 5
    assert result.metrics["n"] == len(result.measured)
    assert abs(result.metrics["bias"]) < 0.05


def test_without_deepchem_the_network_is_skipped_with_what_to_install(monkeypatch):
    monkeypatch.setattr(window, "find_spec", lambda _: None)
    graph = [
        job
        for job in jobs(quick=False, splits=("family", "random"), seed=0)
        if job.model == window.GRAPH
    ]
    assert {job.split for job in graph} == {"family"}
    assert len(graph) == 2
    assert all("electrolyte_ml[deep]" in job.skipped for job in graph)


def test_the_network_learns_both_limits():
    for name in ("deepchem", "torch_geometric"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    data = training_set().select(np.arange(0, 3000, 15))
    folds = np.arange(len(data.smiles)) % 2
    found = window.graph_network(data, folds, seed=0)
    for axis, target in data.limits.items():
        error = np.abs(found[axis] - target).mean()
        assert error < np.abs(target - target.mean()).mean()
