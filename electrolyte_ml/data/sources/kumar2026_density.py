"""Measured density at 298.2 K of 18 sodium solutions, a potassium one and six solvents [1]_.

The nominal concentration is read from the file name of the simulation cell that goes with it;
``concentration_M`` in the table is that of the cell.

References
----------
.. [1] Kumar et al. 2026, arXiv:2603.20183. https://doi.org/10.48550/arXiv.2603.20183
"""

from __future__ import annotations

import re
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis
from electrolyte_ml.species import Catalog, default_catalog

FILE_NAME = "kumar2026_na_density.csv"
DOI = "10.48550/arXiv.2603.20183"
_TEMPERATURE_K = 298.2
_SOLUTION = re.compile(
    r"^(?P<salt>[a-z0-9]+)_(?P<solvent>[a-z]+)_(?P<molarity>[\d.]+)M\.xyz$", re.IGNORECASE
)
_PURE = re.compile(r"^(?P<solvent>[a-z]+)_pure\.xyz$", re.IGNORECASE)
_SOLVENTS = {
    "dme": "DME",
    "diglyme": "diglyme",
    "tgdme": "tetraglyme",
    "pc": "PC",
    "propylenecarbonate": "PC",
    "dimethylcarbonate": "DMC",
    "diethyleneglycol": "OCCOCCO",
}
_SALTS = {"napf6": "NaPF6", "naotf": "NaOTf", "natfsi": "NaTFSI", "kpf6": "KPF6"}
NO_NAME = "file name is neither salt_solvent_concentration nor solvent_pure"


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Density, g/cm3, at 298.2 K.
    report
        Rows whose file name does not tell what was measured are dropped.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    rows = read_table(path or data_path(FILE_NAME))
    collector = Collector("density_g_cm3")
    catalog = default_catalog()
    for number, row in enumerate(rows):
        formulation = _formulation(row["filename"], catalog)
        if formulation is None:
            collector.drop(NO_NAME)
            continue
        collector.take(
            formulation,
            temperature_k=_TEMPERATURE_K,
            value=float(row["exp_density_g_cm3"]),
            source=DOI,
            row=number,
        )
    return collector.finish(f"Kumar 2026, {DOI}")


def _formulation(file_name: str, catalog: Catalog) -> Formulation | None:
    match = _SOLUTION.match(file_name) or _PURE.match(file_name)
    found = match.groupdict() if match else {}
    solvent = _SOLVENTS.get(found.get("solvent", "").lower())
    salt = _SALTS.get(found.get("salt", "").lower())
    if solvent is None or ("salt" in found and salt is None):
        return None
    salts = []
    if salt is not None:
        salts = [(catalog.salt(salt), float(found["molarity"]), SaltBasis.MOLARITY)]
    return Formulation.from_amounts(
        Amounts(
            base_solvents=[(catalog.solvent(solvent), 1.0)],
            ratio_basis=RatioBasis.MASS,
            salts=salts,
        )
    )
