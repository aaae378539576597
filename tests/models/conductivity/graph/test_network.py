"""The shipped network; needs neither torch nor DeepChem."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.errors import ArtefactError, UnknownSpeciesError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity.graph.encoder_file import (
    ENCODER,
    FOLDER,
    read_encoder,
    write_encoder,
)
from electrolyte_ml.models.conductivity.graph.network import GraphNetwork
from electrolyte_ml.models.conductivity.rows import MixtureRows
from electrolyte_ml.models.solubility import insoluble_anions
from electrolyte_ml.species.catalog import packaged_catalog


def log10_k(texts, temperature_k=298.15):
    mixtures = MixtureRows.of(compose([parse_recipe(t) for t in texts]))
    return GraphNetwork.load().log10_conductivity(mixtures, np.full(len(texts), temperature_k))


def test_prediction_needs_numpy_alone():
    code = (
        "import sys, numpy as np\n"
        "from electrolyte_ml.features import compose\n"
        "from electrolyte_ml.formulation import parse_recipe\n"
        "from electrolyte_ml.models.conductivity.graph.network import GraphNetwork\n"
        "from electrolyte_ml.models.conductivity.rows import MixtureRows\n"
        "m = MixtureRows.of(compose([parse_recipe('1 M NaPF6 in EC:DEC 1:1 v/v')]))\n"
        "assert GraphNetwork.load().log10_conductivity(m, np.array([298.15])).shape[1] == 1\n"
        "print(*(name for name in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {m.split(".")[0] for m in run.stdout.split()} & {"torch", "deepchem", "mordred"}


def test_a_mixture_without_a_known_solvent_is_no_division_by_zero():
    network = GraphNetwork.load()
    mixtures = MixtureRows.of(compose([parse_recipe("1 m NaPF6 in PC")]))
    nothing = replace(mixtures, solvent_share=np.zeros_like(mixtures.solvent_share))
    with np.errstate(all="raise"):
        assert np.isfinite(network.vectors(nothing)).all()


def test_familiar_electrolytes_come_out_as_measured():
    # Xu 2004 and later papers: about 10 mS/cm; nobody has measured more than 15.
    usual = np.power(10.0, np.median(log10_k(["1 M LiPF6 in EC:DMC 1:1 w/w"]), axis=0))
    assert 8.0 < usual[0] < 15.0
    dilute, best, thick = np.median(
        log10_k([f"{m} m LiPF6 in EC:EMC 3:7 w/w" for m in (0.05, 1.0, 4.0)]), axis=0
    )
    assert best > dilute
    assert best > thick
    cold, warm = (log10_k(["1 m LiPF6 in PC"], t) for t in (253.15, 313.15))
    assert (warm > cold).all()


def test_order_of_components_changes_nothing():
    one, two = (
        log10_k(["1 m NaFSI in EC:DEC:FEC 4:5:1 w/w"]),
        log10_k(["1 m NaFSI in FEC:DEC:EC 1:5:4 w/w"]),
    )
    assert np.abs(one - two).max() < 1e-6


def test_sodium_and_lithium_salts_differ():
    network = GraphNetwork.load()
    lithium, sodium = (network.smiles.index(s) for s in ("[Li+]", "[Na+]"))
    assert np.abs(network.embeddings[:, lithium] - network.embeddings[:, sodium]).max() > 0.1
    pair = log10_k(["1 m LiPF6 in PC", "1 m NaPF6 in PC"])
    assert np.abs(pair[:, 0] - pair[:, 1]).max() > 1e-3


def test_the_network_has_embeddings_of_the_catalog():
    # A species that was added since waits for the next training: others stand for its graph.
    # Cations of more than one atom are in the catalog for measurements that no model learns yet.
    # Anions whose salts hardly dissolve are there to say so.
    catalog, embedded = packaged_catalog(), set(GraphNetwork.load().smiles)
    dissolving = [a for a in catalog.anions if a.name not in insoluble_anions()]
    for kind in (catalog.solvents, dissolving):
        assert len({s.smiles for s in kind} & embedded) > 0.9 * len(kind)
    assert {"[Li+]", "[Na+]", "[K+]"} <= embedded
    assert np.isfinite(GraphNetwork.load().embeddings).all()


def test_a_species_without_embedding_is_named():
    with pytest.raises(UnknownSpeciesError, match=r"CCCCOCCOC\(C\)=O.*electrolyte_ml\[deep\]"):
        log10_k(["1 m NaPF6 in CCCCOCCOC(C)=O"])


def test_files_hold_what_was_saved(tmp_path):
    network, encoder = GraphNetwork.load(), read_encoder()
    network.save({"seed": 0}, tmp_path)
    write_encoder(encoder, {"seed": 0}, tmp_path)
    again, texts = GraphNetwork.load(tmp_path), ["1 m LiPF6 in PC"]
    mixtures = MixtureRows.of(compose([parse_recipe(t) for t in texts]))
    found = again.log10_conductivity(mixtures, np.array([298.15]))
    assert np.abs(found - log10_k(texts)).max() < 1e-12
    for name, array in read_encoder(tmp_path).items():
        assert np.array_equal(array, encoder[name])
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [ENCODER, "graph.json", "graph.npz"]
    )


def test_the_encoder_is_a_safetensors_file():
    raw = (FOLDER / ENCODER).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    assert length % 8 == 0
    ends = sorted(part["data_offsets"] for name, part in header.items() if name != "__metadata__")
    assert ends[0][0] == 0
    assert [b for _, b in ends[:-1]] == [a for a, _ in ends[1:]]
    assert ends[-1][1] == len(raw) - 8 - length
    assert "no conductivity" in header["__metadata__"]["record"]


def test_missing_and_foreign_files_are_refused_in_words(tmp_path):
    for read in (GraphNetwork.load, read_encoder, GraphNetwork.FILES.read_record):
        with pytest.raises(ArtefactError, match="electrolyte-ml train graph"):
            read(tmp_path)
    (tmp_path / "graph.json").write_text(json.dumps({"format": 0}))
    with pytest.raises(ArtefactError, match="another version"):
        GraphNetwork.load(tmp_path)
