"""The networks on graphs that ship in the conductivity model; needs neither torch nor DeepChem."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.errors import ArtefactError, UnknownSpeciesError
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.graph.encoder_file import (
    ENCODER,
    FOLDER,
    read_encoder,
    write_encoder,
)
from electrolyte_ml.models.conductivity.graph.network import GraphNetwork
from electrolyte_ml.models.conductivity.rows import Described, MixtureRows, RowContent
from electrolyte_ml.models.solubility import insoluble_anions
from electrolyte_ml.species.catalog import packaged_catalog


def shipped():
    return ConductivityModel.load().ensemble.graph


def pooled():
    return ConductivityModel.load().ensemble.pooled


def log10_k(texts, temperature_k=298.15, network=None):
    composition = compose([parse_recipe(t) for t in texts])
    content = RowContent.of(Described.of(composition), composition.index)
    kelvin = np.full(len(texts), temperature_k)
    network = network or shipped()
    return network.log10_conductivity(MixtureRows.of(composition), content, kelvin)


def test_prediction_needs_numpy_alone():
    code = (
        "import sys, numpy as np\n"
        "from electrolyte_ml.formulation import parse_recipe\n"
        "from electrolyte_ml.models import predict_conductivity\n"
        "texts = ('1 M NaPF6 in EC:DEC 1:1 v/v', '1 m NaFSI in Pyr13FSI')\n"
        "recipes = [parse_recipe(t) for t in texts]\n"
        "assert (predict_conductivity(recipes, np.full(2, 298.15)).value > 0).all()\n"
        "print(*(name for name in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {m.split(".")[0] for m in run.stdout.split()} & {"torch", "deepchem", "mordred"}


def test_a_mixture_without_a_known_solvent_is_no_division_by_zero():
    mixtures = MixtureRows.of(compose([parse_recipe("1 m NaPF6 in PC")]))
    nothing = replace(mixtures, solvent_share=np.zeros_like(mixtures.solvent_share))
    for network in (shipped(), pooled()):
        with np.errstate(all="raise"):
            assert np.isfinite(network.vectors(nothing)).all()


def test_a_molten_salt_has_no_solvent_and_conducts():
    for network in (shipped(), pooled()):
        alone, among_others = (
            log10_k(["EMIMTFSI"], network=network),
            log10_k(["EMIMTFSI", "1 m LiPF6 in PC"], network=network),
        )
        assert np.abs(alone[:, 0] - among_others[:, 0]).max() < 1e-5
        assert 0.5 < np.median(alone) < 1.3  # 8.5 to 9.2 mS/cm in papers


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
    network = shipped()
    lithium, sodium = (network.smiles.index(s) for s in ("[Li+]", "[Na+]"))
    assert np.abs(network.embeddings[:, lithium] - network.embeddings[:, sodium]).max() > 0.1
    pair = log10_k(["1 m LiPF6 in PC", "1 m NaPF6 in PC"])
    assert np.abs(pair[:, 0] - pair[:, 1]).max() > 1e-3


def test_the_network_has_embeddings_of_the_catalog():
    # A species that was added since waits for the next training: others stand for its graph.
    # Anions whose salts hardly dissolve are there to say so.
    catalog, embedded = packaged_catalog(), set(shipped().smiles)
    dissolving = [a for a in catalog.anions if a.name not in insoluble_anions()]
    for kind in (catalog.solvents, dissolving):
        assert len({s.smiles for s in kind} & embedded) > 0.9 * len(kind)
    assert {"[Li+]", "[Na+]", "[K+]"} <= embedded
    assert np.isfinite(shipped().embeddings).all()


def test_a_species_without_embedding_is_named():
    with pytest.raises(UnknownSpeciesError, match=r"CCCCOCCOC\(C\)=O.*electrolyte_ml\[deep\]"):
        log10_k(["1 m NaPF6 in CCCCOCCOC(C)=O"])


def test_networks_on_descriptors_need_no_embedding():
    assert pooled().embeddings.shape[-1] == 0
    assert np.isfinite(log10_k(["1 m NaPF6 in CCCCOCCOC(C)=O"], network=pooled())).all()


def test_arrays_and_species_make_the_same_network_again():
    texts = ["1 m LiPF6 in PC", "1 m NaFSI in Pyr13FSI"]
    for network in (shipped(), pooled()):
        again = GraphNetwork.of_arrays(network.arrays(), network.smiles)
        assert np.array_equal(log10_k(texts, network=again), log10_k(texts, network=network))
        single = network.arrays().values()
        assert all(array.dtype == np.float32 for array in single)


def test_the_encoder_is_written_and_read_exactly(tmp_path):
    encoder = read_encoder()
    write_encoder(encoder, {"seed": 0}, tmp_path)
    for name, array in read_encoder(tmp_path).items():
        assert np.array_equal(array, encoder[name])
    assert [p.name for p in tmp_path.iterdir()] == [ENCODER]


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


def test_a_missing_encoder_is_refused_in_words(tmp_path):
    with pytest.raises(ArtefactError, match="electrolyte-ml train encoder"):
        read_encoder(tmp_path)
