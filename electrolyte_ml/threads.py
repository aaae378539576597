"""One thread for linear algebra where the matrices are small.

A batch of recipes is many products of small matrices. Threads of BLAS hardly speed them up, and
where something else runs on the machine they wait for each other most of the time. Predictions and
searches therefore run inside `one_thread`, whatever environment variables say; code of the caller
outside keeps its threads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

# Libraries with thread pools of their own, which are known only after import.
_WITH_POOLS = ("numpy", "scipy.linalg", "sklearn", "torch")


class _Limit:
    """Limit shared by all Python threads inside `one_thread`.

    The first thread sets it and the last one lifts it. With limits of their own, each of two
    threads would take the limit of the other for the original state and restore that.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_inside = 0
        self._loaded: tuple[bool, ...] = ()
        self._controller: ThreadpoolController | None = None
        self._held: Any = None

    def enter(self) -> None:
        with self._lock:
            if not self._n_inside:
                self._held = self._pools().limit(limits=1)
            self._n_inside += 1

    def leave(self) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._held.restore_original_limits()
                self._held = None

    def _pools(self) -> ThreadpoolController:
        """Thread pools; searched again (milliseconds) only after a library was imported."""
        loaded = tuple(name in sys.modules for name in _WITH_POOLS)
        if self._controller is None or loaded != self._loaded:
            self._controller, self._loaded = ThreadpoolController(), loaded
        return self._controller


_LIMIT = _Limit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS and OpenMP to one thread; as a context or as a decorator.

    Examples
    --------
    >>> import numpy as np
    >>> with one_thread():
    ...     product = np.ones((3, 3)) @ np.ones((3, 3))
    """
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()
