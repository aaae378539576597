"""NaPF6 in EC:PC 1:1 by mass: conductivity against concentration [1]_.

References
----------
.. [1] Chayambuka et al., Electrochim. Acta 2022, 404, 139764.
   https://doi.org/10.1016/j.electacta.2021.139764
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from electrolyte_ml.data.cleaning import Action, CleaningNote, CleaningReport
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources.na_literature import FLAG_ROOM_TEMPERATURE
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis
from electrolyte_ml.species import default_catalog
from electrolyte_ml.units import ROOM_TEMPERATURE_K

FILE_NAME = "chayambuka2022_napf6_ecpc.csv"
DOI = "10.1016/j.electacta.2021.139764"
_MOL_L_PER_MOL_M3 = 1e-3
_MS_CM_PER_S_M = 10.0


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the curve.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Conductivity, mS/cm, at 298.15 K, which the source implies.
    report
        Nothing is dropped; every row is flagged for its temperature.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    with (path or data_path(FILE_NAME)).open(encoding="utf-8", newline="") as file:
        _header, *rows = list(csv.reader(file))
    catalog = default_catalog()
    blend = [(catalog.solvent("EC"), 1.0), (catalog.solvent("PC"), 1.0)]
    formulations = tuple(
        Formulation.from_amounts(
            Amounts(
                base_solvents=blend,
                ratio_basis=RatioBasis.MASS,
                salts=[
                    (
                        catalog.salt("NaPF6"),
                        float(concentration) * _MOL_L_PER_MOL_M3,
                        SaltBasis.MOLARITY,
                    )
                ],
            )
        )
        for concentration, _ in rows
    )
    n = len(rows)
    measurements = Measurements(
        property_name="conductivity_ms_cm",
        formulations=formulations,
        formulation_index=np.arange(n, dtype=np.intp),
        temperature_k=np.full(n, ROOM_TEMPERATURE_K),
        value=np.array([float(k) * _MS_CM_PER_S_M for _, k in rows]),
        source=np.full(n, DOI),
        source_row=np.arange(n, dtype=np.intp),
        flag=np.full(n, FLAG_ROOM_TEMPERATURE),
    )
    note = CleaningNote(action=Action.FLAGGED, n_rows=n, what=FLAG_ROOM_TEMPERATURE)
    return measurements, CleaningReport(
        source=f"Chayambuka 2022, {DOI}", n_read=n, n_kept=n, notes=(note,)
    )
