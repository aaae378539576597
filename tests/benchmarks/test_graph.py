import numpy as np
import pytest

from electrolyte_ml.benchmarks import fits, graph
from electrolyte_ml.benchmarks.base import JobResult
from electrolyte_ml.benchmarks.registry import jobs_of
from electrolyte_ml.errors import InputError
from electrolyte_ml.models.folds import OutOfFold

# Of splits of the data at hand, which are not the frozen ones.
SEED = 1
pytestmark = pytest.mark.usefixtures("module_sample")


def test_without_deepchem_the_networks_are_skipped_with_what_to_install(monkeypatch):
    monkeypatch.setattr(fits, "find_spec", lambda name: None if name == "deepchem" else object())
    jobs = jobs_of("graph", splits=("salt",), seed=SEED)
    skipped = {job.model for job in jobs if job.skipped}
    assert len(skipped) == 4
    assert [job.model for job in jobs if not job.skipped] == [graph.DESCRIPTORS, graph.PROCESS]
    assert all("electrolyte_ml[deep]" in job.skipped for job in jobs if job.skipped)


def test_every_split_has_the_networks_and_what_they_are_compared_with():
    models = {}
    for job in jobs_of("graph", seed=SEED):
        models.setdefault(job.split, set()).add(job.model)
    assert set(models) == set(graph.SPLITS)
    for split, held in models.items():
        assert {graph.GRAPH, graph.PLAIN_GRAPH} <= held
        assert split == "cation" or {graph.DESCRIPTORS, graph.PROCESS, graph.ALL} <= held
    assert graph.UNTRAINED in models["salt"]
    assert [job.model for job in jobs_of("graph", quick=True, seed=SEED)] == [graph.GRAPH]
    with pytest.raises(InputError, match="unknown split rows"):
        jobs_of("graph", splits=("rows",))


def test_rows_of_the_cation_split_are_those_of_the_sodium_suite():
    sodium = {j.split_sha256 for j in jobs_of("sodium", splits=("cation",), seed=SEED)}
    assert {j.split_sha256 for j in jobs_of("graph", splits=("cation",), seed=SEED)} == sodium


def test_all_kinds_are_one_ensemble_and_seeds_have_a_spread(monkeypatch):
    asked = []

    def fitted(rows, split, fit_seed, shift, n_members=2):
        asked.append((fit_seed, shift))
        measured = np.log10(rows.conductivity_ms_cm)
        # What was fitted to is met, so that there is nothing to remember.
        return OutOfFold(
            tested=np.stack([measured[split.tested] + shift * (1 + 0.1 * fit_seed)] * n_members),
            trained=tuple(np.stack([measured[train]] * 2) for train, _ in split.folds),
            seconds=1.0,
        )

    def described(rows, split, fit, *, progress):
        if fit is fits.fit_process:
            return fitted(rows, split, 0, 0.7, n_members=1)
        return fitted(rows, split, fit.keywords["seed"], 0.2)

    def graphed(rows, split, settings, *, seed, pretrained, progress):
        return fitted(rows, split, seed, -0.1 if pretrained is not None else -0.3)

    monkeypatch.setattr(fits, "_DONE", {})
    monkeypatch.setattr(fits, "out_of_fold", described)
    deep = "electrolyte_ml.models.deep.cross_validation"
    monkeypatch.setattr(f"{deep}.out_of_fold", graphed)
    monkeypatch.setattr(graph, "lacking", lambda _: None)
    results: dict[str, JobResult] = {
        j.model: j.run(None) for j in jobs_of("graph", splits=("system",), seed=SEED)
    }
    own, all_kinds = results[graph.GRAPH].metrics, results[graph.ALL].metrics
    assert "mae_log10_sd" not in results[graph.DESCRIPTORS].metrics
    seeds = (SEED, SEED + 1)
    mean, first = 1 + 0.1 * np.mean(seeds), 1 + 0.1 * SEED
    assert own["mae_log10"] == pytest.approx(0.1 * mean)
    assert own["mae_log10_sd"] == pytest.approx(0.01 * np.std(seeds, ddof=1))
    # The middle four of two at -0.1, two at +0.2 and two at +0.7.
    assert all_kinds["mae_log10"] == pytest.approx((0.4 * first + 0.7 - 0.1 * mean) / 4)
    assert results[graph.PROCESS].metrics["mae_log10"] == pytest.approx(0.7)
    assert own["seeds"] == len(seeds)
    assert results[graph.PLAIN_GRAPH].metrics["mae_log10"] == pytest.approx(0.3 * first)
    # What one job fitted, no other fits again.
    assert sorted(asked) == sorted(
        [(SEED, 0.2), (0, 0.7), (SEED, -0.1), (SEED + 1, -0.1), (SEED, -0.3)]
    )
