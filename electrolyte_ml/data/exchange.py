"""Import of a user's measurements, and export of data sets.

An exported table has Croissant metadata beside it, so that other tools find and read it [1]_.

References
----------
.. [1] MLCommons Croissant 1.0, http://mlcommons.org/croissant/1.0;
   Akhtar et al. 2024, https://doi.org/10.1145/3650203.3663326
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrolyte_ml.bad_rows import BadRows
from electrolyte_ml.data.catalog import (
    Card,
    card_of,
    imported_path,
    is_set_name,
    shipped_cards,
)
from electrolyte_ml.data.long_table import to_frame, write_parquet
from electrolyte_ml.data.measurements import COLUMNS
from electrolyte_ml.data.sources import load_source
from electrolyte_ml.data.user_table import MeasurementTables, read_user_table
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import make_folder, sha256_of, write_text
from electrolyte_ml.properties import registered_property
from electrolyte_ml.tables.writing import require_writable, write_frame
from electrolyte_ml.text import shown, steers_terminal

if TYPE_CHECKING:
    import pandas as pd


CONFORMS_TO = "http://mlcommons.org/croissant/1.0"

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

_FLOATS = ("temperature_k", "value", "uncertainty")

_INTEGERS = ("source_row",)


def croissant(
    cards: Sequence[Card],
    *,
    file_name: str,
    encoding: str,
    sha256: str,
    columns: Mapping[str, str],
) -> dict[str, Any]:
    """Metadata of one table made of some data sets.

    Parameters
    ----------
    cards
        The data sets in it.
    file_name
        Name of the table, which lies beside the metadata.
    encoding
        Its media type.
    sha256
        Its hash.
    columns
        Columns and what they hold, in order.

    Returns
    -------
    dict
        JSON-LD.
    """
    table = {
        "@type": "cr:FileObject",
        "@id": file_name,
        "name": file_name,
        "contentUrl": file_name,
        "encodingFormat": encoding,
        "sha256": sha256,
    }
    record = {
        "@type": "cr:RecordSet",
        "@id": "measurements",
        "name": "measurements",
        "description": "one row a measurement",
        "field": [_field(file_name, name, what) for name, what in columns.items()],
    }
    names = ", ".join(card.name for card in cards)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": cards[0].name if len(cards) == 1 else "electrolyte-measurements",
        "description": "; ".join(card.title for card in cards),
        "alternateName": names,
        "license": list(dict.fromkeys(card.licence_url or card.licence for card in cards)),
        "citeAs": "; ".join(dict.fromkeys(_citation(card) for card in cards)),
        "url": next((f"https://doi.org/{card.doi}" for card in cards if card.doi), file_name),
        "distribution": [table],
        "recordSet": [record],
    }


def _field(file_name: str, name: str, what: str) -> dict[str, Any]:
    number = "sc:Float" if name in _FLOATS else "sc:Integer" if name in _INTEGERS else "sc:Text"
    return {
        "@type": "cr:Field",
        "@id": f"measurements/{name}",
        "name": name,
        "description": what,
        "dataType": number,
        "source": {"fileObject": {"@id": file_name}, "extract": {"column": name}},
    }


def _citation(card: Card) -> str:
    return f"{card.citation}, https://doi.org/{card.doi}" if card.doi else card.citation


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
    table: MeasurementTables


def import_measurements(
    file: Path,
    name: str,
    *,
    source: str | None = None,
    title: str | None = None,
    licence: str | None = None,
    replace: bool = False,
    bad_rows: BadRows | None = None,
    accept_unusual: bool = False,
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
    bad_rows, accept_unusual
        As in `read_user_table`.

    Raises
    ------
    InputError
        If the name cannot be used or the file cannot be read.
    TableError
        If rows cannot be used; all are listed and nothing is written.
    """
    if not is_set_name(name):
        raise InputError(
            f"{shown(name)} cannot be the name of a data set; use small letters, digits, _ and -, "
            "beginning with a letter, up to 64 of them, and none of the words all, con, nul..."
        )
    for what, text in (("title", title), ("licence", licence), ("source", source)):
        if text and (steers_terminal(text) or "\n" in text):
            raise InputError(f"the {what} holds control characters: {shown(text)}")
    if name in shipped_cards():
        raise InputError(f"{name!r} is a data set of the package; choose another name")
    path = imported_path(name)
    if path.exists() and not replace:
        raise InputError(f"there is a data set {name!r} already, {path}; give --replace")
    table = read_user_table(file, source, bad_rows=bad_rows, accept_unusual=accept_unusual)
    make_folder(path.parent)
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


DATASET_COLUMN = {"dataset": "name of the data set"}

METADATA = "croissant.json"

_ENCODINGS = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written.

    Attributes
    ----------
    table, metadata
        The two files.
    n_rows
        Rows of the table.
    names
        Data sets in it.
    """

    table: Path
    metadata: Path
    n_rows: int
    names: tuple[str, ...]


def export(names: Sequence[str], out: Path, property_name: str | None = None) -> Export:
    """Write the long table of some data sets.

    Parameters
    ----------
    names
        Data sets.
    out
        A ``.csv``, ``.xlsx`` or ``.parquet`` file; ``croissant.json`` is written beside it.
    property_name
        Only this property; sets without it are left out.

    Returns
    -------
    Export
        Where it is, and what is in it.

    Raises
    ------
    InputError
        If the file has another suffix, the folder does not exist, or no set has the property.
    DataNotFoundError
        If a file is not on this machine.
    """
    require_writable(out, tuple(_ENCODINGS))
    if property_name is not None:
        registered_property(property_name)
    cards = [c for c in map(card_of, names) if property_name in (None, *c.properties)]
    if not cards:
        raise InputError(f"none of {', '.join(names)} has {property_name!r}")
    frame = _frame(cards, property_name)
    write_frame(frame, out)
    metadata = out.with_name(METADATA)
    text = json.dumps(
        croissant(
            cards,
            file_name=out.name,
            encoding=_ENCODINGS[out.suffix.lower()],
            sha256=sha256_of(out),
            columns=DATASET_COLUMN | COLUMNS,
        ),
        indent=2,
        ensure_ascii=False,
    )
    write_text(metadata, text)
    return Export(
        table=out, metadata=metadata, n_rows=len(frame), names=tuple(c.name for c in cards)
    )


def _frame(cards: Sequence[Card], property_name: str | None) -> pd.DataFrame:
    import pandas as pd

    frames = []
    for card in cards:
        wanted = card.properties if property_name is None else (property_name,)
        frame = to_frame([load_source(card.name, p)[0] for p in wanted])
        frame.insert(0, "dataset", card.name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
