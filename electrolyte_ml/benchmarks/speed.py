"""Suite ``speed``: how fast recipes are read, described and predicted on one core.

Seconds differ between machines. Each rate therefore stands beside its ratio to a fixed amount of
matrix multiplication, timed in the same run: ``speed_ratio`` is the number of items handled in the
time of one such workload. Split ``simulation`` has plain OpenMM on the same system for its
reference. Timings are never kept for a later run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np

from electrolyte_ml.benchmarks import simulation_speed
from electrolyte_ml.benchmarks.base import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.errors import MissingDependencyError

TASK = "speed on one core, items per second"
SPLITS = ("batch", "single", "simulation")
# The reference workload: products of square matrices of this size.
_SIZE, _PRODUCTS = 256, 20
_SOLVENTS = ("EC", "PC", "DMC", "DEC", "EMC", "DME", "diglyme", "GBL")
_SALTS = ("NaPF6", "NaFSI", "NaClO4", "LiPF6", "LiTFSI")
_BATCH, _QUICK_BATCH = 2000, 200
_REPEATS, _QUICK_REPEATS = 5, 3
_PIECES, _QUICK_PIECES = 60, 10


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Parsing, features, batch prediction and the latency of one recipe.

    Parameters
    ----------
    quick
        Fewer recipes.
    splits
        ``batch``, ``single`` or ``simulation``.
    seed
        Of the recipes.

    Raises
    ------
    InputError
        If there is no such split.
    """
    n, repeats = (_QUICK_BATCH, _QUICK_REPEATS) if quick else (_BATCH, _REPEATS)
    runs: list[tuple[str, str, Callable[..., JobResult]]] = [
        ("batch", "recipe notation parsed", _parsing),
        ("batch", "formulations described", _features),
        ("batch", "conductivity with interval", _batch),
        ("single", "conductivity with interval, once loaded", _single),
        ("single", "first score from the shell", _first_score),
    ]
    chosen = chosen_splits(splits, known=SPLITS, default=SPLITS)
    listed = [
        Job(
            task=TASK,
            split=split,
            model=model,
            seed=seed,
            run=partial(_run, run, n, repeats, seed),
            kept=False,
        )
        for split, model, run in runs
        if split in chosen
    ]
    if "simulation" in chosen:
        listed.append(_simulation_job(_QUICK_PIECES if quick else _PIECES, seed))
    return listed


def _simulation_job(pieces: int, seed: int) -> Job:
    return Job(
        task=TASK,
        split="simulation",
        model=simulation_speed.MODEL,
        seed=seed,
        run=partial(_simulation, pieces, seed),
        skipped=_why_no_simulation(),
        kept=False,
    )


def _why_no_simulation() -> str | None:
    """What is not installed, looked for without importing it; None if nothing is missing."""
    from electrolyte_ml.optional import find_program

    if find_spec("openmm") is None:
        return "OpenMM is not installed: pip install 'electrolyte_ml[md]'"
    try:
        find_program("packmol")
    except MissingDependencyError as error:
        return str(error)
    return None


def _simulation(pieces: int, seed: int, progress: Progress | None) -> JobResult:
    with one_core():
        return simulation_speed.engine_speed(pieces, seed, progress)


def recipes(n: int, seed: int) -> list[str]:
    """Distinct recipes of two solvents and a salt, as a user writes them."""
    draw = np.random.default_rng(seed)
    texts = []
    for _ in range(n):
        first, second = draw.choice(_SOLVENTS, 2, replace=False)
        share, molality = draw.integers(10, 90), draw.uniform(0.3, 2.0)
        salt = draw.choice(_SALTS)
        texts.append(f"{molality:.3f} m {salt} in {first}:{second} {share}:{100 - share} w/w")
    return texts


def _run(
    measure: Callable[..., JobResult], n: int, repeats: int, seed: int, progress: Progress | None
) -> JobResult:
    del progress
    with one_core():
        return measure(recipes(n, seed), repeats)


def _parsing(texts: list[str], repeats: int) -> JobResult:
    from electrolyte_ml.formulation import parse_recipe

    parse_recipe(texts[0])  # the catalog is loaded before the clock runs
    return _rate(lambda: [parse_recipe(text) for text in texts], len(texts), repeats)


def _features(texts: list[str], repeats: int) -> JobResult:
    from electrolyte_ml.features import compose, mixture_features
    from electrolyte_ml.formulation import parse_recipe

    parsed = [parse_recipe(text) for text in texts]
    mixture_features(compose(parsed))
    return _rate(lambda: mixture_features(compose(parsed)), len(texts), repeats)


def _batch(texts: list[str], repeats: int) -> JobResult:
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.models.conductivity.artefact import load

    parsed = [parse_recipe(text) for text in texts]
    temperature = np.full(len(parsed), 298.15)
    model = load()
    model.predict(parsed[:1], temperature[:1])
    return _rate(lambda: model.predict(parsed, temperature), len(texts), repeats)


def _single(texts: list[str], repeats: int) -> JobResult:
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.models.conductivity.artefact import load

    model, temperature = load(), np.array([298.15])
    model.predict([parse_recipe(texts[0])], temperature)
    some = texts[: max(10, len(texts) // 20)]

    def one_by_one() -> None:
        for text in some:
            model.predict([parse_recipe(text)], temperature)

    result = _rate(one_by_one, len(some), repeats)
    result.metrics["latency_ms"] = 1000 / result.metrics["per_second"]
    return result


def _first_score(texts: list[str], repeats: int) -> JobResult:
    """One ``electrolyte-ml score`` in a process of its own, and how many modules it imports."""
    code = (
        "import sys; from electrolyte_ml.cli.app import app\n"
        f"app(['score', {texts[0]!r}, '--json'], standalone_mode=False)\n"
        "print(len(sys.modules), file=sys.stderr)"
    )

    def score() -> str:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr

    n_modules = int(score())  # files are in the system's cache before the clock runs
    result = _rate(score, 1, repeats)
    result.metrics["n_modules"] = n_modules
    return result


def _rate(work: Callable[[], Any], n: int, repeats: int) -> JobResult:
    """The best of several runs, each beside the reference: noise only ever slows down."""
    seconds, reference = [], []
    for _ in range(repeats):
        reference.append(_seconds(_reference))
        seconds.append(_seconds(work))
    per_second = n / min(seconds)
    return JobResult(
        metrics={
            "n": n,
            "per_second": per_second,
            "reference_ms": 1000 * min(reference),
            "speed_ratio": per_second * min(reference),
        }
    )


def _reference() -> None:
    matrix = np.full((_SIZE, _SIZE), 1.0 / _SIZE)
    for _ in range(_PRODUCTS):
        matrix = matrix @ matrix


def _seconds(work: Callable[[], Any]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


@contextmanager
def one_core() -> Iterator[None]:
    """Hold this process on one core where the system can, so that BLAS has no more threads."""
    get = getattr(os, "sched_getaffinity", None)
    if get is None:
        yield
        return
    before = get(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
