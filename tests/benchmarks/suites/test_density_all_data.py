"""Densities on all measured solutions; the sample has its own, wider bounds."""

import pytest

from electrolyte_ml.benchmarks.suites.density import jobs


@pytest.mark.full_data
def test_on_all_measured_densities_ours_is_within_one_percent():
    listed = jobs(quick=False, splits=("all", "solvent", "tables"), seed=0)
    errors = {(job.split, job.model): job.run(None).metrics for job in listed}
    for split in ("all", "solvent", "tables"):
        ours, *baselines = (m for (s, _), m in errors.items() if s == split)
        assert ours["mape_percent"] < 1.0
        assert all(b["mape_percent"] > 3 * ours["mape_percent"] for b in baselines)
    assert errors["all", "as shipped"]["n"] == 25
    assert errors["all", "as shipped"]["coverage"] >= 0.9
    (job,) = jobs(quick=True, splits=None, seed=0)
    metrics = job.run(None).metrics
    assert metrics["n"] == 19
    assert metrics["coverage"] >= 0.85
