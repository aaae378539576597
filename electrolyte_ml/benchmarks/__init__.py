"""Benchmark suites: our models beside baselines, on splits that do not leak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from electrolyte_ml.benchmarks.job import Job, JobResult, Progress
from electrolyte_ml.benchmarks.registry import jobs_of, suite_names

__all__ = ["Job", "JobResult", "jobs_of", "run_suite", "suite_names"]


def run_suite(
    suite: str,
    *,
    quick: bool = False,
    splits: Sequence[str] | None = None,
    models: Sequence[str] | None = None,
    seed: int = 0,
    fresh: bool = False,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run a suite; jobs that were finished before are not run again.

    Parameters
    ----------
    suite
        One of `suite_names()`.
    quick
        The headline split only, without slow baselines.
    splits
        Only these splits; all of the suite by default.
    models
        Only these models, by their names in the leaderboard; all by default.
    seed
        Of splits and models.
    fresh
        Run also jobs that were finished before.
    folder
        Where finished jobs are kept; in the user's state folder by default.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    dict
        ``{"suite", "tasks": [{"task", "split", "model", "metrics"}], "skipped", "seed",
        "environment", "data_sha256", "split_sha256"}``; tasks of suites that judge parts of the
        tested rows have ``subsets``, metrics by the name of the part.

    Raises
    ------
    InputError
        If there is no such suite, split or model, or the data are not those of the frozen splits.
    MissingDependencyError
        If something that the suite needs is not installed.
    DataNotFoundError
        If its data are not on this machine.
    """
    from electrolyte_ml.benchmarks.runner import run_jobs
    from electrolyte_ml.benchmarks.store import JobStore, default_folder

    jobs = jobs_of(
        suite,
        quick=quick,
        splits=tuple(splits) if splits else None,
        seed=seed,
        models=tuple(models) if models else None,
    )
    store = JobStore(folder=folder or default_folder())
    return run_jobs(suite, jobs, seed=seed, store=store, fresh=fresh, progress=progress).to_dict()
