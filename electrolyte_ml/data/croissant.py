"""Croissant metadata of an exported table, so that other tools find and read it [1]_.

References
----------
.. [1] MLCommons Croissant 1.0, http://mlcommons.org/croissant/1.0;
   Akhtar et al. 2024, https://doi.org/10.1145/3650203.3663326
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from electrolyte_ml.data.cards import Card

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
