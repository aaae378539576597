"""One thread for linear algebra where the matrices are small.

A batch of recipes is many products of small matrices. Threads of BLAS hardly speed them up, and
where something else runs on the machine they wait for each other most of the time. Predictions and
searches therefore run inside `one_thread`, whatever environment variables say; what a caller does
outside keeps its threads.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

# Bring thread pools of their own, which are known only once they are loaded.
_WITH_POOLS = ("numpy", "scipy.linalg", "sklearn", "torch")


class _Limit:
    """The limit that all who are inside share, and the pools it holds.

    The first to come in sets it and the last to leave lifts it: with a limit of its own, each of
    two Python threads would take what the other has set for the usual state and restore that.
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
        """Looks for the libraries, which takes milliseconds, only when there may be others."""
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
