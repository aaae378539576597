"""Training the shipped viscosity model: data, fit, calibration, law of salts, files and card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import ai4chems_viscosity, chemixhub_logv, thermoml_viscosity_pure
from electrolyte_ml.models.conductivity.artefact import read_record as conductivity_record
from electrolyte_ml.models.numeric import LN10
from electrolyte_ml.models.viscosity.artefact import FOLDER, save
from electrolyte_ml.models.viscosity.calibration import Progress, calibrate
from electrolyte_ml.models.viscosity.card import write_card
from electrolyte_ml.models.viscosity.descriptors import all_names, choose, describe
from electrolyte_ml.models.viscosity.domain import Domain
from electrolyte_ml.models.viscosity.fitting import FitSettings
from electrolyte_ml.models.viscosity.fitting_liquids import fit_liquids
from electrolyte_ml.models.viscosity.intervals import COVERAGE
from electrolyte_ml.models.viscosity.liquid import LiquidModel, MoleculeTable
from electrolyte_ml.models.viscosity.model import ViscosityModel
from electrolyte_ml.models.viscosity.rows import LiquidRows
from electrolyte_ml.models.viscosity.salt import SaltLaw
from electrolyte_ml.models.viscosity.walden import fit_salt_law, read_slopes
from electrolyte_ml.species.catalog import packaged_catalog

#: Temperatures of the pure liquids that are trained on, K.
COLDEST_K, HOTTEST_K = 228.0, 400.0
_HIGHEST_MPA_S = 1000.0
# A row of the collections of pure liquids: they repeat each other, and name fewer papers.
_PURE_WEIGHT = 0.5
_NO_SALT = SaltLaw(base=0.0, per_solvent=0.0, curvature=0.0, cooling=0.0, anions={}, sd=0.0)


def mixture_rows() -> Measurements:
    """Pure and binary liquids of CheMixHub's set.

    Raises
    ------
    DataNotFoundError
        If the data set is not on this machine.
    """
    return chemixhub_logv.load()[0]


def pure_rows() -> list[Measurements]:
    """The collections of pure liquids, in the range of temperature and viscosity of electrolytes.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    MissingDependencyError
        If openpyxl is not installed.
    """
    tables = [source.load()[0] for source in (thermoml_viscosity_pure, ai4chems_viscosity)]
    return [
        table.select(
            (table.flag == "")
            & (table.temperature_k >= COLDEST_K)
            & (table.temperature_k <= HOTTEST_K)
            & (table.value <= _HIGHEST_MPA_S)
        )
        for table in tables
    ]


def training_rows() -> LiquidRows:
    """All rows that the shipped model is trained on, with the catalog's solvents numbered.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    MissingDependencyError
        If openpyxl is not installed.
    """
    mixtures = mixture_rows()
    parts = [(mixtures.select(mixtures.flag == ""), 1.0)]
    parts += [(table, _PURE_WEIGHT) for table in pure_rows()]
    return LiquidRows.of(parts, also=[s.smiles for s in packaged_catalog().solvents])


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


def salt_law(liquid: LiquidModel, domain: Domain) -> SaltLaw:
    """The law of salts, from the package's conductivities and the viscosities of solvents."""
    bare = ViscosityModel(liquid=liquid, salt=_NO_SALT, factors=(1.0, 1.0, 1.0), domain=domain)
    return fit_salt_law(read_slopes(lambda f, t: LN10 * bare.log10_of_solvents(f, t)))


def train_viscosity(
    *,
    seed: int = 0,
    out: Path | None = None,
    settings: FitSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train on all data, calibrate on what is held out, and write the model with its card.

    Parameters
    ----------
    seed
        Same seed, data and machine: same files.
    out
        Folder for the model; the package's own by default.
    settings
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
    ArtefactError
        If there is no conductivity model, which the law of salts is read off.
    """
    settings = settings or FitSettings()
    rows = training_rows()
    table = molecule_table(rows)
    factors, errors = calibrate(rows, table, settings, seed=seed, progress=progress)
    liquid = fit_liquids(rows, table, settings, seed=seed)
    domain = Domain.of(liquid, COLDEST_K, HOTTEST_K)
    law = salt_law(liquid, domain)
    model = ViscosityModel(liquid=liquid, salt=law, factors=factors, domain=domain)
    record = {
        "data": [
            f"{chemixhub_logv.CITATION}; {thermoml_viscosity_pure.CITATION}; "
            f"{ai4chems_viscosity.CITATION}: {len(rows)} rows, {len(rows.molecules())} molecules, "
            f"{len(np.unique(rows.pair[~rows.is_pure]))} pairs",
            f"the law of salts is read off the conductivity model, trained on "
            f"{conductivity_record()['training']['data']}",
        ],
        "seed": seed,
        "settings": settings.to_dict(),
        "coverage_target": COVERAGE,
        "calibration": errors,
    }
    folder = out or FOLDER
    save(model, record, folder)
    write_card(model, record, rows, folder)
    return record
