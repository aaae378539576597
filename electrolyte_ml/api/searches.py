"""Searches in notebooks: problems, and proposals of recipes."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path

from electrolyte_ml.arguments import path_of, whole_number
from electrolyte_ml.errors import InputErrors
from electrolyte_ml.search import Problem, ProposalSet, Scorer
from electrolyte_ml.search import load_problem as load_file
from electrolyte_ml.search import propose as search_problem
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.engine import ProgressCallback
from electrolyte_ml.search.leaders import TOP, Leaders, find_leaders
from electrolyte_ml.search.sampling import Sampling
from electrolyte_ml.search.screening import CHUNK, Screening, parts_in, run_screening


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


def screen(
    problem: str | Path | Problem,
    n: int,
    out: str | Path,
    *,
    grid: bool = False,
    seed: int = 0,
    chunk: int = CHUNK,
    top: int = TOP,
    different: int = 8,
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
) -> Leaders:
    """Score very many recipes of a problem's whole space, chunk by chunk, and find the best.

    Parameters
    ----------
    problem
        Name of a bundled problem, a TOML file, or a `Problem`.
    n
        Recipes to make.
    out
        Folder of the Parquet parts; a screening that was stopped goes on from those that are there.
    grid
        Every recipe in order, or every so many, instead of a Sobol sequence.
    seed
        Of the Sobol sequence.
    chunk
        Recipes of a part.
    top
        Recipes to keep for each objective.
    different
        Leaders of different chemistry to choose.
    executor
        Where chunks are scored, such as a process pool or ``Client.get_executor()`` of Dask; here
        by default. The result is the same. Properties that were registered in this process are
        sent along; their functions must be in modules that workers can import.
    progress
        Called as ``progress(done, total)`` with numbers of chunks.

    Returns
    -------
    Leaders
        The best by each objective, the best trade-offs, and the best of different chemistry.

    Raises
    ------
    ElectrolyteError
        If the problem has faults, no recipe satisfies every limit, the folder holds another
        screening, or chunks could not be scored.
    """
    screening = Screening(
        problem=load_problem(problem),
        n=whole_number(n, "n, the number of recipes,"),
        seed=seed,
        sampling=Sampling.GRID if grid else Sampling.SOBOL,
        chunk=whole_number(chunk, "chunk, the number of recipes of a part,"),
    )
    folder = path_of(out, "out is the folder of the parts, such as 'results'")
    faults = run_screening(screening, folder, executor=executor, progress=progress)
    if faults:
        raise InputErrors([*faults, "the same call tries these chunks again"])
    return find_leaders(screening.problem, parts_in(folder, screening), n=different, top=top)
