"""The long table as a file: Parquet that is read back without losing a digit.

A formulation stands in it twice: in canonical notation, for people, and as its exact composition
(JSON of mass fractions and molalities), which is what is read back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.properties import kind_of, registered_kind
from electrolyte_ml.errors import ElectrolyteError, InputError, TableError
from electrolyte_ml.files import write_atomically
from electrolyte_ml.formulation import Formulation, formulation_from_json
from electrolyte_ml.formulation.base import SCHEMA_VERSION
from electrolyte_ml.text import first_line, one_line

if TYPE_CHECKING:
    import pandas as pd

#: Column and what it holds, in the order of the table.
COLUMNS = {
    "formulation": "recipe in canonical notation",
    "composition": "exact composition as JSON: mass fractions of solvents, molality of each salt",
    "temperature_k": "temperature, K; empty where the property has none",
    "property": "property with its unit",
    "value": "value in the unit",
    "unit": "unit of value and uncertainty",
    "method": "experiment, md, dft or semiempirical",
    "uncertainty": "uncertainty as the source states it; empty where it states none",
    "source": "DOI, or where else the value is from",
    "source_row": "row in the file that was read, counted from 0",
    "flag": "why the row is doubtful; empty where nothing speaks against it",
}
METHODS = ("experiment", "md", "dft", "semiempirical")
_TEXTS = ("composition", "property", "unit", "method", "source", "flag")


def composition_json(formulation: Formulation) -> str:
    """Exact composition of a formulation, its assumptions included, as one line of JSON."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "solvents": [
            {"smiles": s.solvent.smiles, "mass_fraction": s.mass_fraction, "role": s.role}
            for s in formulation.solvents
        ],
        "salts": [
            {
                "cation_smiles": s.salt.cation.smiles,
                "anion_smiles": s.salt.anion.smiles,
                "molality_mol_kg": s.molality_mol_kg,
            }
            for s in formulation.salts
        ],
        "assumptions": list(formulation.assumptions),
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def to_frame(tables: Sequence[Measurements]) -> pd.DataFrame:
    """Long table of several properties.

    Parameters
    ----------
    tables
        Measurements, one property and method each.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row a measurement, in the order given.
    """
    import pandas as pd

    frames = [_frame(m) for m in tables]
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _frame(measurements: Measurements) -> pd.DataFrame:
    import pandas as pd

    index = measurements.formulation_index
    formulations = measurements.formulations
    notation = np.array([f.notation() for f in formulations], dtype=object)
    composition = np.array([composition_json(f) for f in formulations], dtype=object)
    stated = measurements.uncertainty
    columns = {
        "formulation": notation[index],
        "composition": composition[index],
        "temperature_k": measurements.temperature_k,
        "property": measurements.property_name,
        "value": measurements.value,
        "unit": kind_of(measurements.property_name).unit,
        "method": measurements.method,
        "uncertainty": np.full(len(measurements), np.nan) if stated is None else stated,
        "source": measurements.source,
        "source_row": measurements.source_row,
        "flag": measurements.flag,
    }
    return pd.DataFrame(columns)[list(COLUMNS)]


def write_parquet(
    tables: Sequence[Measurements], path: Path, attributes: Mapping[str, Any] | None = None
) -> None:
    """Write the long table, whole or not at all.

    Parameters
    ----------
    tables
        Measurements, one property and method each.
    path
        A ``.parquet`` file; replaced if it exists.
    attributes
        Plain facts about the set that are kept inside the file.
    """
    frame = to_frame(tables)
    frame.attrs.update(attributes or {})
    write_atomically(path, lambda temporary: frame.to_parquet(temporary, index=False))


def read_parquet(path: Path) -> tuple[tuple[Measurements, ...], dict[str, Any]]:
    """Read what `write_parquet` wrote.

    Returns
    -------
    tables
        Measurements, one for each property and method, in the order of their first rows.
    attributes
        The facts that were kept with it.

    Raises
    ------
    InputError
        If the file is no Parquet.
    TableError
        If rows cannot be used; all of them are listed.
    """
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise InputError(first_line(f"{path}: cannot be read: {error}")) from error
    return from_frame(frame), {str(k): v for k, v in frame.attrs.items()}


def from_frame(frame: pd.DataFrame) -> tuple[Measurements, ...]:
    """Measurements of a long table.

    Parameters
    ----------
    frame
        Columns `COLUMNS`; ``formulation`` is not read, because ``composition`` is exact.

    Raises
    ------
    TableError
        If columns are missing, or rows cannot be used; all of them are listed by number, the
        first being row 0.
    """
    missing = [c for c in COLUMNS if c not in frame and c != "formulation"]
    if missing:
        raise TableError([f"the long table has no column {column!r}" for column in missing])
    texts = {name: _texts(frame[name]) for name in _TEXTS}
    formulations = _compositions(texts["composition"])
    faults = _row_faults(frame, texts, formulations)
    if faults:
        raise TableError(faults)
    kinds = list(zip(texts["property"], texts["method"], strict=True))
    return tuple(
        _table(frame, texts, formulations, [i for i, k in enumerate(kinds) if k == kind], kind)
        for kind in dict.fromkeys(kinds)
    )


def _texts(column: pd.Series[Any]) -> list[str]:
    return [str(value) for value in column.fillna("")]


def _compositions(texts: Sequence[str]) -> dict[str, Formulation | str]:
    """Formulation of each distinct composition, or what is wrong with it."""
    found: dict[str, Formulation | str] = {}
    for text in dict.fromkeys(texts):
        try:
            found[text] = formulation_from_json(text)
        except ElectrolyteError as error:
            found[text] = one_line(error)
    return found


def _row_faults(
    frame: pd.DataFrame, texts: dict[str, list[str]], formulations: dict[str, Formulation | str]
) -> list[str]:
    faults = []
    values, kelvins = _floats(frame["value"]), _floats(frame["temperature_k"])
    for i, (value, kelvin) in enumerate(zip(values, kelvins, strict=True)):
        found: list[str | None] = []
        try:
            kind = registered_kind(texts["property"][i])
            found += [kind.fault(value), kind.temperature_fault(kelvin)]
            if texts["unit"][i] != kind.unit:
                found.append(f"unit is {texts['unit'][i]!r}; {kind.name} is in {kind.unit}")
        except ElectrolyteError as error:
            found.append(str(error))
        if texts["method"][i] not in METHODS:
            found.append(f"method is {texts['method'][i]!r}; use {', '.join(METHODS)}")
        formulation = formulations[texts["composition"][i]]
        found.append(formulation if isinstance(formulation, str) else None)
        faults += [f"row {i}: {fault}" for fault in found if fault]
    return faults


def _floats(column: pd.Series[Any]) -> list[float]:
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return [float(x) for x in numbers]


def _table(
    frame: pd.DataFrame,
    texts: dict[str, list[str]],
    formulations: dict[str, Formulation | str],
    rows: list[int],
    kind: tuple[str, str],
) -> Measurements:
    compositions = [texts["composition"][i] for i in rows]
    order = {text: number for number, text in enumerate(dict.fromkeys(compositions))}
    distinct = [formulations[text] for text in order]
    uncertainty = np.array(_floats(frame["uncertainty"]))[rows]
    return Measurements(
        property_name=kind[0],
        method=kind[1],
        formulations=tuple(f for f in distinct if isinstance(f, Formulation)),
        formulation_index=np.array([order[text] for text in compositions], dtype=np.intp),
        temperature_k=np.array(_floats(frame["temperature_k"]))[rows],
        value=np.array(_floats(frame["value"]))[rows],
        source=np.array([texts["source"][i] for i in rows]),
        source_row=frame["source_row"].to_numpy(dtype=np.intp)[rows],
        flag=np.array([texts["flag"][i] for i in rows]),
        uncertainty=None if all(math.isnan(u) for u in uncertainty) else uncertainty,
    )
