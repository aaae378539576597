"""Suite ``conductivity``: CALiSol-23 on splits that do not leak, and the sodium points.

The random splits of rows are inflated, because rows of one temperature series are on both sides;
they are there for comparison with published figures.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from electrolyte_ml.benchmarks.base import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.baselines import BASELINES, Baseline
from electrolyte_ml.benchmarks.conductivity_splits import SPLITS, Case, case_of, keyed_split
from electrolyte_ml.benchmarks.evaluation import (
    evaluate_baseline,
    evaluate_ours,
    evaluate_user,
)
from electrolyte_ml.benchmarks.fits import FIT_CODE, lacking
from electrolyte_ml.benchmarks.frozen import KeyedSplit
from electrolyte_ml.benchmarks.user_model import UserModel

TASK = "CALiSol-23 ionic conductivity, mS/cm"
OURS = "physics ensemble"
_KNOWN = (*SPLITS, "sodium")
_QUICK = ("formulation",)
# What comes before them (cleaning, species, features) is in the hash of the content of a case.
_COMMON = ("electrolyte_ml.benchmarks.evaluation", "electrolyte_ml.benchmarks.metrics")
#: Source that decides the numbers of baselines, and of our model.
BASELINE_CODE = (
    *_COMMON,
    "electrolyte_ml.benchmarks.baselines",
    "electrolyte_ml.benchmarks.gaussian_process",
    "electrolyte_ml.benchmarks.inputs",
)
OUR_CODE = (*_COMMON, *FIT_CODE)


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our model and baselines on every split.

    Parameters
    ----------
    quick
        Unseen formulations only, with the fast baselines.
    splits
        Names from `SPLITS`, or ``sodium``: the suite of that name.
    seed
        Of splits and models.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If the data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=_KNOWN, default=_QUICK if quick else tuple(SPLITS))
    baselines = tuple(b for b in BASELINES if b.quick or not quick)
    listed: list[Job] = []
    for name in chosen:
        if name == "sodium":
            from electrolyte_ml.benchmarks import sodium

            listed += sodium.our_jobs(seed)
            continue
        case = case_of(name, seed)
        run = partial(evaluate_ours, case, seed)
        listed.append(_job(case, OURS, seed, run, code=OUR_CODE, skipped=lacking()))
        listed += [baseline_job(TASK, b, case, seed) for b in baselines]
    return listed


def user_jobs(
    model: UserModel, *, quick: bool, splits: tuple[str, ...] | None, seed: int
) -> list[Job]:
    """A stranger's model on every split.

    Parameters
    ----------
    model
        From `load_user_model`.
    quick, splits, seed
        As in `jobs`.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If the data set is not on this machine.
    """
    default = _QUICK if quick else tuple(SPLITS)
    listed = []
    for name in chosen_splits(splits, known=tuple(SPLITS), default=default):
        case = case_of(name, seed)
        run = partial(evaluate_user, case, model)
        listed.append(_job(case, model.name, seed, run, code=BASELINE_CODE, version=model.version))
    return listed


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """All splits of the suite with the row numbers of the data file."""
    return [keyed_split(name, seed) for name in SPLITS]


def baseline_job(task: str, baseline: Baseline, case: Case, seed: int) -> Job:
    """A baseline on a split; skipped with a reason if its library is not installed."""
    run = partial(evaluate_baseline, baseline, case, seed)
    return _job(
        case,
        baseline.name,
        seed,
        run,
        code=BASELINE_CODE,
        task=task,
        skipped=baseline.skipped,
    )


def _job(
    case: Case,
    model: str,
    seed: int,
    run: Callable[[Progress | None], JobResult],
    *,
    code: tuple[str, ...],
    version: str = "",
    task: str = TASK,
    skipped: str | None = None,
) -> Job:
    return Job(
        task=task,
        split=case.split.name,
        model=model,
        seed=seed,
        run=run,
        data=case.data,
        split_sha256=case.split_sha256,
        depends_on=code,
        version=case.content_sha256 + version,
        skipped=skipped,
    )
