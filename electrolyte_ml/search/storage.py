"""Where a search is kept: a journal file that survives being killed, or a database for many."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from electrolyte_ml.errors import InputError, MissingDependencyError

_JOURNAL = "journal:"
# The lock is held for milliseconds; one that is older belongs to a process that was killed.
_LOCK_IS_DEAD_AFTER_S = 10
# Making the tables takes some tenths of a second.
_ATTEMPTS = 6
_PAUSE_S = 0.2
_POSTGRES = ("postgresql://", "postgres://")


class TornSafeJournal(JournalFileBackend):
    """Journal file whose torn last line, left by a killed process, is cut off before writing.

    Optuna's own backend would write on behind it, and then no process could read the file again.
    """

    def __init__(self, path: str) -> None:
        # The lock by opening a file also holds on network file systems, where links may not.
        lock = JournalFileOpenLock(path, grace_period=_LOCK_IS_DEAD_AFTER_S)
        super().__init__(path, lock_obj=lock)
        self._path = Path(path)
        self._own_lock = lock

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Cut off a torn last line, then append."""
        self._own_lock.acquire()
        try:
            cut_torn_line(self._path)
        finally:
            self._own_lock.release()
        super().append_logs(logs)


def cut_torn_line(path: Path) -> int:
    """Remove what follows the last line end of a file, and say how many bytes that was."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            return 0
        file.seek(size - 1)
        if file.read(1) == b"\n":
            return 0
        file.seek(0)
        keep = file.read().rfind(b"\n") + 1
        file.truncate(keep)
        file.flush()
        os.fsync(file.fileno())
    return size - keep


def open_storage(storage: str | None) -> BaseStorage | str | None:
    """Optuna's storage of a name that a user gave.

    Parameters
    ----------
    storage
        A path or ``journal:PATH`` for a journal file, any URL that Optuna takes (such as
        ``postgresql://user@host/name``), or None for memory.

    Raises
    ------
    MissingDependencyError
        If the driver of the database is not installed.
    InputError
        If the storage cannot be opened.
    """
    if storage is None:
        return None
    if storage.startswith(_JOURNAL) or "://" not in storage:
        path = storage.removeprefix(_JOURNAL)
        try:
            return JournalStorage(TornSafeJournal(path))
        except OSError as error:
            raise InputError(f"storage {path}: cannot be opened: {error.strerror}") from error
    for prefix in _POSTGRES:
        if storage.startswith(prefix):
            storage = "postgresql+psycopg://" + storage.removeprefix(prefix)
    try:
        return _database(storage)
    except ImportError as error:
        raise MissingDependencyError(
            f"storage {storage!r} needs a driver that is not installed ({error}); for PostgreSQL: "
            "pip install 'electrolyte_ml[postgres]'"
        ) from error


def _database(url: str) -> RDBStorage:
    """Open a database; workers that start together on an empty one may all try to make its tables.

    Whoever comes second fails on the table of the first, and finds it there the next time.
    """
    from sqlalchemy.exc import IntegrityError, ProgrammingError

    for attempt in range(1, _ATTEMPTS):
        try:
            return RDBStorage(url)
        except (IntegrityError, ProgrammingError):
            time.sleep(_PAUSE_S * attempt)
    return RDBStorage(url)
