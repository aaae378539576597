"""Searches compared seed by seed: worlds differ far more among each other than strategies do.

The spread of a strategy over seeds is mostly that of the worlds, some of which are hard for all.
What tells strategies apart is the difference in the same world.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from electrolyte_ml.benchmarks.base import Job, JobResult


def paired_differences(finished: Sequence[tuple[Job, JobResult]]) -> list[dict[str, Any]]:
    """How far the first strategy of each split is ahead of every other, seed by seed.

    Parameters
    ----------
    finished
        Jobs of a suite with their results; those without a trace, or with another number of seeds
        than the first of their split, are left out.

    Returns
    -------
    list of dict
        ``task``, ``split``, ``model`` ahead, ``rival``, number of ``seeds``; ``ahead`` and
        ``ahead_se``, mean of the difference in what was found in the end, percent of what there
        is, and its standard error; ``ahead_all_along`` and ``ahead_all_along_se``, likewise of the
        mean over all experiments; ``won`` and ``lost``, numbers of seeds; and ``p``, one-sided
        probability of such ranks by chance (Wilcoxon's signed-rank test [1]_), None where no seed
        tells them apart.

    References
    ----------
    .. [1] Wilcoxon, Biometrics Bulletin 1945, 1, 80. https://doi.org/10.2307/3001968
    """
    first: dict[tuple[str, str], tuple[Job, JobResult]] = {}
    rows = []
    for job, result in finished:
        if len(result.trace) < 2:
            continue
        ours, held = first.setdefault((job.task, job.split), (job, result))
        if ours is job or held.trace.shape != result.trace.shape:
            continue
        rows.append(_row(ours, job, held, result))
    return rows


def _row(ours: Job, rival: Job, held: JobResult, result: JobResult) -> dict[str, Any]:
    from scipy.stats import wilcoxon

    end = held.trace[:, -1] - result.trace[:, -1]
    along = held.trace.mean(axis=1) - result.trace.mean(axis=1)
    root = np.sqrt(len(end))
    return {
        "task": ours.task,
        "split": ours.split,
        "model": ours.model,
        "rival": rival.model,
        "seeds": len(end),
        "ahead": float(end.mean()),
        "ahead_se": float(end.std(ddof=1) / root),
        "ahead_all_along": float(along.mean()),
        "ahead_all_along_se": float(along.std(ddof=1) / root),
        "won": int((end > 0).sum()),
        "lost": int((end < 0).sum()),
        "p": float(wilcoxon(end, alternative="greater").pvalue) if end.any() else None,
    }
