"""Suite of solutions: what is compared on which rows, and what a row without a value counts."""

import numpy as np
import pytest

from electrolyte_ml.benchmarks.registry import jobs_of
from electrolyte_ml.benchmarks.suites import solutions
from electrolyte_ml.benchmarks.suites.solutions import IONIC, MODELS, MOLECULAR, SolutionModel
from electrolyte_ml.errors import InputError
from electrolyte_ml.prediction import Prediction

pytestmark = pytest.mark.full_data


class TwiceTheMedian:
    """Twice the median of what it learnt; nothing of liquids without a molecule."""

    def __init__(self, rows):
        self.value = 2 * float(np.median(rows.value))

    def predict(self, formulations, _):
        value = np.full(len(formulations), self.value)
        value[[bool(f.ionic_liquids) for f in formulations]] = np.nan
        return Prediction(
            value=value,
            low=value / 100,
            high=value * 100,
            coverage=0.9,
            in_domain=np.isfinite(value),
            reason=(None,) * len(value),
        )


@pytest.fixture
def plugged_in(monkeypatch):
    """A model of ours as one more entry, and the rows that its fits were given."""
    given = []

    def fit(rows, seed):
        given.append(rows)
        return TwiceTheMedian(rows)

    entry = SolutionModel(name="mine", property_name="viscosity_mpa_s", fit=fit, code=())
    monkeypatch.setattr(solutions, "MODELS", (*MODELS, entry))
    return given


def test_every_split_has_our_model_and_baselines():
    models = {}
    for job in jobs_of("solutions"):
        models.setdefault(job.split, []).append(job.model)
    assert set(models) == set(solutions.SPLITS)
    assert models["viscosity-series"] == [
        "ions with their shells",
        "gradient boosting",
        "XGBoost",
        "extra trees",
    ]
    assert models["density-pair"] == [
        "volumes of ions and mixing",
        "ideal mixing",
        "gradient boosting",
    ]
    quick = jobs_of("solutions", quick=True)
    assert {job.split for job in quick} == set(solutions.QUICK)
    with pytest.raises(InputError, match="there are viscosity-series, "):
        jobs_of("solutions", splits=("series",))


def test_one_more_entry_is_a_model_of_every_fold(plugged_in):
    (job,) = jobs_of("solutions", splits=("viscosity-series",), models=("mine",))
    result = job.run(None)
    folds = solutions.case_of("viscosity-series", 0).split.folds
    assert [len(rows) for rows in plugged_in] == [len(train) for train, _ in folds]
    assert result.metrics["folds"] == 5
    assert result.metrics["n"] == 4719


def test_rows_without_a_value_are_counted_and_not_judged(plugged_in):
    (job,) = jobs_of("solutions", splits=("viscosity-series",), models=("mine",))
    result = job.run(None)
    ionic, molecular = result.subsets[IONIC], result.subsets[MOLECULAR]
    assert ionic == {"n": ionic["n"], "n_unanswered": ionic["n"]}
    assert "n_unanswered" not in molecular
    assert ionic["n"] + molecular["n"] == result.metrics["n"]
    assert result.metrics["n_unanswered"] == ionic["n"]
    assert len(result.predicted) == molecular["n"]
    assert np.isfinite(result.metrics["mae_log10"])
    assert molecular["coverage"] > 0.9
    for cation in ("lithium", "sodium"):
        assert result.subsets[f"{MOLECULAR}; {cation}"]["n"] > 0


def test_solutions_of_practice_have_a_line_each(plugged_in):
    (job,) = jobs_of("solutions", splits=("viscosity-practice",), models=("mine",))
    result = job.run(None)
    assert len(result.subsets) == result.metrics["n"] == 7
    named = next(part for name, part in result.subsets.items() if "NaPF6 in DME" in name)
    assert named["n"] == 1
    assert named["off_range_percent"] == pytest.approx(100 * (named["value"] / 1.43 - 1))
    assert 0 <= result.metrics["within_15_percent"] <= 1


def test_errors_of_densities_are_relative():
    (job,) = jobs_of("solutions", splits=("density-pair",), models=("ideal mixing",))
    metrics = job.run(None).metrics
    assert 0.1 < metrics["mape_percent"] < 1
    assert metrics["n"] == 573
