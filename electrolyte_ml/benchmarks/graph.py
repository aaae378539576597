"""Suite ``graph``: the graph network beside the default model, and whether their mean is better.

Rows and folds are those of the suite ``conductivity``, split for split. Figures are means over
seeds of the fits, with their standard deviation; the folds are those of the run's seed. A plain
network without law, constants, attention and pre-training stands for what mixture models of the
literature do. The blend is the mean in log10 of both, with weights of one half that were chosen
before any error of it was known.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache, partial
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks import sodium
from electrolyte_ml.benchmarks.base import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.conductivity import OUR_CODE, TASK
from electrolyte_ml.benchmarks.conductivity_splits import (
    Case,
    case_of,
    content_sha256,
    lithium,
)
from electrolyte_ml.benchmarks.frozen import check
from electrolyte_ml.benchmarks.metrics import log_metrics
from electrolyte_ml.data.measurements import concatenate
from electrolyte_ml.data.splits import source_groups
from electrolyte_ml.files import sha256_of
from electrolyte_ml.models.conductivity.intervals import centre_of
from electrolyte_ml.models.conductivity.training import (
    measured_sodium,
    out_of_fold,
    training_rows,
)
from electrolyte_ml.models.deep.artefact import ENCODER, FOLDER, read_encoder
from electrolyte_ml.models.deep.settings import PLAIN, GraphSettings

_PACKAGES = ("torch", "deepchem", "torch_geometric")
DEFAULT, GRAPH, SHORT, UNTRAINED, BASELINE, BLEND, PLAIN_BLEND = (
    "physics network",
    "graph network",
    "graph network, short fits",
    "graph network, not pre-trained",
    "plain message passing, no law",
    "mean of physics and graph network",
    "mean of physics and plain network",
)
#: Seeds of the fits by split and model, one elsewhere: more where chance has the largest part.
N_SEEDS = {
    ("salt", GRAPH): 3,
    ("salt", BLEND): 3,
    ("salt", BASELINE): 2,
    ("salt", PLAIN_BLEND): 2,
    ("solvent", GRAPH): 2,
    ("solvent", BLEND): 2,
    ("system", GRAPH): 2,
    ("system", BLEND): 2,
}
_SETTINGS = {
    GRAPH: GraphSettings(),
    # An encoder that starts at random has all to learn.
    UNTRAINED: replace(GraphSettings(), encoder_rate=0.3),
    # Half the members and fewer steps, for a split of many folds.
    SHORT: replace(GraphSettings(), members=4, steps=300),
    BASELINE: PLAIN,
}
# Networks whose encoder learns take longer, and stand where they tell something.
_MODELS = {
    "formulation": (DEFAULT, GRAPH, BLEND),
    "system": (DEFAULT, GRAPH, BLEND),
    "source": (DEFAULT, SHORT, BLEND),
    "salt": (DEFAULT, GRAPH, BLEND, UNTRAINED, BASELINE, PLAIN_BLEND),
    "solvent": (DEFAULT, GRAPH, BLEND, BASELINE, PLAIN_BLEND),
    "random": (DEFAULT, GRAPH, BLEND, BASELINE),
    "cation": (GRAPH, BASELINE),
}
SPLITS = tuple(_MODELS)
_PRETRAINED = (GRAPH, BLEND, SHORT)
_WITH_DEFAULT = (DEFAULT, BLEND, PLAIN_BLEND)
_GRAPH_CODE = (
    "electrolyte_ml.benchmarks.graph",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.features.graphs",
    *(
        f"electrolyte_ml.models.deep.{name}"
        for name in (
            "constants",
            "cross_validation",
            "encoder",
            "fitting",
            "mixtures",
            "module",
            "network",
            "pooling",
            "settings",
            "torch_model",
        )
    ),
)
_Floats = NDArray[np.float64]
# log10 conductivity of the tested rows, and CPU seconds of one fit where they are known.
_Predicted = tuple[_Floats, float | None]
# What the jobs of a run share.
_DONE: dict[tuple[str, str, int, int], _Predicted] = {}


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """The graph network, what it is compared with, and the blend.

    Parameters
    ----------
    quick
        Unseen formulations only, the graph network alone.
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
        listed += [_job(case, model, seed) for model in models]
    return listed


def skipped(model: str) -> str | None:
    """Why a model cannot be fitted here; None if it can."""
    needed = _PACKAGES[:1] if model == DEFAULT else _PACKAGES
    missing = [name for name in needed if find_spec(name) is None]
    return f"needs {', '.join(missing)}: pip install 'electrolyte_ml[deep]'" if missing else None


def _job(case: Case, model: str, seed: int) -> Job:
    encoder = FOLDER / ENCODER
    starts_there = model in _PRETRAINED and encoder.is_file()
    pretrained = sha256_of(encoder) if starts_there else ""
    return Job(
        task=TASK,
        split=case.split.name,
        model=model,
        seed=seed,
        run=partial(_run, case, model, seed),
        data=case.data,
        split_sha256=case.split_sha256,
        depends_on=(*_GRAPH_CODE, *(OUR_CODE if model in _WITH_DEFAULT else ())),
        version=case.content_sha256 + pretrained,
        skipped=skipped(model),
    )


def _run(case: Case, model: str, seed: int, progress: Progress | None) -> JobResult:
    """Metrics of every seed, their mean and standard deviation."""
    measured = np.log10(case.measurements.value[case.split.tested])
    seeds = range(seed, seed + N_SEEDS.get((case.split.name, model), 1))
    centres: list[_Floats] = []
    costs: list[float | None] = []
    for one in seeds:
        centre, cost = _predictions(model, case.split.name, seed, one, progress)
        centres.append(centre)
        costs.append(cost)
    of_seeds = [log_metrics(measured, centre, case.groups) for centre in centres]
    metrics: dict[str, float] = {"folds": len(case.split.folds), "seeds": len(centres)}
    for name, value in of_seeds[0].items():
        values = [m[name] for m in of_seeds]
        metrics[name] = value if name == "n" else float(np.mean(values))
        if len(centres) > 1 and name in ("mae", "r2", "mae_log10"):
            metrics[f"{name}_sd"] = float(np.std(values, ddof=1))
    known = [cost for cost in costs if cost is not None]
    if known:
        metrics["fit_cpu_s"] = float(np.mean(known))
    return JobResult(
        metrics=metrics,
        measured=case.measurements.value[case.split.tested],
        predicted=np.power(10.0, centres[0]),
    )


def _predictions(
    model: str, split: str, seed: int, fit_seed: int, progress: Progress | None
) -> _Predicted:
    """log10 conductivity of the tested rows, and CPU seconds of a fit; once in a process."""
    key = (model, split, seed, fit_seed)
    if key not in _DONE:
        if model in (BLEND, PLAIN_BLEND):
            default, _ = _predictions(DEFAULT, split, seed, seed, progress)
            usual = GRAPH if GRAPH in _MODELS[split] else SHORT
            part = usual if model == BLEND else BASELINE
            graph, _ = _predictions(part, split, seed, fit_seed, progress)
            _DONE[key] = (0.5 * (default + graph), None)
        elif model == DEFAULT:
            _DONE[key] = _default(_case(split, seed), fit_seed, progress)
        else:
            _DONE[key] = _graph(model, _case(split, seed), fit_seed, progress)
    return _DONE[key]


def _graph(
    model: str, case: Case, fit_seed: int, progress: Progress | None
) -> tuple[_Floats, float]:
    from electrolyte_ml.models.deep.cross_validation import out_of_fold as graph_out_of_fold
    from electrolyte_ml.models.deep.mixtures import GraphRows

    members, seconds = graph_out_of_fold(
        GraphRows.of(case.measurements),
        case.split,
        _SETTINGS[model],
        seed=fit_seed,
        pretrained=read_encoder() if model in _PRETRAINED else None,
        progress=progress,
    )
    return centre_of(members), seconds


def _default(case: Case, fit_seed: int, progress: Progress | None) -> tuple[_Floats, float]:
    start = time.process_time()
    _, members = out_of_fold(
        training_rows(case.measurements),
        case.split,
        seed=fit_seed,
        progress=progress,
    )
    return centre_of(members), (time.process_time() - start) / len(case.split.folds)


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
