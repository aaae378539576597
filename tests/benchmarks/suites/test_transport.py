import json
from pathlib import Path

import pytest

from electrolyte_ml.benchmarks.suites.transport import SPLITS, jobs
from electrolyte_ml.errors import InputError

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results" / "transport.json"


def assert_learnt_radii_beat_one_radius(split, found):
    """Metrics by model, in the order of the jobs; `found` is of one split."""
    ours, taught, radius, value = found
    assert ours["n"] == taught["n"] == 55
    assert taught["mae_log10"] < 0.9 * ours["mae_log10"]
    assert taught["coverage"] >= 0.88
    assert ours["mae_log10"] < 0.2
    # In an unseen solvent no measurement is near, and the mean radius is all that is left.
    assert ours["mae_log10"] < (1.05 if split == "solvent" else 0.9) * radius["mae_log10"]
    assert ours["mae_log10"] < 0.7 * value["mae_log10"]
    assert ours["coverage"] >= 0.8


@pytest.mark.full_data
def test_learnt_radii_beat_one_radius_and_intervals_hold_in_unseen_solvents():
    results = [job.run(None) for job in jobs(quick=False, splits=("solvent",), seed=0)]
    assert_learnt_radii_beat_one_radius("solvent", [result.metrics for result in results])
    for result in results:
        parts = result.subsets.values()
        error = sum(part["n"] * part["mae_log10"] for part in parts)
        assert sum(part["n"] for part in parts) == result.metrics["n"]
        assert error / result.metrics["n"] == pytest.approx(result.metrics["mae_log10"])


@pytest.mark.parametrize("split", ["solvent", "recipe"])
def test_committed_results_say_the_same(split):
    """Recipes left out one by one take many fits, and are run by `bench transport` alone."""
    tasks = json.loads(RESULTS.read_text(encoding="utf-8"))["tasks"]
    found = [task["metrics"] for task in tasks if task["split"] == split]
    assert_learnt_radii_beat_one_radius(split, found)


@pytest.mark.full_data
def test_published_laws_that_were_not_seen_are_within_a_factor_of_a_few():
    (job,) = jobs(quick=False, splits=("law",), seed=0)
    metrics = job.run(None).metrics
    assert metrics["mae_log10"] < 0.45
    assert 0.5 < metrics["coverage"] <= 1


def test_unknown_splits_are_refused():
    with pytest.raises(InputError, match=", ".join(SPLITS)):
        jobs(quick=False, splits=("rows",), seed=0)
