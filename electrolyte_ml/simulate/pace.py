"""How long a campaign still takes, from what it has done so far."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

from electrolyte_ml.simulate.campaign import CampaignJob


class Pace:
    """Work done and left of a campaign, in atoms times simulated time.

    Parameters
    ----------
    jobs
        Jobs that are still to be done.
    """

    def __init__(self, jobs: Iterable[CampaignJob]) -> None:
        self._open = {entry.job.key: work_ps(entry) for entry in jobs}
        self._done = 0.0
        self._started = time.monotonic()

    def finish(self, entry: CampaignJob) -> None:
        """Count a job as done, or as given up."""
        self._done += self._open.pop(entry.job.key, 0.0)

    def left_s(self, elapsed_s: float | None = None) -> float | None:
        """Wall-clock time left, s, at the speed so far; None before the first job is done.

        Parameters
        ----------
        elapsed_s
            Time since the start, s; by default that of the clock.
        """
        if not self._done:
            return None
        elapsed = time.monotonic() - self._started if elapsed_s is None else elapsed_s
        return sum(self._open.values()) / self._done * elapsed


def work_ps(entry: CampaignJob) -> float:
    """Atoms of a job times its length, ps: what its time is about proportional to."""
    return entry.job.layout().n_atoms * entry.job.protocol.total_ps


def open_jobs(jobs: Iterable[CampaignJob], done: Collection[str]) -> list[CampaignJob]:
    """Jobs whose keys are not among those done."""
    return [entry for entry in jobs if entry.job.key not in done]


def duration(seconds: float) -> str:
    """Time as a person says it: ``3 h 20 min``."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
