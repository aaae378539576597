"""Running the jobs of a suite, one after the other, so that nothing finished is ever lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from electrolyte_ml.benchmarks.compare import paired_differences
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress
from electrolyte_ml.benchmarks.store import JobStore, environment
from electrolyte_ml.executors import as_finished


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """Jobs of a suite with their results.

    Attributes
    ----------
    suite
        Name of the suite.
    seed
        Of splits and models.
    finished
        Jobs with their results, in the order of the leaderboard.
    skipped
        Jobs that cannot run here.
    """

    suite: str
    seed: int
    finished: tuple[tuple[Job, JobResult], ...]
    skipped: tuple[Job, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON: tasks of the contract, skipped jobs, and provenance of the numbers."""
        every = [*(job for job, _ in self.finished), *self.skipped]
        return {
            "suite": self.suite,
            "tasks": [
                {
                    "task": job.task,
                    "split": job.split,
                    "model": job.model,
                    "metrics": {**result.metrics, "seed": job.seed},
                    **({"subsets": dict(result.subsets)} if result.subsets else {}),
                }
                for job, result in self.finished
            ],
            "skipped": [
                {
                    "task": job.task,
                    "split": job.split,
                    "model": job.model,
                    "reason": job.skipped,
                }
                for job in self.skipped
            ],
            "paired": paired_differences(self.finished),
            "seed": self.seed,
            "environment": environment(),
            "data_sha256": _merged(job.data for job in every),
            "split_sha256": _merged(
                {f"{job.task}; {job.split}": job.split_sha256} for job in every
            ),
        }


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C between or within jobs; those that finished are kept.

    Attributes
    ----------
    n_finished, n_jobs
        How many jobs are done, of how many.
    """

    def __init__(self, n_finished: int, n_jobs: int) -> None:
        super().__init__(f"{n_finished} of {n_jobs} jobs are done")
        self.n_finished, self.n_jobs = n_finished, n_jobs


def run_jobs(
    suite: str,
    jobs: Sequence[Job],
    *,
    seed: int,
    store: JobStore,
    fresh: bool = False,
    progress: Progress | None = None,
    executor: Executor | None = None,
    run_elsewhere: Callable[[int], JobResult] | None = None,
) -> SuiteResult:
    """Run jobs that are not kept, and keep each as soon as it is done.

    Parameters
    ----------
    suite
        Name of the suite.
    jobs
        Its jobs.
    seed
        Of splits and models, for the record.
    store
        Where finished jobs are.
    fresh
        Run jobs again whose results are kept.
    progress
        Called as ``progress(what, done, total)`` with numbers of jobs.
    executor
        Where jobs are run whose results may be kept; timings are always taken here, one by one.
    run_elsewhere
        Runs the job of a number, from 0, in another process; needed with an executor.

    Raises
    ------
    RunInterrupted
        On Ctrl-C.
    """
    todo = [job for job in jobs if job.skipped is None]
    finished: list[tuple[Job, JobResult]] = []
    with _interrupts() as pressed:
        try:
            if executor is not None and run_elsewhere is not None:
                new = [n for n, job in enumerate(jobs) if _is_new(job, store, fresh)]
                results = as_finished(run_elsewhere, new, executor)
                _keep(results, jobs, len(new), store, progress)
                fresh = False  # all that may be kept is there now
            for number, job in enumerate(todo):
                _tell(progress, job.name, number, len(todo))
                within = _within(progress, job, number, todo)
                finished.append((job, _result(job, store, fresh, within)))
            _tell(progress, "done", len(todo), len(todo))
        except (KeyboardInterrupt, Exception) as error:
            if pressed or isinstance(error, KeyboardInterrupt):
                raise RunInterrupted(len(finished), len(todo)) from None
            raise
    skipped = tuple(job for job in jobs if job.skipped is not None)
    return SuiteResult(suite=suite, seed=seed, finished=tuple(finished), skipped=skipped)


def _keep(
    finished: Iterator[tuple[int, Future[JobResult]]],
    jobs: Sequence[Job],
    n_todo: int,
    store: JobStore,
    progress: Progress | None,
) -> None:
    """Keep results of an executor as they come.

    A job that fails does not stop the others; its error is raised in the end.
    """
    errors = []
    for done, (number, future) in enumerate(finished, start=1):
        error = future.exception()
        if error is None:
            store.put(jobs[number], future.result())
        else:
            errors.append(error)
        _tell(progress, jobs[number].name, done, n_todo)
    if errors:
        raise errors[0]


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Record Ctrl-C: a library in C that is called meanwhile may turn it into its own error."""
    pressed: list[int] = []

    def record(number: int, frame: FrameType | None) -> None:
        del frame
        pressed.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield pressed  # only the main thread may handle signals
        return
    before = signal.signal(signal.SIGINT, record)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _is_new(job: Job, store: JobStore, fresh: bool) -> bool:
    """Whether a job is to be run whose result may then be kept."""
    return job.skipped is None and job.kept and (fresh or store.get(job) is None)


def _result(job: Job, store: JobStore, fresh: bool, progress: Progress | None) -> JobResult:
    kept = store.get(job) if job.kept and not fresh else None
    if kept is not None:
        return kept
    result = job.run(progress)
    if job.kept:
        store.put(job, result)
    return result


def _within(
    progress: Progress | None, job: Job, number: int, jobs: Sequence[Job]
) -> Progress | None:
    """Callback for the steps within a job."""
    if progress is None:
        return None
    return lambda _, done, total: _tell(
        progress, f"{job.name}, {done} of {total}", number, len(jobs)
    )


def _tell(progress: Progress | None, what: str, done: int, total: int) -> None:
    if progress is not None:
        progress(what, done, total)


def _merged(parts: Any) -> dict[str, str]:
    merged: dict[str, str] = {}
    for part in parts:
        known: Mapping[str, str] = part
        merged |= {name: value for name, value in known.items() if value}
    return merged
