"""What a suite is made of: jobs, each a model on a split, and what a job gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a job gives.

    Attributes
    ----------
    metrics
        Numbers by name; ``n`` is always among them.
    measured, predicted
        What a parity plot shows, shapes (t,), in the unit of the task; empty if there is none.
    """

    metrics: dict[str, float]
    measured: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    predicted: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


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
    """

    task: str
    split: str
    model: str
    seed: int
    run: Callable[[Progress | None], JobResult]


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
