"""Training the shipped conductivity model: data, fit, calibration, cation shift, model file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.sources import calisol23, chayambuka2022, na_literature, sodium_table
from electrolyte_ml.data.splits import grouped_split, source_groups
from electrolyte_ml.features import compose
from electrolyte_ml.features.graphs import import_deepchem
from electrolyte_ml.models.conductivity.artefact import FOLDER, save
from electrolyte_ml.models.conductivity.card import write_card
from electrolyte_ml.models.conductivity.cation import (
    READING_SD,
    SECOND_HAND_SD,
    CationShift,
    Twins,
    update,
)
from electrolyte_ml.models.conductivity.cross_validation import ensemble_out_of_fold
from electrolyte_ml.models.conductivity.domain import Domain
from electrolyte_ml.models.conductivity.ensemble import Ensemble
from electrolyte_ml.models.conductivity.fitting import (
    FitSettings,
    TrainingRows,
    fit_network,
)
from electrolyte_ml.models.conductivity.intervals import (
    COVERAGE,
    NORMAL_QUANTILE,
    centre_of,
    conformal_factor,
    scale_of,
)
from electrolyte_ml.models.conductivity.likeness import places
from electrolyte_ml.models.conductivity.memory import Memory
from electrolyte_ml.models.conductivity.model import ConductivityModel
from electrolyte_ml.models.conductivity.process_fitting import fit_process
from electrolyte_ml.models.deep.artefact import read_encoder
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.settings import GraphSettings
from electrolyte_ml.optional import import_optional
from electrolyte_ml.species.catalog import packaged_catalog

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


def fit_ensemble(lithium: Measurements, *, seed: int = 0) -> Ensemble:
    """Fit all kinds of members, and remember what they leave.

    Those on graphs know the species of the catalog.

    Parameters
    ----------
    lithium
        Measurements.
    seed
        Same seed, data and machine: same weights.

    Raises
    ------
    MissingDependencyError
        If torch or DeepChem is not installed.
    """
    from electrolyte_ml.models.deep.embedding import with_species
    from electrolyte_ml.models.deep.fitting import fit_pair

    encoder = read_encoder()
    rows = GraphRows.of(lithium)
    pair = fit_pair(rows, seed=seed, pretrained=encoder)
    catalog = packaged_catalog()
    every = [s.smiles for s in (*catalog.solvents, *catalog.anions)]
    described = TrainingRows.of(lithium)
    members = Ensemble(
        network=fit_network(described, seed=seed),
        graph=replace(
            pair,
            settled=with_species(pair.settled, every, encoder),
            early=with_species(pair.early, every, encoder),
        ),
        process=fit_process(described),
    )
    return replace(members, memory=Memory.of(rows, centre_of(lithium_members(members, lithium))))


def lithium_members(ensemble: Ensemble, measurements: Measurements) -> NDArray[np.float64]:
    """Every member's log10 conductivity of measured electrolytes as lithium's, shape (E, n)."""
    composition = compose(measurements.row_formulations)
    return ensemble.log10_conductivity(composition, measurements.temperature_k)


def twins_of(ensemble: Ensemble, factor: float, measurements: Measurements) -> Twins:
    """Lithium twins of measured electrolytes of another cation, as an ensemble sees them.

    Parameters
    ----------
    ensemble
        Conductivity of lithium electrolytes.
    factor
        Half width of its interval in units of the ensemble's scale.
    measurements
        Of the other cation.
    """
    composition = compose(measurements.row_formulations)
    return Twins.of(
        places(composition)[composition.index],
        composition.molality_mol_kg[composition.index],
        measurements.temperature_k,
        lithium_members(ensemble, measurements),
        factor / NORMAL_QUANTILE,
    )


def fit_sodium_shift(ensemble: Ensemble, factor: float, sodium: Measurements) -> CationShift:
    """Update the prior of the shift from lithium to sodium with measured points."""
    second_hand = sodium.flag == sodium_table.FLAG_UNVERIFIED
    return update(
        twins_of(ensemble, factor, sodium),
        np.log10(sodium.value) - centre_of(lithium_members(ensemble, sodium)),
        np.where(second_hand, SECOND_HAND_SD, READING_SD),
        n_sources=len(set(sodium.source.tolist())),
    )


def train_conductivity(
    *,
    seed: int = 0,
    out: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train on all data, calibrate on held-out sources, and write the model with its card.

    Parameters
    ----------
    seed
        Same seed, data and machine: same files.
    out
        Folder for the model; the package's own by default.
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
        If torch or DeepChem is not installed.
    """
    import_optional("torch")
    import_deepchem()
    lithium, sodium = usable_lithium(), measured_sodium()
    groups = source_groups(lithium)
    split = grouped_split("calibration", groups, n_folds=_CALIBRATION_FOLDS, seed=seed)
    members = ensemble_out_of_fold(lithium, split, seed=seed, progress=progress)
    error = np.log10(lithium.value[split.tested]) - centre_of(members)
    factor = conformal_factor(error, scale_of(members))
    ensemble = fit_ensemble(lithium, seed=seed)
    model = ConductivityModel(
        ensemble=ensemble,
        factor=factor,
        sodium=fit_sodium_shift(ensemble, factor, sodium),
        domain=Domain.of(lithium, sodium),
    )
    record = {
        "data": f"{calisol23.CITATION}: {len(lithium)} rows from {len(set(groups))} sources; "
        f"{len(sodium)} sodium points from {model.sodium.n_sources} sources",
        "seed": seed,
        "settings": {
            "descriptors": FitSettings().to_dict(),
            "graphs": GraphSettings().to_dict(),
        },
        "calibration": f"{split.name}: {_CALIBRATION_FOLDS} folds by source, n = {len(error)}",
        "factor": factor,
        "coverage_target": COVERAGE,
        "held_out_source_mae_log10": float(np.abs(error).mean()),
    }
    folder = out or FOLDER
    save(model, record, folder)
    write_card(model, record, folder)
    return record
