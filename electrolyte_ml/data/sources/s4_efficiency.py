"""Coulombic efficiency of lithium on copper in LiFSI with one solvent, 79 papers [1]_.

Amounts are moles: of the salt as in a litre, of the solvent as in a litre of pure solvent. The
first seventy-two papers are numbered as in Kim et al. 2023, whose efficiencies stand here again.

References
----------
.. [1] https://github.com/JerryHanceSu/S4-website
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.efficiency import (
    EFFICIENCY,
    Cycling,
    EfficiencyTable,
    formulation_of_moles,
    moles_in,
    number_in,
    table_of,
    take,
)
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.errors import DataNotFoundError, ElectrolyteError
from electrolyte_ml.files import read_table
from electrolyte_ml.text import one_line

FILE_NAME, REFERENCES = "ce_s4_dataset.csv", "ce_s4_references.csv"
NAME = "s4_efficiency"
CITATION = "S4, coulombic efficiency of LiFSI in single solvents"
_LONGEST_CITATION = 400
_TITLE = re.compile(r"^(?P<authors>[^.]*\.(?: et al\.)?).*\((?P<year>(?:19|20)\d\d)\)")


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Coulombic efficiency, percent; the source is the paper.
    report
        What was dropped.

    Raises
    ------
    DataNotFoundError
        If a file is not on this machine.
    """
    table, report = load_cycled(path)
    return table.measurements, report


def load_cycled(path: Path | None = None) -> tuple[EfficiencyTable, CleaningReport]:
    """Read the table with how each row was measured; arguments as of `load`."""
    collector, cycling = Collector(EFFICIENCY), {}
    for number, row in enumerate(read_table(path or data_path(FILE_NAME))):
        try:
            solvent, salt = moles_in(row["Solvent"]), moles_in(row["Salt"])
            formulation = formulation_of_moles(dict([solvent]), dict([salt]))
        except ElectrolyteError as error:
            collector.drop(one_line(error))
            continue
        cycling[number] = Cycling.of_words(
            row["Method"], row["Current (mA/cm2)"], row["Capacity (mAh/cm2)"], row["Cycle"]
        )
        take(
            collector,
            formulation,
            number_in(row["CE (%)"]),
            source=paper(row["Reference"]),
            row=number,
            trust=Trust.COMPILED,
        )
    return table_of(NAME, collector, cycling, CITATION)


def paper(number: str) -> str:
    """The paper of a number of the lists of Kim et al. 2023 and S4, as far as it is known here."""
    listed = _papers()
    if number.isdigit() and 1 <= int(number) <= len(listed):
        return listed[int(number) - 1][:_LONGEST_CITATION]
    return f"reference {number} of Kim et al., 10.1073/pnas.2214357120"


@cache
def _papers() -> tuple[str, ...]:
    """Citations in the order of their numbers; none without the file."""
    try:
        path = data_path(REFERENCES)
    except DataNotFoundError:
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(row[0].strip() for row in csv.reader(file) if row)
