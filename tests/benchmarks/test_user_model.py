import numpy as np
import pytest

from electrolyte_ml.benchmarks.user_model import COLUMNS, feature_frame, load_user_model
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe

SOURCE = """
import numpy as np

class Mean:
    def fit(self, X, y):
        self.mean = y.mean()
    def predict(self, X):
        return np.full(len(X), self.mean)

class WithInterval(Mean):
    def predict_interval(self, X):
        return self.predict(X) - 1, self.predict(X) + 1

class Column(Mean):
    def predict(self, X):
        return super().predict(X)[:, None]

class Short(Mean):
    def predict(self, X):
        return np.zeros(len(X) + 1)

class Words(Mean):
    def predict(self, X):
        return ["much"] * len(X)

class Nan(Mean):
    def predict(self, X):
        return np.full(len(X), np.nan)

class Broken(Mean):
    def fit(self, X, y):
        raise RuntimeError("no luck")

class OneEnd(Mean):
    def predict_interval(self, X):
        return self.predict(X)

class Crossed(Mean):
    def predict_interval(self, X):
        return self.predict(X) + 1, self.predict(X) - 1

class Needy:
    def __init__(self, setting):
        pass

class Idle:
    pass
"""


@pytest.fixture
def measurements() -> Measurements:
    texts = ["1 m NaPF6 in EC:DEC 1:1 w/w", "1 m LiFSI + 0.5 m LiPF6 in DME"]
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=tuple(parse_recipe(t) for t in texts),
        formulation_index=np.array([1, 0, 1]),
        temperature_k=np.array([298.15, 273.15, 313.15]),
        value=np.array([1.0, 2.0, 3.0]),
        source=np.array(["a", "b", "a"]),
        source_row=np.arange(3),
        flag=np.full(3, ""),
    )


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = f"strange_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    return name


def test_the_frame_holds_the_recipe_and_not_the_answer(measurements):
    frame = feature_frame(measurements)
    assert list(frame) == list(COLUMNS)
    first, second = frame.iloc[0], frame.iloc[1]
    assert first["anion_smiles"] != second["anion_smiles"]
    assert first["molality_mol_kg"] == pytest.approx(1.5)
    assert sum(first["salt_molality_mol_kg"]) == pytest.approx(1.5)
    assert second["cation_smiles"] == ["[Na+]"]
    assert sum(second["solvent_mole_fraction"]) == pytest.approx(1)
    assert second["temperature_k"] == 273.15
    assert parse_recipe(second["recipe"]).key == measurements.formulations[0].key


def test_a_model_is_found_fitted_and_asked(module, measurements):
    model = load_user_model(f"{module}:Mean").new()
    frame = feature_frame(measurements)
    model.fit(frame, measurements.value)
    assert model.predict(frame).tolist() == [2.0, 2.0, 2.0]
    assert not hasattr(model, "predict_interval")
    column = load_user_model(f"{module}:Column").new()
    column.fit(frame, measurements.value)
    assert column.predict(frame).shape == (3,)


def test_intervals_are_used_if_there_are_any(module, measurements):
    model = load_user_model(f"{module}:WithInterval").new()
    frame = feature_frame(measurements)
    model.fit(frame, measurements.value)
    low, high = model.predict_interval(frame)
    assert (high - low).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Mean", "takes MODULE:CLASS"),
        (":Mean", "takes MODULE:CLASS"),
        ("nothing_of_this_name:Mean", "no module 'nothing_of_this_name'"),
        ("{module}:Meen", "has no 'Meen'; classes in it: .*Mean"),
        ("{module}:np", "is not a class"),
        ("{module}:Needy", "Needy.* failed: TypeError"),
        ("{module}:Idle", "no method fit and no method predict"),
    ],
)
def test_what_is_no_model_is_refused(module, text, message):
    with pytest.raises(InputError, match=message):
        load_user_model(text.format(module=module))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Short", r"must return shape \(3,\), not \(4,\)"),
        ("Words", "must return numbers"),
        ("Nan", "3 of 3 not finite"),
        ("Broken", r"fit failed: RuntimeError: no luck \(strange_"),
        ("OneEnd", r"must return two arrays \(low, high\)"),
        ("Crossed", "low is above high in 3 rows"),
    ],
)
def test_wrong_answers_are_said_in_words(module, measurements, name, message):
    model = load_user_model(f"{module}:{name}").new()
    frame = feature_frame(measurements)

    def use():
        model.fit(frame, measurements.value)
        model.predict(frame)
        model.predict_interval(frame)

    with pytest.raises(InputError, match=message):
        use()


def test_a_module_that_needs_what_is_missing_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "needs_more.py").write_text("import not_there_at_all\n")
    with pytest.raises(InputError, match="needs 'not_there_at_all', which is not installed"):
        load_user_model("needs_more:Model")
