"""Training the shipped graph network: pre-training, fit, embeddings of the catalog, files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.data.measurements import Measurements, concatenate
from electrolyte_ml.data.sources import calisol23, chemixhub_logv
from electrolyte_ml.models.conductivity.training import measured_sodium, usable_lithium
from electrolyte_ml.models.deep.artefact import (
    FOLDER,
    read_encoder,
    read_encoder_record,
    save,
    write_encoder,
)
from electrolyte_ml.models.deep.card import write_card
from electrolyte_ml.models.deep.embedding import with_species
from electrolyte_ml.models.deep.fitting import fit_graph
from electrolyte_ml.models.deep.mixtures import GraphRows
from electrolyte_ml.models.deep.pretraining import PretrainingSettings, pretrain
from electrolyte_ml.models.deep.pretraining_data import pretraining_data
from electrolyte_ml.models.deep.settings import GraphSettings
from electrolyte_ml.species.catalog import packaged_catalog

Progress = Callable[[str, int, int], None]


def training_measurements() -> Measurements:
    """Measured conductivities of lithium and sodium electrolytes.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    """
    return concatenate([usable_lithium(), measured_sodium()])


def encoder_record(seed: int, settings: PretrainingSettings) -> dict[str, Any]:
    """How an encoder was pre-trained, for its file."""
    return {
        "data": f"{chemixhub_logv.CITATION}; the package's computed limits; constants of its "
        "catalog; no conductivity",
        "seed": seed,
        "settings": settings.to_dict(),
    }


def train_graph(
    *,
    seed: int = 0,
    out: Path | None = None,
    settings: GraphSettings | None = None,
    pretraining: PretrainingSettings | None = None,
    keep_encoder: bool = False,
    checkpoints: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Pre-train the encoder, fit the network to all data, and write both.

    Parameters
    ----------
    seed
        Same seed, data and machine: same files.
    out
        Folder for the files; the package's own by default.
    settings, pretraining
        Of both fits.
    keep_encoder
        Take the shipped encoder instead of pre-training one: the fit alone takes seconds.
    checkpoints
        Folder of checkpoints: a run that was killed goes on from there, and ends with the same
        weights as one that was not. None by default. Another seed or other settings need another.
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
    settings, pretraining = settings or GraphSettings(), pretraining or PretrainingSettings()
    start, folder = time.process_time(), out or FOLDER
    places = [checkpoints / name if checkpoints else None for name in ("pretraining", "fit")]
    if keep_encoder:
        encoder, of_encoder = read_encoder(), read_encoder_record()
    else:
        encoder = pretrain(
            pretraining_data(),
            pretraining,
            settings,
            seed=seed,
            folder=places[0],
            progress=progress,
        )
        of_encoder = encoder_record(seed, pretraining)
    rows = GraphRows.of(training_measurements())
    network = fit_graph(
        rows, settings, seed=seed, pretrained=encoder, folder=places[1], progress=progress
    )
    catalog = packaged_catalog()
    every = (*catalog.solvents, *catalog.anions, *catalog.cations)
    network = with_species(network, [s.smiles for s in every], encoder)
    members = network.log10_conductivity(rows.mixtures, rows.temperature_k)
    record = {
        "data": f"{calisol23.CITATION} and sodium points from papers: {len(rows.trusted)} rows",
        "encoder": of_encoder,
        "seed": seed,
        "settings": settings.to_dict(),
        "fitted_mae_log10": float(
            np.abs(np.median(members, axis=0) - rows.log10_conductivity).mean()
        ),
    }
    write_encoder(encoder, of_encoder, folder)
    save(network, record, folder)
    write_card(network, record, folder)
    return {**record, "cpu_seconds": time.process_time() - start}
