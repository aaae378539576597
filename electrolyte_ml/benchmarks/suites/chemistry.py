"""Suite ``chemistry``: conductivities of all files, extrapolated to new chemistry.

Splits are those of `electrolyte_ml.benchmarks.chemistry_splits`: unseen series, anions, cations,
solvents, files, and concentrated solutions. Our model and baselines learn from the same rows of the
union, and are judged on all tested rows, on those that CALiSol-23 does not hold, and by cation,
family of solvents and anion.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks import chemistry_splits
from electrolyte_ml.benchmarks.baselines import Baseline
from electrolyte_ml.benchmarks.chemistry_groups import chemistry_groups
from electrolyte_ml.benchmarks.chemistry_splits import SPLITS, keyed_split
from electrolyte_ml.benchmarks.evaluation import (
    Case,
    content_sha256,
    evaluate_baseline,
    evaluate_model,
    evaluate_user,
)
from electrolyte_ml.benchmarks.fits import FIT_CODE, fit_conductivity, lacking
from electrolyte_ml.benchmarks.frozen import FIRST_FOLD, check
from electrolyte_ml.benchmarks.job import Job, chosen_splits
from electrolyte_ml.benchmarks.union_baselines import UNION_BASELINES
from electrolyte_ml.benchmarks.user_model import UserModel
from electrolyte_ml.data.copies import series_groups
from electrolyte_ml.data.splits import Split
from electrolyte_ml.data.union import conductivity_union

TASK = "union of measured ionic conductivities, mS/cm"
OURS = "our model"
#: The first of the folds of unseen series; what ``--quick`` runs.
QUICK = f"series{FIRST_FOLD}"
ALL_ROWS, NEW_ROWS, OLD_ROWS = "all", "not in CALiSol-23", "CALiSol-23"
# A group of fewer tested rows has no line of its own.
_FEWEST_ROWS = 10
_CALISOL23 = "calisol23"
_COMMON = (
    "electrolyte_ml.benchmarks.chemistry_groups",
    "electrolyte_ml.benchmarks.evaluation",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.suites.chemistry",
)
_OUR_CODE = (*_COMMON, *FIT_CODE)
# Descriptors of cations are in no hash of the content of a case.
_BASELINE_CODE = (
    *_COMMON,
    "electrolyte_ml.benchmarks.baselines",
    "electrolyte_ml.benchmarks.union_baselines",
    "electrolyte_ml.features",
)

#: The splits to freeze.
keyed_splits = chemistry_splits.keyed_splits


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our model and baselines on every split.

    Parameters
    ----------
    quick
        The first fold of unseen series, with the fast baselines.
    splits
        Names from `SPLITS`, or `QUICK`.
    seed
        Of splits and models.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    baselines = tuple(b for b in UNION_BASELINES if b.quick or not quick)
    listed = []
    for name in _chosen(splits, quick=quick):
        case = case_of(name, seed)
        run = partial(evaluate_model, case, partial(fit_conductivity, seed=seed))
        ours = case.job(
            task=TASK,
            model=OURS,
            seed=seed,
            run=run,
            code=_OUR_CODE,
            skipped=lacking(),
        )
        listed.append(ours)
        listed += [_baseline_job(case, baseline, seed) for baseline in baselines]
    return listed


def user_jobs(
    model: UserModel, *, quick: bool, splits: tuple[str, ...] | None, seed: int
) -> list[Job]:
    """A user's model on every split.

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
        If a data set is not on this machine.
    """
    listed = []
    for name in _chosen(splits, quick=quick):
        case = case_of(name, seed)
        run = partial(evaluate_user, case, model)
        theirs = case.job(
            task=TASK, model=model.name, seed=seed, run=run, code=_COMMON, version=model.version
        )
        listed.append(theirs)
    return listed


def _chosen(splits: tuple[str, ...] | None, *, quick: bool) -> tuple[str, ...]:
    return chosen_splits(
        splits, known=(*SPLITS, QUICK), default=(QUICK,) if quick else tuple(SPLITS)
    )


def _baseline_job(case: Case, baseline: Baseline, seed: int) -> Job:
    run = partial(evaluate_baseline, baseline, case, seed)
    return case.job(
        task=TASK,
        model=baseline.name,
        seed=seed,
        run=run,
        code=_BASELINE_CODE,
        skipped=baseline.skipped,
    )


def case_of(name: str, seed: int) -> Case:
    """Rows, folds and groups of a split, checked against the frozen one.

    Parameters
    ----------
    name
        One of `SPLITS`, or `QUICK`.
    seed
        Of the split, where chance has a part in it.

    Raises
    ------
    FrozenSplitError
        If the data are not those of the frozen split.
    DataNotFoundError
        If a data set is not on this machine.
    """
    keyed = keyed_split("series" if name == QUICK else name, seed)
    check(keyed, seed=seed)
    if name == QUICK:
        keyed = keyed.first_fold()
    measurements = conductivity_union().measurements
    return Case(
        measurements=measurements,
        split=keyed.split,
        groups=_groups(keyed.split),
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        content_sha256=_content(),
        subsets=subsets_of(keyed.split.tested),
    )


@cache
def _content() -> str:
    return content_sha256(conductivity_union().measurements)


def _groups(split: Split) -> NDArray[np.intp]:
    """What a fold leaves out by its name is a group; elsewhere series are."""
    if split.labels:
        return split.fold_of_tested
    return series_groups(conductivity_union().measurements)[split.tested]


def subsets_of(tested: NDArray[np.intp]) -> dict[str, NDArray[np.bool_]]:
    """Parts of tested rows: by whether CALiSol-23 holds them, by cation, solvents and anion.

    Parameters
    ----------
    tested
        Row numbers in the union, shape (t,).

    Returns
    -------
    dict
        Masks of shape (t,) by names such as ``not in CALiSol-23; anion FSI``; groups of less than
        ten rows are left out.
    """
    union = conductivity_union()
    new = (union.dataset != _CALISOL23)[tested]
    formulation = union.measurements.formulation_index[tested]
    found = {NEW_ROWS: new, OLD_ROWS: ~new}
    for scope, rows in ((NEW_ROWS, new), (ALL_ROWS, np.ones(len(tested), dtype=np.bool_))):
        found |= {f"{scope}; {n}": rows & held[formulation] for n, held in _chemistry().items()}
    return {name: held for name, held in found.items() if held.sum() >= _FEWEST_ROWS}


@cache
def _chemistry() -> dict[str, NDArray[np.bool_]]:
    return chemistry_groups(conductivity_union().measurements.formulations)
