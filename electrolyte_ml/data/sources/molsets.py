"""Conductivity of polymer and solvent electrolytes as Arrhenius fits: MolSets [1]_, ChemArr [2]_.

A row holds up to four components as SMILES with parts by mass, a salt with its molality, and
``Slope`` and ``Intercept`` of the logarithm of the conductivity against 1/T. The authors evaluate
them at 298 K, and so does this module. Base and unit of the logarithm are not in the table: they
must stand in ``molsets_data_compiled.columns.toml`` beside it (``logarithm``, ``unit``).

References
----------
.. [1] https://github.com/Henrium/MolSets
.. [2] Bradford et al., ACS Cent. Sci. 2023, 9, 206. https://doi.org/10.1021/acscentsci.2c01123
"""

from __future__ import annotations

import json
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.column_mapping import number_of, read_mapping
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis
from electrolyte_ml.species import Catalog, default_catalog
from electrolyte_ml.text import one_line

FILE_NAME = "molsets_data_compiled.csv"
CITATION = "MolSets, after ChemArr, 10.1021/acscentsci.2c01123"
DOI = "10.1021/acscentsci.2c01123"
_TEMPERATURE_K = 298.0
_SOLVENTS = ("Solvent 1", "Solvent 2", "Solvent 3", "Solvent 4")
# The ends of a repeat unit are written as these two metals.
_REPEAT_ENDS = ("Cu", "Au")
FLAG_FIT = "value of an Arrhenius fit, not a measured point"
POLYMER = "holds a polymer"


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The file; looked up with `data_path` by default.

    Returns
    -------
    measurements
        Conductivity, mS/cm, at 298 K; every row is flagged as a fit.
    report
        Polymers are dropped, and rows that cannot be read, each with its reason.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    InputErrors
        If base and unit of the logarithm are not stated beside it.
    """
    table = path or data_path(FILE_NAME)
    mapping = read_mapping(table, ("logarithm", "unit"))
    rows = read_table(table)
    collector = Collector("conductivity_ms_cm")
    catalog = default_catalog()
    for number, row in enumerate(rows):
        components = [row[name] for name in _SOLVENTS if row[name]]
        if any(end in smiles for smiles in components for end in _REPEAT_ENDS):
            collector.drop(POLYMER)
            continue
        try:
            logarithm = float(row["Slope"]) / _TEMPERATURE_K + float(row["Intercept"])
            formulation = _formulation(components, row, catalog)
            value = number_of(repr(logarithm), mapping, "conductivity_ms_cm")
        except ElectrolyteError as error:
            collector.drop(one_line(error))
            continue
        except (ValueError, OverflowError):
            collector.drop("a number is missing or cannot be read")
            continue
        collector.take(
            formulation,
            temperature_k=_TEMPERATURE_K,
            value=value,
            source=DOI,
            row=number,
            flag=FLAG_FIT,
        )
    return collector.finish(CITATION)


def _formulation(components: list[str], row: dict[str, str], catalog: Catalog) -> Formulation:
    weights = [float(w) for w in json.loads(row["Weights"])]
    return Formulation.from_amounts(
        Amounts(
            base_solvents=[
                (catalog.solvent(s), w) for s, w in zip(components, weights, strict=True)
            ],
            ratio_basis=RatioBasis.MASS,
            salts=[(catalog.salt(row["Salt"]), float(row["Molality"]), SaltBasis.MOLALITY)],
        )
    )
