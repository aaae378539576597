"""Long work of the page: jobs that run in processes of their own and live on disk.

A kind of job is a function of a `JobControl`, at the top level of a module so that a process can
import it. It reads ``control.arguments``, writes its results into ``control.folder`` and calls
``control.report`` now and then. All that a job is lies in its folder, ``FOLDER/jobs/ID``:

- ``job.json``: kind, title, arguments, time of the start; written once;
- ``state.json``: status, progress, faults; replaced with every report;
- ``stop``: an empty file that asks the job to stop;
- ``picture.svg``: what it draws of itself while it runs, if it does;
- ``results``: an empty file that says that its results can be shown, even of one that was stopped;
- its results.

So a closed browser loses nothing, and neither does a stopped server: jobs that it leaves behind are
``interrupted`` when the next one starts, and `JobPool.go_on` runs their function again on the same
folder, where it finds what it has written.

Examples
--------
A kind of job that counts, and goes on where it was stopped::

    def count(control: JobControl) -> None:
        kept = control.folder / "n.txt"
        first = int(kept.read_text()) if kept.exists() else 0
        for n in range(first, control.arguments["up_to"]):
            write_text(kept, str(n))
            control.report(n, control.arguments["up_to"], f"at {n}")

    pool = JobPool(folder, {"count": count})
    job = pool.start("count", "Count to ten", {"up_to": 10})
    pool.stop(job.id)
    pool.go_on(job.id)
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from shutil import rmtree
from threading import Lock
from typing import Any

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.files import make_folder, write_text
from electrolyte_ml.species import default_catalog
from electrolyte_ml.text import shown
from electrolyte_ml.worker_pool import WorkerPool

WAITING, RUNNING, DONE, FAILED, STOPPED, INTERRUPTED = (
    "waiting",
    "running",
    "done",
    "failed",
    "stopped",
    "interrupted",
)
_GOING = (WAITING, RUNNING)
_JOB, _STATE, _STOP, _RESULTS, _PICTURE = (
    "job.json",
    "state.json",
    "stop",
    "results",
    "picture.svg",
)
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")
_AT_ONCE = 2
# Reports that come faster are not written, and events are not sent more often, s.
_LEAST_PAUSE_S = 0.25


class JobStoppedError(ElectrolyteError):
    """Raised within a job that was asked to stop; let it through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgress:
    """What a job last told of itself.

    Attributes
    ----------
    status
        ``waiting``, ``running``, ``done``, ``failed``, ``stopped`` or ``interrupted``.
    done, total
        Progress in any unit; `total` is 0 where it is not known.
    words
        What it is at, for people.
    faults
        Why it failed, in the words of the command line, a line each.
    """

    status: str
    done: int = 0
    total: int = 0
    words: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJob:
    """A job as it is now.

    Attributes
    ----------
    id
        Its name, which is that of its folder and begins with the time of its start.
    kind
        Kind of job, such as ``score``.
    title
        What it is, for people.
    arguments
        What it was started with, of plain JSON.
    folder
        Where it writes.
    progress
        What it last told.
    """

    id: str
    kind: str
    title: str
    arguments: Mapping[str, Any]
    folder: Path
    progress: JobProgress

    @property
    def started(self) -> str:
        """When it was started, such as ``2026-11-30 09:15``."""
        return f"{self.id[:4]}-{self.id[4:6]}-{self.id[6:8]} {self.id[9:11]}:{self.id[11:13]}"

    @property
    def is_going(self) -> bool:
        """Whether it waits or runs."""
        return self.progress.status in _GOING

    @property
    def has_results(self) -> bool:
        """Whether there is something to show: of one that was stopped, what it had found."""
        return self.progress.status == DONE or (self.folder / _RESULTS).exists()

    @property
    def picture(self) -> str:
        """What it draws of itself, an SVG element; empty for nothing."""
        try:
            return (self.folder / _PICTURE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    @property
    def percent(self) -> int | None:
        """Progress, 0 to 100; None where it is not known."""
        total = self.progress.total
        return None if not total else min(100, 100 * self.progress.done // total)


class JobControl:
    """What the function of a job is given.

    Parameters
    ----------
    folder
        Folder of the job; results go there.
    arguments
        What the job was started with.
    """

    def __init__(self, folder: Path, arguments: Mapping[str, Any]) -> None:
        self.folder, self.arguments = folder, arguments
        self._last = -float("inf")
        self._told = JobProgress(status=RUNNING)

    def report(self, done: int, total: int = 0, words: str = "") -> None:
        """Tell progress; call it as often as is convenient.

        Raises
        ------
        JobStoppedError
            If the job was asked to stop: what is to be kept must be on disk before.
        """
        before, now = self._told, time.monotonic()
        self._told = JobProgress(status=RUNNING, done=done, total=total, words=words)
        is_new_stage = done == before.done and words != before.words
        if is_new_stage or now - self._last >= _LEAST_PAUSE_S:
            self._last = now
            _write_state(self.folder, self._told)
            if (self.folder / _STOP).exists():
                raise JobStoppedError("stopped")

    def show(self, svg: str) -> None:
        """Show a picture beside the progress, from the next report on."""
        write_text(self.folder / _PICTURE, svg)

    def finishing(self, words: str) -> None:
        """Tell what is still done of a job that was asked to stop; it cannot be stopped again."""
        self._told = replace(self._told, words=words)
        _write_state(self.folder, self._told)

    def has_results(self) -> None:
        """Say that results can be shown, although the job may not end as it should."""
        (self.folder / _RESULTS).touch()

    def end(self, status: str, faults: tuple[str, ...] = ()) -> None:
        """Write how the job ended."""
        _write_state(self.folder, replace(self._told, status=status, faults=faults))


#: The function of a kind of job.
JobFunction = Callable[[JobControl], None]


class JobPool:
    """Runs jobs, a few at once, and knows those of before.

    Parameters
    ----------
    folder
        Folder of the page; jobs are kept in ``jobs`` within.
    kinds
        Function of each kind of job, by its name.
    executor
        Where they run; by default two processes, so that two run at once and others wait. They may
        not start processes of their own.
    """

    def __init__(
        self, folder: Path, kinds: Mapping[str, JobFunction], *, executor: Executor | None = None
    ) -> None:
        self._folder, self._kinds = folder / "jobs", dict(kinds)
        self._pool = executor or WorkerPool(_AT_ONCE)
        self._futures: dict[str, Future[None]] = {}
        self._lock = Lock()

    def start(self, kind: str, title: str, arguments: Mapping[str, Any]) -> PageJob:
        """Start a job; `prepare` its folder first where it is to be given files.

        Parameters
        ----------
        kind
            One of the kinds of this pool.
        title
            What it is, for people.
        arguments
            What its function is given; of plain JSON.
        """
        return self.begin(self.prepare(), kind, title, arguments)

    def prepare(self) -> Path:
        """A folder for a new job, into which its input may be put; then `begin` it."""
        folder = self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        make_folder(folder)
        return folder

    def begin(self, folder: Path, kind: str, title: str, arguments: Mapping[str, Any]) -> PageJob:
        """Start a job in a folder that `prepare` made; see `start`."""
        about = {"kind": kind, "title": title, "arguments": dict(arguments)}
        write_text(folder / _JOB, json.dumps(about, indent=2, ensure_ascii=False))
        self._submit(kind, folder, arguments)
        return self.job(folder.name)

    def go_on(self, name: str) -> PageJob:
        """Run a job again that was stopped, interrupted or failed, on what it has written."""
        job = self.job(name)
        if not job.is_going:
            (job.folder / _STOP).unlink(missing_ok=True)
            self._submit(job.kind, job.folder, job.arguments)
        return self.job(name)

    def stop(self, name: str) -> PageJob:
        """Ask a job to stop: at once if it waits, with its next report if it runs."""
        job = self.job(name)
        if job.is_going:
            (job.folder / _STOP).touch()
            future = self._futures.get(name)
            if future is not None and future.cancel():
                _write_state(job.folder, replace(job.progress, status=STOPPED))
        return self.job(name)

    def forget(self, name: str) -> None:
        """Remove a job that has ended, with its results."""
        job = self.job(name)
        if job.is_going:
            raise InputError(f"{job.title} is still going; stop it first")
        rmtree(job.folder)

    def job(self, name: str) -> PageJob:
        """A job by its id.

        Raises
        ------
        InputError
            If there is none.
        """
        folder = self._folder / name
        if not _ID.fullmatch(name) or not (folder / _JOB).is_file():
            raise InputError(f"there is no job {shown(name)}; it may have been removed")
        about = json.loads((folder / _JOB).read_text(encoding="utf-8"))
        progress = _read_state(folder)
        if progress.status in _GOING and not self._holds(name):
            progress = _read_state(folder)  # it may have ended in between
            if progress.status in _GOING:
                progress = replace(progress, status=INTERRUPTED)
        return PageJob(id=name, folder=folder, progress=progress, **about)

    def jobs(self, kind: str | None = None) -> list[PageJob]:
        """All jobs, or those of a kind, the newest first."""
        names = [p.name for p in self._folder.glob("*") if (p / _JOB).is_file()]
        found = [self.job(name) for name in sorted(names, reverse=True) if _ID.fullmatch(name)]
        return [job for job in found if kind in (None, job.kind)]

    async def changes(self, name: str) -> AsyncIterator[PageJob]:
        """The job now, whenever it has told something new, and as it ended, for events."""
        last = None
        while True:
            job = await asyncio.to_thread(self.job, name)
            if job.progress != last:
                last = job.progress
                yield job
            if not job.is_going:
                return
            await asyncio.sleep(_LEAST_PAUSE_S)

    def close(self) -> None:
        """End all jobs at once; they can go on when the page is started again."""
        self._pool.shutdown(wait=False)

    def _submit(self, kind: str, folder: Path, arguments: Mapping[str, Any]) -> None:
        if kind not in self._kinds:
            raise InputError(f"unknown kind of job {kind!r}; there are {', '.join(self._kinds)}")
        _write_state(folder, JobProgress(status=WAITING))
        with self._lock:
            self._futures[folder.name] = self._pool.submit(
                _run, self._kinds[kind], folder, dict(arguments)
            )

    def _holds(self, name: str) -> bool:
        """Whether this pool has the job in hand."""
        future = self._futures.get(name)
        return future is not None and not future.done()


def _run(function: JobFunction, folder: Path, arguments: Mapping[str, Any]) -> None:
    """Life of a job in its process."""
    control = JobControl(folder, arguments)
    control.end(RUNNING)
    default_catalog.cache_clear()  # the user may have added species since the last job
    try:
        function(control)
    except JobStoppedError:
        control.end(STOPPED)
    except ElectrolyteError as error:
        control.end(FAILED, tuple(str(error).splitlines()))
    except Exception as error:  # a fault of the program: told on the page and kept
        write_text(folder / "error.txt", traceback.format_exc())
        told = f"the program failed: {type(error).__name__}: {error}"
        control.end(FAILED, (*told.splitlines()[:1], f"details are in {folder / 'error.txt'}"))
    else:
        control.end(DONE)


def _write_state(folder: Path, progress: JobProgress) -> None:
    write_text(folder / _STATE, json.dumps(asdict(progress)))


def _read_state(folder: Path) -> JobProgress:
    try:
        held = json.loads((folder / _STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return JobProgress(status=WAITING)
    return JobProgress(**{**held, "faults": tuple(held["faults"])})
