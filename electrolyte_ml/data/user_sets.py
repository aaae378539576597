"""Data sets that a user imported: Parquet files in the user's data folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from electrolyte_ml.data.cards import Card
from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import InputError
from electrolyte_ml.text import first_line

FOLDER_VARIABLE = "ELECTROLYTE_ML_IMPORTED"


def imported_folder() -> Path:
    """Folder of imported sets: ``$ELECTROLYTE_ML_IMPORTED``, or the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("electrolyte_ml")) / "measurements"


def imported_path(name: str) -> Path:
    """File of an imported set, whether or not it exists."""
    return imported_folder() / f"{name}.parquet"


def imported_names() -> tuple[str, ...]:
    """Names of all imported sets."""
    return tuple(sorted(p.stem for p in imported_folder().glob("*.parquet")))


def imported_cards() -> dict[str, Card]:
    """Cards of all imported sets; only the heads of their files are read."""
    return {name: imported_card(name) for name in imported_names()}


def load_imported(name: str) -> tuple[tuple[Measurements, ...], CleaningReport]:
    """Read an imported set.

    Raises
    ------
    InputError
        If the file is no Parquet or was not written by an import.
    TableError
        If it was changed so that rows cannot be used.
    """
    from electrolyte_ml.data.long_table import read_parquet

    tables, attributes = read_parquet(imported_path(name))
    return tables, CleaningReport.from_dict(_facts(name, attributes)["report"])


def imported_card(name: str) -> Card:
    """Card of an imported set.

    Raises
    ------
    InputError
        If its file is no Parquet or was not written by an import.
    """
    import json

    import pyarrow.parquet

    path = imported_path(name)
    try:
        metadata = pyarrow.parquet.read_metadata(path)
    except (OSError, ValueError) as error:
        raise InputError(first_line(f"{path}: cannot be read: {error}")) from error
    held = (metadata.metadata or {}).get(b"PANDAS_ATTRS", b"{}")
    facts = _facts(name, json.loads(held))
    return Card(
        name=name,
        title=facts["title"],
        files=(str(path),),
        properties=tuple(facts["properties"]),
        rows=metadata.num_rows,
        licence=facts["licence"],
        citation=facts["citation"],
        obtain=f"imported from {facts['imported_from']}",
        imported=True,
    )


def _facts(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    needed = ("title", "properties", "licence", "citation", "imported_from", "report")
    if any(key not in attributes for key in needed):
        raise InputError(
            f"{imported_path(name)}: was not written by 'electrolyte-ml data import'; move it away"
        )
    return attributes
