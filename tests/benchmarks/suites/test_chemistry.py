"""Suite of the union: what is compared on which rows, and that no copy is learnt from."""

import numpy as np
import pytest

from electrolyte_ml.benchmarks.chemistry_splits import SPLITS
from electrolyte_ml.benchmarks.evaluation import FLAGGED, IN_DOMAIN
from electrolyte_ml.benchmarks.registry import jobs_of, user_jobs_of
from electrolyte_ml.benchmarks.suites import chemistry
from electrolyte_ml.benchmarks.user_model import UserModel
from electrolyte_ml.data.copies import copies_of
from electrolyte_ml.data.union import conductivity_union
from electrolyte_ml.errors import InputError
from electrolyte_ml.prediction import Prediction

# Of splits of the data at hand, which are not the frozen ones.
SEED = 1


@pytest.fixture
def small_union(sample):
    """The union of the files of the sample."""
    return conductivity_union()


class SodiumTenfold:
    """Knows every lithium electrolyte, takes others for ten times as conducting, and says so."""

    def __init__(self, held):
        self.held = held

    def predict(self, formulations, temperature_k):
        known = {
            (id(f), t): v
            for f, t, v in zip(
                self.held.row_formulations, self.held.temperature_k, self.held.value, strict=True
            )
        }
        value = np.array(
            [known[id(f), t] for f, t in zip(formulations, temperature_k, strict=True)]
        )
        sodium = np.array(["Na" in f.notation() for f in formulations])
        value = np.where(sodium, 10 * value, value)
        return Prediction(
            value=value,
            low=value / 2,
            high=value * 2,
            coverage=0.9,
            in_domain=~sodium,
            reason=tuple("sodium" if s else None for s in sodium),
        )


@pytest.fixture
def fitted(small_union, monkeypatch):
    """A model that knows the answers, and the rows that each fold gave it."""
    given = []

    def fit(rows, *, seed):
        given.append(rows)
        return SodiumTenfold(small_union.measurements)

    monkeypatch.setattr(chemistry, "fit_conductivity", fit)
    monkeypatch.setattr(chemistry, "lacking", lambda *_: None)
    return given


def test_every_split_has_our_model_and_all_baselines(small_union):
    models = {}
    for job in jobs_of("chemistry", seed=SEED, splits=("series", "anion", "concentrated")):
        models.setdefault(job.split, []).append(job.model)
    assert set(models) == {"series", "anion", "concentrated"}
    for named in models.values():
        assert named == [chemistry.OURS, "gradient boosting", "XGBoost", "extra trees"]
    quick = jobs_of("chemistry", seed=SEED, quick=True)
    assert [j.model for j in quick] == [chemistry.OURS, "gradient boosting", "XGBoost"]
    assert {j.split for j in quick} == {chemistry.QUICK}
    with pytest.raises(InputError, match="there are series, anion, cation, solvent, file, conc"):
        jobs_of("chemistry", splits=("paper",))


def test_models_are_chosen_by_name(small_union):
    chosen = jobs_of("chemistry", seed=SEED, quick=True, models=("gradient boosting",))
    assert [job.model for job in chosen] == ["gradient boosting"]
    with pytest.raises(InputError, match="no model 'forest' in this run; there are our model, "):
        jobs_of("chemistry", seed=SEED, quick=True, models=("forest",))


def test_the_short_form_is_the_first_fold_of_unseen_series(small_union):
    whole, quick = (chemistry.case_of(name, SEED) for name in ("series", chemistry.QUICK))
    (fold,) = quick.split.folds
    assert fold[1].tolist() == whole.split.folds[0][1].tolist()
    assert quick.split_sha256 != whole.split_sha256


def test_parts_of_the_rows_are_judged_apart(fitted, small_union):
    (job,) = jobs_of("chemistry", seed=SEED, splits=("series",), models=(chemistry.OURS,))
    result = job.run(None)
    parts, n = result.subsets, len(small_union)
    sodium = int(sum("Na" in f.notation() for f in small_union.measurements.row_formulations))
    assert 0 < sodium < n == result.metrics["n"]
    assert result.metrics["mae_log10"] == pytest.approx(sodium / n)
    # The sample has no other file with lithium.
    for name in ("not in CALiSol-23", "not in CALiSol-23; cation sodium", FLAGGED):
        assert parts[name]["mae_log10"] == pytest.approx(1.0), name
        assert parts[name]["median_ape_percent"] == pytest.approx(900)
        assert parts[name]["coverage"] == parts[name]["groups_covered_80"] == 0
        assert parts[name]["n"] == sodium
    for name in ("CALiSol-23", "all; cation lithium", IN_DOMAIN):
        assert parts[name]["mae_log10"] == pytest.approx(0.0)
        assert parts[name]["coverage"] == parts[name]["groups_covered_80"] == 1
        assert parts[name]["n"] == n - sodium
    assert "not in CALiSol-23; cation lithium" not in parts
    assert all(part["n"] >= 10 for part in parts.values())
    assert {"all; solvents carbonates", "all; anion PF6"} <= set(parts)


@pytest.mark.parametrize("split", ["series", "anion", "solvent", "concentrated"])
def test_no_copy_of_a_tested_row_is_learnt_from(fitted, small_union, split):
    (job,) = jobs_of("chemistry", seed=SEED, splits=(split,), models=(chemistry.OURS,))
    job.run(None)
    folds = chemistry.case_of(split, SEED).split.folds
    assert len(fitted) == len(folds)
    for trained, (_, test) in zip(fitted, folds, strict=True):
        tested = small_union.measurements.select(test)
        assert not copies_of(tested, trained).any()


def test_named_folds_are_the_groups_of_their_split(small_union):
    anion, series = (chemistry.case_of(name, SEED) for name in ("anion", "series"))
    assert len(set(anion.groups.tolist())) == len(anion.split.folds)
    assert len(set(series.groups.tolist())) > len(series.split.folds)


def test_a_model_from_outside_is_judged_on_the_same_parts(small_union):
    class Median:
        def fit(self, _, y):
            self.value = np.median(y)

        def predict(self, x):
            return np.full(len(x), self.value)

    model = UserModel(name="mine:Median", make=Median, version="1")
    (job,) = user_jobs_of("chemistry", model, splits=("series",), seed=SEED)
    result = job.run(None)
    assert "not in CALiSol-23" in result.subsets
    assert "coverage" not in result.subsets["CALiSol-23"]
    assert FLAGGED not in result.subsets


def test_the_suite_freezes_its_splits():
    assert chemistry.keyed_splits.__module__ == "electrolyte_ml.benchmarks.chemistry_splits"
    assert set(SPLITS) == {"series", "anion", "cation", "solvent", "file", "concentrated"}
