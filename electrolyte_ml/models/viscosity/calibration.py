"""Errors on what was held out, and the factors of the intervals that are read off them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.splits import Split, random_split
from electrolyte_ml.models.viscosity.fitting import FitSettings
from electrolyte_ml.models.viscosity.fitting_liquids import fit_liquids
from electrolyte_ml.models.viscosity.intervals import (
    Novelty,
    conformal_factor,
    doubts,
    scale_of,
)
from electrolyte_ml.models.viscosity.liquid import LiquidModel, MoleculeTable, predict_rows
from electrolyte_ml.models.viscosity.rows import LiquidRows
from electrolyte_ml.models.viscosity.splits import molecule_split, pair_split

Progress = Callable[[str, int, int], None]
_FOLDS = {Novelty.NOTHING: 1, Novelty.PAIR: 2, Novelty.MOLECULE: 4}


def held_out_errors(
    rows: LiquidRows,
    table: MoleculeTable,
    split: Split,
    *,
    settings: FitSettings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Predictions of rows by models that did not see their group.

    Parameters
    ----------
    rows, table
        Measurements and their molecules.
    split
        Folds over these rows.
    settings, seed
        Of the fits.
    progress
        Called as ``progress(name, done, total)`` after every fit.

    Returns
    -------
    tested
        Row numbers in the order of the folds, shape (t,).
    log10_viscosity
        Predicted, shape (t,).
    scale
        Uncalibrated scale of the error, log10, shape (t,).
    novelty
        A `Novelty` for each row, shape (t,).
    """
    parts = []
    for number, (train, test) in enumerate(split.folds, start=1):
        model = fit_liquids(rows.select(train), table, settings, seed=seed)
        value, scale, novelty = predict_with_scale(model, rows.select(test))
        parts.append((test, value, scale, novelty))
        if progress is not None:
            progress(split.name, number, len(split.folds))
    tested, value, scale, novelty = (np.concatenate(column) for column in zip(*parts, strict=True))
    return tested, value, scale, novelty


def predict_with_scale(
    model: LiquidModel, rows: LiquidRows
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Log10 viscosity of rows, the scale of its error, and what of them is new."""
    members = predict_rows(model, rows)
    doubt = doubts(model, rows.mixtures())
    every = np.arange(len(rows))
    return members.mean(axis=0), scale_of(members, doubt, every, rows.temperature_k), doubt.novelty


def calibrate(
    rows: LiquidRows,
    table: MoleculeTable,
    settings: FitSettings,
    *,
    seed: int,
    progress: Progress | None,
) -> tuple[tuple[float, float, float], dict[str, dict[str, float]]]:
    """Factors of the intervals for each `Novelty`, and the errors they were read off."""
    n = {level: _FOLDS[level] for level in Novelty}
    pairs = pair_split(rows, "calibration: pairs", seed=seed)
    splits = {
        Novelty.NOTHING: random_split(len(rows), seed=seed),
        Novelty.PAIR: Split(name=pairs.name, folds=pairs.folds[: n[Novelty.PAIR]]),
        Novelty.MOLECULE: molecule_split(
            rows, "calibration: molecules", n_folds=n[Novelty.MOLECULE], seed=seed
        ),
    }
    factors, errors = [], {}
    for level, split in splits.items():
        tested, value, scale, novelty = held_out_errors(
            rows, table, split, settings=settings, seed=seed, progress=progress
        )
        # A new molecule makes new pairs, and a new pure liquid is in the folds of pairs.
        asked = novelty == level
        error = (rows.log10_viscosity[tested] - value)[asked]
        factors.append(conformal_factor(error, scale[asked]))
        errors[level.name.lower()] = {
            "n": int(asked.sum()),
            "folds": len(split.folds),
            "mae_log10": float(np.abs(error).mean()),
            "factor": factors[-1],
        }
    return (factors[0], factors[1], factors[2]), errors
