"""Which jobs of a suite are run: a small object that lists the same jobs in every process."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from electrolyte_ml.benchmarks.job import Job, JobResult
from electrolyte_ml.benchmarks.registry import jobs_of, user_jobs_of
from electrolyte_ml.benchmarks.user_model import load_user_model
from electrolyte_ml.errors import InputError
from electrolyte_ml.executors import Shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Jobs of a suite.

    Attributes
    ----------
    suite
        Name of the suite.
    quick
        Fewer splits, no slow baselines.
    splits, models
        Only these splits and models of the leaderboard; None for all.
    seed
        Of splits and models.
    user_model
        A model from outside instead, ``MODULE:CLASS``; empty for those of the suite.
    shard
        This machine's part of the jobs.
    """

    suite: str
    quick: bool = False
    splits: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    seed: int = 0
    user_model: str = ""
    shard: Shard = field(default_factory=Shard)

    def jobs(self) -> list[Job]:
        """The jobs, in the order of the leaderboard.

        Raises
        ------
        InputError
            If there is no such suite, split or model.
        """
        if not self.user_model:
            jobs = jobs_of(
                self.suite,
                quick=self.quick,
                splits=self.splits,
                seed=self.seed,
                models=self.models,
            )
        elif self.models:
            raise InputError(
                "--only chooses among models of the suite: leave it out beside --model"
            )
        else:
            model = load_user_model(self.user_model)
            jobs = user_jobs_of(
                self.suite, model, quick=self.quick, splits=self.splits, seed=self.seed
            )
        return [job for number, job in enumerate(jobs) if self.shard.holds(number)]


def run_selected(selection: Selection, number: int) -> JobResult:
    """Run the job of a number, from 0, in a process that may hold none of them yet."""
    return _jobs(selection)[number].run(None)


@lru_cache(maxsize=2)
def _jobs(selection: Selection) -> list[Job]:
    return selection.jobs()
