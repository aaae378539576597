import pytest

from electrolyte_ml.benchmarks.suites.density import SPLITS, jobs
from electrolyte_ml.errors import InputError

pytestmark = pytest.mark.usefixtures("module_sample")


def test_ours_is_within_a_percent_and_a_half_and_beats_the_baselines():
    listed = jobs(quick=False, splits=("all", "solvent", "tables"), seed=0)
    errors = {(job.split, job.model): job.run(None).metrics for job in listed}
    for split in ("all", "solvent", "tables"):
        ours, *baselines = (m for (s, _), m in errors.items() if s == split)
        assert ours["mape_percent"] < 1.5
        assert all(b["mape_percent"] > 3 * ours["mape_percent"] for b in baselines)
    assert errors["all", "as shipped"]["mape_percent"] < 0.5
    assert errors["all", "as shipped"]["n"] == 21
    assert errors["all", "as shipped"]["coverage"] >= 0.9


def test_intervals_hold_where_a_solvent_was_left_out():
    (job,) = jobs(quick=True, splits=None, seed=0)
    metrics = job.run(None).metrics
    assert metrics["n"] == 15
    assert metrics["coverage"] >= 0.85


def test_densities_from_structure_are_within_a_tenth():
    job = jobs(quick=False, splits=("structure",), seed=0)[0]
    metrics = job.run(None).metrics
    assert metrics["mape_percent"] < 7
    assert metrics["coverage"] >= 0.85


def test_unknown_splits_are_refused():
    with pytest.raises(InputError, match=", ".join(SPLITS)):
        jobs(quick=False, splits=("rows",), seed=0)
