from types import SimpleNamespace

import numpy as np
import pytest

from electrolyte_ml.benchmarks.cokriging import SHORT
from electrolyte_ml.benchmarks.metrics import prediction_metrics
from electrolyte_ml.benchmarks.suites import simulation, sodium
from electrolyte_ml.benchmarks.suites.simulation import ALONE, QUICK, SPLITS, VARIANTS, jobs
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.prediction import Prediction


def test_unknown_splits_are_refused():
    with pytest.raises(InputError, match=", ".join((*SPLITS, QUICK))):
        jobs(quick=False, splits=("rows",), seed=0)


class _Flat:
    """Says 5 mS/cm of everything, and is unsure."""

    def predict(self, formulations, temperature_k):
        assert len(formulations) == len(temperature_k)
        n = len(temperature_k)
        return Prediction(
            value=np.full(n, 5.0),
            low=np.full(n, 1.25),
            high=np.full(n, 20.0),
            coverage=0.9,
            in_domain=np.ones(n, dtype=bool),
            reason=(None,) * n,
        )


@pytest.mark.full_data
def test_every_variant_judges_the_same_rows_and_tells_the_gain(monkeypatch):
    monkeypatch.setattr(simulation, "fit_conductivity", lambda *_, **__: _Flat())
    monkeypatch.setattr(simulation, "_KEPT", {})
    monkeypatch.setattr(simulation, "_subject", simulation._subject.__wrapped__)
    listed = jobs(quick=False, splits=("sodium",), seed=0)
    assert [job.model for job in listed] == list(VARIANTS)
    case = sodium.paper_case()
    results = {job.model: job.run(None) for job in listed}
    alone = results.pop(ALONE)
    flat = _Flat().predict(case.measured, case.measured)
    expected = prediction_metrics(case.measured, flat, case.groups)
    assert alone.metrics["mae_log10"] == pytest.approx(expected["mae_log10"])
    for name, result in results.items():
        assert np.array_equal(result.measured, alone.measured)
        gain = alone.metrics["mae_log10"] - result.metrics["mae_log10"]
        assert result.metrics["gain_log10"] == pytest.approx(gain)
        assert result.metrics["gain_error_log10"] > 0
        assert result.metrics["gain_groups_error_log10"] > 0
        assert list(result.subsets) == list(alone.subsets)
        for part, known in result.subsets.items():
            gain = alone.subsets[part]["mae_log10"] - known["mae_log10"]
            assert known["gain_log10"] == pytest.approx(gain)
            assert known["n"] == alone.subsets[part]["n"] < result.metrics["n"]
        if VARIANTS[name] == (SHORT,):
            # A model that knows nothing learns from simulations what conducts more than what; of
            # the long ones, most are in other solvents than the sodium papers.
            assert result.metrics["spearman"] > 0.3


def test_groups_of_any_size_count_once_in_the_gain_of_groups():
    found = simulation._gain(np.array([0.3, 0.0, 0.0, 0.0]), np.array([0, 1, 1, 1]))
    assert found["gain_log10"] == pytest.approx(0.075)
    assert found["gain_groups_log10"] == pytest.approx(0.15)
    assert found["gain_groups_error_log10"] == pytest.approx(0.15)
    # Without either group the mean of rows is 0 or 0.3.
    assert found["gain_error_log10"] == pytest.approx(0.15)


def test_a_part_holds_electrolytes_whose_anion_was_simulated_in_the_same_solvents():
    recipes = ["1 m LiFSI in DME", "1 m NaFSI in DME:TTE 1:1 w/w", "1 m NaTFSI in DME"]
    subject = SimpleNamespace(
        simulated=SimpleNamespace(
            formulations=[parse_recipe("2 m NaFSI in DME"), parse_recipe("1 m NaTFSI in PC")],
            kind=np.array([0, 1]),
        )
    )
    folds = [SimpleNamespace(formulations=[parse_recipe(recipe) for recipe in recipes])]
    parts = simulation._simulated_parts(subject, folds)
    assert [held.tolist() for held in parts.values()] == [[True, False, False], [False] * 3]
