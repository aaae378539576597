"""Where work runs: here, in a pool of processes, or on a cluster that Dask knows.

Whatever is embarrassingly parallel takes a `concurrent.futures.Executor`. `open_executor` makes the
usual ones; any other will do, such as that of `mpi4py`. Results are the same however work is run:
it is cut into the same pieces, and linear algebra has one thread everywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Self, TypeVar

from electrolyte_ml.errors import InputError
from electrolyte_ml.optional import import_optional
from electrolyte_ml.properties import Property, added_properties, register_property
from electrolyte_ml.text import one_line, shown
from electrolyte_ml.worker_pool import WorkerPool, prepare_worker

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: Address that stands for a cluster of this machine.
LOCAL = "local"
# Pieces that wait beside each worker, and where the number of workers is not known.
_WAITING_BY_WORKER, _WAITING = 2, 256
_CONNECT_WITHIN = "10s"
# A task is given up when so many workers have died of it. The others keep Dask from watching its
# workers so closely that they need twice the processor time: memory goes back to the system after
# every array, a profiler looks at the stack a hundred times a second, loops tick fifty times.
_DASK_SETTINGS = {
    "distributed.scheduler.allowed-failures": 60,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.system-monitor.gil.enabled": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One machine's part of work that several share without knowing of each other.

    Attributes
    ----------
    number, of
        Which part, from 1, of how many.
    """

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise InputError(
                f"a shard is 1/{max(self.of, 1)} to {max(self.of, 1)}/{max(self.of, 1)}, given "
                f"{self.number}/{self.of}"
            )

    @classmethod
    def read(cls, text: str | None) -> Self:
        """The shard written as ``2/8``; the whole for None."""
        if text is None:
            return cls()
        number, slash, of = text.partition("/")
        if not (slash and number.strip().isdecimal() and of.strip().isdecimal()):
            raise InputError(f"a shard is written as 2/8, given {shown(text)}")
        return cls(number=int(number), of=int(of))

    def holds(self, index: int) -> bool:
        """Whether the piece of this index, from 0, is in the part; each is in exactly one."""
        return index % self.of == self.number - 1


@contextmanager
def open_executor(workers: int = 1, dask: str | None = None) -> Iterator[Executor | None]:
    """The executor that options of the command line ask for.

    Parameters
    ----------
    workers
        Processes; without a cluster, 1 is this process itself.
    dask
        Address of a Dask scheduler, or ``local`` for a cluster of `workers` processes on this
        machine.

    Yields
    ------
    Executor or None
        None for this process.

    Raises
    ------
    InputError
        If no scheduler answers.
    MissingDependencyError
        If Dask is asked for and not installed.
    """
    if dask is not None:
        with _dask_cluster(workers, dask) as executor:
            yield executor
    elif workers == 1:
        yield None
    else:
        pool = WorkerPool(workers)
        finished = False
        try:
            yield pool
            finished = True
        finally:
            pool.shutdown(wait=finished, cancel_futures=not finished)


@contextmanager
def _dask_cluster(workers: int, address: str) -> Iterator[Executor]:
    distributed = import_optional("distributed")
    with ExitStack() as stack:
        if address == LOCAL:
            stack.enter_context(import_optional("dask").config.set(_DASK_SETTINGS))
            cluster = distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                memory_limit=None,
                # No dashboard; what is served of the scheduler's state takes any free port.
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                silence_logs="CRITICAL",
            )
            target = stack.enter_context(cluster)
        else:
            target = address
        try:
            client = distributed.Client(target, timeout=_CONNECT_WITHIN)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"no Dask scheduler answers at {shown(address)} ({one_line(error)}); give its "
                "address, such as tcp://host:8786, or 'local'"
            ) from error
        yield DaskExecutor(stack.enter_context(client))


class DaskExecutor(Executor):
    """Executor of a cluster; Dask gives the tasks of a lost worker to the others.

    Parameters
    ----------
    client
        A ``distributed.Client``.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)

    @property
    def n_workers(self) -> int:
        """Threads of all workers there are now."""
        return _threads_of(self._client)

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> Future[_Result]:
        """Have a worker of the cluster call a function."""
        return self._executor.submit(_prepared, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; the cluster stays as it is."""
        del cancel_futures
        self._executor.shutdown(wait=wait)


def _prepared(function: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
    prepare_worker()
    return function(*args, **kwargs)


def in_order(
    function: Callable[[_Item], _Result], items: Iterable[_Item], executor: Executor | None
) -> Iterator[_Result]:
    """Results in the order of the items, of which few are held at a time.

    Parameters
    ----------
    function
        Called with each item; goes through pickle where the executor has processes.
    items
        Taken as workers become free.
    executor
        Where the calls run; here if None.
    """
    if executor is None:
        yield from map(function, items)
        return
    function = _with_properties(function)
    left, waiting = iter(items), deque[Future[_Result]]()
    while True:
        room = max(0, _most_waiting(executor) - len(waiting))
        waiting.extend(executor.submit(function, item) for item in islice(left, room))
        if not waiting:
            return
        yield waiting.popleft().result()


def as_finished(
    function: Callable[[_Item], _Result], items: Iterable[_Item], executor: Executor | None
) -> Iterator[tuple[_Item, Future[_Result]]]:
    """Items whose calls have finished, the first to finish first; else as `in_order`.

    Yields
    ------
    item, future
        The future holds the result or the error.
    """
    left = iter(items)
    if executor is None:
        for item in left:
            yield item, _called(function, item)
        return
    function = _with_properties(function)
    running: dict[Future[_Result], _Item] = {}
    while True:
        for item in islice(left, max(0, _most_waiting(executor) - len(running))):
            running[executor.submit(function, item)] = item
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future


def _with_properties(function: Callable[[_Item], _Result]) -> Callable[[_Item], _Result]:
    """The function, which first adds the properties of this process to those of a worker.

    Raises
    ------
    InputError
        If a property is of a script or notebook, which workers cannot import.
    """
    added = added_properties()
    for known in added:
        if getattr(known.predict, "__module__", None) == "__main__":
            raise InputError(
                f"the property {known.name!r} is defined in this script or notebook, where workers "
                "cannot find it; define it in a module that they can import, or use no workers"
            )
    return partial(_adding, added, function) if added else function


def _adding(
    added: tuple[Property, ...], function: Callable[[_Item], _Result], item: _Item
) -> _Result:
    for known in added:
        register_property(known)
    return function(item)


def _called(function: Callable[[_Item], _Result], item: _Item) -> Future[_Result]:
    future: Future[_Result] = Future()
    try:
        future.set_result(function(item))
    except Exception as error:
        future.set_exception(error)
    return future


def _most_waiting(executor: Executor) -> int:
    """Pieces to hand out ahead, so that no worker waits and few results are held."""
    workers = _n_workers(executor)
    return _WAITING if workers is None else _WAITING_BY_WORKER * workers


def _n_workers(executor: Executor) -> int | None:
    """Workers of an executor now; None where it does not say."""
    client = getattr(executor, "_client", None)  # of Dask's own executor
    if client is not None and hasattr(client, "nthreads"):
        return _threads_of(client)
    # Ours, those of the standard library, and that of mpi4py.
    for name in ("n_workers", "_max_workers", "num_workers"):
        held = getattr(executor, name, None)
        if held is not None:
            return int(held)
    return None


def _threads_of(client: Any) -> int:
    """Threads of all workers of a Dask cluster now; at least 1, as workers may still come."""
    return max(1, sum(client.nthreads().values()))
