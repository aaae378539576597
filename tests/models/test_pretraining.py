"""Training the encoder of species that ships; needs torch and DeepChem."""

import numpy as np
import pytest

for _name in ("torch", "deepchem", "torch_geometric"):
    pytest.importorskip(_name, reason=f"{_name} is not installed (extra deep)")

from electrolyte_ml.features.graphs import species_graphs  # noqa: E402
from electrolyte_ml.models import pretraining  # noqa: E402
from electrolyte_ml.models.conductivity.graph.encoder_file import (  # noqa: E402
    read_encoder,
    read_encoder_record,
)
from electrolyte_ml.models.conductivity.graph.settings import GraphSettings  # noqa: E402

SHORT = GraphSettings(members=2, steps=30, batch=16, width=8, embedding=6, mixing=4, hidden=8)


def small_pretraining_data():
    smiles = ["O=C1OCCO1", "CCO", "COCCOC", "F[P-](F)(F)(F)(F)F", "CCOC(C)=O", "CC#N"]
    targets = np.random.default_rng(0).normal(size=(6, 4))
    targets[3, 1:] = np.nan
    return pretraining.PretrainingData(
        graphs=species_graphs(smiles),
        species=np.arange(6),
        targets=targets,
        first=np.array([0, 1, 2]),
        second=np.array([1, 1, 4]),
        share=np.array([0.3, 1.0, 0.6]),
        temperature_k=np.array([298.15, 303.15, 313.15]),
        log10_viscosity=np.array([0.2, 0.03, -0.3]),
    )


def test_pretraining_learns_resumes_and_is_the_same_for_the_same_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "_CHECKPOINT_INTERVAL", 5)
    data = small_pretraining_data()
    settings = pretraining.PretrainingSettings(steps=24, molecules=8, liquids=4)
    whole = pretraining.pretrain(data, settings, SHORT, seed=1)

    class KilledError(Exception):
        pass

    def kill(_, step, __):
        if step == 13:
            raise KilledError

    with pytest.raises(KilledError):
        pretraining.pretrain(data, settings, SHORT, seed=1, folder=tmp_path, progress=kill)
    resumed = pretraining.pretrain(data, settings, SHORT, seed=1, folder=tmp_path)
    for name, array in whole.items():
        assert np.array_equal(resumed[name], array), name
    other = pretraining.pretrain(data, settings, SHORT, seed=2)
    assert any(not np.array_equal(other[n], a) for n, a in whole.items())


@pytest.mark.full_data
def test_pretraining_data_hold_no_conductivity():
    data = pretraining.pretraining_data()
    assert not [name for name in pretraining.WINDOW_TARGETS if "conduct" in name]
    assert len(data.species) > 3000
    assert len(data.first) > 30_000
    # Water at 298.15 K is 0.89 mPa s; the median liquid is not far from that.
    assert abs(np.median(data.log10_viscosity)) < 0.5
    assert (~np.isnan(data.targets)).any(axis=1).all()


def test_training_writes_the_same_files_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "pretraining_data", small_pretraining_data)
    steps = pretraining.PretrainingSettings(steps=4, molecules=8, liquids=4)
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        record = pretraining.train_encoder(out=folder, settings=SHORT, pretraining=steps)
    assert record["seed"] == 0
    names = sorted(p.name for p in folders[0].iterdir())
    assert names == ["MODEL_CARD.md", "encoder.safetensors"]
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    n_weights = sum(array.size for array in read_encoder(folders[0]).values())
    assert f"{n_weights:,} weights" in (folders[0] / "MODEL_CARD.md").read_text()
    assert "cpu_seconds" not in read_encoder_record(folders[0])
