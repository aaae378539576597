"""A pool of processes in which a worker may die: its task is done again by a fresh one.

A `concurrent.futures.ProcessPoolExecutor` is broken for good, and all that it was asked for is
lost, once the system has killed one of its processes. Here every worker has a process and a pipe of
its own, so that a death costs the task in hand and nothing else.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from electrolyte_ml.errors import WorkerDiedError
from electrolyte_ml.threads import one_thread

_Result = TypeVar("_Result")

# A task is given up when its workers have crashed so often, or were killed so often: by somebody,
# or by the system when memory is short. A worker that is killed may not even have begun.
_MOST_CRASHES, _MOST_KILLS = 5, 60
_KILLED = frozenset({-signal.SIGKILL, -signal.SIGTERM}) if os.name == "posix" else frozenset()
# Libraries read these when they are loaded.
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
_FOR_GOOD = ExitStack()


@cache
def prepare_worker() -> None:
    """Hold this process to one thread for linear algebra, from now on.

    Several processes with threads each would wait for one another, and the last digits of a product
    depend on the number of threads.
    """
    for name in _THREAD_VARIABLES:
        os.environ[name] = "1"
    _FOR_GOOD.enter_context(one_thread())


class WorkerPool(Executor):
    """Processes that load models once each; they are started when they are first needed.

    Parameters
    ----------
    n_workers
        Number of processes.
    """

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._workers = [_Worker(self._tasks) for _ in range(n_workers)]

    @property
    def pids(self) -> tuple[int, ...]:
        """Numbers of the processes that run now."""
        found = (worker.pid for worker in self._workers)
        return tuple(pid for pid in found if pid is not None)

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> Future[_Result]:
        """Have a worker call a function; raises RuntimeError after `shutdown`."""
        if any(worker.stopping for worker in self._workers):
            raise RuntimeError("the pool is shut down")
        task = _Task(Future(), fn, args, kwargs)
        self._tasks.put(task)
        for worker in self._workers:
            worker.start()
        return task.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; end the processes after their tasks, at once without `wait`."""
        if cancel_futures or not wait:
            while not self._tasks.empty():
                with suppress(Exception):
                    task = self._tasks.get_nowait()
                    if task is not None:
                        task.future.cancel()
        for _ in self._workers:
            self._tasks.put(None)
        for worker in self._workers:
            worker.stop(at_once=not wait)


@dataclass(frozen=True, slots=True)
class _Task:
    future: Future[Any]
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class _Worker:
    """A thread that hands tasks to a process, and starts another process where one has died."""

    def __init__(self, tasks: SimpleQueue[_Task | None]) -> None:
        self._tasks = tasks
        self._lock = Lock()
        self._thread: Thread | None = None
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self.stopping = False

    @property
    def pid(self) -> int | None:
        process = self._process
        return None if process is None else process.pid

    def start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._serve, daemon=True)
                self._thread.start()

    def stop(self, *, at_once: bool) -> None:
        with self._lock:
            self.stopping = True
            if at_once and self._process is not None:
                self._process.kill()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            if task.future.set_running_or_notify_cancel():
                self._do(task)
        self._end()

    def _do(self, task: _Task) -> None:
        """Do a task, again where the process dies of it or is killed."""
        n_crashes = n_kills = 0
        while n_crashes < _MOST_CRASHES and n_kills < _MOST_KILLS and not self.stopping:
            try:
                pipe = self._connected()
                pipe.send((task.function, task.args, task.kwargs))
                done, value = pipe.recv()
            except (EOFError, OSError):
                was_killed = self._end() in _KILLED
                n_kills, n_crashes = n_kills + was_killed, n_crashes + (not was_killed)
                continue
            except Exception as error:  # what was to be sent cannot be pickled
                task.future.set_exception(error)
                return
            if done:
                task.future.set_result(value)
            else:
                task.future.set_exception(value)
            return
        task.future.set_exception(WorkerDiedError(self._why(n_crashes, n_kills)))

    def _why(self, n_crashes: int, n_kills: int) -> str:
        """Why a task was given up."""
        if self.stopping:
            return "the process was stopped in the middle of this task"
        told = f"the process died in the middle of this task, {n_kills + n_crashes} times in a row"
        if n_kills:
            return f"{told} ({n_kills} times it was killed: is memory short?)"
        return f"{told}; a script that starts workers does so under if __name__ == '__main__':"

    def _connected(self) -> Connection:
        with self._lock:
            if self._pipe is None and not self.stopping:
                context = get_context("spawn")
                self._pipe, theirs = context.Pipe()
                self._process = context.Process(target=_work, args=(theirs,), daemon=True)
                self._process.start()
                theirs.close()
            if self._pipe is None:
                raise EOFError
            return self._pipe

    def _end(self) -> int | None:
        """Let the process end; its exit code."""
        with self._lock:
            if self._pipe is not None:
                self._pipe.close()
            code = None
            if self._process is not None:
                self._process.join()
                code = self._process.exitcode
            self._pipe = self._process = None
            return code


def _work(pipe: Connection) -> None:
    """Life of a worker: it does what comes through the pipe until that is closed."""
    prepare_worker()
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            pipe.send_bytes(_answer(pipe))


def _answer(pipe: Connection) -> bytes:
    """Whether the next task could be done, and its result or its error, pickled."""
    try:
        function, args, kwargs = pipe.recv()
    except (EOFError, OSError):
        raise
    except Exception as error:  # what was sent cannot be loaded here
        return _pickled(False, RuntimeError(f"a worker cannot load the task: {error}"))
    try:
        return _pickled(True, function(*args, **kwargs))
    except Exception as error:  # whatever the task raises goes back to who asked
        try:
            return _pickled(False, error)
        except Exception:  # an error that cannot be pickled is told in words
            return _pickled(False, RuntimeError(f"{type(error).__name__}: {error}"))


def _pickled(done: bool, value: object) -> bytes:
    return bytes(ForkingPickler.dumps((done, value)))
