"""The network itself; needs torch and DeepChem."""

from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe

for _name in ("torch", "deepchem", "torch_geometric"):
    pytest.importorskip(_name, reason=f"{_name} is not installed (extra deep)")

from electrolyte_ml.models.conductivity import ConductivityModel  # noqa: E402
from electrolyte_ml.models.conductivity.graph.embedding import embed, with_species  # noqa: E402
from electrolyte_ml.models.conductivity.graph.encoder_file import read_encoder  # noqa: E402
from electrolyte_ml.models.conductivity.graph.fitting import (  # noqa: E402
    GraphTorchModel,
    exported,
    fit_graph,
    with_graphs,
)
from electrolyte_ml.models.conductivity.graph.module import ConductivityModule  # noqa: E402
from electrolyte_ml.models.conductivity.graph.settings import PLAIN, GraphSettings  # noqa: E402
from electrolyte_ml.models.conductivity.rows import TrainingRows  # noqa: E402

SHORT = GraphSettings(members=2, steps=30, batch=16, width=8, embedding=6, mixing=4, hidden=8)
# The three ways that species are described: by both, by descriptors, and by graphs alone.
KINDS = (SHORT, replace(SHORT, embedded=False), replace(SHORT, described=False))
RECIPES = (
    "1 m LiPF6 in EC:DEC 1:1 w/w",
    "0.2 m LiPF6 in EC:DEC 1:1 w/w",
    "1 m LiFSI in EC:DEC:DMC 1:1:1 w/w",
    "1 m LiBF4 in PC",
    "2 m LiTFSI in DME",
)


def rows_of(texts=RECIPES, value=None, trust=None):
    n = len(texts)
    measurements = Measurements(
        property_name="conductivity_ms_cm",
        formulations=tuple(parse_recipe(t) for t in texts),
        formulation_index=np.arange(n),
        temperature_k=np.linspace(273.15, 313.15, n),
        value=np.linspace(1.0, 9.0, n) if value is None else value,
        source=np.full(n, "a"),
        source_row=np.arange(n),
        flag=np.full(n, ""),
        trust=None if trust is None else np.array([one.value for one in trust]),
    )
    return TrainingRows.of(measurements)


def predicted(network, rows):
    return network.log10_conductivity(rows.mixtures, rows.content, rows.temperature_k)


@pytest.fixture(scope="module")
def network():
    return fit_graph(rows_of(), SHORT, seed=1)


def test_a_fit_learns_and_is_the_same_for_the_same_seed(network):
    rows = rows_of()
    again = predicted(fit_graph(rows, SHORT, seed=1), rows)
    assert np.array_equal(again, predicted(network, rows))
    other = predicted(fit_graph(rows, SHORT, seed=2), rows)
    assert np.abs(other - again).max() > 1e-3
    longer = predicted(fit_graph(rows, replace(SHORT, steps=300), seed=1), rows)
    error = np.abs(longer.mean(axis=0) - rows.log10_value).mean()
    assert error < 0.5 * np.abs(again.mean(axis=0) - rows.log10_value).mean()
    assert error < 0.05


def test_order_of_components_changes_nothing(network):
    first = rows_of(("1 m LiFSI in EC:DEC:DMC 5:3:2 w/w", "1 m LiPF6 in EC:DEC 1:2 w/w"))
    second = rows_of(("1 m LiFSI in DMC:EC:DEC 2:5:3 w/w", "1 m LiPF6 in DEC:EC 2:1 w/w"))
    assert np.abs(predicted(network, first) - predicted(network, second)).max() < 1e-6
    # The columns of the arrays are in another order too.
    mixtures = first.mixtures
    turned = replace(
        mixtures,
        solvents=mixtures.solvents[::-1],
        solvent_share=mixtures.solvent_share[:, ::-1],
        anions=mixtures.anions[::-1],
        anion_share=mixtures.anion_share[:, ::-1],
    )
    there = predicted(network, first)
    assert np.abs(predicted(network, replace(first, mixtures=turned)) - there).max() < 1e-6


def test_sodium_and_lithium_salts_have_different_embeddings():
    lithium, sodium, again = embed(["[Li+]", "[Na+]", "[Li+]"], read_encoder())[0]
    assert np.abs(lithium - sodium).max() > 0.1
    assert np.abs(lithium - again).max() < 1e-6
    both = rows_of(("1 m LiPF6 in PC", "1 m NaPF6 in PC", *RECIPES))
    for settings in KINDS:
        network = fit_graph(both, settings)
        vectors = network.vectors(both.mixtures)[:, both.mixtures.index[:2]]
        assert np.abs(vectors[:, 0] - vectors[:, 1]).max() > 1e-3


def test_no_salt_no_conduction_and_more_heat_more_conduction(network):
    cold = rows_of(("1 m LiPF6 in EC:DEC 1:1 w/w",) * 3, np.ones(3))
    k = predicted(network, cold)
    assert (np.diff(k, axis=1) > 0).all()
    thin = rows_of(("0.0001 m LiPF6 in EC:DEC 1:1 w/w",), np.ones(1))
    assert (predicted(network, thin) < -1).all()


@pytest.mark.parametrize("settings", KINDS)
def test_the_copy_in_numpy_says_what_torch_says(settings):
    import torch

    rows = rows_of()
    module = ConductivityModule(settings, rows.mixtures, seed=5)
    content = rows.content
    inputs = [
        torch.from_numpy(rows.mixtures.index.astype(np.int64)),
        torch.from_numpy(content.state).float(),
        torch.from_numpy(content.ln_charge).float(),
        torch.from_numpy(rows.temperature_k).float(),
    ]
    with torch.no_grad():
        quiet, noisy = (module([*inputs, torch.tensor([step])]).numpy().T for step in (-1, 3))
    copied = predicted(exported(module, rows.mixtures), rows)
    assert np.abs(copied - quiet / np.log(10)).max() < 1e-5
    # In a step of the fit, noise and hidden species make something else of it.
    assert np.abs(noisy - quiet).max() > 1e-3


def test_rows_that_are_not_trusted_are_not_learnt():
    texts = (*RECIPES, "1 m LiClO4 in PC")
    wrong = np.append(np.linspace(1.0, 9.0, 5), 1e-3)
    trust = [Trust.FULL] * 5 + [Trust.CONTRADICTED]
    judged, never = rows_of(texts, wrong, trust), rows_of(texts, np.append(wrong[:5], 50.0), trust)
    first, second = (predicted(fit_graph(rows, SHORT), judged) for rows in (judged, never))
    assert np.array_equal(first, second)


def test_a_species_that_no_row_is_about_has_no_coordinates():
    trust = [Trust.FULL] * 4 + [Trust.CONTRADICTED]
    network = fit_graph(rows_of(trust=trust), SHORT)
    held = dict(zip(network.smiles, np.abs(network.coordinates).max(axis=(0, 2)), strict=True))
    assert held["COCCOC"] == 0.0
    assert held["O=C1OCCO1"] > 0.0


def test_rows_with_a_species_without_a_graph_are_left_out():
    texts = (*RECIPES, "1 m [Cu+].F[P-](F)(F)(F)(F)F in PC")
    rows = rows_of(texts)
    network = fit_graph(rows, SHORT, species=["[La+3]", "CCO"])
    assert "[Cu+]" not in network.smiles
    assert "[La+3]" not in network.smiles
    assert "CCO" in network.smiles
    known = with_graphs(rows)
    assert len(known) == len(rows) - 1
    assert np.isfinite(predicted(network, known)).all()
    # Those that read descriptors alone learn from all.
    described = fit_graph(rows, replace(SHORT, embedded=False))
    assert "[Cu+]" in described.smiles
    assert np.isfinite(predicted(described, rows)).all()


def test_networks_on_descriptors_take_species_that_were_never_measured():
    network = fit_graph(rows_of(), replace(SHORT, embedded=False))
    assert network.embeddings.shape[-1] == 0
    new = rows_of(("1 m KPF6 in CCCCOCCOC(C)=O", "1 m LiPF6 in CCCCOCCOC(C)=O:PC 1:99 w/w"))
    assert np.isfinite(predicted(network, new)).all()
    # A trace of a new solvent changes next to nothing.
    pure = rows_of(("1 m KPF6 in CCCCOCCOC(C)=O", "1 m LiPF6 in PC"))
    assert np.abs(predicted(network, new) - predicted(network, pure))[:, 1].max() < 0.05


def test_an_ionic_liquid_is_learnt_and_predicted_without_a_solvent():
    texts = (*RECIPES, "EMIMFSI", "1 m NaFSI in EMIMFSI", "EMIMFSI:PC 1:1 w/w")
    rows = rows_of(texts)
    for settings in KINDS:
        network = fit_graph(rows, replace(settings, members=1, steps=80))
        error = np.abs(predicted(network, rows)[0] - rows.log10_value)
        assert error.mean() < 0.2
        neat = rows_of(("EMIMFSI", "EMIMTFSI"))
        assert np.isfinite(predicted(network, neat.select(np.array([0])))).all()


def test_a_killed_fit_goes_on_and_ends_the_same(tmp_path, monkeypatch):
    rows = rows_of()
    monkeypatch.setattr("electrolyte_ml.models.conductivity.graph.fitting._CHECKPOINT_INTERVAL", 10)
    settings = replace(SHORT, encoder_rate=0.1)
    whole = predicted(fit_graph(rows, settings, seed=3), rows)

    class KilledError(Exception):
        pass

    def kill(_, step, steps):
        if step == 23:
            raise KilledError

    with pytest.raises(KilledError):
        fit_graph(rows, settings, seed=3, folder=tmp_path, progress=kill)
    steps = []
    resumed = fit_graph(
        rows, settings, seed=3, folder=tmp_path, progress=lambda _, step, __: steps.append(step)
    )
    assert 0 < steps[0] <= 23
    assert steps[-1] == settings.steps - 1
    assert np.array_equal(predicted(resumed, rows), whole)
    assert not [p for p in tmp_path.iterdir() if p.suffix != ".npz"]
    with pytest.raises(InputError, match="another fit"):
        fit_graph(rows, settings, seed=4, folder=tmp_path)


def test_it_is_a_deepchem_torch_model():
    import deepchem

    assert issubclass(GraphTorchModel, deepchem.models.TorchModel)


def test_plain_network_and_encoders_of_their_own():
    rows = rows_of()
    for settings in (
        replace(PLAIN, members=2, steps=20, batch=16),
        replace(SHORT, encoders=2, encoder_rate=0.1),
        replace(SHORT, constants=False, described=False),
    ):
        assert np.isfinite(predicted(fit_graph(rows, settings), rows)).all()


def test_new_species_are_embedded_with_the_shipped_encoder():
    shipped = ConductivityModel.load().ensemble.graph
    butyl_acetate_ether = "CCCCOCCOC(C)=O"
    assert butyl_acetate_ether not in shipped.smiles
    grown = with_species(shipped, [butyl_acetate_ether, "O=C1OCCO1"], read_encoder())
    assert len(grown.smiles) == len(shipped.smiles) + 1
    # What is exported is what the encoder gives.
    found = embed(["O=C1OCCO1"], read_encoder())[:, 0]
    assert np.abs(found - shipped.embeddings[:, shipped.smiles.index("O=C1OCCO1")]).max() < 1e-5
    assert np.isfinite(predicted(grown, rows_of(("1 m NaPF6 in CCCCOCCOC(C)=O",)))).all()


def test_a_frozen_encoder_is_not_changed_by_the_fit():
    encoder = read_encoder()
    rows = rows_of()
    settings = replace(SHORT, width=64, embedding=32, encoder_rate=0.0)
    network = fit_graph(rows, settings, pretrained=encoder)
    expected = embed(list(network.smiles), encoder)
    assert np.abs(network.embeddings - expected).max() < 1e-5
