"""OEDB v1, which may be used but not shipped.

Its column layout could not be looked up, so none is assumed: it is read through
``oedb_v1.columns.toml`` beside the table (`electrolyte_ml.data.column_mapping`).
"""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.column_mapping import load_mapped
from electrolyte_ml.data.measurements import Measurements

FILE_NAME = "oedb_v1.csv"
CITATION = "OEDB v1"


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Conductivity, mS/cm.
    report
        Rows that cannot be read are dropped, each with its reason.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    InputErrors
        If the description of its columns is missing or incomplete.
    """
    return load_mapped(FILE_NAME, path, "conductivity_ms_cm", CITATION)
