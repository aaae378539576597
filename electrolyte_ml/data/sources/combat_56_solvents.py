"""Density of 56 solvents, from the table of constants that goes with COMBAT [1]_.

References
----------
.. [1] Atwi et al., Sci. Rep. 2022, 12, 15760. https://doi.org/10.1038/s41598-022-20009-w
"""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Formulation, SolventAmount
from electrolyte_ml.species import canonical_smiles, default_catalog
from electrolyte_ml.units import ZERO_CELSIUS_K

FILE_NAME = "combat_56_solvents.csv"
DOI = "10.1038/s41598-022-20009-w"
WRONG_SMILES = "the SMILES is not that of the molecule it names"
NO_TEMPERATURE = "the temperature of the density is not told"
_WRONG = frozenset({"PEGDME"})


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the densities.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Density of pure solvents, g/cm3.
    report
        Rows without a temperature, and one with a wrong SMILES, are dropped.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    """
    collector = Collector("density_g_cm3")
    catalog = default_catalog()
    for number, row in enumerate(read_table(path or data_path(FILE_NAME))):
        if row["Abbreviation"] in _WRONG:
            collector.drop(WRONG_SMILES)
            continue
        if not row["DensityT"]:
            collector.drop(NO_TEMPERATURE)
            continue
        solvent = catalog.solvent(canonical_smiles(row["CanonicalSMILES"]))
        collector.take(
            Formulation(solvents=(SolventAmount(solvent=solvent, mass_fraction=1.0),)),
            temperature_k=float(row["DensityT"]) + ZERO_CELSIUS_K,
            value=float(row["Density"]),
            source=DOI,
            row=number,
        )
    return collector.finish(f"COMBAT, {DOI}")
