"""Suite ``transport``: measured self-diffusion, and published laws of salt diffusivity.

Split ``solvent``: all measurements in a solvent are left out, and radii, settings and the width of
the intervals are found from the other solvents. Split ``recipe``: the same for each recipe, whose
solvent is measured in others. Split ``law``: each published salt diffusivity by a model that has
not seen that law; with the other laws as the only ones, the interval is what they span. Baselines:
Stokes-Einstein with one radius for each kind of particle, and one diffusion coefficient for each.
Radii are also learnt from measured and simulated values together: simulations of what is left out
stay, because a new electrolyte can be simulated before it is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.job import Job, JobResult, Progress, chosen_splits
from electrolyte_ml.benchmarks.metrics import prediction_metrics
from electrolyte_ml.benchmarks.store import data_sha256
from electrolyte_ml.data.sources import mlffdistill_transport
from electrolyte_ml.files import sha256_of
from electrolyte_ml.models.intervals import COVERAGE, NORMAL_QUANTILE
from electrolyte_ml.models.transport import TransportModel
from electrolyte_ml.models.transport.mobility import KINDS, Radii, stokes_einstein_ln
from electrolyte_ml.models.transport.published import published
from electrolyte_ml.models.transport.self_diffusion import (
    SIMULATED,
    SelfDiffusion,
    measured_self_diffusion,
    simulated_self_diffusion,
)
from electrolyte_ml.models.transport.train import calibrated, left_out, with_published
from electrolyte_ml.models.viscosity import predict_viscosity
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.simulate.templates import TABLES

_Floats = NDArray[np.float64]
SELF, SALT = "self-diffusion, 1e-10 m2/s", "salt diffusivity, 1e-10 m2/s"
SPLITS = ("solvent", "recipe", "law")
OURS = "learnt radii"
SIMULATED_TOO = "learnt radii, simulations too"
# Of the measurements in one solvent.
_SHOWN = ("n", "mae_log10", "median_ape_percent", "coverage")
_CODE = (
    "electrolyte_ml.benchmarks.suites.transport",
    "electrolyte_ml.benchmarks.metrics",
    "electrolyte_ml.models.transport",
    "electrolyte_ml.models.viscosity",
    "electrolyte_ml.simulate.results",
)
#: Logarithms that a model predicts for rows `test` from rows `train`, and half widths.
_Fold = Callable[[SelfDiffusion, _Floats, NDArray[np.bool_]], tuple[_Floats, _Floats]]


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Our model and baselines on the splits.

    Parameters
    ----------
    quick
        Unseen solvents only, without baselines.
    splits
        Names from `SPLITS`.
    seed
        Named in results; nothing is drawn.

    Raises
    ------
    InputError
        If there is no such split.
    DataNotFoundError
        If the data set is not on this machine.
    """
    chosen = chosen_splits(splits, known=SPLITS, default=("solvent",) if quick else SPLITS)
    models: dict[str, _Fold] = {
        OURS: _ours,
        SIMULATED_TOO: _ours,
        "one radius for each kind": _one_radius,
        "one value for each kind": _one_value,
    }
    tables = "".join(sha256_of(TABLES / name) for name in SIMULATED)
    listed = []
    for split in chosen:
        runs: dict[str, Callable[[Progress | None], JobResult]] = (
            {OURS: _laws}
            if split == "law"
            else {
                name: partial(_run, split, fold, name == SIMULATED_TOO)
                for name, fold in models.items()
            }
        )
        for name, run in list(runs.items())[: 1 if quick else None]:
            listed.append(
                Job(
                    task=SALT if split == "law" else SELF,
                    split=split,
                    model=name,
                    seed=seed,
                    run=run,
                    data=data_sha256(mlffdistill_transport.FILE_NAME),
                    depends_on=_CODE,
                    version=tables,
                )
            )
    return listed


@cache
def _data(simulations: bool) -> tuple[SelfDiffusion, _Floats]:
    data = measured_self_diffusion()
    if simulations:
        data = data.followed_by(simulated_self_diffusion())
    return data, predict_viscosity(data.formulations, data.temperature_k).value


def _run(split: str, fold: _Fold, simulations: bool, progress: Progress | None) -> JobResult:
    del progress
    data, viscosity = _data(simulations)
    groups = _groups(data, split)
    measured = ~data.simulated
    ln_d, half = np.empty(len(data)), np.empty(len(data))
    for group in np.unique(groups[measured]):
        test = measured & (groups == group)
        ln_d[test], half[test] = fold(data, viscosity, test)
    value, solvents = data.value_1e10_m2_s, data.solvents

    def of_rows(rows: NDArray[np.bool_]) -> JobResult:
        return _result(value[rows], ln_d[rows], half[rows], half[rows], groups[rows])

    parts = {f"in {s}": measured & (solvents == s) for s in np.unique(solvents[measured]).tolist()}
    of_parts = {part: of_rows(rows).metrics for part, rows in parts.items()}
    return replace(
        of_rows(measured),
        subsets={part: {name: m[name] for name in _SHOWN} for part, m in of_parts.items()},
    )


def _groups(data: SelfDiffusion, split: str) -> NDArray[np.str_]:
    return data.solvents if split == "solvent" else data.recipes


def _result(
    measured: _Floats, ln: _Floats, below: _Floats, above: _Floats, groups: NDArray[np.str_]
) -> JobResult:
    n = len(measured)
    prediction = Prediction(
        value=np.exp(ln),
        low=np.exp(ln - below),
        high=np.exp(ln + above),
        coverage=COVERAGE,
        in_domain=np.ones(n, dtype=np.bool_),
        reason=(None,) * n,
    )
    metrics = prediction_metrics(
        measured, prediction, np.unique(groups, return_inverse=True)[1].ravel()
    )
    inside = (measured >= prediction.low) & (measured <= prediction.high)
    metrics["coverage"] = float(inside.mean())  # ends may lie unevenly
    return JobResult(metrics=metrics, measured=measured, predicted=prediction.value)


def _ours(
    data: SelfDiffusion, viscosity: _Floats, test: NDArray[np.bool_]
) -> tuple[_Floats, _Floats]:
    rows, values = data.surroundings(), data.values(viscosity)
    trained = rows.select(~test), values.select(~test)
    widths = calibrated(
        left_out(*trained, data.solvents[~test]), left_out(*trained, data.recipes[~test])
    )
    said = Radii.fit(*trained).posterior(rows.select(test))
    of = (data.kinds[test], np.arange(int(test.sum())))
    scale = stokes_einstein_ln(data.temperature_k[test], viscosity[test])
    return scale + said.mean[of], NORMAL_QUANTILE * np.sqrt(widths.variance(said.variance[of]))


def _one_radius(
    data: SelfDiffusion, viscosity: _Floats, test: NDArray[np.bool_]
) -> tuple[_Floats, _Floats]:
    value = data.values(viscosity).ln_inverse_radius
    mean, half = _by_kind(data.kinds, value, test)
    return stokes_einstein_ln(data.temperature_k[test], viscosity[test]) + mean, half


def _one_value(
    data: SelfDiffusion, viscosity: _Floats, test: NDArray[np.bool_]
) -> tuple[_Floats, _Floats]:
    del viscosity
    return _by_kind(data.kinds, np.log(data.value_1e10_m2_s), test)


def _by_kind(
    kinds: NDArray[np.intp], value: _Floats, test: NDArray[np.bool_]
) -> tuple[_Floats, _Floats]:
    """Mean of the other rows of each kind, and half width from their spread."""
    own = [value[~test & (kinds == kind)] for kind in range(len(KINDS))]
    mean = np.array([v.mean() for v in own])
    spread = np.array([NORMAL_QUANTILE * v.std(ddof=1) for v in own])
    return mean[kinds[test]], spread[kinds[test]]


def _laws(progress: Progress | None) -> JobResult:
    """Published laws, each from the others."""
    del progress
    laws, model = published(), TransportModel.load()
    names = laws.laws
    ln, low, high = (np.empty(len(names)) for _ in range(3))
    for name in np.unique(names):
        test = names == name
        others, _ = with_published(model, laws.select(~test))
        found = others.predict(
            [f for f, out in zip(laws.formulations, test, strict=True) if out],
            laws.temperature_k[test],
        ).salt_diffusivity_1e10_m2_s
        ln[test] = np.log(found.value)
        low[test], high[test] = np.log(found.low), np.log(found.high)
    return _result(laws.salt_diffusivity_1e10_m2_s, ln, ln - low, high - ln, names)
