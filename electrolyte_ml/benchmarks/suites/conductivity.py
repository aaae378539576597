"""Suite ``conductivity``: CALiSol-23 on splits that do not leak.

Our model also learns from the other files of the union of conductivities, but from no copy of a
tested row; baselines learn from CALiSol-23 alone, as those of the literature do. The random splits
of rows are inflated, because rows of one temperature series are on both sides; they are there for
comparison with published figures.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.baselines import BASELINES, Baseline
from electrolyte_ml.benchmarks.evaluation import (
    Case,
    content_sha256,
    evaluate_baseline,
    evaluate_model,
    evaluate_user,
)
from electrolyte_ml.benchmarks.fits import FIT_CODE, fit_conductivity, lacking
from electrolyte_ml.benchmarks.frozen import FIRST_FOLD, KeyedSplit, check
from electrolyte_ml.benchmarks.job import Job, chosen_splits
from electrolyte_ml.benchmarks.store import data_sha256
from electrolyte_ml.benchmarks.user_model import UserModel
from electrolyte_ml.data.conductivities import LITHIUM_SOURCE, lithium_conductivities
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import calisol23
from electrolyte_ml.data.splits import (
    Split,
    cold_split,
    formulation_groups,
    grouped_split,
    hot_split,
    random_split,
    salt_split,
    solvent_split,
    source_split,
    system_groups,
)
from electrolyte_ml.data.union import conductivity_union, weighed

TASK = "CALiSol-23 ionic conductivity, mS/cm"
OURS = "physics ensemble"
QUICK = f"formulation{FIRST_FOLD}"
# What comes before them (cleaning, species, features) is in the hash of the content of a case.
_COMMON = ("electrolyte_ml.benchmarks.evaluation", "electrolyte_ml.benchmarks.metrics")
#: Source that decides the numbers of baselines, and of our model.
BASELINE_CODE = (
    *_COMMON,
    "electrolyte_ml.benchmarks.baselines",
)
OUR_CODE = (*_COMMON, *FIT_CODE)
# Of the random split that others publish figures on.
_PUBLISHED_SEED = 42


def _random(measurements: Measurements, seed: int) -> Split:
    return random_split(len(measurements), seed=seed)


def _published(measurements: Measurements, seed: int) -> Split:
    """The split of rows that others use, whatever the seed of the run."""
    from sklearn.model_selection import train_test_split

    del seed
    rows = np.arange(len(measurements))
    train, test = train_test_split(rows, test_size=0.2, random_state=_PUBLISHED_SEED)
    return Split(name="published", folds=((np.sort(train), np.sort(test)),))


#: Tested rows without those that models do not learn from, because other curves contradict them.
AGREEING = "labels that nothing contradicts"
#: How each split is made, in the order of the leaderboard. ``formulation`` is the headline.
SPLITS: dict[str, Callable[[Measurements, int], Split]] = {
    "random": _random,
    "published": _published,
    "formulation": lambda m, seed: grouped_split("formulation", formulation_groups(m), seed=seed),
    "system": lambda m, seed: grouped_split("system", system_groups(m), seed=seed),
    "source": lambda m, _: source_split(m),
    "source-strict": lambda m, _: source_split(m, strict=True),
    "salt": lambda m, _: salt_split(m),
    "solvent": lambda m, _: solvent_split(m),
    "cold": lambda m, _: cold_split(m),
    "hot": lambda m, _: hot_split(m),
}


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our model and baselines on every split.

    Parameters
    ----------
    quick
        The first fold of unseen formulations, with the fast baselines.
    splits
        Names from `SPLITS`, or `QUICK`.
    seed
        Of splits and models.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If the data set is not on this machine.
    """
    chosen = _chosen(quick, splits)
    baselines = tuple(b for b in BASELINES if b.quick or not quick)
    listed: list[Job] = []
    for name in chosen:
        case = case_of(name, seed)
        run = partial(evaluate_model, case, partial(fit_conductivity, seed=seed))
        ours = case.job(task=TASK, model=OURS, seed=seed, run=run, code=OUR_CODE, skipped=lacking())
        listed.append(ours)
        listed += [baseline_job(TASK, b, case, seed) for b in baselines]
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
        If the data set is not on this machine.
    """
    listed = []
    for name in _chosen(quick, splits):
        case = case_of(name, seed)
        run = partial(evaluate_user, case, model)
        theirs = case.job(
            task=TASK,
            model=model.name,
            seed=seed,
            run=run,
            code=BASELINE_CODE,
            version=model.version,
        )
        listed.append(theirs)
    return listed


def _chosen(quick: bool, splits: tuple[str, ...] | None) -> tuple[str, ...]:
    default = (QUICK,) if quick else tuple(SPLITS)
    return chosen_splits(splits, known=(*SPLITS, QUICK), default=default)


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """All splits of the suite with the row numbers of the data file."""
    return [keyed_split(name, seed) for name in SPLITS]


def baseline_job(task: str, baseline: Baseline, case: Case, seed: int) -> Job:
    """A baseline on a split; skipped with a reason if its library is not installed."""
    run = partial(evaluate_baseline, baseline, case, seed)
    return case.job(
        task=task,
        model=baseline.name,
        seed=seed,
        run=run,
        code=BASELINE_CODE,
        skipped=baseline.skipped,
    )


def case_of(name: str, seed: int) -> Case:
    """Rows and folds of a split, checked against the frozen one.

    Parameters
    ----------
    name
        One of `SPLITS`; with `FIRST_FOLD` behind it, its first fold alone.
    seed
        Of the split, where chance has a part in it.

    Raises
    ------
    FrozenSplitError
        If the data are not those of the frozen split.
    DataNotFoundError
        If the data set is not on this machine.
    """
    whole = name.removesuffix(FIRST_FOLD)
    keyed = keyed_split(whole, seed)
    check(keyed, seed=seed)
    if name != whole:
        keyed = keyed.first_fold()
    measurements = _rows_of(whole)
    return Case(
        measurements=measurements,
        split=keyed.split,
        groups=_groups(measurements, keyed.split, whole),
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        content_sha256=_content_of(whole == "published"),
        subsets={AGREEING: measurements.trusted[keyed.split.tested]},
        further=_other_files(),
    )


def keyed_split(name: str, seed: int) -> KeyedSplit:
    """A split with the row numbers of the data file.

    Rows stand where the labels as published put them, so that figures of before and after the
    correction of labels are of the same rows: ten of LiTFSI are tested with LiFSI in the split
    ``salt``, ten of LiClO4 with LiBF4.
    """
    measurements = _as_published(name == "published")
    return KeyedSplit(
        suite="conductivity",
        split=SPLITS[name](measurements, seed),
        rows=measurements.source_row,
        table=np.full(len(measurements), calisol23.FILE_NAME),
        data=data_sha256(calisol23.FILE_NAME),
    )


def _rows_of(name: str) -> Measurements:
    # Published figures are of the whole set; the rows that only we call unusable are in it.
    return _everything() if name == "published" else lithium()


@cache
def _content_of(everything: bool) -> str:
    own = content_sha256(_everything() if everything else lithium())
    return own + content_sha256(_other_files())


@cache
def _other_files() -> Measurements:
    """Rows of the union of conductivities that CALiSol-23 does not hold."""
    union = conductivity_union()
    return union.measurements.select(union.dataset != LITHIUM_SOURCE)


@cache
def lithium() -> Measurements:
    """CALiSol-23 as models are trained on it."""
    return lithium_conductivities()


@cache
def _as_published(everything: bool) -> Measurements:
    """The same rows in the same order, with their salts as they were labelled."""
    measurements, _ = calisol23.load(as_published=True)
    return measurements if everything else measurements.select(measurements.usable)


@cache
def _everything() -> Measurements:
    return weighed(LITHIUM_SOURCE, calisol23.load()[0])


def _groups(measurements: Measurements, split: Split, whole: str) -> NDArray[np.intp]:
    """Folds that hold something named out are groups; elsewhere formulations or systems are."""
    if split.labels:
        return split.fold_of_tested
    named = formulation_groups if whole == "formulation" else system_groups
    return named(measurements)[split.tested]
