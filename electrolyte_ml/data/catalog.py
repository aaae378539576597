"""The catalog of data sets: cards of those that ship and of those that a user imported."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from electrolyte_ml.data.cleaning import CleaningReport
from electrolyte_ml.data.location import data_path
from electrolyte_ml.data.long_table import read_parquet
from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.errors import DataNotFoundError, InputError
from electrolyte_ml.files import packaged_file, user_folder_of
from electrolyte_ml.immutable import FrozenMapping
from electrolyte_ml.text import first_line, shown

TABLE = "datasets.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that can be fetched.

    Attributes
    ----------
    file
        Where it is kept in the data folder.
    url
        Its address: a fixed version, never a moving one.
    sha256
        Hash of the bytes at that address, 64 hexadecimal digits.
    conversion
        How the published file becomes `file` (`electrolyte_ml.data.conversion.CONVERSIONS`); empty
        where it is kept as it is.
    file_sha256
        Hash of `file` that splits were frozen with, where it is converted.
    """

    file: str
    url: str
    sha256: str
    conversion: str = ""
    file_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Card:
    """A data set: what it holds, whose it is and what to beware of.

    Attributes
    ----------
    name
        As in ``electrolyte-ml data show NAME``.
    title
        One line on what it holds.
    files
        Names of its files; empty if it ships with the package.
    properties
        Properties it has values of.
    rows
        Rows of the published file; None where that is not known.
    licence, licence_url
        Terms of the data.
    citation, doi
        What to cite; empty DOI where each row has its own.
    obtain
        Where a person gets the files.
    downloads
        Where files of it can be fetched from; empty where no address with a hash is known.
    traps
        What a reader must know before using it.
    columns
        Columns of the file and their meaning.
    learnt
        Whether the models that ship learn from it.
    imported
        Whether a user imported it.
    fault
        Why an imported set cannot be read; empty if it can.
    """

    name: str
    title: str
    files: tuple[str, ...]
    properties: tuple[str, ...]
    licence: str
    citation: str
    obtain: str
    rows: int | None = None
    licence_url: str = ""
    doi: str = ""
    downloads: tuple[Download, ...] = ()
    traps: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    learnt: bool = False
    imported: bool = False
    fault: str = ""

    def __repr__(self) -> str:
        return f"<Card {self.name}: {self.title}>"

    @property
    def available(self) -> bool:
        """Whether all files are on this machine and can be read."""
        if self.fault:
            return False
        try:
            for name in () if self.imported else self.files:
                data_path(name)
        except DataNotFoundError:
            return False
        return True

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "properties": list(self.properties),
            "rows": self.rows,
            "licence": self.licence,
            "licence_url": self.licence_url,
            "citation": self.citation,
            "doi": self.doi,
            "files": list(self.files),
            "downloads": [asdict(d) for d in self.downloads],
            "obtain": self.obtain,
            "traps": list(self.traps),
            "columns": dict(self.columns),
            "learnt": self.learnt,
            "imported": self.imported,
            "available": self.available,
            "fault": self.fault or None,
        }


# What a card of the table must say; a set has traps, or nobody looked.
_REQUIRED = ("title", "files", "properties", "licence", "citation", "obtain", "traps")


@cache
def shipped_cards() -> Mapping[str, Card]:
    """Card of every data set the package can read, by name."""
    text = packaged_file(f"data/tables/{TABLE}").read_text(encoding="utf-8")
    return MappingProxyType({name: _card(name, c) for name, c in tomllib.loads(text).items()})


def all_cards() -> dict[str, Card]:
    """Cards of the package's data sets and of those the user imported."""
    return {**shipped_cards(), **imported_cards()}


def card_of(name: str) -> Card:
    """Card of a data set.

    Raises
    ------
    InputError
        If there is no such data set; the message lists all of them.
    """
    # Looked up first, so that a broken file among the imported ones does not stand in the way.
    if name in shipped_cards():
        return shipped_cards()[name]
    if name not in imported_names():
        known = ", ".join([*shipped_cards(), *imported_names()])
        raise InputError(f"unknown data set {shown(name)}; there are {known}")
    return imported_card(name)


def _card(name: str, data: dict[str, Any]) -> Card:
    lacking = [key for key in _REQUIRED if key not in data]
    if lacking:
        raise InputError(f"{TABLE}: [{name}] lacks {', '.join(lacking)}")
    lists = {k: tuple(data[k]) for k in ("files", "properties", "traps")}
    columns = FrozenMapping(data.get("columns"))
    downloads = tuple(Download(**d) for d in data.get("downloads", ()))
    return Card(name=name, **{**data, **lists, "columns": columns, "downloads": downloads})


FOLDER_VARIABLE = "ELECTROLYTE_ML_IMPORTED"


def imported_folder() -> Path:
    """Folder of imported sets: ``$ELECTROLYTE_ML_IMPORTED``, or the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    return user_folder_of("data") / "measurements"


def imported_path(name: str) -> Path:
    """File of an imported set, whether or not it exists."""
    return imported_folder() / f"{name}.parquet"


# Words that verbs take for all sets, and names that Windows has no files of.
_NO_SET_NAMES = frozenset(
    ("all", "con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10)))
)
_SET_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def is_set_name(name: str) -> bool:
    """Whether verbs and all file systems can address an imported set of that name."""
    return _SET_NAME.fullmatch(name) is not None and name not in _NO_SET_NAMES


def imported_names() -> tuple[str, ...]:
    """Names of all imported sets."""
    return tuple(sorted(p.stem for p in imported_folder().glob("*.parquet")))


def imported_cards() -> dict[str, Card]:
    """Cards of all imported sets, damaged ones among them; only the heads of files are read."""
    return {name: _card_or_fault(name) for name in imported_names()}


def _card_or_fault(name: str) -> Card:
    try:
        return imported_card(name)
    except InputError as error:
        return Card(
            name=name,
            title="cannot be read",
            files=(str(imported_path(name)),),
            properties=(),
            licence="unknown",
            citation="unknown",
            obtain="imported",
            imported=True,
            fault=str(error),
        )


def load_imported(name: str) -> tuple[tuple[Measurements, ...], CleaningReport]:
    """Read an imported set.

    Raises
    ------
    InputError
        If the file is no Parquet or was not written by an import.
    TableError
        If it was changed so that rows cannot be used.
    """
    tables, attributes = read_parquet(imported_path(name))
    facts = _facts(name, attributes)
    try:
        return tables, CleaningReport.from_dict(facts["report"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{imported_path(name)}: its cleaning report is damaged") from error


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
        held = json.loads((metadata.metadata or {}).get(b"PANDAS_ATTRS", b"{}"))
    except Exception as error:  # a damaged file makes pyarrow raise of any kind
        raise InputError(
            f"{path}: cannot be read: {first_line(error)}; move it away, or import it again"
        ) from error
    facts = _facts(name, held)
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


def _facts(name: str, attributes: Any) -> dict[str, Any]:
    held: dict[str, Any] = attributes if isinstance(attributes, dict) else {}
    texts = ("title", "licence", "citation", "imported_from")
    names = held.get("properties")
    if (
        not all(isinstance(held.get(key), str) for key in texts)
        or not isinstance(names, list)
        or not all(isinstance(each, str) for each in names)
        or not isinstance(held.get("report"), dict)
    ):
        raise InputError(
            f"{imported_path(name)}: was not written by 'electrolyte-ml data import'; move it away"
        )
    if not is_set_name(name):
        raise InputError(f"{imported_path(name)}: no verb can name this set; rename the file")
    return held
