"""Conductivity of mixtures with ionic liquids, ILThermo [1]_ in the form of CheMixHub.

NIST's data may be used but not shipped. The layout is that of CheMixHub's tables: ``value``, ``T``
(K), ``cmp_ids`` and ``cmp_mole_fractions`` (lists), with SMILES in a table of compounds. Unit and
logarithm of ``value`` were not seen and must stand in ``ilthermo_conductivity.columns.toml``.

References
----------
.. [1] NIST Standard Reference Database 147. https://ilthermo.boulder.nist.gov
"""

from __future__ import annotations

import json
from pathlib import Path

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.column_mapping import number_of, read_mapping
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import AmountError, ElectrolyteError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.species import Catalog, default_catalog
from electrolyte_ml.text import one_line

FILE_NAME = "ilthermo_conductivity.csv"
COMPOUNDS = "ilthermo_compounds.csv"
CITATION = "ILThermo, NIST SRD 147, in the form of CheMixHub"
NO_SOLVENT = "no neutral solvent: a molality does not exist"
NO_COMPOUND = "a compound is not in the table of compounds"


def load(path: Path | None = None) -> tuple[Measurements, CleaningReport]:
    """Read the table.

    Parameters
    ----------
    path
        The table of values, beside which the table of compounds lies; looked up with `data_path`
        by default.

    Returns
    -------
    measurements
        Conductivity, mS/cm.
    report
        Rows without a neutral solvent, or that cannot be read, are dropped.

    Raises
    ------
    DataNotFoundError
        If a file is not on this machine.
    InputErrors
        If unit and logarithm are not stated beside it.
    """
    table = path or data_path(FILE_NAME)
    compounds = path.with_name(COMPOUNDS) if path else data_path(COMPOUNDS)
    mapping = read_mapping(table, ("unit",))
    smiles = {int(float(row["compound_id"])): row["smiles"] for row in read_table(compounds)}
    collector = Collector("conductivity_ms_cm")
    catalog = default_catalog()
    for number, row in enumerate(read_table(table)):
        try:
            formulation = _formulation(row, smiles, catalog)
            value = number_of(row["value"], mapping, "conductivity_ms_cm")
            kelvin = float(row["T"])
        except ElectrolyteError as error:
            collector.drop(one_line(error))
            continue
        except KeyError:
            collector.drop(NO_COMPOUND)
            continue
        except (ValueError, OverflowError):
            collector.drop("a number is missing or cannot be read")
            continue
        collector.take(formulation, temperature_k=kelvin, value=value, source=CITATION, row=number)
    return collector.finish(CITATION)


def _formulation(row: dict[str, str], smiles: dict[int, str], catalog: Catalog) -> Formulation:
    """Mole fractions into mass fractions and molalities; lists may be padded with zeros."""
    ids = [int(i) for i in json.loads(row["cmp_ids"])]
    fractions = [float(x) for x in json.loads(row["cmp_mole_fractions"])]
    parts = [(smiles[i], x) for i, x in zip(ids, fractions, strict=False) if x > 0]
    salts = [(catalog.salt(s), x) for s, x in parts if "." in s]
    solvents = [(catalog.solvent(s), x) for s, x in parts if "." not in s]
    mass = sum(solvent.molar_mass_g_mol * x for solvent, x in solvents)
    if mass == 0:
        raise AmountError(NO_SOLVENT)
    return Formulation(
        solvents=tuple(
            SolventAmount(solvent=s, mass_fraction=s.molar_mass_g_mol * x / mass)
            for s, x in solvents
        ),
        salts=tuple(SaltAmount(salt=s, molality_mol_kg=1000 * x / mass) for s, x in salts),
    )
