from dataclasses import replace

import pytest

from electrolyte_ml.benchmarks import fits
from electrolyte_ml.benchmarks.job import JobResult
from electrolyte_ml.benchmarks.registry import jobs_of
from electrolyte_ml.benchmarks.suites import graph
from electrolyte_ml.benchmarks.suites.conductivity import case_of
from electrolyte_ml.errors import InputError
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.ensemble import EnsembleSettings

# Of splits of the data at hand, which are not the frozen ones.
SEED = 1
pytestmark = pytest.mark.usefixtures("module_sample")


def test_without_deepchem_the_networks_are_skipped_with_what_to_install(monkeypatch):
    monkeypatch.setattr(fits, "find_spec", lambda name: None if name == "deepchem" else object())
    jobs = jobs_of("graph", splits=("salt",), seed=SEED)
    skipped = {job.model for job in jobs if job.skipped}
    assert len(skipped) == 5
    assert [job.model for job in jobs if not job.skipped] == [graph.DESCRIPTORS]
    assert all("electrolyte_ml[deep]" in job.skipped for job in jobs if job.skipped)


def test_every_split_has_the_networks_and_what_they_are_compared_with():
    models = {}
    for job in jobs_of("graph", seed=SEED):
        models.setdefault(job.split, set()).add(job.model)
    assert set(models) == set(graph.SPLITS)
    for split, held in models.items():
        assert {graph.GRAPH, graph.PLAIN_GRAPH} <= held
        assert split == "cation" or {graph.DESCRIPTORS, graph.SPECIES, graph.ALL} <= held
    assert graph.UNTRAINED in models["salt"]
    (quick,) = jobs_of("graph", quick=True, seed=SEED)
    assert (quick.model, quick.split) == (graph.GRAPH, "formulation, first fold")
    with pytest.raises(InputError, match="unknown split rows"):
        jobs_of("graph", splits=("rows",))


def test_rows_of_the_cation_split_are_those_of_the_sodium_suite():
    sodium = {j.split_sha256 for j in jobs_of("sodium", splits=("cation",), seed=SEED)}
    assert {j.split_sha256 for j in jobs_of("graph", splits=("cation",), seed=SEED)} == sodium


def test_a_kind_alone_is_the_model_with_that_kind_and_seeds_have_a_spread(monkeypatch):
    asked, shipped = [], ConductivityModel.load()

    def fitted(rows, settings, *, seed):
        asked.append((settings, seed))
        # As good as the model that ships, with another level for each seed.
        network = shipped.ensemble.network
        biases = (*network.biases[:-1], network.biases[-1] + 0.01 * (seed - SEED))
        ensemble = replace(shipped.ensemble, network=replace(network, biases=biases))
        return replace(shipped, ensemble=ensemble)

    monkeypatch.setattr(graph, "fit_conductivity", fitted)
    monkeypatch.setattr(graph, "fit_seconds", lambda *_, **__: 1.0)
    monkeypatch.setattr(graph, "lacking", lambda *_: None)
    results: dict[str, JobResult] = {
        j.model: j.run(None) for j in jobs_of("graph", splits=("random",), seed=SEED)
    }
    case = case_of("random", SEED)
    tested = case.measurements.select(case.split.folds[0][1])
    for name, kinds in (
        (graph.DESCRIPTORS, {"networks": True}),
        (graph.SPECIES, {"pooled": True}),
        (graph.GRAPH, {"graphs": True}),
    ):
        alone = replace(shipped, ensemble=shipped.ensemble.only(**kinds))
        expected = alone.predict(tested.row_formulations, tested.temperature_k).value
        assert results[name].predicted == pytest.approx(expected, rel=1e-6)
        assert "coverage" not in results[name].metrics
    every = results[graph.ALL].metrics
    assert every["seeds"] == 2
    assert every["mae_log10_sd"] > 0
    assert "coverage" in every
    assert results[graph.DESCRIPTORS].metrics["seeds"] == 1
    # Kinds share the fits of the model that ships; what they are compared with is fitted alone.
    assert {s for s, _ in asked} == {EnsembleSettings(), graph._OTHERS[graph.PLAIN_GRAPH]}


@pytest.mark.parametrize("model", [graph.DESCRIPTORS, graph.SPECIES, graph.GRAPH])
def test_a_kind_fitted_alone_has_no_other_kind_beside_it(model):
    settings = graph._settings(model, alone=True)
    kinds = {
        graph.DESCRIPTORS: settings.networks,
        graph.SPECIES: settings.pooled,
        graph.GRAPH: settings.graphs,
    }
    shipped = EnsembleSettings()
    assert [name for name, held in kinds.items() if held is not None] == [model]
    assert kinds[model] in (shipped.networks, shipped.pooled, shipped.graphs)
    assert not settings.residuals


@pytest.mark.parametrize("model", [graph.PLAIN_GRAPH, graph.UNTRAINED])
def test_what_is_compared_with_is_one_kind_alone(model):
    settings = graph._settings(model, alone=False)
    assert settings.networks is settings.pooled is None
    assert settings.graphs.encoder_rate > 0
