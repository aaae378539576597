import numpy as np
import pytest

from electrolyte_ml.benchmarks.cokriging import SHORT
from electrolyte_ml.benchmarks.metrics import prediction_metrics
from electrolyte_ml.benchmarks.suites import simulation, sodium
from electrolyte_ml.benchmarks.suites.simulation import ALONE, QUICK, SPLITS, VARIANTS, jobs
from electrolyte_ml.errors import InputError
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
        if SHORT in VARIANTS[name]:
            # A model that knows nothing learns from simulations what conducts more than what.
            assert result.metrics["spearman"] > 0.3
