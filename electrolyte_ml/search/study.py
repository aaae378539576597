"""How a search is run, and the Optuna study that holds it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import optuna
from optuna.samplers import BaseSampler, NSGAIISampler, TPESampler
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import StudyDirection

from electrolyte_ml.errors import InputError
from electrolyte_ml.search.problem import Problem, SamplerName

# Some five seconds of Optuna's own time each; TPE's grows with the square of the trials.
_DEFAULT_TRIALS = {SamplerName.NSGA2: 2400, SamplerName.TPE: 400}
# TPE learns from every answer, so that small batches serve it better than whole populations.
_DEFAULT_POPULATION = {SamplerName.NSGA2: 50, SamplerName.TPE: 10}
_JOURNAL = "journal:"
_FINGERPRINT = "electrolyte_ml:problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Settings of a search with nothing left open.

    Attributes
    ----------
    sampler
        NSGA-II or TPE.
    n_trials
        Distinct recipes to score.
    population
        Recipes scored together.
    seed
        Seed of every random number.
    """

    sampler: SamplerName
    n_trials: int
    population: int
    seed: int


def plan_search(problem: Problem, *, n_trials: int | None, seed: int | None) -> Plan:
    """Settle what the problem and the caller leave open.

    ``auto`` is NSGA-II for any number of objectives: it exchanges whole components between recipes,
    at a constant cost a trial. TPE takes coordinates one by one and gets stuck in sets of
    components; it is there for scorers so slow that only some hundred recipes can be afforded.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    settings = problem.settings
    sampler = settings.sampler
    if sampler is SamplerName.AUTO:
        sampler = SamplerName.NSGA2
    trials = next(
        n for n in (n_trials, settings.n_trials, _DEFAULT_TRIALS[sampler]) if n is not None
    )
    chosen_seed = settings.seed if seed is None else seed
    if trials < 1:
        raise InputError(f"the number of trials must be at least 1, given {trials}")
    if not 0 <= chosen_seed < 2**32:
        raise InputError(f"the seed must be from 0 to {2**32 - 1}, given {chosen_seed}")
    population = settings.population or _DEFAULT_POPULATION[sampler]
    return Plan(sampler=sampler, n_trials=trials, population=population, seed=chosen_seed)


def open_study(problem: Problem, plan: Plan, storage: str | None) -> optuna.Study:
    """The study of a problem: new, or resumed where the storage holds one of its name.

    Parameters
    ----------
    problem
        Its name is the study's.
    plan
        How it is searched.
    storage
        ``journal:PATH`` for a file, any URL that Optuna takes, or None for memory.

    Raises
    ------
    InputError
        If the stored study belongs to another problem, or the storage cannot be opened.
    """
    try:
        study = optuna.create_study(
            study_name=problem.name,
            storage=_open_storage(storage),
            directions=[StudyDirection[o.direction.name] for o in problem.objectives],
            load_if_exists=True,
        )
    except Exception as error:  # Optuna and its drivers raise many kinds for a bad URL.
        raise InputError(f"storage {storage!r} cannot be opened: {error}") from error
    held = study.user_attrs.get(_FINGERPRINT)
    fingerprint = _fingerprint(problem)
    if held is None:
        study.set_user_attr(_FINGERPRINT, fingerprint)
    elif held != fingerprint:
        raise InputError(
            f"storage {storage!r} holds a study {problem.name!r} of a problem that has changed "
            "since; rename the problem or use another storage"
        )
    # Another seed for every continuation: the same one would draw the same numbers again.
    study.sampler = _sampler(plan, (plan.seed + len(study.trials)) % 2**32)
    return study


def _open_storage(storage: str | None) -> BaseStorage | str | None:
    """A journal file is the storage that needs no server; the rest Optuna knows by URL."""
    if storage is None or not storage.startswith(_JOURNAL):
        return storage
    path = storage.removeprefix(_JOURNAL)
    # The lock by opening a file also holds on network file systems, where links may not.
    return JournalStorage(JournalFileBackend(path, lock_obj=JournalFileOpenLock(path)))


def _sampler(plan: Plan, seed: int) -> BaseSampler:
    if plan.sampler is SamplerName.TPE:
        return TPESampler(seed=seed, n_startup_trials=plan.population)
    return NSGAIISampler(population_size=plan.population, seed=seed)


def _fingerprint(problem: Problem) -> str:
    """Hash of everything that gives the coordinates and values of a trial their meaning."""
    content = {k: v for k, v in problem.to_dict().items() if k != "description"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
