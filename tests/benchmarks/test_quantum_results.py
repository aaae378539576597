"""What committed results of the suite ``quantum`` say, and with them `docs/quantum_kernels.md`."""

import json
import re
from pathlib import Path

import pytest

from electrolyte_ml.benchmarks.suites.quantum.kernel_search import (
    FIDELITY,
    KERNELS,
    LINEAR,
    MATERN,
    PROJECTED,
    RBF_KERNEL,
)
from electrolyte_ml.benchmarks.suites.quantum.suite import LEARNING, MEAN, QUBITS
from electrolyte_ml.benchmarks.suites.quantum.tasks import (
    CALCULATED,
    EFFICIENCY,
    FROM_SODIUM,
    OURS,
    OXIDATION_TASK,
    REDUCTION_TASK,
    SODIUM,
    TASKS,
)

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "quantum_kernels.md"
QUANTUM = (FIDELITY, PROJECTED)
CURVE = [f"{n} rows" for n in LEARNING]
_PLACEHOLDER = re.compile(r"<!-- (?:figures|across): .*? -->")


@pytest.fixture(scope="module")
def metrics():
    tasks = json.loads((RESULTS / "quantum.json").read_text(encoding="utf-8"))["tasks"]
    return {(task["split"], task["model"]): task["metrics"] for task in tasks}


def doubts(numbers):
    """Difference from the RBF kernel in standard errors."""
    return numbers["rmse_above_rbf"] / numbers["rmse_above_rbf_se"]


def test_every_table_is_whole(metrics):
    for split in (*TASKS, *CURVE):
        for kernel in KERNELS:
            assert metrics[split, kernel]["seeds"] == 5
            assert metrics[split, kernel]["rmse_sd"] > 0
        for kernel in QUANTUM:
            assert (split not in TASKS) or metrics[split, kernel]["rmse_1000_shots"] > 0
    for n in QUBITS:
        for kernel in QUANTUM:
            assert metrics["qubits", f"{kernel} on {n} qubits"]["lg_off_diagonal_variance"] < 0
    assert metrics["time", RBF_KERNEL]["time_of_rbf"] == pytest.approx(1, rel=0.5)
    assert {m["n"] for (s, _), m in metrics.items() if s == SODIUM} == {40}
    assert {m["n"] for (s, _), m in metrics.items() if s in CURVE} == {147}


def test_no_quantum_kernel_surely_differs_from_rbf(metrics):
    for task in TASKS:
        for kernel in (*QUANTUM, MATERN):
            assert abs(doubts(metrics[task, kernel])) < 2
    for split in CURVE:
        for kernel in QUANTUM:
            assert doubts(metrics[split, kernel]) > -2
    linear = {task: doubts(metrics[task, LINEAR]) for task in TASKS}
    assert [task for task, apart in linear.items() if apart > 2] == [EFFICIENCY]


def test_oxidation_of_unseen_families_is_beyond_kernels(metrics):
    mean = metrics[OXIDATION_TASK, MEAN]["rmse"]
    for kernel in KERNELS:
        assert metrics[OXIDATION_TASK, kernel]["rmse"] > 0.9 * mean


def test_what_the_package_knows_is_worth_more_than_a_kernel(metrics):
    for task in (OXIDATION_TASK, REDUCTION_TASK):
        for ours in (OURS, CALCULATED):
            assert doubts(metrics[task, ours]) < -2
    least = min(metrics[SODIUM, kernel]["rmse"] for kernel in KERNELS)
    assert metrics[SODIUM, FROM_SODIUM]["rmse"] < 0.5 * least
    ours = metrics[EFFICIENCY, OURS]
    assert -2.5 < doubts(ours) < -1.5
    six, eight = (
        metrics[split, name]["rmse"]
        for split, name in ((EFFICIENCY, RBF_KERNEL), ("qubits", f"{RBF_KERNEL} on 8 components"))
    )
    assert six - eight > 0.5 * (six - ours["rmse"])


def test_values_of_the_fidelity_kernel_come_together(metrics):
    def of(kernel, name):
        return [metrics["qubits", f"{kernel} on {n} qubits"][name] for n in QUBITS]

    mean, variance = (of(FIDELITY, f"lg_off_diagonal_{n}") for n in ("mean", "variance"))
    assert mean == sorted(mean, reverse=True)
    assert variance[-1] < variance[0] - 0.5
    classical = [
        metrics["qubits", f"{RBF_KERNEL} on {n} components"]["lg_off_diagonal_mean"] for n in QUBITS
    ]
    assert classical == sorted(classical, reverse=True)
    alone = of(PROJECTED, "lg_off_diagonal_mean")
    assert mean[0] - mean[-1] > 2 * (alone[0] - alone[-1])
    for kernel in QUANTUM:
        for n in QUBITS[::2]:
            assert doubts(metrics["qubits", f"{kernel} on {n} qubits"]) > -2
    for kernel, unit in ((FIDELITY, "qubits"), (PROJECTED, "qubits"), (RBF_KERNEL, "components")):
        errors = [metrics["qubits", f"{kernel} on {n} {unit}"]["rmse"] for n in (2, 8)]
        assert errors[1] < 0.9 * errors[0]


def test_counting_makes_nearly_all_errors_larger(metrics):
    larger = [
        metrics[task, kernel]["rmse_1000_shots"] > metrics[task, kernel]["rmse"]
        for task in TASKS
        for kernel in QUANTUM
    ]
    assert sum(larger) >= len(larger) - 1


def test_the_packages_figures_of_sodium_are_not_stale(metrics):
    """After a training of conductivity: run the suite ``sodium``, then ``quantum``."""
    known = json.loads((RESULTS / "sodium.json").read_text(encoding="utf-8"))["tasks"]
    (theirs,) = [
        t["metrics"] for t in known if t["model"] == "trained on all cations and the other papers"
    ]
    assert metrics[SODIUM, FROM_SODIUM]["mae"] == pytest.approx(theirs["mae_log10"], rel=0.1)


def test_figures_of_the_page_are_read_from_results_that_exist(metrics):
    page = PAGE.read_text(encoding="utf-8")
    asked = _PLACEHOLDER.findall(page)
    assert len(asked) >= 8
    splits = {split for split, _ in metrics}
    models = {model for _, model in metrics}
    for placeholder in asked:
        kind, parts = placeholder[5:-4].split(": ", 1)
        fields = parts.split(" / ")
        assert fields[0] == "quantum"
        chosen = fields[2] if kind == "across" else fields[1]
        assert set(chosen.split(", ")) <= splits
        named = fields[3] if kind == "across" else fields[2]
        assert named == "*" or set(named.split(", ")) <= models
    # No error is typed by hand.
    prose = _PLACEHOLDER.sub("", page).split("```", maxsplit=1)[0]
    assert re.findall(r"\b\d\.\d{2,}\b", re.sub(r"\(https?://\S+\)", "", prose)) == []
