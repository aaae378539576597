"""The trend of the law with viscosity and permittivity of the solvents, in networks."""

from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import FEATURE_NAMES, compose, mixture_features
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.descriptors import (
    TREND_COLUMNS,
    NetworkSettings,
    fit_network,
)
from electrolyte_ml.models.conductivity.graph.network import output
from electrolyte_ml.models.conductivity.law import N_TRENDS, TREND_SLOPES
from electrolyte_ml.models.conductivity.rows import MixtureRows, TrainingRows


def silent(weights):
    return {name: np.zeros_like(w) if name.startswith("out") else w for name, w in weights.items()}


def trending(recipes):
    """Logarithms of viscosity and permittivity, shape (n, 2)."""
    return mixture_features(compose(recipes))[:, TREND_COLUMNS]


def that_learned_nothing():
    """A network on descriptors that knows the trend alone."""
    network = ConductivityModel.load().ensemble.network
    return replace(
        network,
        weights=tuple(np.zeros_like(w) for w in network.weights),
        biases=tuple(np.zeros_like(b) for b in network.biases),
    )


def test_thin_and_polar_solvents_conduct_better_and_in_others_ions_help_each_other():
    features = mixture_features(compose([parse_recipe("1 m LiPF6 in PC")])).repeat(3, axis=0)
    features[1, FEATURE_NAMES.index("solvent.ln_viscosity")] -= 1.0
    features[2, FEATURE_NAMES.index("solvent.ln_permittivity")] += 1.0
    network, rows, kelvin = that_learned_nothing(), np.arange(3), np.full(3, 298.15)
    at = {
        molality: network.log10_conductivity(features, rows, np.full(3, molality), kelvin)[0]
        for molality in (0.2, 1.0)
    }
    usual, thin, polar = at[1.0]
    assert thin > usual + 0.02
    assert polar > usual + 0.02
    gain = at[1.0] - at[0.2]
    assert gain[2] < gain[0] - 0.02


def test_networks_on_descriptors_add_it_to_what_they_learned():
    network = nothing = that_learned_nothing()
    recipes = [parse_recipe(f"1 m LiPF6 in {s}") for s in ("PC", "EC:DEC 1:1 w/w")]
    found = nothing.parameters(mixture_features(compose(recipes)))
    steps = np.diff(trending(recipes), axis=0) @ TREND_SLOPES
    assert np.diff(found[..., :N_TRENDS], axis=1) == pytest.approx(
        np.broadcast_to(steps, (network.n_members, 1, N_TRENDS)), abs=1e-5
    )
    assert not found[..., N_TRENDS:].any()


def test_networks_on_graphs_add_it_to_what_they_learned():
    graph = ConductivityModel.load().ensemble.graph
    recipes = [parse_recipe(f"1 m LiPF6 in {s}") for s in ("PC", "EC:DEC 1:1 w/w")]
    composition = compose(recipes)
    steps = np.diff(trending(recipes), axis=0) @ TREND_SLOPES
    for network in (graph.settled, graph.early):
        mixtures = MixtureRows.of(composition)
        found = output(silent(network.weights), network.vectors(mixtures), np)
        found = found[:, mixtures.index]
        assert np.diff(found[..., :N_TRENDS], axis=1) == pytest.approx(
            np.broadcast_to(steps, (network.n_members, 1, N_TRENDS)), abs=1e-5
        )
        assert not found[..., N_TRENDS:].any()


def test_networks_are_fitted_with_it_as_they_predict():
    pytest.importorskip("torch", reason="networks are fitted with torch")
    molality, kelvin = np.full(7, 1.0), np.full(7, 298.15)
    solvents = ("DMC", "DEC", "PC", "DME", "diglyme", "GBL", "EA")
    recipes = [parse_recipe(f"1 m LiPF6 in {s}") for s in solvents]
    told = np.array([7.0, 3.0, 6.0, 12.0, 5.0, 11.0, 10.0])
    rows = TrainingRows.of(
        Measurements(
            property_name="conductivity_ms_cm",
            formulations=tuple(recipes),
            formulation_index=np.arange(7),
            temperature_k=kelvin,
            value=told,
            source=np.full(7, "a"),
            source_row=np.arange(7),
            flag=np.full(7, ""),
        )
    )
    network = fit_network(rows, NetworkSettings(members=4, steps=400, batch=64))
    said = network.log10_conductivity(rows.features, rows.index, molality, kelvin)
    assert np.median(said, axis=0) == pytest.approx(np.log10(told), abs=0.05)
