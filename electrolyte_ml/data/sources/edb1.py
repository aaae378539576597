"""EDB-1: measured conductivity of solutions of 80 salts in 194 solvents [1]_.

Its repository names no licence: its numbers are used as facts and never shipped. It names no
papers, no unit of ``conc_salt`` and no basis of the ratios. Series that other tables hold, too,
agree with mol/L and volume mostly, and that is what is assumed and flagged.

References
----------
.. [1] https://github.com/AmanchukwuLab/electrolytomics
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.data.shared_table import MISSING, formulation_of
from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.files import read_table
from electrolyte_ml.text import one_line
from electrolyte_ml.units import ZERO_CELSIUS_K

FILE_NAME = "edb1.csv"
CITATION = "EDB-1, of the repository electrolytomics"
FLAG_ASSUMED = "unit and basis not told: mol/L and volume assumed"
FLAG_ASSUMED_UNIT = "unit not told: mol/L assumed"
_SOLVENTS = range(1, 5)


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Conductivity, mS/cm; every row is flagged with what was assumed. ``source_row`` is the
        line of the published table.
    report
        Rows that cannot be read are dropped, each with its reason.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    collector = Collector("conductivity_ms_cm")
    for row in read_table(path or data_path(FILE_NAME)):
        _take(collector, row)
    return collector.finish(CITATION)


def _take(collector: Collector, row: Mapping[str, str]) -> None:
    named = [i for i in _SOLVENTS if row[f"solv_{i}_sm"]]
    try:
        formulation = formulation_of(
            salts=((row["salt_sm"], row["conc_salt"]),),
            amount_unit="M",
            solvents=tuple(row[f"solv_{i}_sm"] for i in named),
            parts=tuple(row[f"solv_ratio_{i}"] for i in named),
            ratio_basis="vol",
        )
        kelvin, value = float(row["temperature"]) + ZERO_CELSIUS_K, float(row["conductivity"])
    except ElectrolyteError as error:
        return collector.drop(one_line(error))
    except ValueError:
        return collector.drop(MISSING)
    collector.take(
        formulation,
        temperature_k=kelvin,
        value=value,
        source=CITATION,
        row=int(row["row"]),
        trust=Trust.COMPILED,
        flag=FLAG_ASSUMED if len(formulation.solvents) > 1 else FLAG_ASSUMED_UNIT,
    )
    return None
