"""Registry of the suites: a module each, imported on first use."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from electrolyte_ml.benchmarks.job import Job
from electrolyte_ml.errors import InputError, MissingDependencyError
from electrolyte_ml.properties import properties

if TYPE_CHECKING:
    from electrolyte_ml.benchmarks.frozen import KeyedSplit
    from electrolyte_ml.benchmarks.user_model import UserModel

# Suites that judge no single property.
_GENERAL = (
    "chemistry",
    "differences",
    "solutions",
    "sodium",
    "search",
    "campaign",
    "learning",
    "speed",
    "scale",
    "ablation",
    "simulation",
    "graph",
    "quantum",
)


def suite_names() -> tuple[str, ...]:
    """Suites by name: those of the registered properties first.

    Each is a module that has ``jobs(*, quick, splits, seed)``. It may have ``keyed_splits(seed)``,
    the splits to freeze, and ``user_jobs(model, *, quick, splits, seed)``, the jobs of a model from
    outside.
    """
    named = [known.suite for known in properties().values() if known.suite]
    return tuple(dict.fromkeys((*named, *_GENERAL)))


def suite_module(suite: str) -> ModuleType:
    """Module of a suite.

    Raises
    ------
    InputError
        If there is no such suite.
    MissingDependencyError
        If something that it needs is not installed.
    """
    if suite not in suite_names():
        raise InputError(f"unknown suite {suite!r}; there are {', '.join(suite_names())}")
    try:
        return import_module(_home(suite))
    except ImportError as error:
        raise MissingDependencyError(
            f"the suite {suite!r} cannot be loaded in this installation: {error}"
        ) from error


def jobs_of(
    suite: str,
    *,
    quick: bool = False,
    splits: tuple[str, ...] | None = None,
    seed: int = 0,
    models: tuple[str, ...] | None = None,
) -> list[Job]:
    """Jobs of a suite, not yet run.

    Parameters
    ----------
    suite
        One of `suite_names()`.
    quick, splits, seed
        As the suite takes them.
    models
        Only these, by their names in the leaderboard; all by default.

    Raises
    ------
    InputError
        If there is no such suite, split or model.
    MissingDependencyError
        If something that the suite needs is not installed.
    DataNotFoundError
        If its data are not on this machine.
    """
    jobs: list[Job] = suite_module(suite).jobs(quick=quick, splits=splits, seed=seed)
    if models is None:
        return jobs
    known = tuple(dict.fromkeys(job.model for job in jobs))
    unknown = [name for name in models if name not in known]
    if unknown:
        raise InputError(
            f"no model {', '.join(map(repr, unknown))} in this run; there are {', '.join(known)}"
        )
    return [job for job in jobs if job.model in models]


def user_jobs_of(
    suite: str,
    model: UserModel,
    *,
    quick: bool = False,
    splits: tuple[str, ...] | None = None,
    seed: int = 0,
) -> list[Job]:
    """Jobs of a user's model on the splits of a suite.

    Raises
    ------
    InputError
        If the suite does not take models from outside; otherwise as `jobs_of`.
    """
    module = suite_module(suite)
    if not hasattr(module, "user_jobs"):
        takes = [n for n in suite_names() if _exists(n) and hasattr(suite_module(n), "user_jobs")]
        raise InputError(
            f"the suite {suite!r} takes no model from outside; these do: {', '.join(takes)}"
        )
    jobs: list[Job] = module.user_jobs(model, quick=quick, splits=splits, seed=seed)
    return jobs


def splits_to_freeze(suites: Sequence[str] | None = None) -> list[KeyedSplit]:
    """Splits of suites that have any, for `electrolyte_ml.benchmarks.frozen.freeze`.

    Parameters
    ----------
    suites
        All that are installed by default.

    Raises
    ------
    InputError
        If there is no such suite.
    DataNotFoundError
        If data are not on this machine.
    """
    from electrolyte_ml.benchmarks.frozen import FROZEN_SEED

    keyed: list[KeyedSplit] = []
    for suite in suites or [name for name in suite_names() if _exists(name)]:
        make = getattr(suite_module(suite), "keyed_splits", None)
        if make is not None:
            keyed += make(FROZEN_SEED)
    return keyed


def _home(suite: str) -> str:
    """Module of a suite: dotted if another package brought it."""
    return suite if "." in suite else f"electrolyte_ml.benchmarks.suites.{suite}"


def _exists(suite: str) -> bool:
    return find_spec(_home(suite)) is not None
