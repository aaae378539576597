"""Conductivity of LiFSI, LiTFSI and LiPF6 in ethers, fluoroethers and chain carbonates [1]_.

The part of the table of bamboo_mixer that is from papers and in no other table. Papers are not
named; many series were read off plots. The table has mole fractions of salt, made of mol/L with the
density of the pure solvents: concentrated solutions come out too dilute.

References
----------
.. [1] https://github.com/ByteDance-Seed/bamboo_mixer
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.data.shared_table import Reading, load_shared

FILE_NAME = "bamboo_mixer_literature_part.csv"
CITATION = "bamboo_mixer, rows from papers that it does not name"
FLAG_CONCENTRATED = "above 2 mol/kg, where this table's concentrations may be too low"
FLAG_SCATTER = "two temperatures carry one value"
FLAG_SAME_SERIES = "values at and below 0 degC are those of another series to the digit"
_TRUSTED_TO_MOL_KG = 2.0


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Conductivity, mS/cm; the source of all rows is the table itself.
    report
        What was dropped and flagged.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    return load_shared(FILE_NAME, path, "conductivity_ms_cm", citation=CITATION, reading=_reading)


def _reading(row: Mapping[str, str]) -> Reading:
    flag = FLAG_CONCENTRATED if float(row["conc"]) > _TRUSTED_TO_MOL_KG else ""
    if "carry one value" in row["note"]:
        flag = FLAG_SCATTER
    if "to the digit" in row["note"]:
        flag = FLAG_SAME_SERIES
    trust = Trust.DOUBTFUL if flag else Trust.COMPILED
    return Reading(source=row["source_doi"] or CITATION, flag=flag, trust=trust)
