"""Comparing results: which numbers of a suite got worse, and searches, seed by seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.benchmarks.job import Job, JobResult
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import reading
from electrolyte_ml.models.intervals import COVERAGE

#: Share of itself by which an error may grow, or a gain shrink, before it is a regression.
TOLERANCE = 0.05
#: Amount by which R2, a rank correlation or a coverage may get worse.
SCORE_TOLERANCE = 0.02
# Timings are noisy: only a loss of this share of the speed counts.
_SPEED_TOLERANCE = 0.3


class Kind(Enum):
    """Direction in which a metric gets worse."""

    ERROR = "larger is worse"
    SCORE = "smaller is worse"
    COVERAGE = "farther from 90 % is worse"
    GAIN = "smaller by a share of itself is worse"
    SPEED = "slower is worse"


#: Metrics that are judged; others (counts, widths) are descriptions.
JUDGED: dict[str, Kind] = {
    "mae": Kind.ERROR,
    "rmse": Kind.ERROR,
    "mae_log10": Kind.ERROR,
    "median_ape_percent": Kind.ERROR,
    "mape_percent": Kind.ERROR,
    "regret_percent": Kind.ERROR,
    "experiments_to_95": Kind.ERROR,
    "r2": Kind.SCORE,
    "r2_log10": Kind.SCORE,
    "spearman": Kind.SCORE,
    "pairs_right": Kind.SCORE,
    "coverage": Kind.COVERAGE,
    "hypervolume_percent": Kind.GAIN,
    "speed_ratio": Kind.SPEED,
}

_Task = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A number that got worse.

    Attributes
    ----------
    task, split, model
        Which job.
    what
        The metric and both of its values, or the missing job.
    """

    task: str
    split: str
    model: str
    what: str

    def __str__(self) -> str:
        return f"{self.task}; {self.split}; {self.model}: {self.what}"


def read_result(path: Path) -> dict[str, Any]:
    """A result of a suite from its JSON file.

    Raises
    ------
    InputError
        If there is no such file, or it is not the result of a suite.
    """
    with reading(path):
        content = path.read_bytes()
    try:
        result = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    fields = {"task", "split", "model", "metrics"}
    tasks = result.get("tasks") if isinstance(result, dict) else None
    if not isinstance(tasks, list) or not all(
        isinstance(t, dict) and fields <= t.keys() and isinstance(t["metrics"], dict) for t in tasks
    ):
        raise InputError(f"{path} is not a result of electrolyte-ml bench: it has no such tasks")
    held: dict[str, Any] = result
    return held


def regressions(
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    tolerance: float = TOLERANCE,
    score_tolerance: float = SCORE_TOLERANCE,
) -> list[Regression]:
    """Numbers of the second result that are worse than in the first.

    Parameters
    ----------
    before, after
        Results of one suite, as `electrolyte_ml.benchmarks.run_suite` returns them.
    tolerance
        Share by which errors may grow.
    score_tolerance
        Amount by which R2, rank correlation and coverage may get worse.

    Returns
    -------
    list of Regression
        Jobs or metrics that are gone from the second result are among them.

    Raises
    ------
    InputError
        If the results are of different suites, or a tolerance is negative.
    """
    if before.get("suite") != after.get("suite"):
        raise InputError(
            f"results of different suites: {before.get('suite')!r} and {after.get('suite')!r}"
        )
    if min(tolerance, score_tolerance) < 0:
        raise InputError("a tolerance is at least 0")
    held = _numbers(after)
    found = []
    for name, metrics in _numbers(before).items():
        if name not in held:
            found.append(_regression(name, "not in the second result"))
            continue
        for metric, kind in JUDGED.items():
            old, new = metrics.get(metric), held[name].get(metric)
            if old is None:
                continue
            if new is None:
                found.append(_regression(name, f"{metric} is gone, it was {old:.4g}"))
            elif _worse(kind, old, new) > _allowed(kind, old, tolerance, score_tolerance):
                found.append(_regression(name, f"{metric} {old:.4g} -> {new:.4g}"))
    return found


def _worse(kind: Kind, old: float, new: float) -> float:
    """By how much the new value is worse, in the metric's own unit."""
    if kind is Kind.ERROR:
        return new - old
    if kind is Kind.COVERAGE:
        return abs(new - COVERAGE) - abs(old - COVERAGE)
    return old - new


def _allowed(kind: Kind, old: float, tolerance: float, score_tolerance: float) -> float:
    if kind in {Kind.ERROR, Kind.GAIN}:
        return tolerance * abs(old)
    if kind is Kind.SPEED:
        return _SPEED_TOLERANCE * abs(old)
    return score_tolerance


def _numbers(result: dict[str, Any]) -> dict[_Task, dict[str, float]]:
    """Metrics of all jobs, and of parts of their rows, by task, split and model."""
    numbers: dict[_Task, dict[str, float]] = {}
    for task in result["tasks"]:
        name = task["task"], task["split"], task["model"]
        numbers[name] = task["metrics"]
        for subset, metrics in task.get("subsets", {}).items():
            numbers[*name[:2], f"{name[2]}; {subset}"] = metrics
    return numbers


def _regression(name: _Task, what: str) -> Regression:
    return Regression(task=name[0], split=name[1], model=name[2], what=what)


def paired_differences(finished: Sequence[tuple[Job, JobResult]]) -> list[dict[str, Any]]:
    """How far the first strategy of each split is ahead of every other, seed by seed.

    Worlds differ far more among each other than strategies do: the spread of a strategy over seeds
    is mostly that of the worlds, some of which are hard for all. Strategies are therefore compared
    by their difference in the same world.

    Parameters
    ----------
    finished
        Jobs of a suite with their results; those without a trace, or with another number of seeds
        than the first of their split, are left out.

    Returns
    -------
    list of dict
        ``task``, ``split``, ``model`` ahead, ``rival``, number of ``seeds``; ``ahead`` and
        ``ahead_se``, mean of the final difference, percent of the optimum, and its standard
        error; ``ahead_all_along`` and ``ahead_all_along_se``, likewise of the
        mean over all experiments; ``won`` and ``lost``, numbers of seeds; and ``p``, one-sided
        probability of such ranks by chance (Wilcoxon's signed-rank test [1]_), None where no seed
        differs.

    References
    ----------
    .. [1] Wilcoxon, Biometrics Bulletin 1945, 1, 80. https://doi.org/10.2307/3001968
    """
    first: dict[tuple[str, str], tuple[Job, JobResult]] = {}
    rows = []
    for job, result in finished:
        if len(result.trace) < 2:
            continue
        ours, held = first.setdefault((job.task, job.split), (job, result))
        if ours is job or held.trace.shape != result.trace.shape:
            continue
        rows.append(_row(ours, job, held, result))
    return rows


def _row(ours: Job, rival: Job, held: JobResult, result: JobResult) -> dict[str, Any]:
    from scipy.stats import wilcoxon

    end = held.trace[:, -1] - result.trace[:, -1]
    along = held.trace.mean(axis=1) - result.trace.mean(axis=1)
    root = np.sqrt(len(end))
    return {
        "task": ours.task,
        "split": ours.split,
        "model": ours.model,
        "rival": rival.model,
        "seeds": len(end),
        "ahead": float(end.mean()),
        "ahead_se": float(end.std(ddof=1) / root),
        "ahead_all_along": float(along.mean()),
        "ahead_all_along_se": float(along.std(ddof=1) / root),
        "won": int((end > 0).sum()),
        "lost": int((end < 0).sum()),
        "p": float(wilcoxon(end, alternative="greater").pvalue) if end.any() else None,
    }
