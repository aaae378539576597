"""Dataset cards: what is known of each data set, in one table, `tables/datasets.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from electrolyte_ml.errors import DataNotFoundError, InputError
from electrolyte_ml.files import packaged_file

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
        Hash of its bytes, 64 hexadecimal digits.
    """

    file: str
    url: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
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
    imported
        Whether a user imported it.
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
    imported: bool = False

    @property
    def available(self) -> bool:
        """Whether all files are on this machine."""
        from electrolyte_ml.data.location import data_path

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
            "imported": self.imported,
            "available": self.available,
        }


@cache
def shipped_cards() -> Mapping[str, Card]:
    """Card of every data set the package can read, by name."""
    text = packaged_file(f"data/tables/{TABLE}").read_text(encoding="utf-8")
    return MappingProxyType({name: _card(name, c) for name, c in tomllib.loads(text).items()})


def all_cards() -> dict[str, Card]:
    """Cards of the package's data sets and of those the user imported."""
    from electrolyte_ml.data.user_sets import imported_cards

    return {**shipped_cards(), **imported_cards()}


def card_of(name: str) -> Card:
    """Card of a data set.

    Raises
    ------
    InputError
        If there is no such data set; the message lists all of them.
    """
    from electrolyte_ml.data.user_sets import imported_card, imported_names

    # Looked up first, so that a broken file among the imported ones does not stand in the way.
    if name in shipped_cards():
        return shipped_cards()[name]
    if name not in imported_names():
        known = ", ".join([*shipped_cards(), *imported_names()])
        raise InputError(f"unknown data set {name!r}; there are {known}")
    return imported_card(name)


def _card(name: str, data: dict[str, Any]) -> Card:
    lists = {k: tuple(data[k]) for k in ("files", "properties", "traps")}
    columns = MappingProxyType(dict(data.get("columns", {})))
    downloads = tuple(Download(**d) for d in data.get("downloads", ()))
    return Card(name=name, **{**data, **lists, "columns": columns, "downloads": downloads})
