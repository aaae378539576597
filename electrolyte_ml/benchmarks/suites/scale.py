"""Suite ``scale``: screening beside plain prediction, on workers of several kinds, and its memory.

Split ``core`` has rates of one core in processor time, each beside that of plain prediction in the
same run. Split ``workers`` has rates by the clock, from the first chunk handed out to the last part
written; workers have started and loaded their models before. A parallel efficiency is the rate by
worker over that of this process, taken right before; it is only worth something on cores that do
nothing else.
Split ``memory`` has the largest memory of a process that screens, the disk that it fills, and the
time to find the leaders in its parts. Timings are never kept.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.suites.speed import recipes
from electrolyte_ml.executors import LOCAL, Shard, as_finished, in_order, open_executor
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.models.compositions import score_compositions
from electrolyte_ml.models.scoring import score_formulations
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.leaders import find_leaders
from electrolyte_ml.search.recipe_file import load_problem
from electrolyte_ml.search.screen_table import formulations_of_table
from electrolyte_ml.search.screening import Screening, part_of, parts_in, run_screening
from electrolyte_ml.species import Salt, Solvent
from electrolyte_ml.threads import one_thread

TASK = "screening, recipes at a temperature per second"
SPLITS = ("core", "workers", "memory")
_PROBLEM = "sodium_metal_glyme"
# Has so many recipes that hardly any comes twice.
_WIDE_PROBLEM = "sodium_room_temperature"
_KELVIN = 298.15
_BATCH, _QUICK_BATCH = 4000, 400
_REPEATS = 3
# Recipes of the screening that a timed chunk is of: hardly any comes twice.
_MANY = 1_000_000
# Chunks for each worker, and recipes of a chunk.
_CHUNKS, _CHUNK, _QUICK_CHUNK = 8, 2000, 100
_MOST_CHUNK = 10_000
_ROWS, _QUICK_ROWS = (10_000, 100_000, 1_000_000), (500, 2000)
_EMPTY_PIECES = 200
# Place of a recipe in a screening of a thousand million.
_FAR = 10**9


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Rates of one core, rates of workers, and memory.

    Parameters
    ----------
    quick
        Fewer recipes.
    splits
        ``core``, ``workers`` or ``memory``.
    seed
        Of the recipes.

    Raises
    ------
    InputError
        If there is no such split.
    """
    listed = {
        "core": _core_jobs(_QUICK_BATCH if quick else _BATCH, seed),
        "workers": _worker_jobs(_QUICK_CHUNK if quick else _CHUNK, seed),
        "memory": [
            _job("memory", f"{n} rows", seed, partial(_memory, n, seed))
            for n in (_QUICK_ROWS if quick else _ROWS)
        ],
    }
    chosen = chosen_splits(splits, known=SPLITS, default=SPLITS)
    return [job for split in chosen for job in listed[split]]


def _job(
    split: str,
    model: str,
    seed: int,
    run: Callable[[], JobResult],
    skipped: str | None = None,
) -> Job:
    return Job(
        task=TASK,
        split=split,
        model=model,
        seed=seed,
        run=partial(_silently, run),
        skipped=skipped,
        kept=False,
    )


def _silently(run: Callable[[], JobResult], progress: Progress | None) -> JobResult:
    del progress
    return run()


#: Work to be timed; the rows that it is about, and their temperatures in turn.
_Work = tuple[Callable[[], Any], list[Formulation], tuple[float, ...]]


def _core_jobs(n: int, seed: int) -> list[Job]:
    works: dict[str, Callable[[int, int], _Work]] = {
        "text read": _reading,
        "text read and all properties": _reading_and_scoring,
        "arrays, all properties": _arrays,
        "screening: made, scored and evaluated": _screening,
    }
    place = _job("core", f"place {_FAR:.0e} of the sequence", seed, partial(_place, seed))
    return [
        *(
            _job("core", name, seed, partial(_beside_plain, make, n, seed))
            for name, make in works.items()
        ),
        place,
    ]


def _place(seed: int) -> JobResult:
    """Processor time to a far place of the Sobol sequence, which a chunk there waits for."""
    problem = load_problem(find_problem(Path(_PROBLEM)))
    screening = Screening(problem=problem, n=_FAR + 1, chunk=1, seed=seed)
    screening.score(0)
    return JobResult(
        metrics={
            "n": float(_FAR),
            "latency_ms": 1000 * _cpu_seconds(partial(screening.score, _FAR)),
        }
    )


def _beside_plain(make: Callable[[int, int], _Work], n: int, seed: int) -> JobResult:
    """The best rate of some, in turn with plain prediction of the same recipes; one core."""
    work, formulations, temperatures = make(n, seed)
    kelvin = np.resize(np.array(temperatures), len(formulations))
    ours, theirs = [], []
    with one_thread():
        work()  # models are loaded before the clock runs
        for _ in range(_REPEATS):
            theirs.append(_cpu_seconds(partial(score_formulations, formulations, kelvin)))
            ours.append(_cpu_seconds(work))
    rate, of_plain = len(formulations) / min(ours), len(formulations) / min(theirs)
    return JobResult(
        metrics={
            "n": float(len(formulations)),
            "per_second": rate,
            "share_of_plain": rate / of_plain,
        }
    )


def _parsed(texts: list[str]) -> list[Formulation]:
    return [parse_recipe(text) for text in texts]


def _reading(n: int, seed: int) -> _Work:
    texts = recipes(n, seed)
    return partial(_parsed, texts), _parsed(texts), (_KELVIN,)


def _reading_and_scoring(n: int, seed: int) -> _Work:
    texts, kelvin = recipes(n, seed), np.full(n, _KELVIN)
    return lambda: score_formulations(_parsed(texts), kelvin), _parsed(texts), (_KELVIN,)


def _arrays(n: int, seed: int) -> _Work:
    made = _parsed(recipes(n, seed))
    solvents = list({s.solvent.name: s.solvent for f in made for s in f.solvents}.values())
    salts = list({s.salt.name: s.salt for f in made for s in f.salts}.values())
    fractions = np.array([_amounts(f.mass_fractions, solvents) for f in made])
    molalities = np.array([_amounts(f.molalities_mol_kg, salts) for f in made])
    species: list[Solvent | Salt] = [*solvents, *salts]
    return lambda: score_compositions(species, fractions, molalities, _KELVIN), made, (_KELVIN,)


def _amounts(held: dict[str, float], species: list[Any]) -> list[float]:
    return [held.get(one.name, 0.0) for one in species]


def _screening(n: int, seed: int) -> _Work:
    """A chunk of a problem, and its recipes at each of the problem's temperatures."""
    problem = load_problem(find_problem(Path(_WIDE_PROBLEM)))
    screening = Screening(problem=problem, n=_MANY, chunk=n, seed=seed)
    made = formulations_of_table(problem.components, screening.score(0))
    kelvins = problem.temperatures_k
    return lambda: screening.score(0), [f for f in made for _ in kelvins], kelvins


def _cpu_seconds(work: Callable[[], Any]) -> float:
    start = process_time()
    work()
    return process_time() - start


def _worker_jobs(chunk: int, seed: int) -> list[Job]:
    """One worker, then two and as many as there are processors, of each kind."""
    several = sorted({2, os.cpu_count() or 2} - {1})
    kinds: list[tuple[str, int, str | None]] = [("this process", 1, None)]
    kinds += [(f"pool of {n} processes", n, None) for n in several]
    kinds += [(f"local Dask cluster of {n} processes", n, LOCAL) for n in several]
    missing = None if find_spec("distributed") else "Dask is not installed"
    return [
        _job(
            "workers",
            name,
            seed,
            partial(_with_workers, n, dask, chunk, seed),
            missing if dask else None,
        )
        for name, n, dask in kinds
    ]


def _with_workers(n_workers: int, dask: str | None, chunk: int, seed: int) -> JobResult:
    """Rate of workers, beside that of this process on its share of the same chunks."""
    n_chunks = _CHUNKS * n_workers
    screening = Screening(
        problem=load_problem(find_problem(Path(_PROBLEM))),
        n=chunk * n_chunks,
        chunk=chunk,
        seed=seed,
    )
    with open_executor(n_workers, dask) as executor, tempfile.TemporaryDirectory() as folder:
        alone = _alone(screening, Path(folder) / "alone", of=n_workers)
        _load(screening, n_workers, executor)
        start, cpu_start = perf_counter(), process_time()
        run_screening(screening, Path(folder) / "spread", executor=executor)
        seconds, own_s = perf_counter() - start, process_time() - cpu_start
        differ = sum(
            part_of(Path(folder) / "spread", i).read_bytes()
            != part_of(Path(folder) / "alone", i).read_bytes()
            for i in range(0, n_chunks, n_workers)
        )
        piece_s = _seconds_of_a_piece(executor)
    n_rows = screening.n * len(screening.problem.temperatures_k)
    rate = n_rows / seconds
    return JobResult(
        metrics={
            "n": float(n_rows),
            "per_second": rate,
            "efficiency": rate / n_workers / alone,
            "piece_ms": 1000 * piece_s,
            "own_us": 1e6 * own_s / n_rows,
            "n_different": float(differ),
        }
    )


def _alone(screening: Screening, folder: Path, of: int) -> float:
    """Rows by second of this process, on every so many of the chunks."""
    # Models and what writes parts are loaded before the clock runs.
    screening.score(0)
    run_screening(replace(screening, n=20, chunk=20), folder.with_name("first"))
    start = perf_counter()
    run_screening(screening, folder, shard=Shard(number=1, of=of))
    n_rows = screening.n * len(screening.problem.temperatures_k)
    return n_rows / of / (perf_counter() - start)


def _load(screening: Screening, n_workers: int, executor: Executor | None) -> None:
    """Have every worker load its models."""
    first = partial(_process_that_scored, replace(screening, n=20 * n_workers, chunk=20))
    loaded: set[int] = set()
    while len(loaded) < n_workers:
        loaded |= set(in_order(first, range(n_workers), executor))


def _process_that_scored(screening: Screening, number: int) -> int:
    screening.score(number)
    return os.getpid()


def _seconds_of_a_piece(executor: Executor | None) -> float:
    """What it costs to hand out a piece of work and take its result back."""
    start = perf_counter()
    list(as_finished(abs, range(_EMPTY_PIECES), executor))
    return (perf_counter() - start) / _EMPTY_PIECES


def _memory(n: int, seed: int) -> JobResult:
    """Largest memory of a process that screens; size of its parts; time to find their leaders."""
    screening = Screening(
        problem=load_problem(find_problem(Path(_PROBLEM))),
        n=n,
        seed=seed,
        chunk=min(n, _MOST_CHUNK),
    )
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _SCREEN, _PROBLEM, str(n), str(seed), folder]
        command += [str(screening.chunk)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        parts = parts_in(Path(folder), screening)
        leaders_s = _cpu_seconds(partial(find_leaders, screening.problem, parts))
        size = sum(part.stat().st_size for part in parts)
    return JobResult(
        metrics={
            "n": float(n),
            "memory_mb": int(done.stdout.split()[-1]) / 1e3,
            "bytes_per_recipe": size / n,
            "leaders_s_per_million": leaders_s / n * 1e6,
        }
    )


# The system's own record where there is one: what `resource` says of a child of a large process is
# that process.
_SCREEN = """
import resource, sys
from pathlib import Path
import electrolyte_ml as eml
name, n, seed, out, chunk = sys.argv[1:]
eml.screen(name, int(n), out, seed=int(seed), chunk=int(chunk))
status = Path("/proc/self/status")
if status.exists():
    print(*(line.split()[1] for line in status.read_text().splitlines() if "VmHWM" in line))
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000)
"""
