"""The suite of quantum kernels: equal chances, no leaks, honest errors, and what its page says."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from electrolyte_ml.benchmarks.baselines import model_descriptors
from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.benchmarks.registry import jobs_of
from electrolyte_ml.benchmarks.suites.quantum import suite, tasks
from electrolyte_ml.benchmarks.suites.quantum.kernel_search import (
    KERNELS,
    N_CANDIDATES,
    KernelSearch,
    inner_folds,
)
from electrolyte_ml.benchmarks.suites.quantum.suite import Contender
from electrolyte_ml.benchmarks.suites.quantum.tasks import KernelTask
from electrolyte_ml.data.conductivities import sodium_conductivities
from electrolyte_ml.data.splits import grouped_split
from electrolyte_ml.formulation import parse_recipe

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results"
QUANTUM = [name for name, candidates in KERNELS.items() if candidates.quantum]
N, FOLDS = 40, 4


def waves(n=N, seed=0):
    """Descriptors, values that no line follows, and groups of four rows."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, 6))
    values = np.sin(1.5 * inputs[:, 0]) + inputs[:, 1] ** 2 / 4 + 0.02 * rng.normal(size=n)
    return inputs, values, np.arange(n) // 4


@pytest.fixture
def small_task(monkeypatch):
    """A task of waves under the name of another, in four folds."""
    inputs, values, groups = waves()

    def keyed(seed):
        split = grouped_split("waves", groups, n_folds=FOLDS, seed=seed)
        return KeyedSplit(
            suite="quantum", split=split, rows=np.arange(N), table=np.full(N, "waves.csv")
        )

    task = KernelTask(
        name="waves", title="waves", inputs=inputs, values=values, groups=groups, keyed=keyed
    )
    monkeypatch.setattr(suite, "task_of", lambda _: task)
    suite.predictions.cache_clear()
    yield task
    suite.predictions.cache_clear()


def test_every_kernel_has_as_many_candidates():
    assert {len(c.widths) * len(c.ridges) for c in KERNELS.values()} == {N_CANDIDATES}
    assert len(QUANTUM) == 2


def test_inner_folds_keep_groups_whole():
    groups = waves()[2]
    folds = inner_folds(groups, 0)
    for train, test in folds:
        assert not set(groups[train].tolist()) & set(groups[test].tolist())
    assert sorted(np.concatenate([test for _, test in folds]).tolist()) == list(range(N))
    assert len(inner_folds(np.array([0, 0, 1]), 0)) == 2


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_search_is_repeatable_and_finds_what_can_be_found(kernel):
    inputs, values, groups = waves(120)
    learn, ask = slice(0, 100), slice(100, None)
    search = KernelSearch(kernel=kernel)
    found = search.predict(inputs[learn], values[learn], groups[learn], inputs[ask])
    again = search.predict(inputs[learn], values[learn], groups[learn], inputs[ask])
    assert np.array_equal(found, again)
    error, least = np.std(found - values[ask]), np.std(values[ask])
    # What no line follows, a linear kernel cannot learn wholly.
    assert error < (0.95 if kernel == "linear" else 0.85) * least


@pytest.mark.parametrize("kernel", QUANTUM)
def test_shots_are_seeded_and_do_harm(kernel):
    inputs, values, groups = waves()
    learn, ask = slice(0, 30), slice(30, None)

    def found(**settings):
        search = KernelSearch(kernel=kernel, n_components=3, **settings)
        return search.predict(inputs[learn], values[learn], groups[learn], inputs[ask])

    assert np.array_equal(found(shots=100), found(shots=100))
    assert not np.array_equal(found(shots=100), found(shots=100, seed=1))
    few, many = (np.abs(found(shots=n) - found()).mean() for n in (20, 100_000))
    assert many < few


def test_the_scale_of_the_answer_does_not_matter():
    inputs, values, groups = waves()
    search = KernelSearch(kernel="fidelity", n_components=3)
    plain = search.predict(inputs, values, groups, inputs[:5])
    other = search.predict(inputs, 100 * values - 7, groups, inputs[:5])
    assert other == pytest.approx(100 * plain - 7, rel=1e-6)


def test_no_row_is_predicted_by_a_model_that_saw_it(small_task, monkeypatch):
    given = []

    def predict(self, inputs, values, groups, asked):
        given.append((inputs, asked))
        return np.zeros(len(asked))

    monkeypatch.setattr(KernelSearch, "predict", predict)
    suite.predictions("waves", Contender("RBF"), 0)
    assert len(given) == FOLDS
    for inputs, asked in given:
        assert len(inputs) + len(asked) == N
        assert not {tuple(row) for row in inputs} & {tuple(row) for row in asked}
    whole = {tuple(row) for inputs, _ in given for row in inputs}
    learnt = []
    for n_rows in (12, 20):
        given.clear()
        suite.predictions("waves", Contender("RBF", n_rows), 0)
        assert sum(len(asked) for _, asked in given) == N
        learnt.append({tuple(row) for inputs, _ in given for row in inputs})
        assert len(learnt[-1]) == n_rows
    # More rows at hand hold the fewer.
    assert learnt[0] < learnt[1] < whole


def test_a_job_gives_the_same_figures_twice(small_task):
    figures, who = [], Contender("fidelity", n_components=2)
    for _ in range(2):
        suite.predictions.cache_clear()
        found = suite._judged("waves", who, None, seeds=(0, 1), parity=True)
        figures.append(found.metrics)
    assert figures[0] == figures[1]
    assert {"rmse", "rmse_sd", "rmse_1000_shots", "rmse_above_rbf", "rmse_above_rbf_se"} <= set(
        figures[0]
    )
    assert len(found.measured) == len(found.predicted) == N
    rival = suite._judged("waves", who._replace(name="RBF"), None, seeds=(0, 1)).metrics
    assert "rmse_above_rbf" not in rival
    above = figures[0]["rmse"] - rival["rmse"]
    assert figures[0]["rmse_above_rbf"] == pytest.approx(above)


def test_a_difference_has_the_error_of_groups_and_seeds():
    rng = np.random.default_rng(0)
    groups = np.arange(60) // 3
    rival = rng.chisquare(1, size=(5, 60))
    assert suite.difference(rival, rival, groups) == {
        "rmse_above_rbf": 0.0,
        "rmse_above_rbf_se": 0.0,
    }
    # Of one seed and groups of one row it is the jackknife, which for a mean is that of textbooks.
    small = 1e-6 * rng.normal(size=(1, 60))
    one = np.ones((1, 60))
    found = suite.difference(one + small, one, np.arange(60))
    assert found["rmse_above_rbf"] == pytest.approx(small.mean() / 2, rel=1e-3)
    expected = small.std(ddof=1) / np.sqrt(60) / 2
    assert found["rmse_above_rbf_se"] == pytest.approx(expected, rel=1e-3)
    # Rows that err together are worth less than rows that do not.
    together = np.repeat(rng.chisquare(1, size=(1, 20)), 3, axis=1)
    whole = suite.difference(together, one, groups)["rmse_above_rbf_se"]
    rows = suite.difference(together, one, np.arange(60))["rmse_above_rbf_se"]
    assert whole > 1.4 * rows
    # Seeds that differ add theirs.
    shaken = one * np.array([[0.5], [1.0], [1.5]])
    of_seeds = suite.difference(shaken, np.ones((3, 60)), groups)["rmse_above_rbf_se"]
    assert of_seeds == pytest.approx(np.sqrt([0.5, 1.0, 1.5]).std(ddof=1) / np.sqrt(3))


def test_kernels_come_together_as_qubits_are_added(monkeypatch):
    _, values, groups = waves(60)
    wide = np.random.default_rng(1).normal(size=(60, 12))
    task = KernelTask(
        name="waves", title="w", inputs=wide, values=values, groups=groups, keyed=lambda _: None
    )
    monkeypatch.setattr(suite, "task_of", lambda _: task)
    means = [suite._off_diagonal("fidelity", n).mean() for n in (2, 5, 8)]
    assert means == sorted(means, reverse=True)
    assert means[-1] < means[0] / 3


@pytest.mark.usefixtures("sample")
def test_the_order_of_a_recipe_changes_no_kernel():
    points = sodium_conductivities().select(np.arange(2))
    texts = ("1 m NaPF6 in EC:PC:DMC 1:2:3 w/w", "1 m NaPF6 in DMC:EC:PC 3:1:2 w/w")
    rows = type(points)(
        property_name=points.property_name,
        formulations=tuple(parse_recipe(text) for text in texts),
        formulation_index=np.arange(2),
        temperature_k=np.full(2, 298.15),
        value=np.ones(2),
        source=np.full(2, "here"),
        source_row=np.arange(2),
        flag=np.full(2, ""),
    )
    one, two = model_descriptors(rows)
    assert one == pytest.approx(two, rel=1e-9)


@pytest.mark.usefixtures("sample")
def test_of_other_rows_the_packages_figures_are_not_taken():
    listed = jobs_of("quantum", splits=("sodium",), quick=True, seed=1)
    found = {job.model: job for job in listed}
    assert set(found) == {*KERNELS, suite.MEAN, tasks.FROM_SODIUM}
    assert "other rows" in found[tasks.FROM_SODIUM].skipped
    result = found["linear"].run(None)
    assert result.metrics["n"] == len(sodium_conductivities())
    assert result.metrics["seeds"] == 1


@pytest.mark.full_data
def test_families_are_the_frozen_ones_and_stay_whole():
    keyed = tasks.family_split(0)
    check(keyed, seed=0)
    task = tasks.task_of("oxidation")
    assert sorted(keyed.split.tested.tolist()) == list(range(len(task.values)))
    for train, test in keyed.split.folds:
        assert not set(task.groups[train].tolist()) & set(task.groups[test].tolist())


@pytest.mark.full_data
def test_our_model_is_that_of_the_suite_of_efficiency():
    found = suite._judged("efficiency", Contender(tasks.OURS), None, seeds=(0,)).metrics
    known = json.loads((RESULTS / "efficiency.json").read_text(encoding="utf-8"))["tasks"]
    (theirs,) = [
        t["metrics"] for t in known if (t["split"], t["model"]) == ("solvents", tasks.OURS)
    ]
    assert found["rmse"] == pytest.approx(theirs["rmse"], rel=0.02)


@pytest.mark.full_data
def test_the_packages_figures_of_sodium_are_those_of_its_suite():
    metrics, _ = tasks.sodium_result()
    assert metrics["n"] == len(sodium_conductivities())
    assert metrics["mae"] < metrics["rmse"]
    assert jobs_of("quantum", splits=("sodium",), models=(tasks.FROM_SODIUM,))[0].skipped is None


def test_the_example_of_the_page_runs():
    page = (Path(__file__).parents[3] / "docs" / "quantum_kernels.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    held = {}
    exec(example, held)
    assert len(held["mean"]) == len(held["spread"]) == 30
