"""Training the shipped conductivity model: data, fit, calibration, cation shift, model file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.sources import calisol23, chayambuka2022, na_literature, sodium_table
from electrolyte_ml.data.splits import Split, grouped_split, source_groups
from electrolyte_ml.features import FEATURE_VIEWS, compose, mixture_features
from electrolyte_ml.models.conductivity.artefact import FOLDER, save
from electrolyte_ml.models.conductivity.card import write_card
from electrolyte_ml.models.conductivity.cation import (
    READING_SD,
    SECOND_HAND_SD,
    CationShift,
    Twins,
    update,
)
from electrolyte_ml.models.conductivity.domain import Domain
from electrolyte_ml.models.conductivity.fitting import FitSettings, TrainingRows, fit_network
from electrolyte_ml.models.conductivity.intervals import (
    COVERAGE,
    NORMAL_QUANTILE,
    centre_of,
    conformal_factor,
    scale_of,
)
from electrolyte_ml.models.conductivity.likeness import places
from electrolyte_ml.models.conductivity.model import ConductivityModel
from electrolyte_ml.models.conductivity.network import Network

Progress = Callable[[str, int, int], None]
_CALIBRATION_FOLDS = 6


def usable_lithium() -> Measurements:
    """CALiSol-23 without the rows that are flagged as unusable.

    Raises
    ------
    DataNotFoundError
        If the data set is not on this machine.
    """
    measurements, _ = calisol23.load()
    return measurements.select(~np.isin(measurements.flag, calisol23.UNUSABLE_FLAGS))


def measured_sodium() -> Measurements:
    """Measured sodium points from all sources at hand.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    """
    return concatenate(
        [source.load()[0] for source in (na_literature, chayambuka2022, sodium_table)]
    )


def training_rows(measurements: Measurements) -> TrainingRows:
    """Measurements as the network sees them."""
    composition = compose(measurements.row_formulations)
    index = composition.index
    return TrainingRows(
        features=mixture_features(composition)[index],
        molality_mol_kg=composition.molality_mol_kg[index],
        temperature_k=measurements.temperature_k,
        conductivity_ms_cm=measurements.value,
        trusted=~np.isin(measurements.flag, calisol23.CONTRADICTED_FLAGS),
        views=FEATURE_VIEWS,
    )


def predict_rows(network: Network, rows: TrainingRows) -> NDArray[np.float64]:
    """Every member's log10 conductivity of the rows, shape (E, n)."""
    return network.log10_conductivity(
        rows.features, np.arange(len(rows.features)), rows.molality_mol_kg, rows.temperature_k
    )


def out_of_fold(
    rows: TrainingRows,
    split: Split,
    *,
    settings: FitSettings | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Predictions of rows by networks that did not see their group.

    Parameters
    ----------
    rows
        Measurements, n rows.
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
    members
        Every member's log10 conductivity, shape (E, t).
    """
    tested, members = [], []
    for number, (train, test) in enumerate(split.folds, start=1):
        network = fit_network(rows.select(train), settings, seed=seed)
        tested.append(test)
        members.append(predict_rows(network, rows.select(test)))
        if progress is not None:
            progress(split.name, number, len(split.folds))
    return np.concatenate(tested), np.concatenate(members, axis=1)


def twins_of(network: Network, factor: float, measurements: Measurements) -> Twins:
    """Lithium twins of measured electrolytes of another cation, as a network sees them.

    Parameters
    ----------
    network
        Conductivity of lithium electrolytes.
    factor
        Half width of its interval in units of the ensemble's scale.
    measurements
        Of the other cation.
    """
    rows = training_rows(measurements)
    members = predict_rows(network, rows)
    composition = compose(measurements.row_formulations)
    return Twins.of(
        places(composition)[composition.index],
        rows.molality_mol_kg,
        members,
        factor / NORMAL_QUANTILE,
    )


def fit_sodium_shift(network: Network, factor: float, sodium: Measurements) -> CationShift:
    """Update the prior of the shift from lithium to sodium with measured points."""
    rows = training_rows(sodium)
    second_hand = sodium.flag == sodium_table.FLAG_UNVERIFIED
    return update(
        twins_of(network, factor, sodium),
        rows.log10_conductivity - centre_of(predict_rows(network, rows)),
        np.where(second_hand, SECOND_HAND_SD, READING_SD),
        n_sources=len(set(sodium.source.tolist())),
    )


def train_conductivity(
    *,
    seed: int = 0,
    out: Path | None = None,
    settings: FitSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train on all data, calibrate on held-out sources, and write the model with its card.

    Parameters
    ----------
    seed
        Same seed, data and machine: same files.
    out
        Folder for the model; the package's own by default.
    settings
        Of the fit.
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
        If torch is not installed.
    """
    settings = settings or FitSettings()
    lithium, sodium = usable_lithium(), measured_sodium()
    rows = training_rows(lithium)
    groups = source_groups(lithium)
    split = grouped_split("calibration", groups, n_folds=_CALIBRATION_FOLDS, seed=seed)
    tested, members = out_of_fold(rows, split, settings=settings, seed=seed, progress=progress)
    error = rows.log10_conductivity[tested] - centre_of(members)
    factor = conformal_factor(error, scale_of(members))
    network = fit_network(rows, settings, seed=seed)
    model = ConductivityModel(
        network=network,
        factor=factor,
        sodium=fit_sodium_shift(network, factor, sodium),
        domain=Domain.of(lithium, sodium),
    )
    record = {
        "data": f"{calisol23.CITATION}: {len(lithium)} rows from {len(set(groups))} sources; "
        f"{len(sodium)} sodium points from {model.sodium.n_sources} sources",
        "seed": seed,
        "settings": settings.to_dict(),
        "calibration": f"{split.name}: {_CALIBRATION_FOLDS} folds by source, n = {len(tested)}",
        "factor": factor,
        "coverage_target": COVERAGE,
        "held_out_source_mae_log10": float(np.abs(error).mean()),
    }
    folder = out or FOLDER
    save(model, record, folder)
    write_card(model, record, folder)
    return record
