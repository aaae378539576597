"""The suite of viscosities: its jobs, its splits and its intervals."""

import numpy as np
import pytest

from electrolyte_ml.benchmarks import jobs_of
from electrolyte_ml.benchmarks.suites import viscosity
from electrolyte_ml.errors import InputError


def test_unknown_split_is_refused_before_anything_is_read():
    with pytest.raises(InputError, match="published, pair, molecule"):
        jobs_of("viscosity", splits=("scaffold",))


@pytest.mark.full_data
def test_every_model_meets_every_split_and_quick_is_a_part():
    full = jobs_of("viscosity")
    assert {job.split for job in full} == {"published", "pair", "molecule"}
    assert len({job.model for job in full}) == 3
    quick = jobs_of("viscosity", quick=True)
    assert {(j.split, j.model) for j in quick} < {(j.split, j.model) for j in full}


@pytest.mark.full_data
def test_ideal_mixing_is_measured_on_all_published_rows():
    (job,) = [j for j in jobs_of("viscosity", splits=("published",)) if j.model == "ideal mixing"]
    result = job.run(None)
    assert result.metrics["n"] == 34374
    assert result.metrics["folds"] == 5
    assert 0.04 < result.metrics["mae_log10"] < 0.08
    error = np.abs(np.log10(result.measured / result.predicted))
    assert error.mean() == pytest.approx(result.metrics["mae_log10"])


def test_factors_of_a_fold_come_from_the_other_folds():
    guesses = [
        viscosity._Guess(
            log10=np.zeros(50), scale=np.full(50, 0.1), novelty=np.zeros(50, dtype=np.intp)
        )
        for _ in range(2)
    ]
    error = np.concatenate([np.full(50, 0.2), np.full(50, 0.5)])
    half_width = viscosity._half_width(guesses, error)
    assert half_width[:50] == pytest.approx(0.5)
    assert half_width[50:] == pytest.approx(0.2)
