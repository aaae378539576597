"""Screening: every property of very many recipes of a problem, chunk by chunk, as Parquet parts.

A chunk is a range of numbers of the sampled space. It is made, scored and written without any
other, so chunks can be computed anywhere and in any order, and a part that is there is never made
again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrolyte_ml.errors import InputError, RecipeFileError
from electrolyte_ml.executors import Shard, as_finished
from electrolyte_ml.files import make_folder, reading, write_atomically, write_text
from electrolyte_ml.search.problem import Problem
from electrolyte_ml.search.sampling import SampledSpace, Sampling
from electrolyte_ml.search.screen_table import ScreenTables
from electrolyte_ml.text import one_line
from electrolyte_ml.threads import one_thread

if TYPE_CHECKING:
    import pyarrow as pa

#: Recipes of a chunk.
CHUNK = 10_000
_RECORD = "screening.json"

ProgressCallback = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What is screened; the same object gives the same recipes and scores everywhere.

    Attributes
    ----------
    problem
        Components, limits, objectives, constraints and temperatures.
    n
        Recipes to make; a grid with fewer recipes is taken whole.
    seed
        Of the sampling.
    sampling
        How recipes are chosen.
    chunk
        Recipes that are made together.
    """

    problem: Problem
    n: int
    seed: int = 0
    sampling: Sampling = Sampling.SOBOL
    chunk: int = CHUNK

    def __post_init__(self) -> None:
        if self.n < 1 or self.chunk < 1:
            raise InputError(f"n and chunk are at least 1, given {self.n} and {self.chunk}")

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        return -(-_space(self).n_points // self.chunk)

    def score(self, number: int) -> pa.Table:
        """Make and score the recipes of a chunk.

        Parameters
        ----------
        number
            Of the chunk, from 0.

        Returns
        -------
        pyarrow.Table
            A row for each distinct recipe, with the columns of
            `electrolyte_ml.search.screen_table`.
        """
        space = _space(self)
        start = number * self.chunk
        with one_thread():
            points, recipes = space.recipes(start, min(start + self.chunk, space.n_points))
            return _tables(self.problem).table(points, recipes)

    def part(self, number: int) -> bytes:
        """The table of a chunk as a Parquet file, which is then only to be stored."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = pa.BufferOutputStream()
        pq.write_table(self.score(number), file, compression="zstd")
        return bytes(file.getvalue().to_pybytes())

    def to_dict(self) -> dict[str, Any]:
        """What decides the numbers of a screening, for its record."""
        return {
            "problem": self.problem.to_dict(),
            "n": self.n,
            "seed": self.seed,
            "sampling": str(self.sampling),
            "chunk": self.chunk,
        }


@lru_cache(maxsize=2)
def _space(screening: Screening) -> SampledSpace:
    """Space of a screening, made once in a process."""
    return SampledSpace(
        screening.problem.components,
        screening.problem.limits,
        screening.sampling,
        screening.n,
        screening.seed,
    )


@lru_cache(maxsize=2)
def _tables(problem: Problem) -> ScreenTables:
    """Scorer of a problem, made once in a process."""
    return ScreenTables(problem)


def run_screening(
    screening: Screening,
    folder: Path,
    *,
    executor: Executor | None = None,
    shard: Shard | None = None,
    progress: ProgressCallback | None = None,
) -> list[str]:
    """Write the parts of a screening that are not there yet.

    Parameters
    ----------
    screening
        What to screen.
    folder
        Folder of the parts, one file a chunk, and of the record of what is screened.
    executor
        Where chunks are scored; here if None.
    shard
        This machine's part of the chunks; all by default.
    progress
        Called as ``progress(done, total)`` with numbers of chunks.

    Returns
    -------
    list of str
        Why chunks could not be scored, a line each; the same call tries them again.

    Raises
    ------
    InputError
        If the folder holds another screening.
    RecipeFileError
        If the problem asks for a property that is not predicted.
    """
    _claim(folder, screening)
    mine = [i for i in range(screening.n_chunks) if (shard or Shard()).holds(i)]
    left = [i for i in mine if not part_of(folder, i).exists()]
    tell = progress or (lambda done, total: None)  # noqa: ARG005 - nobody listens
    done = len(mine) - len(left)
    tell(done, len(mine))
    faults = []
    for number, future in as_finished(screening.part, left, executor):
        error = future.exception()
        if isinstance(error, RecipeFileError):
            raise error
        if error is not None:
            faults.append(f"chunk {number}: {type(error).__name__}: {one_line(error)}")
            continue
        _store(part_of(folder, number), future.result())
        done += 1
        tell(done, len(mine))
    return faults


def _store(path: Path, content: bytes) -> None:
    """Write a part: it is there whole, or not at all."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_atomically(path, write)


def _claim(folder: Path, screening: Screening) -> None:
    """Write what is screened into the folder, or make sure that it is the same."""
    make_folder(folder)
    record = folder / _RECORD
    wanted = json.loads(json.dumps(screening.to_dict()))
    if not record.exists():
        write_text(record, json.dumps(wanted, indent=2) + "\n")
        return
    with reading(record):
        held = json.loads(record.read_text(encoding="utf-8"))
    if held != wanted:
        other = [name for name in wanted if held.get(name) != wanted[name]]
        raise InputError(
            f"{folder} holds another screening: its {' and '.join(other)} differ; name another "
            "folder, or remove this one"
        )


def part_of(folder: Path, number: int) -> Path:
    """File of a chunk."""
    return folder / f"part-{number:06d}.parquet"


def parts_in(folder: Path, screening: Screening) -> list[Path]:
    """Parts of a screening that are there, in the order of their chunks."""
    every = (part_of(folder, number) for number in range(screening.n_chunks))
    return [path for path in every if path.exists()]
