"""Importing a user's own measurements as a data set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from electrolyte_ml.data.cards import shipped_cards
from electrolyte_ml.data.long_table import write_parquet
from electrolyte_ml.data.user_sets import imported_path
from electrolyte_ml.data.user_table import UserTable, read_user_table
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import sha256_of

_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,63}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A data set that was imported.

    Attributes
    ----------
    path
        Parquet file in the user's folder.
    table
        What was read.
    """

    path: Path
    table: UserTable


def import_measurements(
    file: Path,
    name: str,
    *,
    source: str | None = None,
    title: str | None = None,
    licence: str | None = None,
    replace: bool = False,
) -> Imported:
    """Read a user's table and keep it as the data set `name`.

    Parameters
    ----------
    file
        See `electrolyte_ml.data.user_table.read_user_table`.
    name
        Small letters, digits, ``_`` and ``-``.
    source
        Where rows are from that do not say it themselves.
    title, licence
        For the dataset card.
    replace
        Whether an imported set of that name may be replaced.

    Raises
    ------
    InputError
        If the name cannot be used or the file cannot be read.
    TableError
        If rows cannot be used; all are listed and nothing is written.
    """
    if not _NAME.match(name):
        raise InputError(
            f"{name!r} cannot be the name of a data set; use small letters, digits, _ and -"
        )
    if name in shipped_cards():
        raise InputError(f"{name!r} is a data set of the package; choose another name")
    path = imported_path(name)
    if path.exists() and not replace:
        raise InputError(f"there is a data set {name!r} already, {path}; give --replace")
    table = read_user_table(file, source)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(
        table.tables,
        path,
        {
            "title": title or f"measurements of {file.name}",
            "properties": [m.property_name for m in table.tables],
            "licence": licence or "not stated",
            "citation": source or "a source for each row",
            "imported_from": file.name,
            "imported_sha256": sha256_of(file),
            "report": table.report.to_dict(),
        },
    )
    return Imported(path=path, table=table)
