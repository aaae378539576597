"""Settings of a search, and its Optuna studies in memory, in a journal file or in a database.

The sampler works on a study in memory. Finished trials are copied to the storage, a population at
a time, and those of other workers are copied back. A killed worker loses only its unfinished
trials, and a storage sees one write per trial.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import optuna
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from electrolyte_ml.arguments import whole_number
from electrolyte_ml.errors import ElectrolyteError, InputError, MissingDependencyError
from electrolyte_ml.optional import import_optional
from electrolyte_ml.search.problem import Problem, SamplerName
from electrolyte_ml.text import first_line

_JOURNAL = "journal:"
# The password of an address, up to the last @ (people forget to write %40), and of its options.
_PASSWORD = re.compile(r"((?:://|^)[^:/@]*:)(.*)@", re.DOTALL)
_OPTION = re.compile(r"(?<=password=)[^&]+|(?<=passwd=)[^&]+|(?<=pwd=)[^&]+", re.IGNORECASE)

# A lock is held for milliseconds; an older one belongs to a killed process.
_LOCK_IS_DEAD_AFTER_S = 10

# Creating the tables takes some tenths of a second.
_ATTEMPTS = 6
_PAUSE_S = 0.2

_PROXY = "grpc://"
_CONNECT_WITHIN_S = 20
_POSTGRES = ("postgresql://", "postgres://")

# About five seconds of Optuna's own time each: that of TPE is quadratic in the trials, a Gaussian
# process takes about a second per trial.
_DEFAULT_TRIALS = {SamplerName.TPE: 400, SamplerName.GP: 60}
_GENETIC_TRIALS = 2400

# TPE and the Gaussian process learn from every trial and need small batches.
_DEFAULT_POPULATION = {SamplerName.TPE: 10, SamplerName.GP: 5}
_GENETIC_POPULATION = 50

# With more objectives nearly all recipes are Pareto-optimal and crowding distance is no guide.
_MOST_OBJECTIVES_OF_NSGA2 = 3

_FINGERPRINT = "electrolyte_ml:problem"
_WORKER = "worker"
_FINISHED = (TrialState.COMPLETE, TrialState.FAIL)


def shown_storage(address: str) -> str:
    """A storage address without its password.

    Examples
    --------
    >>> shown_storage("postgresql://me:secret@host/db?password=secret")
    'postgresql://me:***@host/db?password=***'
    """
    return _OPTION.sub("***", _PASSWORD.sub(r"\1***@", address))


def _without_password(error: BaseException, address: str) -> str:
    """The message of an error about a storage; drivers quote parts of its address."""
    message = first_line(error)
    found = [*(m[2] for m in _PASSWORD.finditer(address)), *_OPTION.findall(address)]
    forms = {f for secret in found for f in (secret, unquote(secret), *secret.split("@"))}
    for form in sorted(forms - {""}, key=len, reverse=True):
        message = message.replace(form, "***")
    return message


class TornSafeJournal(JournalFileBackend):
    """Journal file whose torn last line, left by a killed process, is cut off before writing.

    Optuna's own backend would append to it and leave a file that no process can read.
    """

    def __init__(self, path: str) -> None:
        # This lock also works on network file systems, where links may not.
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
    """Remove everything after the last line end of a file; returns the number of bytes removed."""
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
    """Optuna's storage for the name given by a user.

    Parameters
    ----------
    storage
        A path or ``journal:PATH`` for a journal file, any URL that Optuna takes (such as
        ``postgresql://user@host/name``), ``grpc://host:port`` for a proxy of Optuna in front of
        one, or None for memory.

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
            raise InputError(
                f"storage {shown_storage(path)}: cannot be opened: {error.strerror}"
            ) from None
    if storage.startswith(_PROXY):
        return _proxy(storage)
    for prefix in _POSTGRES:
        if storage.startswith(prefix):
            storage = "postgresql+psycopg://" + storage.removeprefix(prefix)
    try:
        return _database(storage)
    except ImportError as error:
        raise MissingDependencyError(
            f"storage {shown_storage(storage)!r} needs a driver that is not installed "
            f"({_without_password(error, storage)}); for PostgreSQL: "
            "pip install 'electrolyte_ml[postgres]'"
        ) from None


def _proxy(url: str) -> BaseStorage:
    """Connect to Optuna's gRPC proxy, which spares a database the connections of many workers."""
    from optuna.storages import GrpcStorageProxy

    import_optional("grpc")
    host, colon, port = url.removeprefix(_PROXY).rstrip("/").rpartition(":")
    if not (host and colon and port.isdecimal()):
        raise InputError(
            f"storage {shown_storage(url)!r}: a proxy is written as {_PROXY}host:13000"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        proxy = GrpcStorageProxy(host=host, port=int(port))
    try:
        proxy.wait_server_ready(timeout=_CONNECT_WITHIN_S)
    except Exception:  # of kinds that only grpc knows
        raise InputError(
            f"storage {shown_storage(url)!r}: no proxy answers there within {_CONNECT_WITHIN_S} s"
        ) from None
    return proxy


def _database(url: str) -> RDBStorage:
    """Open a database.

    Workers that start together on an empty database may all try to create its tables; those that
    fail try again.
    """
    from sqlalchemy.exc import IntegrityError, ProgrammingError

    for attempt in range(1, _ATTEMPTS):
        try:
            return RDBStorage(url)
        except (IntegrityError, ProgrammingError):
            time.sleep(_PAUSE_S * attempt)
    return RDBStorage(url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Complete settings of a search.

    Attributes
    ----------
    sampler
        One of Optuna's samplers.
    n_trials
        Distinct recipes to score.
    population
        Recipes scored together.
    seed
        Seed of every random number.
    worker
        Number of this worker, if several share a storage.
    """

    sampler: SamplerName
    n_trials: int
    population: int
    seed: int
    worker: int = 0


def plan_search(
    problem: Problem, *, n_trials: int | None, seed: int | None, worker: int = 0
) -> Plan:
    """Complete the settings of the problem and the caller by defaults.

    ``auto`` is NSGA-II up to three objectives and NSGA-III beyond: both exchange whole components
    between recipes, at a constant cost per trial. TPE treats coordinates one by one and gets stuck
    in sets of components. TPE and the Gaussian process are meant for slow scorers that allow only a
    few hundred, or a few dozen, recipes.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    settings = problem.settings
    sampler = settings.sampler
    if sampler is SamplerName.AUTO:
        few = len(problem.objectives) <= _MOST_OBJECTIVES_OF_NSGA2
        sampler = SamplerName.NSGA2 if few else SamplerName.NSGA3
    default = _DEFAULT_TRIALS.get(sampler, _GENETIC_TRIALS)
    trials = next(n for n in (n_trials, settings.n_trials, default) if n is not None)
    chosen_seed = settings.seed if seed is None else seed
    trials = whole_number(trials, "n_trials, the number of trials,")
    chosen_seed = whole_number(chosen_seed, "the seed", least=0)
    if chosen_seed >= 2**32:
        raise InputError(f"the seed must be from 0 to {2**32 - 1}, given {chosen_seed}")
    worker = whole_number(worker, "worker, the number of the worker,", least=0)
    return Plan(
        sampler=sampler,
        n_trials=trials,
        population=settings.population or _DEFAULT_POPULATION.get(sampler, _GENETIC_POPULATION),
        seed=chosen_seed,
        worker=worker,
    )


def sampler_seed(plan: Plan, n_held: int) -> int:
    """Seed of the sampler, different for every worker and every continuation.

    The same seed would draw the same recipes again.
    """
    if not plan.worker:
        return (plan.seed + n_held) % 2**32
    return int(np.random.SeedSequence((plan.seed, n_held, plan.worker)).generate_state(1)[0])


def study_in_memory(problem: Problem, sampler: BaseSampler) -> optuna.Study:
    """The study that a sampler works on."""
    return optuna.create_study(directions=_directions(problem), sampler=sampler)


class SharedStudy:
    """Finished trials of all workers in a storage.

    Parameters
    ----------
    problem
        The search problem; its name is that of the study.
    storage
        ``journal:PATH`` or a path for a file, or any URL that Optuna takes.

    Raises
    ------
    InputError
        If the stored study belongs to another problem, or the storage cannot be opened.
    """

    def __init__(self, problem: Problem, storage: str) -> None:
        self._me = uuid.uuid4().hex
        self._known: set[int] = set()
        self._storage = storage
        fingerprint = _fingerprint(problem)
        with self._own_errors("opened"):
            self._study = optuna.create_study(
                study_name=problem.name,
                storage=open_storage(storage),
                directions=_directions(problem),
                load_if_exists=True,
            )
            held = self._study.user_attrs.get(_FINGERPRINT)
            if held is None:
                self._study.set_user_attr(_FINGERPRINT, fingerprint)
        if held not in (None, fingerprint):
            raise InputError(
                f"storage {shown_storage(storage)!r} holds a study {problem.name!r} of a problem "
                "that has changed since; rename the problem or use another storage"
            )

    def push(self, trials: Sequence[FrozenTrial]) -> None:
        """Store finished trials of this worker."""
        with self._own_errors("written"):
            for trial in trials:
                trial.user_attrs = {**trial.user_attrs, _WORKER: self._me}
                self._study.add_trial(trial)

    def pull(self) -> list[FrozenTrial]:
        """Finished trials of others that this worker has not seen, in the order of their number."""
        with self._own_errors("read"):
            finished = self._study.get_trials(deepcopy=False, states=_FINISHED)
        fresh = [
            trial
            for trial in finished
            if trial.number not in self._known and trial.user_attrs.get(_WORKER) != self._me
        ]
        self._known |= {trial.number for trial in fresh}
        return fresh

    @contextmanager
    def _own_errors(self, done: str) -> Iterator[None]:
        """Errors of Optuna and of drivers, which are of many kinds, as ours."""
        try:
            yield
        except ElectrolyteError:
            raise
        except Exception as error:
            # Without its cause, which may quote the address with its password.
            raise InputError(
                f"storage {shown_storage(self._storage)!r} cannot be {done}: "
                f"{_without_password(error, self._storage)}"
            ) from None


def _directions(problem: Problem) -> list[StudyDirection]:
    return [StudyDirection[o.direction.name] for o in problem.objectives]


def _fingerprint(problem: Problem) -> str:
    """Hash of everything that defines the coordinates and values of a trial."""
    content = {k: v for k, v in problem.to_dict().items() if k != "description"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
