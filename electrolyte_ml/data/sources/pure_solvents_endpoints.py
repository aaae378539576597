"""Viscosity and density of pure solvents, ends of series of mixtures.

The values are those of NIST ILThermo, read in the repository excess-properties-dataset [1]_.

References
----------
.. [1] https://github.com/BattModels/excess-properties-dataset
"""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.shared_table import load_shared

FILE_NAME = "pure_solvents_endpoints.csv"
CITATION = "ILThermo, pure solvents, a paper for each row"


def load(
    path: Path | None = None, *, property_name: str = "viscosity_mpa_s"
) -> tuple[Measurements, CleaningReport]:
    """Read one property of the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.
    property_name
        Viscosity or density.

    Returns
    -------
    measurements
        Rows with the DOI of their paper.
    report
        What was dropped and flagged.

    Raises
    ------
    InputError
        If there is no such property.
    DataNotFoundError
        If the file is not on this machine.
    """
    return load_shared(FILE_NAME, path, property_name, citation=CITATION)
