"""Conductivity, viscosity and density of Na, Li and K salts, mostly in ionic liquids.

The values are those of NIST ILThermo, read in the repository excess-properties-dataset [1]_.
An ionic liquid that holds the salt stands in the place of the solvent, its two ions explicit.

References
----------
.. [1] https://github.com/BattModels/excess-properties-dataset
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.shared_table import Reading, load_shared

FILE_NAME = "ilthermo_alkali_salts.csv"
CITATION = "ILThermo, salts of alkali metals, a paper for each row"
SWAPPED = "mole fraction stood beside the ionic liquid, taken as that of the alkali salt"


def load(
    path: Path | None = None, *, property_name: str = "conductivity_ms_cm"
) -> tuple[Measurements, CleaningReport]:
    """Read one property of the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.
    property_name
        Conductivity, viscosity or density.

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
    return load_shared(FILE_NAME, path, property_name, citation=CITATION, reading=_reading)


def _reading(row: Mapping[str, str]) -> Reading:
    swapped = "can only be the fraction of the alkali salt" in row["note"]
    return Reading(source=row["source_doi"], corrected=SWAPPED if swapped else "")
