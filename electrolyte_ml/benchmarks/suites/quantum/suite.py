"""Suite ``quantum``: quantum kernels beside classical ones, with equal chances.

Splits ``sodium``, ``efficiency``, ``oxidation`` and ``reduction``: five kernels in the same nested
search (`KernelSearch`) on the same rows (`KernelTask`), five seeds of folds and search, the mean of
the training rows, and what the package itself says of these rows. Splits ``20 rows`` to ``147
rows``: efficiency learnt from so many rows less those tested, and judged on all. Split ``qubits``:
how far the values of a kernel come together as qubits are added, before its width is tuned, and the
error after that. Split ``time``: time of a row of the kernel matrix, as a ratio; timings are never
kept.

What a kernel errs more than the RBF kernel stands beside a standard error, of the groups left out
(jackknife: each left out of the judgement in turn) and of the seeds together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from statistics import median
from time import process_time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.frozen import KeyedSplit, check
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import linear_metrics
from electrolyte_ml.benchmarks.suites.quantum import tasks
from electrolyte_ml.benchmarks.suites.quantum.kernel_search import (
    KERNELS,
    RBF_KERNEL,
    KernelSearch,
)
from electrolyte_ml.benchmarks.suites.quantum.tasks import (
    CALCULATED,
    EFFICIENCY,
    FROM_SODIUM,
    OURS,
    OXIDATION_TASK,
    SODIUM,
    TASKS,
    KernelTask,
    task_of,
)
from electrolyte_ml.features.quantum_kernel import principal_components
from electrolyte_ml.threads import one_thread

Floats = NDArray[np.float64]

N_SEEDS = 5
#: Principal components, and qubits, where their number is not what is asked.
N_COMPONENTS = 6
#: Runs of each circuit in the column of shots.
SHOTS = 1000
#: Rows at hand, of all 147; those of a fold that is tested are not learnt from.
LEARNING = (20, 35, 60, 100, 147)
QUBITS = tuple(range(2, 11))
# Numbers of qubits of which the error is worked out, too.
_JUDGED_QUBITS = QUBITS[::2]
_QUBITS, _TIME, _ROWS, MEAN = "qubits", "time", " rows", "mean"
SPLITS = (*TASKS, *(f"{n}{_ROWS}" for n in LEARNING), _QUBITS, _TIME)
#: Of the short form, with one seed, and without the package's window models, which take minutes.
QUICK = (SODIUM, EFFICIENCY, OXIDATION_TASK)
_TIMINGS = 51
_CODE = (
    "electrolyte_ml.benchmarks.baselines",
    "electrolyte_ml.benchmarks.efficiency_splits",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.suites.quantum",
    "electrolyte_ml.features.quantum_kernel",
)
_OUR_CODE = (
    *_CODE,
    "electrolyte_ml.data",
    "electrolyte_ml.models.efficiency",
    "electrolyte_ml.models.window",
    "electrolyte_ml.quantum",
)


class Contender(NamedTuple):
    """Who predicts the rows of a task: a kernel with its settings, the mean, or the package.

    Attributes
    ----------
    name
        A key of `KERNELS`, ``mean``, ``our model`` or ``our calculation``.
    n_rows
        Rows at hand; all if None.
    n_components
        Of kernels.
    shots
        Of quantum kernels.
    """

    name: str
    n_rows: int | None = None
    n_components: int = N_COMPONENTS
    shots: int | None = None


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Kernels and the package's models on all tasks, learning curves, qubits and timings.

    Parameters
    ----------
    quick
        One seed, and three tasks without the package's models of windows.
    splits
        Names from `SPLITS`.
    seed
        The first of the seeds.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=SPLITS, default=QUICK if quick else SPLITS)
    seeds = (seed,) if quick else tuple(range(seed, seed + N_SEEDS))
    listed: list[Job] = []
    for split in chosen:
        if split in TASKS:
            listed += _jobs_of_task(split, seeds, quick=quick)
        elif split == _QUBITS:
            listed += _jobs_of_qubits(seeds)
        elif split == _TIME:
            listed += [_job(EFFICIENCY, _TIME, k, partial(_timed, k), seeds) for k in KERNELS]
        else:
            listed += _jobs_of_learning(split, seeds)
    return listed


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """The families of molecules; the other tasks have splits of other suites."""
    return [tasks.family_split(seed)]


def _job(
    task_name: str,
    split: str,
    model: str,
    run: Callable[[Progress | None], JobResult],
    seeds: tuple[int, ...],
    *,
    ours: bool = False,
    version: str = "",
    skipped: str | None = None,
) -> Job:
    task = task_of(task_name)
    keyed = task.keyed(seeds[0])
    check(keyed, seed=seeds[0])
    return Job(
        task=task.title,
        split=split,
        model=model,
        seed=seeds[0],
        run=run,
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        depends_on=_OUR_CODE if ours else _CODE,
        version=f"{task.content_sha256} {seeds} {version}",
        skipped=skipped,
        kept=split != _TIME,
    )


def _jobs_of_task(name: str, seeds: tuple[int, ...], *, quick: bool) -> list[Job]:
    judge = partial(_judged, name, seeds=seeds, parity=True)
    listed = [
        _job(name, name, who, partial(judge, Contender(who)), seeds) for who in (*KERNELS, MEAN)
    ]
    if name == SODIUM:
        metrics, told = tasks.sodium_result()
        skipped = told if metrics is None else None
        listed.append(
            _job(name, name, FROM_SODIUM, _from_sodium, seeds, version=told, skipped=skipped)
        )
    elif name == EFFICIENCY:
        listed.append(_job(name, name, OURS, partial(judge, Contender(OURS)), seeds, ours=True))
    elif not quick:
        for who in (OURS, CALCULATED):
            listed.append(_job(name, name, who, partial(judge, Contender(who)), seeds, ours=True))
    return listed


def _jobs_of_learning(split: str, seeds: tuple[int, ...]) -> list[Job]:
    n_rows: int | None = int(split.removesuffix(_ROWS))
    if n_rows == len(task_of(EFFICIENCY).values):
        n_rows = None
    return [
        _job(
            EFFICIENCY,
            split,
            who,
            partial(_judged, EFFICIENCY, Contender(who, n_rows), seeds=seeds),
            seeds,
            ours=who == OURS,
        )
        for who in (*KERNELS, OURS)
    ]


def _jobs_of_qubits(seeds: tuple[int, ...]) -> list[Job]:
    quantum = [name for name, candidates in KERNELS.items() if candidates.quantum]
    return [
        _job(
            EFFICIENCY,
            _QUBITS,
            f"{kernel} on {n} {'qubits' if kernel in quantum else 'components'}",
            partial(_concentrated, kernel, n, seeds),
            seeds,
        )
        for kernel in (RBF_KERNEL, *quantum)
        for n in QUBITS
    ]


def _from_sodium(progress: Progress | None) -> JobResult:
    del progress
    metrics, reason = tasks.sodium_result()
    if metrics is None:
        raise AssertionError(reason)
    above = metrics["rmse"] - _rmse(SODIUM, Contender(RBF_KERNEL), 0)
    return JobResult(metrics={**metrics, "rmse_above_rbf": above})


def _rmse(task_name: str, who: Contender, seed: int) -> float:
    return float(np.sqrt(_squared(task_name, who, seed).mean()))


def _squared(task_name: str, who: Contender, seed: int) -> Floats:
    return (predictions(task_name, who, seed) - task_of(task_name).values) ** 2


@cache
def predictions(task_name: str, who: Contender, seed: int) -> Floats:
    """What a predictor says of each row, from folds that the row is not in, shape (n,).

    Parameters
    ----------
    task_name
        One of `TASKS`.
    who
        The predictor.
    seed
        Of the folds, of the rows at hand and of the search.
    """
    task = task_of(task_name)
    if who.name == MEAN:
        return tasks.mean_of_others(task, seed)
    held = _held(task, who.n_rows, seed)
    if who.name in KERNELS:
        return _by_kernel(task, who, seed, held)
    if task_name == EFFICIENCY:
        return tasks.efficiency_by_our_model(seed, held)
    return tasks.limits_by_our_models(seed)[task_name, who.name]


def _held(task: KernelTask, n_rows: int | None, seed: int) -> NDArray[np.bool_]:
    """Rows at hand: the first of an order that is drawn, so that more rows hold the fewer."""
    order = np.random.default_rng(seed).permutation(len(task.values))
    held = np.zeros(len(task.values), dtype=np.bool_)
    held[order[:n_rows]] = True
    return held


def _by_kernel(task: KernelTask, who: Contender, seed: int, held: NDArray[np.bool_]) -> Floats:
    search = KernelSearch(
        kernel=who.name, n_components=who.n_components, seed=seed, shots=who.shots
    )
    found = np.empty(len(task.values))
    for everything, test in task.keyed(seed).split.folds:
        train = everything[held[everything]]
        found[test] = search.predict(
            task.inputs[train], task.values[train], task.groups[train], task.inputs[test]
        )
    return found


def _judged(
    task_name: str,
    who: Contender,
    progress: Progress | None,
    *,
    seeds: tuple[int, ...],
    parity: bool = False,
) -> JobResult:
    """Errors over all seeds, and how far they are above those of the RBF kernel."""
    task, found = task_of(task_name), []
    for number, seed in enumerate(seeds, start=1):
        found.append(predictions(task_name, who, seed))
        if progress is not None:
            progress(who.name, number, len(seeds))
    metrics = _metrics(task, np.array(found))
    if parity and who.name in KERNELS and KERNELS[who.name].quantum:
        counted = who._replace(shots=SHOTS)
        metrics["rmse_1000_shots"] = float(
            np.mean([_rmse(task_name, counted, seed) for seed in seeds])
        )
    if who.name != RBF_KERNEL:
        rival = who._replace(name=RBF_KERNEL)
        metrics |= difference(
            np.array([_squared(task_name, who, seed) for seed in seeds]),
            np.array([_squared(task_name, rival, seed) for seed in seeds]),
            task.groups,
        )
    if not parity:
        return JobResult(metrics=metrics)
    return JobResult(
        metrics=metrics, measured=task.values, predicted=np.mean(np.array(found), axis=0)
    )


def _metrics(task: KernelTask, found: Floats) -> dict[str, float]:
    """Mean over seeds of the errors, and the spread of RMSE; ``found`` has a row a seed."""
    of_seed = [linear_metrics(task.values, one, task.groups) for one in found]
    rmse = np.sqrt(((found - task.values) ** 2).mean(axis=1))
    metrics = {
        "n": len(task.values),
        "seeds": len(found),
        "mae": float(np.mean([m["mae"] for m in of_seed])),
        "rmse": float(rmse.mean()),
    }
    if len(found) > 1:
        metrics["rmse_sd"] = float(rmse.std(ddof=1))
    for name in ("r2", "spearman"):
        metrics[name] = float(np.mean([m[name] for m in of_seed]))
    return metrics


def difference(squared: Floats, rival: Floats, groups: NDArray[np.intp]) -> dict[str, float]:
    """How much larger an RMSE is than that of a rival on the same rows, with a standard error.

    Parameters
    ----------
    squared, rival
        Squared errors, a row a seed, shapes (s, n).
    groups
        Group of each row, shape (n,).

    Returns
    -------
    dict
        ``rmse_above_rbf``, and ``rmse_above_rbf_se``: from the groups, each left out in turn
        (jackknife), and from the seeds, where there are several.
    """

    def above(rows: NDArray[np.bool_]) -> Floats:
        roots = [np.sqrt(errors[:, rows].mean(axis=1)) for errors in (squared, rival)]
        found: Floats = roots[0] - roots[1]
        return found

    names = np.unique(groups)
    of_seeds = above(np.ones(len(groups), dtype=np.bool_))
    without = np.array([above(groups != name).mean() for name in names])
    of_groups = (len(names) - 1) / len(names) * ((without - without.mean()) ** 2).sum()
    of_seed = of_seeds.var(ddof=1) / len(of_seeds) if len(of_seeds) > 1 else 0.0
    return {
        "rmse_above_rbf": float(of_seeds.mean()),
        "rmse_above_rbf_se": float(np.sqrt(of_groups + of_seed)),
    }


def _concentrated(
    kernel: str, n_components: int, seeds: tuple[int, ...], progress: Progress | None
) -> JobResult:
    """Values of the kernel between different rows at width 1, and the error after tuning."""
    metrics: dict[str, float] = {"n": len(task_of(EFFICIENCY).values)}
    if n_components in _JUDGED_QUBITS:
        who = Contender(kernel, n_components=n_components)
        metrics |= _judged(EFFICIENCY, who, progress, seeds=seeds).metrics
    values = _off_diagonal(kernel, n_components)
    metrics["lg_off_diagonal_mean"] = float(np.log10(values.mean()))
    metrics["lg_off_diagonal_variance"] = float(np.log10(values.var()))
    return JobResult(metrics=metrics)


@one_thread()
def _off_diagonal(kernel: str, n_components: int) -> Floats:
    rows = principal_components(n_components).fit_transform(task_of(EFFICIENCY).inputs)
    matrix: Floats = KERNELS[kernel].make(1.0, None)(rows)
    return matrix[np.triu_indices(len(rows), 1)]


@one_thread()
def _timed(kernel: str, progress: Progress | None) -> JobResult:
    """Time of the kernel matrix over that of the RBF kernel, the two in turn."""
    del progress
    rows = principal_components(N_COMPONENTS).fit_transform(task_of(EFFICIENCY).inputs)
    metrics: dict[str, float] = {"n": len(rows)}
    rival = KERNELS[RBF_KERNEL].make(1.0, None)
    for name, shots in (("time_of_rbf", None), ("time_of_rbf_1000_shots", SHOTS)):
        if shots is None or KERNELS[kernel].quantum:
            ours = KERNELS[kernel].make(1.0, shots)
            ratios = [_seconds(ours, rows) / _seconds(rival, rows) for _ in range(_TIMINGS)]
            metrics[name] = median(ratios)
    return JobResult(metrics=metrics)


def _seconds(kernel: Callable[[Floats], Floats], rows: Floats) -> float:
    start = process_time()
    kernel(rows)
    return process_time() - start
