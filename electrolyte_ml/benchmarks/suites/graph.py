"""Suite ``graph``: the kinds of members of the conductivity model, alone and together.

Rows and folds are those of the suite ``conductivity``, split for split. A kind alone is the model
with members of this kind and nothing else, before residuals are corrected. Figures are means over
seeds of the fits, with their standard deviation; the folds are those of the run's seed. A plain
network without law, constants, attention and pre-training stands for the mixture models of the
literature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from electrolyte_ml.benchmarks.evaluation import Case, predict_folds
from electrolyte_ml.benchmarks.fits import (
    FIT_CODE,
    PACKAGES,
    fit_conductivity,
    fit_seconds,
    lacking,
)
from electrolyte_ml.benchmarks.frozen import check
from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import prediction_metrics
from electrolyte_ml.benchmarks.suites.conductivity import QUICK, TASK, case_of
from electrolyte_ml.benchmarks.suites.sodium import cation_case, keyed_splits
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.conductivity.ensemble import EnsembleSettings
from electrolyte_ml.models.conductivity.graph.settings import GRAPHS, PLAIN, POOLED

DESCRIPTORS, SPECIES, GRAPH, ALL, UNTRAINED, PLAIN_GRAPH = (
    "networks on descriptors",
    "networks on descriptors of each species",
    "networks on graphs",
    "all kinds, as shipped",
    "networks on graphs, not pre-trained",
    "plain message passing, no law",
)
_ALONE = EnsembleSettings(networks=None, pooled=None, graphs=None, residuals=False)
#: How a model is fitted that is not a kind of the one that ships.
_OTHERS = {
    # An encoder that starts at random has all to learn.
    UNTRAINED: replace(_ALONE, graphs=replace(GRAPHS, encoder_rate=0.3)),
    PLAIN_GRAPH: replace(_ALONE, graphs=PLAIN),
}
# Of the model that ships, a kind alone.
_KINDS = {
    DESCRIPTORS: {"networks": True},
    SPECIES: {"pooled": True},
    GRAPH: {"graphs": True},
}
# The same where it is fitted alone, because the others are not wanted or cannot be fitted.
_FITTED_ALONE = {
    DESCRIPTORS: replace(_ALONE, networks=EnsembleSettings().networks),
    SPECIES: replace(_ALONE, pooled=POOLED),
    GRAPH: replace(_ALONE, graphs=GRAPHS),
}
_USUAL = (DESCRIPTORS, SPECIES, GRAPH, ALL, PLAIN_GRAPH)
_MODELS = {
    "formulation": _USUAL,
    "system": _USUAL,
    "source": _USUAL,
    # An encoder that starts at random takes longer, and stands where it makes a difference.
    "salt": (*_USUAL, UNTRAINED),
    "solvent": _USUAL,
    "random": _USUAL,
    "cation": (GRAPH, PLAIN_GRAPH),
}
SPLITS = tuple(_MODELS)
#: Seeds of the fits by split, two elsewhere: more where chance has the largest part, one where
#: folds are many. Of networks on descriptors, which are many themselves, one.
N_SEEDS = {"salt": 3, "source": 1}
_SEEDS = 2
# Kinds for comparison, fitted with one seed less.
_FEWER = (UNTRAINED, PLAIN_GRAPH)
_CODE = (
    *FIT_CODE,
    "electrolyte_ml.benchmarks.evaluation",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.benchmarks.suites.graph",
)

# Metrics of members without calibration.
_METRICS = (
    "n",
    "mae",
    "r2",
    "mae_log10",
    "r2_log10",
    "spearman",
    "median_ape_percent",
    "worst_group_mae_log10",
    "median_group_mae_log10",
)


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Every kind of members, all together, and the kinds for comparison.

    Parameters
    ----------
    quick
        The first fold of unseen formulations, networks on graphs alone, one seed.
    splits
        Names from `SPLITS`, or that of the short form.
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
    default = (QUICK,) if quick else SPLITS
    for name in chosen_splits(splits, known=(*SPLITS, QUICK), default=default):
        case = _case(name, seed)
        models = (GRAPH,) if quick or name == QUICK else _MODELS[name]
        listed += [
            _job(case, model, seed, 1 if quick else _n_seeds(name, model), alone=quick)
            for model in models
        ]
    return listed


def _needs(model: str) -> tuple[str, ...]:
    """Packages that fits of a model need."""
    return PACKAGES[:1] if model == DESCRIPTORS else PACKAGES


def _n_seeds(split: str, model: str) -> int:
    if model == DESCRIPTORS:
        return 1
    n_seeds = N_SEEDS.get(split, _SEEDS)
    return max(1, n_seeds - 1) if model in _FEWER else n_seeds


def _job(case: Case, model: str, seed: int, n_seeds: int, *, alone: bool) -> Job:
    return case.job(
        task=TASK,
        model=model,
        seed=seed,
        run=partial(_run, case, model, range(seed, seed + n_seeds), alone or bool(lacking())),
        code=_CODE,
        version=f" {n_seeds}",
        skipped=lacking(_needs(model)),
    )


def _run(
    case: Case, model: str, seeds: Sequence[int], alone: bool, progress: Progress | None
) -> JobResult:
    """Metrics of every seed, their mean and standard deviation."""
    settings = _settings(model, alone=alone)
    predictions = [
        predict_folds(case, partial(_fit, model, settings, seed), progress) for seed in seeds
    ]
    of_seeds = [prediction_metrics(case.measured, p, case.groups) for p in predictions]
    metrics: dict[str, float] = {"folds": len(case.split.folds), "seeds": len(seeds)}
    # A kind has no calibration of its own, so that its intervals say nothing.
    for name in _METRICS if model in _KINDS or model in _OTHERS else of_seeds[0]:
        values = [of_seed[name] for of_seed in of_seeds if name in of_seed]
        metrics[name] = of_seeds[0]["n"] if name == "n" else float(np.mean(values))
        if len(seeds) > 1 and name in ("mae", "r2", "mae_log10"):
            metrics[f"{name}_sd"] = float(np.std(values, ddof=1))
    if alone or model not in _KINDS:
        metrics["fit_cpu_s"] = _seconds(case, settings, seeds)
    return JobResult(metrics=metrics, measured=case.measured, predicted=predictions[0].value)


def _settings(model: str, *, alone: bool) -> EnsembleSettings:
    if model in _OTHERS:
        return _OTHERS[model]
    return _FITTED_ALONE[model] if alone and model in _KINDS else EnsembleSettings()


def _fit(
    model: str, settings: EnsembleSettings, seed: int, rows: Measurements
) -> ConductivityModel:
    fitted = fit_conductivity(rows, settings, seed=seed)
    if model not in _KINDS:
        return fitted
    return replace(fitted, ensemble=fitted.ensemble.only(**_KINDS[model]))


def _seconds(case: Case, settings: EnsembleSettings, seeds: Sequence[int]) -> float:
    """CPU seconds of a fit, on average over folds and seeds."""
    return float(
        np.mean(
            [
                fit_seconds(case.learnt(train, test), settings, seed=seed)
                for train, test in case.split.folds
                for seed in seeds
            ]
        )
    )


def _case(split: str, seed: int) -> Case:
    """Rows and folds; of ``cation``, all lithium on one side and all sodium on the other."""
    if split != "cation":
        return case_of(split, seed)
    check(keyed_splits(seed)[0], seed=seed)
    return cation_case(seed)
