import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from electrolyte_ml.errors import ArtefactError, InputError
from electrolyte_ml.models.base import StoredModel
from electrolyte_ml.models.neighbours import MeasuredRecipes
from electrolyte_ml.models.train import Trainable, Trained, trainable, trainable_models
from electrolyte_ml.models.viscosity import ViscosityModel, predict_viscosity
from electrolyte_ml.models.window import WindowModel

STORED = (MeasuredRecipes, ViscosityModel, WindowModel)


@pytest.mark.parametrize("model", trainable_models().values(), ids=lambda model: model.name)
def test_every_training_is_where_the_table_says(model):
    # Read, not imported: that of the graph network takes torch and DeepChem with it.
    module, _, function = model.function.partition(":")
    found = find_spec(module)
    assert found is not None
    assert f"\ndef {function}(" in Path(found.origin).read_text(encoding="utf-8")


def test_a_model_that_cannot_be_trained_is_named():
    with pytest.raises(InputError, match="no model 'solubility' can be trained; there are"):
        trainable("solubility")


def train_recipes(*, seed, out, progress):
    del progress
    table = MeasuredRecipes.load()
    return Trained(model=table, training={"seed": seed}, card="# Card").write(out)


def test_a_training_writes_model_record_and_card(tmp_path):
    model = Trainable(name="recipes", summary="", function=f"{__name__}:train_recipes")
    assert model.train(seed=3, out=tmp_path) == {"seed": 3}
    assert MeasuredRecipes.FILES.read_record(tmp_path)["training"] == {"seed": 3}
    assert (tmp_path / "MODEL_CARD.md").read_text() == "# Card\n"


def _without_an_array(path):
    with np.load(path) as held:
        arrays = {name: held[name] for name in held.files[1:]}
    with path.open("wb") as stream:
        np.savez(stream, **arrays)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-2000])


@pytest.mark.parametrize("model", STORED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("damage", [_cut, _without_an_array])
def test_damage_to_any_model_is_one_error(model: type[StoredModel], damage, tmp_path):
    files = model.FILES
    for suffix in ("npz", "json"):
        name = f"{files.name}.{suffix}"
        (tmp_path / name).write_bytes((files.folder / name).read_bytes())
    damage(tmp_path / f"{files.name}.npz")
    with pytest.raises(ArtefactError, match="is damaged"):
        model.load(tmp_path)


# Factors of the processes of windows are large: half a minute to and fro.
@pytest.mark.parametrize("model", [MeasuredRecipes, ViscosityModel], ids=lambda m: m.__name__)
def test_models_are_taken_by_processes_and_have_a_short_form(model):
    shipped = model.load()
    assert pickle.loads(pickle.dumps(shipped)).record() == shipped.record()
    assert len(repr(shipped)) < 100


def test_prediction_functions_are_taken_by_processes():
    assert pickle.loads(pickle.dumps(predict_viscosity)) is predict_viscosity
