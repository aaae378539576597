"""Computed redox energies of 392 molecules, mostly fragments of electrolyte decomposition [1]_.

wB97X-V/def2-TZVPPD in SMD solvent. The file states neither the reference of its oxidation and
reduction energies nor the sign of its electron affinities; values are kept as they stand.

References
----------
.. [1] BattSLM, https://doi.org/10.26434/chemrxiv.15001594/v1
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.formulation import Formulation, SolventAmount
from electrolyte_ml.species import Catalog, default_catalog

FILE_NAME = "battslm_rx392.csv"
DOI = "10.26434/chemrxiv.15001594/v1"
_COLUMNS = {
    "ionisation_energy_ev": "dictIEs",
    "electron_affinity_ev": "dictEAs",
    "oxidation_free_energy_ev": "dictOxPots",
    "reduction_free_energy_ev": "dictRedPots",
}
FLAG_SEPARATED = "its InChI only gives a SMILES with separated charges"
NO_STRUCTURE = "InChI is not one neutral closed-shell molecule"
NO_VALUE = "not one value, in one solvent"


def load(
    path: Path | None = None, property_name: str = "ionisation_energy_ev"
) -> tuple[Measurements, CleaningReport]:
    """Read one of the four energies; molecules stand as pure liquids.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.
    property_name
        ``ionisation_energy_ev``, ``electron_affinity_ev``, ``oxidation_free_energy_ev`` or
        ``reduction_free_energy_ev``.

    Returns
    -------
    measurements
        Energies, eV, without temperature, method ``dft``.
    report
        What was dropped and flagged.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    InputError
        If there is no such property.
    """
    if property_name not in _COLUMNS:
        raise InputError(f"{FILE_NAME} has no {property_name!r}; it has {', '.join(_COLUMNS)}")
    # Rows are not quoted, and hold commas: the separator is $.
    with (path or data_path(FILE_NAME)).open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file, delimiter="$", quoting=csv.QUOTE_NONE))
    collector = Collector(property_name, method="dft")
    catalog = default_catalog()
    for number, cells in enumerate(rows):
        row = dict(zip(header, cells, strict=False))
        _take(collector, row, row[_COLUMNS[property_name]], number, catalog)
    return collector.finish(f"BattSLM, {DOI}")


def _take(
    collector: Collector, row: dict[str, str], cell: str, number: int, catalog: Catalog
) -> None:
    """Keep a row whose cell reads ``SOLVENT=...:value``."""
    _solvent, _, value = cell.rpartition(":")
    if "&" in cell or not value:
        return collector.drop(NO_VALUE)
    smiles = _smiles(row["Inchi"])
    try:
        molecule = catalog.solvent(smiles)
    except ElectrolyteError:
        return collector.drop(NO_STRUCTURE)
    separated = "+" in smiles and not molecule.in_catalog
    return collector.take(
        Formulation(solvents=(SolventAmount(solvent=molecule, mass_fraction=1.0),)),
        temperature_k=math.nan,
        value=float(value),
        source=DOI,
        row=number,
        flag=FLAG_SEPARATED if separated else "",
    )


def _smiles(inchi: str) -> str:
    """SMILES of an InChI, empty if it is not one neutral closed-shell molecule."""
    from rdkit import Chem, rdBase

    blocked = rdBase.BlockLogs()
    try:
        molecule = Chem.MolFromInchi(inchi)  # type: ignore[no-untyped-call]
    finally:
        del blocked
    if molecule is None or Chem.GetFormalCharge(molecule) != 0:
        return ""
    if any(atom.GetNumRadicalElectrons() for atom in molecule.GetAtoms()):
        return ""
    return str(Chem.MolToSmiles(molecule))
