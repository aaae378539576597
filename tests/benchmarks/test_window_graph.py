import numpy as np
import pytest

from electrolyte_ml.benchmarks import window_graph
from electrolyte_ml.benchmarks.window import jobs
from electrolyte_ml.models.window.dataset import training_set


def test_without_deepchem_the_network_is_skipped_with_what_to_install(monkeypatch):
    monkeypatch.setattr(window_graph, "find_spec", lambda _: None)
    graph = [
        job
        for job in jobs(quick=False, splits=("family", "random"), seed=0)
        if job.model == window_graph.NAME
    ]
    assert {job.split for job in graph} == {"family"}
    assert len(graph) == 2
    assert all("electrolyte_ml[deep]" in job.skipped for job in graph)


def test_the_network_learns_both_limits():
    for name in ("deepchem", "torch_geometric"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    data = training_set().select(np.arange(0, 3000, 15))
    folds = np.arange(len(data.smiles)) % 2
    found = window_graph.graph_network(data, folds, seed=0)
    for axis, target in data.limits.items():
        error = np.abs(found[axis] - target).mean()
        assert error < np.abs(target - target.mean()).mean()
