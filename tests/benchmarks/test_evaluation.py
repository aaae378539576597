from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.benchmarks import evaluation
from electrolyte_ml.benchmarks.baselines import (
    cross_predict,
    mordred_descriptors,
    one_hot,
    rdkit_descriptors,
)
from electrolyte_ml.benchmarks.evaluation import content_sha256
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.data.splits import Split
from electrolyte_ml.formulation import parse_recipe

TEXTS = [
    "1 m LiPF6 in EC:DEC 1:1 w/w",
    "1 m LiPF6 in DEC:EC 1:1 w/w",
    "1 m LiPF6 in EC:DEC 2:1 w/w",
    "1 m LiFSI in EC:DEC 1:1 w/w",
    "1 m LiPF6 in diglyme",
]


@pytest.fixture
def measurements() -> Measurements:
    n = len(TEXTS)
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=tuple(parse_recipe(t) for t in TEXTS),
        formulation_index=np.arange(n),
        temperature_k=np.full(n, 298.15),
        value=np.arange(1.0, n + 1),
        source=np.full(n, "a"),
        source_row=np.arange(n),
        flag=np.full(n, ""),
    )


def test_every_tested_row_is_predicted_by_a_model_that_did_not_see_it(measurements):
    seen = []

    class Memory:
        def fit(self, x, y):
            self.rows = set(x[:, 0].tolist())
            assert len(y) == len(x)

        def predict(self, x):
            seen.append(self.rows & set(x[:, 0].tolist()))
            return x[:, 0] * 2

        def predict_interval(self, x):
            return x[:, 0], x[:, 0] * 3

    rows = np.arange(5)
    split = Split(name="x", folds=((rows[:3], rows[3:]), (rows[2:], rows[:2])))
    x = rows[:, None].astype(float)
    predicted, interval = cross_predict(Memory, x, measurements.value, split)
    assert seen == [set(), set()]
    assert predicted.tolist() == [6, 8, 0, 2]
    assert interval is not None
    assert interval[1].tolist() == [9, 12, 0, 3]


@pytest.mark.parametrize("inputs", [one_hot, rdkit_descriptors, mordred_descriptors])
def test_inputs_describe_the_mixture_and_not_its_spelling(measurements, inputs):
    x = inputs(measurements)
    assert np.isfinite(x).all()
    np.testing.assert_allclose(x[0], x[1], rtol=1e-9)
    for other in (2, 3, 4):
        assert not np.allclose(x[0], x[other])


def test_the_hash_of_the_content_tells_amounts_and_trust_apart(measurements, monkeypatch):
    found = {content_sha256(measurements), content_sha256(measurements)}
    assert len(found) == 1
    for trust in (Trust.FULL, Trust.DOUBTFUL, Trust.CONTRADICTED):
        marks = np.full(len(measurements), trust.value)
        found.add(content_sha256(replace(measurements, trust=marks)))
    composition = evaluation.compose(measurements.row_formulations)
    fewer = replace(composition, molecules_mol_kg=0.5 * composition.molecules_mol_kg)
    monkeypatch.setattr(evaluation, "mixture_features", lambda _: np.zeros(1))
    for held in (composition, fewer):
        monkeypatch.setattr(evaluation, "compose", lambda _, held=held: held)
        found.add(content_sha256(measurements))
    assert len(found) == 6
