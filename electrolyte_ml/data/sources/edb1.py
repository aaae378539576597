"""EDB-1, which may be used but not shipped.

Units of concentration and the basis of solvent ratios differ between its series and are not told,
so none is assumed: it is read through ``edb1.columns.toml`` beside the table
(`electrolyte_ml.data.column_mapping`), best a series at a time.
"""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.column_mapping import load_mapped
from electrolyte_ml.data.measurements import Measurements

FILE_NAME = "edb1.csv"
CITATION = "EDB-1, of the repository electrolytomics"


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
