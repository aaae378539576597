"""Conductivity of LiFSI in single solvents, 0.3 to 10 mol/L, at room temperature [1]_.

For most papers of this table a litre is one of pure solvent, not of solution. Where its notes give
the molality for that reading, that is what is taken.

References
----------
.. [1] https://github.com/JerryHanceSu/S4-website
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.data.shared_table import Reading, load_shared

FILE_NAME = "s4_lifsi_single_solvents.csv"
CITATION = "S4, LiFSI in single solvents"
FLAG_LITRE = "mol by litre of pure solvent assumed, as in most papers of the table"
FLAG_CONTRADICTED = "another paper of the table has a value half or twice as large"
_MOLALITY = re.compile(r"i\.e\. (?P<molality>[\d.]+) mol/kg if the litre is of solvent")
_PAPER = re.compile(r"paper: (?P<paper>[^;]{1,60})")
# Two mol/L in diethyl ether (6.43 and 11.13 mS/cm) and one in PiTFSA (0.32 and 0.63).
_CONTRADICTED = ("2 M LiFSI DEE", "1 M LiFSI PiTFSA")


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Conductivity, mS/cm; where no DOI is known, the source is the beginning of the citation.
    report
        What was dropped and flagged.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    return load_shared(FILE_NAME, path, "conductivity_ms_cm", citation=CITATION, reading=_reading)


def _reading(row: Mapping[str, str]) -> Reading:
    note = row["note"]
    paper = _PAPER.search(note)
    source = row["source_doi"] or (paper["paper"].strip() if paper else CITATION)
    found = _MOLALITY.search(note) if row["conc_unit"] == "M" else None
    flag, trust = FLAG_LITRE if found else "", Trust.COMPILED
    if note.startswith(_CONTRADICTED):
        flag, trust = FLAG_CONTRADICTED, Trust.DOUBTFUL
    if found is None:
        return Reading(source=source, flag=flag, trust=trust)
    return Reading(
        source=source, flag=flag, conc=found["molality"], conc_unit="mol/kg", trust=trust
    )
