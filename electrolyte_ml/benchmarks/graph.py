"""Suite ``graph``: the kinds of members of the conductivity model, alone and together.

Rows and folds are those of the suite ``conductivity``, split for split. Figures are means over
seeds of the fits, with their standard deviation; the folds are those of the run's seed. A plain
network without law, constants, attention and pre-training stands for what mixture models of the
literature do.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks import sodium
from electrolyte_ml.benchmarks.base import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.conductivity import TASK
from electrolyte_ml.benchmarks.conductivity_splits import (
    Case,
    case_of,
    content_sha256,
    lithium,
)
from electrolyte_ml.benchmarks.fits import (
    FIT_CODE,
    PACKAGES,
    descriptor_members,
    ensemble_members,
    graph_members,
    lacking,
    process_members,
)
from electrolyte_ml.benchmarks.frozen import check
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.data.measurements import concatenate
from electrolyte_ml.data.splits import source_groups
from electrolyte_ml.models.conductivity.intervals import centre_of
from electrolyte_ml.models.conductivity.training import measured_sodium
from electrolyte_ml.models.deep.settings import PLAIN, GraphSettings

DESCRIPTORS, PROCESS, GRAPH, ALL, UNTRAINED, PLAIN_GRAPH = (
    "networks on descriptors",
    "processes on descriptors",
    "networks on graphs",
    "all kinds, as shipped",
    "networks on graphs, not pre-trained",
    "plain message passing, no law",
)
_SETTINGS = {
    GRAPH: GraphSettings(),
    # An encoder that starts at random has all to learn.
    UNTRAINED: replace(GraphSettings(), encoder_rate=0.3),
    PLAIN_GRAPH: PLAIN,
}
_USUAL = (DESCRIPTORS, PROCESS, GRAPH, ALL, PLAIN_GRAPH)
_MODELS = {
    "formulation": _USUAL,
    "system": _USUAL,
    "source": _USUAL,
    # An encoder that starts at random takes longer, and stands where it tells something.
    "salt": (*_USUAL, UNTRAINED),
    "solvent": _USUAL,
    "random": _USUAL,
    "cation": (GRAPH, PLAIN_GRAPH),
}
SPLITS = tuple(_MODELS)
#: Seeds of the fits by split, two elsewhere: more where chance has the largest part, one where
#: folds are many. Of networks on descriptors, which are many themselves, one, and of processes,
#: which draw nothing.
N_SEEDS = {"salt": 3, "source": 1}
_SEEDS = 2
# What needs no graphs.
_ALONE = (DESCRIPTORS, PROCESS)
# What is compared with is fitted with one seed less.
_FEWER = (UNTRAINED, PLAIN_GRAPH)
_CODE = (*FIT_CODE, "electrolyte_ml.benchmarks.graph", "electrolyte_ml.benchmarks.metrics")
_Floats = NDArray[np.float64]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Every kind of members, all together, and what they are compared with.

    Parameters
    ----------
    quick
        Unseen formulations only, networks on graphs alone, one seed.
    splits
        Names from `SPLITS`.
    seed
        Of the splits, and the first of the fits.

    Raises
    ------
    InputError
        If there is no such split, or the data are not those of the frozen splits.
    DataNotFoundError
        If a data set is not on this machine.
    """
    listed = []
    for name in chosen_splits(splits, known=SPLITS, default=SPLITS[:1] if quick else SPLITS):
        case = _case(name, seed)
        models = (GRAPH,) if quick else _MODELS[name]
        listed += [
            _job(case, model, seed, 1 if quick else _n_seeds(name, model)) for model in models
        ]
    return listed


def _needs(model: str) -> tuple[str, ...]:
    """Packages that fits of a model need."""
    return {DESCRIPTORS: PACKAGES[:1], PROCESS: ()}.get(model, PACKAGES)


def _n_seeds(split: str, model: str) -> int:
    if model in _ALONE:
        return 1
    n_seeds = N_SEEDS.get(split, _SEEDS)
    return max(1, n_seeds - 1) if model in _FEWER else n_seeds


def _job(case: Case, model: str, seed: int, n_seeds: int) -> Job:
    return Job(
        task=TASK,
        split=case.split.name,
        model=model,
        seed=seed,
        run=partial(_run, case, model, seed, n_seeds),
        data=case.data,
        split_sha256=case.split_sha256,
        depends_on=_CODE,
        version=f"{case.content_sha256} {n_seeds}",
        skipped=lacking(_needs(model)),
    )


def _run(case: Case, model: str, seed: int, n_seeds: int, progress: Progress | None) -> JobResult:
    """Metrics of every seed, their mean and standard deviation."""
    measured = np.log10(case.measured)
    seeds = range(seed, seed + n_seeds)
    fitted = [_members(case, model, seed, one, progress) for one in seeds]
    centres = [centre_of(members) for members, _ in fitted]
    of_seeds = [log_metrics(measured, centre, case.groups) for centre in centres]
    metrics: dict[str, float] = {"folds": len(case.split.folds), "seeds": len(centres)}
    for name, value in of_seeds[0].items():
        values = [m[name] for m in of_seeds]
        metrics[name] = value if name == "n" else float(np.mean(values))
        if len(centres) > 1 and name in ("mae", "r2", "mae_log10"):
            metrics[f"{name}_sd"] = float(np.std(values, ddof=1))
    metrics["fit_cpu_s"] = float(np.mean([seconds for _, seconds in fitted]))
    return JobResult(metrics=metrics, measured=case.measured, predicted=np.power(10.0, centres[0]))


def _members(
    case: Case, model: str, seed: int, fit_seed: int, progress: Progress | None
) -> tuple[_Floats, float]:
    """Every member's log10 conductivity of the tested rows, and CPU seconds of a fit."""
    if model == ALL:
        return ensemble_members(case, seed, progress, graph_seed=fit_seed)
    if model == DESCRIPTORS:
        found = descriptor_members(case, fit_seed, progress)
    elif model == PROCESS:
        found = process_members(case, progress)
    else:
        settings = _SETTINGS[model]
        pretrained = settings.encoder_rate == 0
        found = graph_members(case, settings, fit_seed, progress, pretrained=pretrained)
    return found.tested, found.seconds


@cache
def _case(split: str, seed: int) -> Case:
    """Rows and folds; of ``cation``, all lithium on one side and all sodium on the other."""
    if split != "cation":
        return case_of(split, seed)
    points = measured_sodium()
    both = concatenate([lithium(), points])
    keyed = sodium.keyed_splits(seed)[0]
    check(keyed, seed=seed)
    return Case(
        measurements=both,
        split=keyed.split,
        groups=source_groups(points),
        data=dict(keyed.data),
        split_sha256=keyed.sha256,
        content_sha256=content_sha256(both),
    )
