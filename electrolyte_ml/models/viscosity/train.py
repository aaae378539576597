"""Training the shipped viscosity model: liquids, then solutions; fits and calibrations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.conductivities import learnt_conductivities
from electrolyte_ml.data.impossible import VISCOSITY
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.solutions import solution_union
from electrolyte_ml.data.sources import ai4chems_viscosity, chemixhub_logv, thermoml_viscosity_pure
from electrolyte_ml.data.splits import Split, random_split
from electrolyte_ml.models.intervals import COVERAGE, conformal_factor
from electrolyte_ml.models.train import Progress, Trained
from electrolyte_ml.models.viscosity.card import card
from electrolyte_ml.models.viscosity.domain import Novelty, doubts, scale_of
from electrolyte_ml.models.viscosity.fit import LiquidFitSettings, fit_liquids, predict_rows
from electrolyte_ml.models.viscosity.liquid import LiquidModel
from electrolyte_ml.models.viscosity.model import ViscosityModel
from electrolyte_ml.models.viscosity.network import MoleculeTable, all_names, choose, describe
from electrolyte_ml.models.viscosity.rows import (
    LiquidRows,
    molecule_split,
    pair_split,
    training_rows,
)
from electrolyte_ml.models.viscosity.solution_fit import SolutionFitSettings
from electrolyte_ml.models.viscosity.solution_train import (
    SolutionCalibration,
    calibrate_solutions,
    fit_solutions,
)

_FOLDS = {Novelty.NOTHING: 1, Novelty.PAIR: 2, Novelty.MOLECULE: 4}


def train_viscosity(
    *,
    seed: int = 0,
    out: Path | None = None,
    settings: LiquidFitSettings | None = None,
    of_solutions: SolutionFitSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train on all data, calibrate on held-out rows, and write the model with its card.

    Parameters
    ----------
    seed
        Same seed, data and machine: same files.
    out
        Folder for the model; the package's own by default.
    settings, of_solutions
        Of the fits.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    dict
        Record of the training, as it stands in the model file.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    MissingDependencyError
        If torch or openpyxl is not installed.
    """
    settings = settings or LiquidFitSettings()
    rows = training_rows()
    liquids, errors = fit_viscosity(rows, settings, seed=seed, progress=progress)
    described = (
        f"{chemixhub_logv.CITATION}; {thermoml_viscosity_pure.CITATION}; "
        f"{ai4chems_viscosity.CITATION}: {len(rows)} rows, {len(rows.molecules())} molecules, "
        f"{len(np.unique(rows.pair[~rows.is_pure]))} pairs"
    )
    of_liquids = {"data": described, "settings": settings.to_dict(), "calibration": errors}
    model, record = with_solutions(liquids, of_liquids, of_solutions, seed=seed, progress=progress)
    return Trained(model=model, training=record, card=card(model, record, rows)).write(out)


def with_solutions(
    liquids: ViscosityModel,
    of_liquids: dict[str, Any],
    settings: SolutionFitSettings | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[ViscosityModel, dict[str, Any]]:
    """A model of liquids with one of solutions, fitted anew, and the record of its training.

    Parameters
    ----------
    liquids
        Whose liquids without salt are kept.
    of_liquids
        Record of their training: ``data``, ``settings`` and ``calibration``.
    settings, seed
        Of the fit of solutions.
    progress
        Called as ``progress(what, done, total)``.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    MissingDependencyError
        If torch is not installed.
    """
    settings = settings or SolutionFitSettings()
    viscosities = solution_union(VISCOSITY).measurements
    conductivities = learnt_conductivities()

    def of_solvents(measured: Measurements) -> NDArray[np.float64]:
        return liquids.log10_of_solvents(measured.row_formulations, measured.temperature_k)

    learnt = (viscosities, conductivities, of_solvents, settings)
    calibration = calibrate_solutions(*learnt, seed=seed, progress=progress)
    solutions = fit_solutions(*learnt, seed=seed, factors=calibration.factors)
    record = {
        "data": [of_liquids["data"], _described(viscosities, conductivities)],
        "seed": seed,
        "settings": {"liquids": of_liquids["settings"], "solutions": settings.to_dict()},
        "coverage_target": COVERAGE,
        "calibration": of_liquids["calibration"],
        "calibration_of_solutions": _of_solutions(calibration),
    }
    return replace(liquids, solutions=solutions), record


def _described(viscosities: Measurements, conductivities: Measurements) -> str:
    papers = len(set(viscosities.source.tolist()))
    return (
        f"{len(viscosities):,} viscosities of liquids with ions of {papers} papers, and "
        f"{len(conductivities):,} conductivities"
    )


def _of_solutions(calibration: SolutionCalibration) -> dict[str, dict[str, float]]:
    return {
        name: {**errors, "folds": calibration.folds, "factor": calibration.factors[name]}
        for name, errors in calibration.errors.items()
    }


def fit_viscosity(
    rows: LiquidRows,
    settings: LiquidFitSettings | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[ViscosityModel, dict[str, dict[str, float]]]:
    """The model of measured liquids without salt.

    Parameters
    ----------
    rows
        Measurements of pure and binary liquids.
    settings
        Of the fits.
    seed
        Same seed, data and machine: same model.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    model
        The model.
    errors
        By name of `Novelty`, the held-out errors that its intervals were read off.
    """
    settings = settings or LiquidFitSettings()
    table = molecule_table(rows)
    factors, errors = calibrate(rows, table, settings, seed=seed, progress=progress)
    liquid = fit_liquids(rows, table, settings, seed=seed)
    return replace(ViscosityModel.of_liquids(liquid), factors=factors), errors


def molecule_table(rows: LiquidRows) -> MoleculeTable:
    """Descriptors of the rows' molecules, chosen by what varies among those measured."""
    names = all_names()
    every = describe(rows.smiles, names)
    chosen = choose(names, every[rows.molecules()])
    return MoleculeTable(
        smiles=rows.smiles,
        names=tuple(names[i] for i in chosen),
        descriptors=every[:, chosen],
    )


def held_out_errors(
    rows: LiquidRows,
    table: MoleculeTable,
    split: Split,
    *,
    settings: LiquidFitSettings | None = None,
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
    """Log10 viscosity of rows, the scale of its error, and a `Novelty` of each."""
    members = predict_rows(model, rows)
    doubt = doubts(model, rows.liquids())
    every = np.arange(len(rows))
    return members.mean(axis=0), scale_of(members, doubt, every, rows.temperature_k), doubt.novelty


def calibrate(
    rows: LiquidRows,
    table: MoleculeTable,
    settings: LiquidFitSettings,
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
        at_level = novelty == level
        error = (rows.log10_viscosity[tested] - value)[at_level]
        factors.append(conformal_factor(error, scale[at_level]))
        errors[level.name.lower()] = {
            "n": int(at_level.sum()),
            "folds": len(split.folds),
            "mae_log10": float(np.abs(error).mean()),
            "factor": factors[-1],
        }
    return (factors[0], factors[1], factors[2]), errors
