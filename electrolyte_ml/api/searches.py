"""Searches in notebooks: problems, and proposals of recipes."""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.arguments import path_of
from electrolyte_ml.search import Problem, ProposalSet, Scorer
from electrolyte_ml.search import load_problem as load_file
from electrolyte_ml.search import propose as search_problem
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.engine import ProgressCallback


def load_problem(problem: str | Path | Problem) -> Problem:
    """Load a search problem: components, limits, objectives and constraints.

    Parameters
    ----------
    problem
        Name of a bundled problem, or a TOML file; a `Problem` is returned as it is.

    Returns
    -------
    Problem
        With at least one legal recipe.

    Raises
    ------
    ElectrolyteError
        If there is no such problem, or its file has faults; one line for each.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> eml.load_problem("sodium_metal_glyme").temperatures_k
    (298.15, 253.15)
    """
    return problem if isinstance(problem, Problem) else load_file(find_problem(problem))


def propose(
    problem: str | Path | Problem,
    n: int = 8,
    *,
    n_trials: int | None = None,
    seed: int | None = None,
    scorer: Scorer | None = None,
    storage: str | Path | None = None,
    worker: int = 0,
    progress: ProgressCallback | None = None,
) -> ProposalSet:
    """Search a problem for the best recipes and pick a diverse shortlist.

    Parameters
    ----------
    problem
        Name of a bundled problem, a TOML file, or a `Problem`.
    n
        Recipes to propose; fewer come back only if fewer are feasible.
    n_trials, seed
        Override those of the problem.
    scorer
        Source of predictions; by default the models that ship with the package.
    storage
        Journal file or Optuna storage URL, to keep the search and resume it.
    worker
        Number of this worker, if several share the storage.
    progress
        Called as ``progress(done, total)`` while the search runs.

    Returns
    -------
    ProposalSet
        Ranked, distinct recipes that satisfy every limit; a table in notebooks, and
        `ProposalSet.to_frame` has all predictions.

    Raises
    ------
    ElectrolyteError
        If there is no such problem, its file has faults, or no recipe satisfies every limit.

    Examples
    --------
    >>> import electrolyte_ml as eml
    >>> shortlist = eml.propose("sodium_room_temperature", n=2, n_trials=40)
    >>> [proposal.place for proposal in shortlist]
    [1, 2]
    """
    return search_problem(
        load_problem(problem),
        scorer,
        n=n,
        n_trials=n_trials,
        seed=seed,
        storage=None if storage is None else _storage(storage),
        worker=worker,
        progress=progress,
    )


def _storage(storage: str | Path) -> str:
    """A storage as text: an address must not be read as a path."""
    path_of(storage, "storage is a journal file, or a storage URL of Optuna, as text or a path")
    return str(storage)
