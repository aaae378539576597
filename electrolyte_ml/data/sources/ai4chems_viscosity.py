"""Viscosity of some 600 pure liquids along the temperature, collected by the AI4ChemS group [1]_.

References
----------
.. [1] Li, Deng, Guo, Ind. Eng. Chem. Res.; data from handbooks, https://github.com/AI4ChemS
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.liquids import LiquidReader, unusual
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.optional import import_optional
from electrolyte_ml.species import Solvent
from electrolyte_ml.species.catalog import packaged_catalog

FILE_NAME = "ai4chems_viscosity.xlsx"
CITATION = "AI4ChemS viscosity collection (ThermoML and handbooks)"
_VALUES, _NAMES = "train_mu_temp", "data"
# Below, a value belongs to a glass or a gas; above, to a melt of another use.
_LOWEST_MPA_S, _HIGHEST_MPA_S = 0.05, 1e5


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read and clean the data set.

    Parameters
    ----------
    path
        The workbook; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Viscosity, mPa s. The collection does not name the paper of a row.
    report
        What was dropped.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    MissingDependencyError
        If openpyxl is not installed.
    """
    workbook = _open(path or data_path(FILE_NAME))
    smiles = {str(name): str(s) for name, s, *_ in _rows(workbook, _NAMES)}
    reader = LiquidReader("viscosity_mpa_s")
    rows = list(_rows(workbook, _VALUES))
    for number, (name, temperature, _, value, _) in enumerate(rows):
        solvent = _solvent(reader, str(name), smiles)
        if isinstance(solvent, str):
            reader.drop(solvent)
        elif not _LOWEST_MPA_S <= float(value) <= _HIGHEST_MPA_S:
            reader.drop(f"viscosity is not within {_LOWEST_MPA_S:g} and {_HIGHEST_MPA_S:g} mPa s")
        else:
            reader.take(
                [(solvent, 1.0)],
                temperature_k=float(temperature),
                value=float(value),
                source=CITATION,
                row=number,
            )
    measurements = reader.measurements()
    return measurements, CleaningReport(
        source=CITATION, n_read=len(rows), n_kept=len(measurements), notes=reader.notes()
    )


def _open(path: Path) -> Any:
    return import_optional("openpyxl").load_workbook(path, read_only=True, data_only=True)


def _rows(workbook: Any, sheet: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a sheet below its heading."""
    rows = workbook[sheet].iter_rows(values_only=True)
    next(rows)
    yield from rows


def _solvent(reader: LiquidReader, name: str, smiles: dict[str, str]) -> Solvent | str:
    """The solvent of a name, or why there is none."""
    if name in smiles:
        solvent = reader.solvent(smiles[name])
        odd = None if isinstance(solvent, str) else unusual(solvent.smiles)
        return odd or solvent
    if packaged_catalog().has_solvent_named(name):
        return packaged_catalog().solvent(name)
    return "the collection gives no SMILES for this name"
