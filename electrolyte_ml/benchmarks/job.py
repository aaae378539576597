"""Jobs of a suite, each a model on a split, and their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """Result of a job.

    Attributes
    ----------
    metrics
        Numbers by name; ``n`` is always among them.
    measured, predicted
        Values of the parity plot, shapes (t,), in the unit of the task; empty if there is none.
    trace
        Share of the optimum that a search has found after each experiment, percent, a row a seed,
        shape (s, b); empty for jobs that are no search.
    subsets
        Numbers of parts of the tested rows, by the name of the part; empty if there are none.
    """

    metrics: dict[str, float]
    measured: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    predicted: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    trace: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    subsets: Mapping[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A model on a split of a task: the unit that is run, kept, and not run again.

    Attributes
    ----------
    task
        Data set, property and unit, such as ``CALiSol-23 ionic conductivity, mS/cm``.
    split
        Name of the split.
    model
        As the leaderboard shows it.
    seed
        Of the split and the model.
    run
        Does the work; called as ``run(progress)`` with ``progress(what, done, total)`` or None.
    data
        SHA-256 of each data file by name, from `environment.data_sha256`.
    split_sha256
        SHA-256 of the split, from `frozen.KeyedSplit`; empty if nothing is split.
    depends_on
        Modules and packages whose source decides the numbers, as dotted names: a kept result is
        not used any more once one of them has changed.
    version
        Anything else that the numbers depend on.
    skipped
        Why the job cannot run here, such as an extra that is not installed; it is then shown as
        skipped and `run` is never called.
    kept
        Whether the result may stand for a later run; false for timings.
    """

    task: str
    split: str
    model: str
    seed: int
    run: Callable[[Progress | None], JobResult]
    data: Mapping[str, str] = field(default_factory=dict)
    split_sha256: str = ""
    depends_on: tuple[str, ...] = (
        "electrolyte_ml.benchmarks",
        "electrolyte_ml.data",
        "electrolyte_ml.features",
        "electrolyte_ml.models",
    )
    version: str = ""
    skipped: str | None = None
    kept: bool = True

    @property
    def name(self) -> str:
        """Split and model, for people."""
        return f"{self.split}: {self.model}"


class Suite(Protocol):
    """A suite lists its jobs; nothing heavy happens before they run."""

    def __call__(self, *, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
        """Jobs of the suite, in the order of the leaderboard.

        Raises
        ------
        InputError
            If there is no such split.
        DataNotFoundError
            If its data are not on this machine.
        """
        ...


def chosen_splits(
    splits: tuple[str, ...] | None, *, known: tuple[str, ...], default: tuple[str, ...]
) -> tuple[str, ...]:
    """Splits to run: the chosen ones, or the default.

    Raises
    ------
    InputError
        If there is no such split.
    """
    from electrolyte_ml.errors import InputError

    unknown = [name for name in splits or () if name not in known]
    if unknown:
        raise InputError(f"unknown split {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(dict.fromkeys(splits)) if splits else default
