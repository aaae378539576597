import os

import numpy as np
import pytest

from electrolyte_ml.benchmarks import graph
from electrolyte_ml.benchmarks.base import JobResult
from electrolyte_ml.benchmarks.registry import jobs_of
from electrolyte_ml.errors import InputError

needs_data = pytest.mark.skipif(
    not os.environ.get("ELECTROLYTE_ML_DATA"), reason="ELECTROLYTE_ML_DATA is not set"
)


@needs_data
def test_without_deepchem_the_networks_are_skipped_with_what_to_install(monkeypatch):
    monkeypatch.setattr(graph, "find_spec", lambda name: None if name == "deepchem" else object())
    jobs = jobs_of("graph", splits=("salt",))
    skipped = {job.model for job in jobs if job.skipped}
    assert skipped == {job.model for job in jobs} - {graph.DEFAULT}
    assert len(skipped) == 5
    assert [job.model for job in jobs if not job.skipped] == [graph.DEFAULT]
    assert all("electrolyte_ml[deep]" in job.skipped for job in jobs if job.skipped)


@needs_data
def test_every_split_has_the_network_and_what_it_is_compared_with():
    models = {}
    for job in jobs_of("graph"):
        models.setdefault(job.split, set()).add(job.model)
    assert set(models) == set(graph.SPLITS)
    for split, held in models.items():
        assert held & {graph.GRAPH, graph.SHORT}
        assert split == "cation" or {graph.DEFAULT, graph.BLEND} <= held
    assert graph.UNTRAINED in models["salt"]
    assert all(graph.BASELINE in models[split] for split in ("salt", "random", "cation"))
    assert [job.model for job in jobs_of("graph", quick=True)] == [graph.GRAPH]
    with pytest.raises(InputError, match="unknown split rows"):
        jobs_of("graph", splits=("rows",))


@needs_data
def test_rows_of_the_cation_split_are_those_of_the_sodium_suite():
    sodium = {j.split_sha256 for j in jobs_of("sodium", splits=("cation",))}
    assert {j.split_sha256 for j in jobs_of("graph", splits=("cation",))} == sodium


@needs_data
def test_blend_is_the_mean_of_both_and_seeds_have_a_spread(monkeypatch):
    asked = []

    def fitted(case, fit_seed, progress, shift):
        asked.append((fit_seed, shift))
        measured = np.log10(case.measurements.value[case.split.tested])
        return measured + shift * (1 + 0.1 * fit_seed), 1.0

    monkeypatch.setattr(graph, "_DONE", {})
    monkeypatch.setattr(graph, "_default", lambda *given: fitted(*given, 0.2))
    monkeypatch.setattr(graph, "_graph", lambda *given: fitted(*given[1:], -0.1))
    monkeypatch.setattr(graph, "skipped", lambda _: None)
    results: dict[str, JobResult] = {
        j.model: j.run(None) for j in jobs_of("graph", splits=("salt",))
    }
    own, blend = results[graph.GRAPH].metrics, results[graph.BLEND].metrics
    n_seeds = graph.N_SEEDS["salt", graph.GRAPH]
    mean = 1 + 0.1 * np.mean(range(n_seeds))
    assert own["mae_log10"] == pytest.approx(0.1 * mean)
    assert own["mae_log10_sd"] == pytest.approx(0.01 * np.std(range(n_seeds), ddof=1))
    assert blend["mae_log10"] == pytest.approx((0.2 - 0.1 * mean) / 2)
    assert own["seeds"] == n_seeds
    assert "mae_log10_sd" not in results[graph.DEFAULT].metrics
    # What one job fitted, no other fits again; the default model is fitted once.
    assert len(asked) == 1 + n_seeds + 1 + graph.N_SEEDS["salt", graph.BASELINE]
    assert asked.count((0, 0.2)) == 1
