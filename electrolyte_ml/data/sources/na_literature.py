"""Sodium conductivities read in the running text of papers, the DOI in each row."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from electrolyte_ml.data.cleaning import Action, CleaningNote, CleaningReport
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import AdditiveBasis, Amounts, Formulation, RatioBasis, SaltBasis
from electrolyte_ml.species import Catalog, default_catalog
from electrolyte_ml.units import ROOM_TEMPERATURE_K, ZERO_CELSIUS_K

FILE_NAME = "na_conductivity_literature.csv"
CITATION = "sodium conductivities from the running text of papers"
FLAG_ROOM_TEMPERATURE = "temperature not stated: 298.15 K assumed"


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Conductivity, mS/cm. A row without a temperature counts as 298.15 K and is flagged.
    report
        What was flagged; nothing is dropped.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    rows = read_table(path or data_path(FILE_NAME))
    catalog = default_catalog()
    formulations = tuple(_formulation(row, catalog) for row in rows)
    stated = np.array([row["T_C"] not in {"", "RT"} for row in rows])
    measurements = Measurements(
        property_name="conductivity_ms_cm",
        formulations=formulations,
        formulation_index=np.arange(len(rows), dtype=np.intp),
        temperature_k=np.array(
            [
                float(row["T_C"]) + ZERO_CELSIUS_K if known else ROOM_TEMPERATURE_K
                for row, known in zip(rows, stated, strict=True)
            ]
        ),
        value=np.array([float(row["kappa_mS_cm"]) for row in rows]),
        source=np.array([row["source_doi"] for row in rows]),
        source_row=np.arange(len(rows), dtype=np.intp),
        flag=np.where(stated, "", FLAG_ROOM_TEMPERATURE),
    )
    note = CleaningNote(
        action=Action.FLAGGED, n_rows=int((~stated).sum()), what=FLAG_ROOM_TEMPERATURE
    )
    return measurements, CleaningReport(
        source=CITATION, n_read=len(rows), n_kept=len(rows), notes=(note,)
    )


def _formulation(row: dict[str, str], catalog: Catalog) -> Formulation:
    solvents = [catalog.solvent(smiles) for smiles in row["solvent_smiles"].split(".")]
    parts = [float(part) for part in row["ratio"].split(":")]
    additives = []
    if row["additives"]:
        name, amount, _unit = row["additives"].split()
        additives = [(catalog.solvent(name), float(amount), AdditiveBasis.VOLUME_PERCENT)]
    return Formulation.from_amounts(
        Amounts(
            base_solvents=list(zip(solvents, parts, strict=True)),
            ratio_basis=RatioBasis.VOLUME,
            salts=[(catalog.salt(row["salt_smiles"]), float(row["conc"]), SaltBasis.MOLARITY)],
            additives=additives,
        )
    )
