"""The trend of the law with viscosity and permittivity of the solvents, in all kinds of members."""

from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import FEATURE_NAMES, TREND_COLUMNS, compose, mixture_features
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import load, process
from electrolyte_ml.models.conductivity.fitting import TrainingRows
from electrolyte_ml.models.conductivity.process_fitting import fit_process
from electrolyte_ml.models.conductivity_law import N_TRENDS, TREND_SLOPES, ln_conductivity
from electrolyte_ml.models.deep.mixtures import Mixtures
from electrolyte_ml.models.deep.pooling import output

SOLVENTS = ("DMC", "DEC", "PC", "DME", "diglyme", "EC:PC 1:1 w/w", "GBL", "EA")
MOLALITIES = (0.2, 0.6, 1.0, 1.5)
TEMPERATURES_K = (263.15, 298.15, 333.15)


def silent(weights):
    return {name: np.zeros_like(w) if name.startswith("out") else w for name, w in weights.items()}


def trending(recipes):
    """Logarithms of viscosity and permittivity, shape (n, 2)."""
    return mixture_features(compose(recipes))[:, TREND_COLUMNS]


def test_the_columns_are_those_of_viscosity_and_permittivity():
    names = [FEATURE_NAMES[column] for column in TREND_COLUMNS]
    assert names == ["solvent.ln_viscosity", "solvent.ln_permittivity"]


def test_a_thin_or_polar_solvent_conducts_better_and_where_it_is_not_polar_ions_help_each_other():
    viscosity, permittivity = TREND_SLOPES
    assert viscosity[0] < 0 < permittivity[0]
    assert permittivity[1] < 0


def test_networks_on_descriptors_add_it_to_what_they_learned():
    network = load().ensemble.network
    nothing = replace(
        network,
        weights=tuple(np.zeros_like(w) for w in network.weights),
        biases=tuple(np.zeros_like(b) for b in network.biases),
    )
    recipes = [parse_recipe(f"1 m LiPF6 in {s}") for s in ("PC", "EC:DEC 1:1 w/w")]
    found = nothing.parameters(mixture_features(compose(recipes)))
    steps = np.diff(trending(recipes), axis=0) @ TREND_SLOPES
    assert np.diff(found[..., :N_TRENDS], axis=1) == pytest.approx(
        np.broadcast_to(steps, (network.n_members, 1, N_TRENDS)), abs=1e-5
    )
    assert not found[..., N_TRENDS:].any()


def test_networks_on_graphs_add_it_to_what_they_learned():
    graph = load().ensemble.graph
    recipes = [parse_recipe(f"1 m LiPF6 in {s}") for s in ("PC", "EC:DEC 1:1 w/w")]
    composition = compose(recipes)
    steps = np.diff(trending(recipes), axis=0) @ TREND_SLOPES
    for network in (graph.settled, graph.early):
        mixtures = Mixtures.of(composition)
        found = output(silent(network.weights), network.vectors(mixtures), np)
        found = found[:, mixtures.index]
        assert np.diff(found[..., :N_TRENDS], axis=1) == pytest.approx(
            np.broadcast_to(steps, (network.n_members, 1, N_TRENDS)), abs=1e-5
        )
        assert not found[..., N_TRENDS:].any()


def nature(recipes, molality, kelvin):
    """Log10 conductivity where the trend is all that solvents do."""
    parameters = np.tile([-0.5, 0.3, 0.5, 0.0, 0.2, 0.4, 0.5], (len(recipes), 1))
    parameters[:, :N_TRENDS] += 2.0 * (trending(recipes) - [0.0, 3.0]) @ TREND_SLOPES
    return ln_conductivity(parameters, molality, kelvin, np) / np.log(10)


def readings(solvents):
    grid = [(s, m, t) for s in solvents for m in MOLALITIES for t in TEMPERATURES_K]
    recipes = tuple(parse_recipe(f"{m} m LiPF6 in {s}") for s, m, _ in grid)
    molality, kelvin = np.array([(m, t) for _, m, t in grid]).T
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=recipes,
        formulation_index=np.arange(len(grid)),
        temperature_k=kelvin,
        value=10 ** nature(recipes, molality, kelvin),
        source=np.full(len(grid), "a"),
        source_row=np.arange(len(grid)),
        flag=np.full(len(grid), ""),
    )


def error_in(solvent):
    """Mean error, log10, of a process that was fitted to other solvents."""
    told = fit_process(TrainingRows.of(readings(SOLVENTS)))
    asked = readings((solvent,))
    rows = TrainingRows.of(asked)
    everything = np.arange(len(asked))
    said = told.log10_conductivity(
        rows.features, everything, rows.molality_mol_kg, rows.temperature_k
    )
    return float((said[0] - np.log10(asked.value)).mean())


def test_processes_learn_it_and_follow_it_to_a_solvent_of_unseen_kind(monkeypatch):
    with_it = error_in("AN")
    monkeypatch.setattr(process, "_TREND", 0.0)
    without = error_in("AN")
    assert without < -0.05
    assert abs(with_it) < 0.5 * abs(without)
