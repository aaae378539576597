"""Writing the long table of data sets, with Croissant metadata beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from electrolyte_ml.data.cards import Card, card_of
from electrolyte_ml.data.croissant import croissant
from electrolyte_ml.data.long_table import COLUMNS, to_frame
from electrolyte_ml.data.properties import registered_kind
from electrolyte_ml.data.sources import load_source
from electrolyte_ml.errors import InputError
from electrolyte_ml.files import sha256_of, write_atomically, write_text

if TYPE_CHECKING:
    import pandas as pd

DATASET_COLUMN = {"dataset": "name of the data set"}
METADATA = "croissant.json"
_ENCODINGS = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet"}


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
        A ``.csv`` or ``.parquet`` file; ``croissant.json`` is written beside it.
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
    if out.suffix.lower() not in _ENCODINGS:
        raise InputError(f"{out}: cannot write {out.suffix!r}; use {' or '.join(_ENCODINGS)}")
    if not out.resolve().parent.is_dir():
        raise InputError(f"{out.resolve().parent}: no such folder; make it first")
    if property_name is not None:
        registered_kind(property_name)
    cards = [c for c in map(card_of, names) if property_name in (None, *c.properties)]
    if not cards:
        raise InputError(f"none of {', '.join(names)} has {property_name!r}")
    frame = _frame(cards, property_name)
    write_atomically(out, lambda path: _write(frame, path, out.suffix.lower()))
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


def _write(frame: pd.DataFrame, path: Path, suffix: str) -> None:
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
