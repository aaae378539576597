"""Benchmark suites: our models beside baselines, on splits that do not leak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from electrolyte_ml.benchmarks.conductivity import run_conductivity
from electrolyte_ml.errors import InputError

__all__ = ["SUITES", "run_suite"]

Progress = Callable[[str, int, int], None]
SUITES = {"conductivity": run_conductivity}


def run_suite(
    suite: str,
    *,
    quick: bool = False,
    splits: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run a suite.

    Parameters
    ----------
    suite
        One of `SUITES`.
    quick
        The headline split only, without slow baselines.
    splits
        Only these splits; all of the suite by default.
    seed
        Of splits and models.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    dict
        ``{"suite", "tasks": [{"task", "split", "model", "metrics"}]}``.

    Raises
    ------
    InputError
        If there is no such suite or split.
    DataNotFoundError
        If its data are not on this machine.
    """
    if suite not in SUITES:
        raise InputError(f"unknown suite {suite!r}; there are {', '.join(SUITES)}")
    tasks = SUITES[suite](quick=quick, splits=splits, seed=seed, progress=progress)
    return {"suite": suite, "tasks": tasks}
