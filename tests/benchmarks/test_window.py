import pytest

from electrolyte_ml.benchmarks.window import SPLITS, jobs
from electrolyte_ml.errors import InputError


def test_every_split_has_jobs(sample):
    listed = jobs(quick=False, splits=None, seed=0)
    assert {job.split for job in listed} == set(SPLITS)
    assert len({(job.task, job.split, job.model) for job in listed}) == len(listed)


def test_quick_is_families_left_out():
    assert {job.split for job in jobs(quick=True, splits=None, seed=0)} == {"family"}


def test_unknown_split_is_bad_input():
    with pytest.raises(InputError, match="scaffold"):
        jobs(quick=False, splits=("cold",), seed=0)


def test_the_mean_is_what_the_mean_of_other_folds_is():
    job = next(j for j in jobs(quick=False, splits=("random",), seed=0) if j.model == "mean")
    result = job.run(None)
    assert len(set(result.predicted.round(9))) == 5
    assert result.metrics["n"] == len(result.measured)
    assert abs(result.metrics["bias"]) < 0.05
