"""Cell voltages that papers report for electrolytes of a solvent, with their DOI [1]_.

A voltage that a cell was run at says that the electrolyte bore it, not where it fails; salt,
partner solvents and electrodes are not in the table. HOMO, LUMO, donor number and permittivity in
it are output of a model and are not read.

References
----------
.. [1] BattSLM, https://doi.org/10.26434/chemrxiv.15001594/v1
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Formulation, SolventAmount
from electrolyte_ml.species import default_catalog

FILE_NAME = "battslm_solvfunc87.csv"
DOI = "10.26434/chemrxiv.15001594/v1"
_VOLTAGE = re.compile(r"^(?P<bound>[<>]?)\s*(?P<value>\d+(?:\.\d+)?)$")
_DOI = re.compile(r"10\.\d{4,}[/.][^\s,!)]+(?:\([^\s)]*\)[^\s,!)]*)*")
FLAGS = {"<": "an upper bound, not a value", ">": "a lower bound, not a value"}
NO_VOLTAGE = "no working voltage"


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table; solvents stand as pure liquids.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Reported cell voltage, V, without temperature. `source` is the first paper of a row.
    report
        What was dropped and flagged.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    rows = read_table(path or data_path(FILE_NAME), delimiter=";", encoding="latin-1")
    collector = Collector("working_voltage_v")
    catalog = default_catalog()
    for number, row in enumerate(rows):
        voltage = _VOLTAGE.match(row["Work_Voltage (V)"].strip())
        if voltage is None:
            collector.drop(NO_VOLTAGE)
            continue
        try:
            solvent = catalog.solvent(row["SMILES"].strip())
        except ElectrolyteError as error:
            collector.drop(str(error))
            continue
        paper = _DOI.search(row["Reference"])
        collector.take(
            Formulation(solvents=(SolventAmount(solvent=solvent, mass_fraction=1.0),)),
            temperature_k=math.nan,
            value=float(voltage["value"]),
            source=paper.group() if paper else DOI,
            row=number,
            flag=FLAGS.get(voltage["bound"], ""),
        )
    return collector.finish(f"BattSLM, {DOI}")
