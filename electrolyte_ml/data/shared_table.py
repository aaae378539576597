"""Tables of measured values in one shared format, and the formulations that their rows mean.

A row has the columns ``salt_smiles, conc, conc_unit, solvent_smiles, ratio, ratio_basis, T_C,
property, value, unit, source_doi, note``. Several solvents stand between ``|``, their parts between
colons. ``conc_unit`` is ``mol/kg`` of solvent or ``M``, mol by litre of solution. A solvent that is
a pair of ions is an ionic liquid (`electrolyte_ml.species.ionic_liquids`): the molality counts by
kilogram of it.

Rows whose note holds ``CAUTION`` are left out. A file says what else is to be said of its rows with
a `Reading` of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from electrolyte_ml.data.cleaning import Action, CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.errors import AmountError, ElectrolyteError, InputError
from electrolyte_ml.files import read_table
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis
from electrolyte_ml.species import Solvent, default_catalog
from electrolyte_ml.species.ionic_liquids import ionic_liquid
from electrolyte_ml.text import one_line
from electrolyte_ml.units import ZERO_CELSIUS_K

#: Word and unit in the file, by property.
COLUMNS = {
    "conductivity_ms_cm": ("conductivity", "mS/cm"),
    "viscosity_mpa_s": ("viscosity", "mPa s"),
    "density_g_cm3": ("density", "g/cm3"),
}
_RATIO = {
    "wt": RatioBasis.MASS,
    "vol": RatioBasis.VOLUME,
    "mol": RatioBasis.MOLE,
    "": RatioBasis.MASS,
}
_AMOUNT = {"mol/kg": SaltBasis.MOLALITY, "M": SaltBasis.MOLARITY}
_CAUTION = re.compile(r"CAUTION[:\s]*(?P<why>[^;]*)")
MISSING = "a number is missing or cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a row is to be taken.

    Attributes
    ----------
    source
        Paper, or where else the value is from.
    flag
        Why the row is doubtful; empty where nothing speaks against it.
    corrected
        What was done to the row before it came here, for the report; empty if nothing was.
    conc, conc_unit
        Concentration to take in the place of the row's.
    trust
        How far the row is trusted.
    """

    source: str
    flag: str = ""
    corrected: str = ""
    conc: str = ""
    conc_unit: str = ""
    trust: Trust = Trust.FULL


def by_doi(row: Mapping[str, str]) -> Reading:
    """A row of a file in which every row names its paper and nothing else is to be said."""
    return Reading(source=row["source_doi"])


def load_shared(
    file_name: str,
    path: Path | None,
    property_name: str,
    *,
    citation: str,
    reading: Callable[[Mapping[str, str]], Reading] = by_doi,
) -> tuple[Measurements, CleaningReport]:
    """Read one property of a table in the shared format.

    Parameters
    ----------
    file_name
        Name of the file; looked up with `data_path` where `path` is None.
    path
        The file.
    property_name
        A key of `COLUMNS`.
    citation
        Name of the data set, for the report.
    reading
        Source, flag and correction of a row.

    Returns
    -------
    measurements
        ``source_row`` counts the rows of the file from 0, whatever their property.
    report
        Every row of the property that was left out, corrected or flagged.

    Raises
    ------
    InputError
        If there is no such property.
    DataNotFoundError
        If the file is not on this machine.
    """
    if property_name not in COLUMNS:
        raise InputError(f"no {property_name!r} in {file_name}; it may have {', '.join(COLUMNS)}")
    word, unit = COLUMNS[property_name]
    collector = Collector(property_name)
    for number, row in enumerate(read_table(path or data_path(file_name))):
        if row["property"] == word:
            _take(collector, row, number, unit, reading)
    return collector.finish(citation)


def _take(
    collector: Collector,
    row: Mapping[str, str],
    number: int,
    unit: str,
    reading: Callable[[Mapping[str, str]], Reading],
) -> None:
    warned = _CAUTION.search(row["note"])
    if warned:
        return collector.drop(f"its note warns: {warned['why'].strip()}")
    if row["unit"] != unit:
        return collector.drop(f"unit {row['unit']!r} is not {unit}")
    said = reading(row)
    try:
        formulation = formulation_of(
            salts=((row["salt_smiles"], said.conc or row["conc"]),),
            amount_unit=said.conc_unit or row["conc_unit"],
            solvents=tuple(row["solvent_smiles"].split("|")),
            parts=tuple(row["ratio"].split(":")),
            ratio_basis=row["ratio_basis"],
        )
        kelvin, value = float(row["T_C"]) + ZERO_CELSIUS_K, float(row["value"])
    except ElectrolyteError as error:
        return collector.drop(one_line(error))
    except ValueError:
        return collector.drop(MISSING)
    if said.corrected:
        collector.count(Action.CORRECTED, said.corrected)
    collector.take(
        formulation,
        temperature_k=kelvin,
        value=value,
        source=said.source,
        row=number,
        flag=said.flag,
        trust=said.trust,
    )
    return None


@cache
def formulation_of(
    *,
    salts: tuple[tuple[str, str], ...],
    amount_unit: str,
    solvents: tuple[str, ...],
    parts: tuple[str, ...],
    ratio_basis: str,
) -> Formulation:
    """Formulation of a row, remembered: rows of one temperature series share it.

    Parameters
    ----------
    salts
        SMILES and amount of each salt; one without a SMILES or with the amount 0 is not there.
    amount_unit
        ``mol/kg`` or ``M``; of no matter without salt.
    solvents, parts
        SMILES of molecules or ionic liquids, and their parts; one of part 0 is not there.
    ratio_basis
        ``wt``, ``vol``, ``mol``, or empty for a single solvent.

    Raises
    ------
    ElectrolyteError
        If a species cannot be read or amounts cannot be.
    ValueError
        If a number cannot be read, or solvents and parts differ in number.
    """
    amounts = [(smiles, float(amount)) for smiles, amount in salts if smiles]
    shares = [float(part) for part in parts]
    blend = [(_component(s), x) for s, x in zip(solvents, shares, strict=True) if x != 0]
    if len(blend) > 1 and not ratio_basis:
        raise AmountError("the basis of the ratio of solvents is not told")
    if ratio_basis not in _RATIO:
        raise AmountError(f"ratio basis {ratio_basis!r}; use {', '.join(b for b in _RATIO if b)}")
    dissolved = [(smiles, amount) for smiles, amount in amounts if amount != 0]
    if dissolved and amount_unit not in _AMOUNT:
        raise AmountError(f"concentration unit {amount_unit!r}; use {', '.join(_AMOUNT)}")
    catalog = default_catalog()
    return Formulation.from_amounts(
        Amounts(
            base_solvents=blend,
            ratio_basis=_RATIO[ratio_basis],
            salts=[(catalog.salt(s), amount, _AMOUNT[amount_unit]) for s, amount in dissolved],
        )
    )


def _component(smiles: str) -> Solvent:
    catalog = default_catalog()
    return ionic_liquid(catalog.salt(smiles)) if "." in smiles else catalog.solvent(smiles)
