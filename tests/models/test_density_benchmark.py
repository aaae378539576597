import os

import pytest

from electrolyte_ml.benchmarks.density import SPLITS, jobs
from electrolyte_ml.errors import InputError

needs_data = pytest.mark.skipif(
    not os.environ.get("ELECTROLYTE_ML_DATA"), reason="ELECTROLYTE_ML_DATA is not set"
)


@needs_data
def test_ours_is_within_one_percent_and_beats_the_baselines():
    listed = jobs(quick=False, splits=("all", "solvent", "tables"), seed=0)
    errors = {(job.split, job.model): job.run(None).metrics for job in listed}
    for split in ("all", "solvent", "tables"):
        ours, *baselines = (m for (s, _), m in errors.items() if s == split)
        assert ours["mape_percent"] < 1.0
        assert all(b["mape_percent"] > 3 * ours["mape_percent"] for b in baselines)
    assert errors["all", "ideal mixing"]["n"] == 25
    assert errors["all", "ideal mixing"]["coverage"] >= 0.9


@needs_data
def test_intervals_hold_where_a_solvent_was_left_out():
    (job,) = jobs(quick=True, splits=None, seed=0)
    metrics = job.run(None).metrics
    assert metrics["n"] == 19
    assert metrics["coverage"] >= 0.85


@needs_data
def test_densities_from_structure_are_within_a_tenth():
    job = jobs(quick=False, splits=("structure",), seed=0)[0]
    metrics = job.run(None).metrics
    assert metrics["mape_percent"] < 7
    assert metrics["coverage"] >= 0.85


def test_unknown_splits_are_refused():
    with pytest.raises(InputError, match=", ".join(SPLITS)):
        jobs(quick=False, splits=("rows",), seed=0)
