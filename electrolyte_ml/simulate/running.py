"""Running one job to its result, once: finished jobs are read back, killed ones continued."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.files import expanded, make_folder, user_folder_of, writing
from electrolyte_ml.simulate.analyse.summary import analyse_job
from electrolyte_ml.simulate.checkpoint import DONE, load_result, load_state, save_result
from electrolyte_ml.simulate.continuing import longest_run, take_over
from electrolyte_ml.simulate.engine import Progress, run_stages
from electrolyte_ml.simulate.job import SimulationJob
from electrolyte_ml.simulate.platforms import DEFAULT_PLATFORM
from electrolyte_ml.simulate.snapshots import save_snapshots, snapshots_of
from electrolyte_ml.threads import one_thread

STATE_VARIABLE = "ELECTROLYTE_ML_SIMULATIONS"


class JobLockedError(ElectrolyteError, RuntimeError):
    """Another process is running the same job."""


def default_folder() -> Path:
    """Where jobs are kept: ``$ELECTROLYTE_ML_SIMULATIONS``, or the user's state folder."""
    given = os.environ.get(STATE_VARIABLE)
    if given:
        return expanded(given)
    return user_folder_of("state") / "simulations"


def job_folder(folder: Path, job: SimulationJob) -> Path:
    """Folder of a job among all jobs."""
    return folder / "jobs" / job.key


def run_job(
    job: SimulationJob,
    folder: Path,
    progress: Progress | None = None,
    *,
    viscosity_mpa_s: float | None = None,
    platform: str = DEFAULT_PLATFORM,
) -> dict[str, Any]:
    """Simulate and analyse a job, or read back its result if it is finished.

    Parameters
    ----------
    job
        Job to simulate.
    folder
        Folder of all jobs.
    progress
        Called after every sample, or some of them.
    viscosity_mpa_s
        Viscosity of the liquid, mPa s, to correct diffusion for the size of the box. A finished
        job is analysed again, not simulated, when another viscosity is given.
    platform
        Processor, one of `electrolyte_ml.simulate.platforms.PLATFORMS`.

    Returns
    -------
    dict
        Result of `electrolyte_ml.simulate.analyse.summary.analyse_job`.

    Raises
    ------
    JobLockedError
        If another process is at it.
    UnwritableError
        If the folder cannot be written.
    """
    own = job_folder(folder, job)
    result = load_result(own)
    if result is not None and _is_with_viscosity(result, viscosity_mpa_s):
        return result
    make_folder(own)
    # Threads of linear algebra would fight those of the other jobs.
    with locked(own / "lock"), one_thread():
        if load_state(own) is None:
            shorter = longest_run(job, folder, job.protocol.nvt_ps)
            if shorter is not None:
                take_over(shorter, own)
        state = run_stages(job, own, progress, platform)
        result = analyse_job(job, own, state, viscosity_mpa_s)
        save_snapshots(own, snapshots_of(job, own, state))
        save_result(own, result)
    return result


def analyse_again(
    job: SimulationJob, folder: Path, viscosity_mpa_s: float | None = None
) -> dict[str, Any] | None:
    """Analyse the recording of a finished job again, as the analysis and the viscosity now are.

    Parameters
    ----------
    job
        The job.
    folder
        Folder of all jobs.
    viscosity_mpa_s
        Viscosity of the liquid, mPa s.

    Returns
    -------
    dict or None
        The new result, which replaces the old one; None if the folder holds no finished recording.
    """
    own = job_folder(folder, job)
    state = load_state(own)
    if state is None or state.stage != DONE:
        return None
    result = analyse_job(job, own, state, viscosity_mpa_s)
    save_snapshots(own, snapshots_of(job, own, state))
    save_result(own, result)
    return result


def _is_with_viscosity(result: Mapping[str, Any], viscosity_mpa_s: float | None) -> bool:
    """Whether a result was made with this viscosity; any will do for who gives none."""
    if viscosity_mpa_s is None:
        return True
    held = result["viscosity_mpa_s"]
    return held is not None and math.isclose(held, viscosity_mpa_s, rel_tol=1e-6)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a job's folder; the system releases it if the process dies.

    Raises
    ------
    JobLockedError
        If another process holds it.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(_lock(path, wait=False))
        except BlockingIOError as error:
            raise JobLockedError(f"another process runs the job {path.parent.name}") from error
        yield


@contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Hold a lock, after whoever holds it now."""
    with _lock(path, wait=True):
        yield


@contextmanager
def _lock(path: Path, *, wait: bool) -> Iterator[None]:
    with writing(path):
        opened = path.open("w", encoding="utf-8")
    with opened as file:
        try:
            import fcntl
        except ImportError:  # not on this operating system: a double run wastes time, no more
            yield
            return
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
