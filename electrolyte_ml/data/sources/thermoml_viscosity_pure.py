"""Viscosity of pure liquids at 295 to 305 K from journals, a DOI for every row (NIST ThermoML).

The file repeats many rows, once for every table of the archive that quotes them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.liquids import LiquidReader, unusual
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.files import read_table

FILE_NAME = "thermoml_viscosity_pure.csv"
CITATION = "NIST ThermoML archive, viscosity of pure liquids, a DOI per row"
_VALUE = "Viscosity Value (Pa * s)"
_MPA_S_PER_PA_S = 1000.0
# Within 10 K no liquid here changes by as much; laboratories differ by far less.
_FAR_FACTOR = 2.5
FLAG_FAR = f"more than {_FAR_FACTOR} times off the median of this liquid"


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read and clean the data set.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Viscosity, mPa s; a value far from all others of its liquid is kept and flagged.
    report
        What was dropped and flagged.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    rows = read_table(path or data_path(FILE_NAME))
    reader = LiquidReader("viscosity_mpa_s")
    median = _medians(rows)
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        smiles = row["Component 1"]
        solvent = reader.solvent(smiles)
        key = (smiles, row["Temperature (K)"], row[_VALUE], row["Source"])
        if isinstance(solvent, str):
            reader.drop(solvent)
        elif odd := unusual(solvent.smiles):
            reader.drop(odd)
        elif key in seen:
            reader.drop("repeats another row")
        else:
            seen.add(key)
            value = float(row[_VALUE]) * _MPA_S_PER_PA_S
            far = abs(np.log(value / median[smiles])) > np.log(_FAR_FACTOR)
            reader.take(
                [(solvent, 1.0)],
                temperature_k=float(row["Temperature (K)"]),
                value=value,
                source=row["Source"],
                row=int(row[""]),
                flag=FLAG_FAR if far else "",
            )
    measurements = reader.measurements()
    return measurements, CleaningReport(
        source=CITATION, n_read=len(rows), n_kept=len(measurements), notes=reader.notes()
    )


def _medians(rows: list[dict[str, str]]) -> dict[str, float]:
    """Median of the distinct values of each liquid, mPa s."""
    values: dict[str, set[float]] = {}
    for row in rows:
        values.setdefault(row["Component 1"], set()).add(float(row[_VALUE]) * _MPA_S_PER_PA_S)
    return {smiles: float(np.median(list(held))) for smiles, held in values.items()}
