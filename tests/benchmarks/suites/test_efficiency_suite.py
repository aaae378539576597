"""The suite of coulombic efficiencies: splits that do not leak, and the figures that were set."""

import json
from pathlib import Path

import numpy as np
import pytest

from electrolyte_ml.benchmarks.efficiency_splits import SPLITS, families_of, keyed_split, rows_of
from electrolyte_ml.benchmarks.frozen import check
from electrolyte_ml.benchmarks.metrics import pairs_ranked_right
from electrolyte_ml.benchmarks.suites.efficiency import MODELS, jobs
from electrolyte_ml.models.efficiency.fit import solvent_sets

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results" / "efficiency.json"


def test_pairs_count_half_where_a_model_cannot_tell():
    measured = np.array([1.0, 2.0, 3.0])
    assert pairs_ranked_right(measured, measured) == 1.0
    assert pairs_ranked_right(measured, -measured) == 0.0
    assert pairs_ranked_right(measured, np.zeros(3)) == 0.5
    # A pair of equal measured values cannot be ranked.
    assert pairs_ranked_right(np.array([1.0, 1.0, 2.0]), np.array([5.0, 0.0, 6.0])) == 1.0


@pytest.mark.full_data
@pytest.mark.parametrize("name", SPLITS)
def test_splits_are_the_frozen_ones_and_leave_whole_groups_out(name):
    keyed = keyed_split(name, 0)
    check(keyed, seed=0)
    table = rows_of(name)
    kinds = {
        "solvents": solvent_sets(table),
        "paper": table.measurements.source,
        "family": families_of(name),
        "random": np.arange(len(table)),
    }
    groups = kinds[name.removeprefix("merged-")]
    for train, test in keyed.split.folds:
        assert not set(groups[train].tolist()) & set(groups[test].tolist())
    assert sorted(keyed.split.tested.tolist()) == list(range(len(table)))


@pytest.mark.full_data
def test_a_fold_of_each_model_is_judged():
    found = {job.model: job for job in jobs(quick=True, splits=("solvents",), seed=1)}
    assert set(found) == set(MODELS)
    ours, mean = (found[name].run(None).metrics for name in ("our model", "mean"))
    assert ours["n"] == mean["n"] == 147
    assert ours["rmse"] < 0.75 * mean["rmse"]
    assert ours["n_would_be_unknown"] > 0


def test_committed_results_hold_what_was_asked_for():
    tasks = json.loads(RESULTS.read_text())["tasks"]
    ours = {t["split"]: t["metrics"] for t in tasks if t["model"] == "our model"}
    forest = {t["split"]: t["metrics"] for t in tasks if t["model"] == "forest on elemental ratios"}
    assert set(ours) == set(SPLITS)
    assert ours["solvents"]["rmse"] < 0.265
    assert ours["solvents"]["spearman"] > 0.77
    assert 0.87 <= ours["solvents"]["coverage"] <= 0.93
    assert ours["paper"]["rmse"] < 0.26
    for split in SPLITS:
        if "family" not in split:
            assert ours[split]["rmse"] < forest[split]["rmse"]
