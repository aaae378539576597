"""Running one job to its result, once: finished jobs are read back, killed ones continued."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.simulate.analyse.summary import analyse_job
from electrolyte_ml.simulate.checkpoint import load_result, save_result
from electrolyte_ml.simulate.engine import Progress, run_stages
from electrolyte_ml.simulate.job import SimulationJob

STATE_VARIABLE = "ELECTROLYTE_ML_SIMULATIONS"


class JobLockedError(ElectrolyteError, RuntimeError):
    """Another process is running the same job."""


def default_folder() -> Path:
    """Where jobs are kept: ``$ELECTROLYTE_ML_SIMULATIONS``, or the user's state folder."""
    given = os.environ.get(STATE_VARIABLE)
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_dir("electrolyte_ml")) / "simulations"


def job_folder(folder: Path, job: SimulationJob) -> Path:
    """Folder of a job among all jobs."""
    return folder / "jobs" / job.key


def run_job(job: SimulationJob, folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Simulate and analyse a job, or read back its result if it is finished.

    Parameters
    ----------
    job
        What to simulate.
    folder
        Folder of all jobs.
    progress
        Called after every sample.

    Returns
    -------
    dict
        Result of `electrolyte_ml.simulate.analyse.summary.analyse_job`.

    Raises
    ------
    JobLockedError
        If another process is at it.
    """
    own = job_folder(folder, job)
    result = load_result(own)
    if result is not None:
        return result
    own.mkdir(parents=True, exist_ok=True)
    with _locked(own / "lock"):
        # Threads of linear algebra would fight those of the other jobs.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        state = run_stages(job, own, progress)
        result = analyse_job(job, own, state)
        save_result(own, result)
    return result


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system releases if the process dies."""
    with path.open("w", encoding="utf-8") as file:
        try:
            import fcntl
        except ImportError:  # not on this operating system: a double run wastes time, no more
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise JobLockedError(f"another process runs the job {path.parent.name}") from error
        yield
