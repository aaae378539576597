"""Sodium conductivities that this project looked up itself; the table ships with the package.

Each row names the paper that measured it, where the number was read, and whether it could be
checked. Two ranges that are quoted second-hand stand with their middle and are flagged. No model
learns from them: sodium would conduct less than lithium there, which no other source says.
"""

from __future__ import annotations

import numpy as np

from electrolyte_ml.data.cleaning import Action, CleaningNote, CleaningReport
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import Formulation, parse_recipe
from electrolyte_ml.units import ZERO_CELSIUS_K

TABLE = "sodium_conductivity.csv"
CITATION = "sodium conductivities looked up for this package"
FLAG_UNVERIFIED = "middle of a range read second-hand: not for training"
_SODIUM = "[Na+]"


def load() -> tuple[Measurements, CleaningReport]:
    """Read the table; rows of other cations (lithium twins) are left out.

    Returns
    -------
    measurements
        Conductivity, mS/cm.
    report
        What was left out and flagged.
    """
    rows = packaged_table(f"data/tables/{TABLE}")
    parsed = [(row, parse_recipe(row["recipe"])) for row in rows]
    sodium = [(n, row, f) for n, (row, f) in enumerate(parsed) if _is_sodium(f)]
    flag = np.array(["" if row["verified"] == "yes" else FLAG_UNVERIFIED for _, row, _ in sodium])
    measurements = Measurements(
        property_name="conductivity_ms_cm",
        formulations=tuple(f for _, _, f in sodium),
        formulation_index=np.arange(len(sodium), dtype=np.intp),
        temperature_k=np.array(
            [float(row["temperature_c"]) + ZERO_CELSIUS_K for _, row, _ in sodium]
        ),
        value=np.array([float(row["conductivity_ms_cm"]) for _, row, _ in sodium]),
        source=np.array([row["source_doi"] for _, row, _ in sodium]),
        source_row=np.array([n for n, _, _ in sodium], dtype=np.intp),
        flag=flag,
        trust=np.where(flag == "", Trust.FULL.value, Trust.CONTRADICTED.value),
    )
    notes = (
        CleaningNote(
            action=Action.DROPPED, n_rows=len(rows) - len(sodium), what="lithium twin, not sodium"
        ),
        CleaningNote(action=Action.FLAGGED, n_rows=int((flag != "").sum()), what=FLAG_UNVERIFIED),
    )
    return measurements, CleaningReport(
        source=CITATION, n_read=len(rows), n_kept=len(sodium), notes=notes
    )


def _is_sodium(formulation: Formulation) -> bool:
    salts = formulation.salts
    return bool(salts) and all(s.salt.cation.smiles == _SODIUM for s in salts)
