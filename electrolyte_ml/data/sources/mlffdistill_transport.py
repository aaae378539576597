"""Measured self-diffusion, viscosity and density of sodium and lithium solutions in ethers and PC.

The values stand in a public repository beside simulations [1]_; that they are measured is said by
the names of its columns, that they belong to this preprint is inferred.

References
----------
.. [1] Kumar et al. 2026, arXiv:2603.20183. https://doi.org/10.48550/arXiv.2603.20183
"""

from __future__ import annotations

from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis
from electrolyte_ml.species import Catalog, default_catalog
from electrolyte_ml.units import ZERO_CELSIUS_K

FILE_NAME = "mlffdistill_na_ether_transport.csv"
DOI = "10.48550/arXiv.2603.20183"
CONTRADICTED = "its own source contradicts it, or it is a copy of another quantity"
#: Name in the file, and its unit, by property.
COLUMNS = {
    "diffusion_cation_1e10_m2_s": ("self_diffusion_cation", "1e-10 m2/s"),
    "diffusion_anion_1e10_m2_s": ("self_diffusion_anion", "1e-10 m2/s"),
    "diffusion_solvent_1e10_m2_s": ("self_diffusion_solvent", "1e-10 m2/s"),
    "viscosity_mpa_s": ("viscosity", "mPa s"),
    "density_g_cm3": ("density", "g/cm3"),
}


def load(
    path: Path | None = None, *, property_name: str = "diffusion_cation_1e10_m2_s"
) -> tuple[Measurements, CleaningReport]:
    """Read one property of the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.
    property_name
        A key of `COLUMNS`.

    Returns
    -------
    measurements
        Rows of one salt in one solvent, 273 to 323 K.
    report
        Rows whose note warns of them are dropped.

    Raises
    ------
    InputError
        If the file does not hold the property.
    DataNotFoundError
        If the file is not on this machine.
    """
    if property_name not in COLUMNS:
        raise InputError(f"no {property_name!r} in {FILE_NAME}; it has {', '.join(COLUMNS)}")
    name, unit = COLUMNS[property_name]
    rows = read_table(path or data_path(FILE_NAME))
    collector = Collector(property_name)
    catalog = default_catalog()
    for number, row in enumerate(rows):
        if row["property"] != name:
            continue
        if "CAUTION" in row["note"]:
            collector.drop(CONTRADICTED)
            continue
        if (row["unit"], row["conc_unit"]) != (unit, "M"):
            collector.drop(f"unit {row['unit']!r} or {row['conc_unit']!r} is not the one expected")
            continue
        collector.take(
            _formulation(row, catalog),
            temperature_k=float(row["T_C"]) + ZERO_CELSIUS_K,
            value=float(row["value"]),
            source=DOI,
            row=number,
        )
    return collector.finish(f"mlffdistill, {DOI} (inferred)")


def _formulation(row: dict[str, str], catalog: Catalog) -> Formulation:
    salt = catalog.salt(row["salt"])
    return Formulation.from_amounts(
        Amounts(
            base_solvents=[(catalog.solvent(row["solvents"]), 1.0)],
            ratio_basis=RatioBasis.MASS,
            salts=[(salt, float(row["conc"]), SaltBasis.MOLARITY)],
        )
    )
