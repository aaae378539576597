"""Conductivity of lithium salts in glymes, PC, GBL, AN, sulfamides and ionic liquids [1]_.

The liquids of the table that came to the repository HiMNN from ChemArr: up to 12 mol/kg, and one at
31. The DOI stands in most rows.

References
----------
.. [1] Bradford et al., ACS Cent. Sci. 2023, 9, 206. https://doi.org/10.1021/acscentsci.2c01123
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.data.shared_table import Reading, load_shared

FILE_NAME = "himnn_chemarr_liquids.csv"
CITATION = "HiMNN liquids, after ChemArr, 10.1021/acscentsci.2c01123"
FROM_MOLE_FRACTION = "mole fraction stood in the column of molality; converted"
AS_MOLARITY = "said to be molality, taken as mol/L because a second copy agrees so"
FLAG_FAR = "beyond 20 mol/kg: far outside of everything else that is measured"
_HIGHEST_USUAL_MOL_KG = 20.0


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
        What was dropped, corrected and flagged.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    return load_shared(FILE_NAME, path, "conductivity_ms_cm", citation=CITATION, reading=_reading)


def _reading(row: Mapping[str, str]) -> Reading:
    note = row["note"]
    corrected = FROM_MOLE_FRACTION if "it is a mole fraction" in note else ""
    if "taken as mol/L" in note:
        corrected = AS_MOLARITY
    far = row["conc_unit"] == "mol/kg" and float(row["conc"]) > _HIGHEST_USUAL_MOL_KG
    return Reading(
        source=row["source_doi"] or CITATION,
        corrected=corrected,
        flag=FLAG_FAR if far else "",
        trust=Trust.DOUBTFUL if far else Trust.FULL,
    )
