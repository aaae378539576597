"""Tables whose columns are described beside them in a ``.columns.toml``, and conversion of units.

Some sets may not be shipped, and their layout is not public or not stable. Nothing about it is
guessed: a few lines of TOML say what each column is.

.. code-block:: toml

    solvents = ["solvent A", "solvent B"]   # columns of names or SMILES
    parts = ["share A", "share B"]          # columns of their parts
    ratio = "mass"                          # or volume, mole
    salts = ["salt"]                        # columns of names or SMILES
    amounts = ["c"]                         # columns of their amounts
    amount_unit = "mol/kg"                  # of solvents; or mol/L
    value = "sigma"
    unit = "S/cm"
    logarithm = "log10"                     # or ln; left out if values are not logarithms
    temperature = "T"
    temperature_unit = "degC"               # or K
    source = "doi"                          # column; or source_text = "...", for all rows

``recipe = "column"`` stands for the first six where a column holds recipes in words.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from electrolyte_ml.data.cleaning import CleaningReport, Collector
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import ElectrolyteError, InputError, InputErrors
from electrolyte_ml.files import packaged_table, read_table, read_toml
from electrolyte_ml.formulation import Amounts, Formulation, RatioBasis, SaltBasis, parse_recipe
from electrolyte_ml.properties import Property, registered_property
from electrolyte_ml.species import Catalog, default_catalog
from electrolyte_ml.text import one_line, shown
from electrolyte_ml.units import ZERO_CELSIUS_K, plain_unit, safe_unit, unit_errors, unit_registry

TABLE = "reference_electrodes.csv"

# "S m-1" and "g/cm3" as chemists write them are "S m**-1" and "g/cm**3" to pint.
_POWER = re.compile(r"(?<=[A-Za-z])\^?(-?\d)\b")
# Powers of ten before a unit, as in headings of papers: 10^-3 S/cm.
_TEN = re.compile(r"(?:10\s?\^?\s?|1e)([+-]\d{1,2})\s+(?=\D)")
# A longer text is no unit; it is not looked through to its end.
_LONGEST_UNIT = 80
# V vs Li/Li+, V vs. Li+/Li, V (vs. Li/Li+)
_AGAINST = re.compile(r"\s*[(\[]?\s*\b(?:vs|versus|against)\b\.?\s*(?P<electrode>.*?)[)\]. ]*$")


@cache
def conversion(unit: str, kind: Property) -> tuple[float, float]:
    """Factor and offset that turn a number in `unit` into one in the unit of `kind`.

    Parameters
    ----------
    unit
        Such as ``S/m``, ``cP``, ``kg m-3`` or, for a potential, ``V vs Na/Na+``.
    kind
        The property.

    Returns
    -------
    factor, offset
        Value = factor * number + offset.

    Raises
    ------
    InputError
        If the unit is unknown or of another dimension, or a potential names no reference
        electrode that is known.
    """
    against = _AGAINST.search(unit[:_LONGEST_UNIT])
    text, reference = unit.strip(), ""
    if against is not None:
        text, reference = unit[: against.start()].strip(), against["electrode"]
    own = kind.reference
    if bool(reference) != bool(own):
        what = f"needs a reference electrode, as 'V vs {own}'" if own else "has no reference"
        raise InputError(f"unit {shown(unit)}: {kind.name} {what}")
    factor, offset = _factor_and_offset(text, kind)
    if own:
        offset += _potential(reference) - _potential(own)
    return factor, offset


def _factor_and_offset(unit: str, kind: Property) -> tuple[float, float]:
    """Of a unit without its reference; only units of temperature have another zero."""
    if unit == kind.unit:
        # A unit that pint need not know, such as that of a price.
        return 1.0, 0.0
    text = plain_unit(unit[:_LONGEST_UNIT])
    ten = _TEN.match(text)
    text = _POWER.sub(r"**\1", text[ten.end() :] if ten else text)
    try:
        checked = safe_unit(text)
        zero, one = (
            float(
                unit_registry().Quantity(number, checked).to(kind.pint_unit or kind.unit).magnitude
            )
            for number in (0.0, 1.0)
        )
        factor = (one - zero) * 10.0 ** int(ten[1] if ten else 0)
        if not 0 < factor < math.inf:
            raise ValueError(f"a factor of {factor}")
    except unit_errors() as error:
        raise InputError(
            f"unit {shown(unit)} is no unit of {kind.name}; use {kind.measured_unit}"
        ) from error
    return factor, zero


def _potential(reference: str) -> float:
    known = _references()
    written = unicodedata.normalize("NFKC", reference)
    # Li+/Li is Li/Li+ to most papers.
    first, _, second = written.partition("/")
    reference = next((r for r in (written, f"{second}/{first}") if r in known), reference)
    if reference not in known:
        raise InputError(
            f"unknown reference electrode {reference!r}; use one of {', '.join(known)}, or convert "
            "the potentials yourself"
        )
    return known[reference]


@cache
def _references() -> dict[str, float]:
    rows = packaged_table(f"data/tables/{TABLE}")
    return {row["reference"]: float(row["potential_v_she"]) for row in rows}


_RATIO = {"mass": RatioBasis.MASS, "volume": RatioBasis.VOLUME, "mole": RatioBasis.MOLE}

_AMOUNT = {"mol/kg": SaltBasis.MOLALITY, "mol/L": SaltBasis.MOLARITY}

_TEMPERATURE = {"K": 0.0, "degC": ZERO_CELSIUS_K}

_LOGARITHM = {"log10": lambda x: 10.0**x, "ln": math.exp, "": float}

_BLEND = ("solvents", "parts", "ratio", "salts", "amounts", "amount_unit")

_CHOICES: dict[str, Mapping[str, Any]] = {
    "ratio": _RATIO,
    "amount_unit": _AMOUNT,
    "temperature_unit": _TEMPERATURE,
    "logarithm": _LOGARITHM,
}


def mapping_path(table: Path) -> Path:
    """Where the description of a table's columns is looked for: beside it."""
    return table.with_suffix(".columns.toml")


def read_mapping(table: Path, needed: tuple[str, ...]) -> dict[str, Any]:
    """Read the description of a table's columns.

    Parameters
    ----------
    table
        The table itself.
    needed
        Keys that must be there.

    Raises
    ------
    InputErrors
        If the file is missing or keys are missing or have no such choice; one line for each.
    """
    path = mapping_path(table)
    if not path.exists():
        raise InputErrors(
            [
                f"{path}: no such file; say in it what the columns of {table.name} are: "
                f"{', '.join(needed)} (see electrolyte_ml.data.column_mapping)"
            ]
        )
    try:
        mapping = read_toml(path)
    except InputError as error:
        raise InputErrors([str(error)]) from error
    faults = [f"{path}: no {key!r}" for key in needed if key not in mapping]
    for key, choices in _CHOICES.items():
        if key in mapping and mapping[key] not in choices:
            allowed = ", ".join(c for c in choices if c)
            faults.append(f"{path}: {key} is {mapping[key]!r}; use {allowed}")
    if faults:
        raise InputErrors(faults)
    return mapping


def number_of(text: str, mapping: Mapping[str, Any], property_name: str) -> float:
    """Value in the unit of a property, of a number that may be a logarithm.

    Raises
    ------
    ValueError
        If the text is no number.
    InputError
        If the unit is not one of the property.
    """
    factor, offset = conversion(mapping["unit"], registered_property(property_name))
    return factor * _LOGARITHM[mapping.get("logarithm", "")](float(text)) + offset


def load_mapped(
    file_name: str, path: Path | None, property_name: str, citation: str
) -> tuple[Measurements, CleaningReport]:
    """Read a table through the description of its columns.

    Parameters
    ----------
    file_name
        Name of the file; looked up with `data_path` where `path` is None.
    path
        The file.
    property_name
        Property with its unit.
    citation
        Name of the data set, for the report.

    Raises
    ------
    DataNotFoundError
        If the file is not on this machine.
    InputErrors
        If the description is missing, incomplete, or names columns that are not there.
    """
    table = path or data_path(file_name)
    mapping = read_mapping(table, ("value", "unit", "temperature", "temperature_unit"))
    rows = read_table(table, delimiter=mapping.get("delimiter", ","))
    _check_columns(table, mapping, rows[0] if rows else {})
    collector = Collector(property_name)
    catalog = default_catalog()
    for number, row in enumerate(rows):
        try:
            formulation = _formulation(row, mapping, catalog)
            kelvin = float(row[mapping["temperature"]]) + _TEMPERATURE[mapping["temperature_unit"]]
            value = number_of(row[mapping["value"]], mapping, property_name)
        except ElectrolyteError as error:
            collector.drop(one_line(error))
            continue
        except (ValueError, OverflowError):
            collector.drop("a number is missing or cannot be read")
            continue
        source = row[mapping["source"]] if "source" in mapping else mapping["source_text"]
        collector.take(formulation, temperature_k=kelvin, value=value, source=source, row=number)
    return collector.finish(citation)


def _check_columns(table: Path, mapping: Mapping[str, Any], row: Mapping[str, str]) -> None:
    path = mapping_path(table)
    faults = []
    if "source" not in mapping and "source_text" not in mapping:
        faults.append(f"{path}: no 'source' (a column) and no 'source_text'")
    missing = [] if "recipe" in mapping else [key for key in _BLEND if key not in mapping]
    faults += [f"{path}: no {key!r} and no 'recipe'" for key in missing]
    columns = [mapping[k] for k in ("recipe", "value", "temperature", "source") if k in mapping]
    for key in ("solvents", "parts", "salts", "amounts"):
        columns += mapping.get(key, [])
    faults += [f"{path}: {table.name} has no column {c!r}" for c in columns if c not in row]
    if faults:
        raise InputErrors(faults)


def _formulation(
    row: Mapping[str, str], mapping: Mapping[str, Any], catalog: Catalog
) -> Formulation:
    if "recipe" in mapping:
        return parse_recipe(row[mapping["recipe"]])
    solvents = _paired(row, mapping["solvents"], mapping["parts"])
    salts = _paired(row, mapping["salts"], mapping["amounts"])
    return Formulation.from_amounts(
        Amounts(
            base_solvents=[(catalog.written_solvent(name), part) for name, part in solvents],
            ratio_basis=_RATIO[mapping["ratio"]],
            salts=[(catalog.salt(name), n, _AMOUNT[mapping["amount_unit"]]) for name, n in salts],
        )
    )


def _paired(
    row: Mapping[str, str], names: list[str], numbers: list[str]
) -> list[tuple[str, float]]:
    """Names with their numbers; a pair whose name is empty or number is zero is not there."""
    pairs = zip(names, numbers, strict=True)
    found = [(row[name].strip(), row[number].strip()) for name, number in pairs]
    return [(name, float(n)) for name, n in found if name and float(n) != 0]
