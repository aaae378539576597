"""Finished jobs on disk: what was computed once is not computed again.

A job is kept under a hash of everything its numbers depend on: task, split, model, seed, version
of this package and of the ones it uses, data files, split, and the source code that it names. Each
file is whole or absent, so that a run may be killed at any moment.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from electrolyte_ml.benchmarks.base import Job, JobResult
from electrolyte_ml.benchmarks.environment import code_sha256, environment


def default_folder() -> Path:
    """Where finished jobs are kept: in the user's state folder (``$XDG_STATE_HOME``)."""
    from platformdirs import user_state_path

    return user_state_path("electrolyte_ml") / "bench"


def job_key(job: Job) -> str:
    """Hash of everything the numbers of a job depend on."""
    parts = {
        "task": job.task,
        "split": job.split,
        "model": job.model,
        "seed": job.seed,
        "data": dict(job.data),
        "split_sha256": job.split_sha256,
        "code": code_sha256(job.depends_on),
        "version": job.version,
        "environment": environment(),
    }
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStore:
    """A folder of finished jobs.

    Attributes
    ----------
    folder
        Made when the first job is kept.
    """

    folder: Path

    def get(self, job: Job) -> JobResult | None:
        """Result of a job if it is kept; None if it is not, or its file cannot be read."""
        path = self._path(job)
        try:
            with np.load(path, allow_pickle=False) as held:
                metrics: dict[str, float] = json.loads(str(held["record"]))["metrics"]
                return JobResult(
                    metrics=metrics,
                    measured=held["measured"],
                    predicted=held["predicted"],
                    trace=held["trace"],
                )
        except (FileNotFoundError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def put(self, job: Job, result: JobResult) -> None:
        """Keep the result of a job."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._path(job)
        record: Mapping[str, object] = {
            "task": job.task,
            "split": job.split,
            "model": job.model,
            "seed": job.seed,
            "metrics": result.metrics,
        }
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as stream:
                np.savez_compressed(
                    stream,
                    record=np.array(json.dumps(record)),
                    measured=result.measured,
                    predicted=result.predicted,
                    trace=result.trace,
                )
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def _path(self, job: Job) -> Path:
        return self.folder / f"{job_key(job)[:32]}.npz"
