"""Published files turned into the files that loaders read and splits name rows of.

A published table may hold rows that are kept back as a blind test. ``kept_rows.json`` lists the row
numbers that stay, counted from 0 in the published table; all others are left out on the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import DataNotFoundError
from electrolyte_ml.files import packaged_file, write_atomically
from electrolyte_ml.optional import import_optional

if TYPE_CHECKING:
    import pandas as pd

KEPT_ROWS = "kept_rows.json"
_ROW = "row"


def numbers_of(text: str) -> NDArray[np.intp]:
    """Whole numbers of a text such as ``0-5 7 9-12``, in its order."""
    spans = []
    for part in text.split():
        first, _, last = part.partition("-")
        spans.append(np.arange(int(first), int(last or first) + 1, dtype=np.intp))
    return np.concatenate(spans) if spans else np.empty(0, dtype=np.intp)


def convert(how: str, original: Path, target: Path) -> None:
    """Write the file that a loader reads, whole or not at all.

    Parameters
    ----------
    how
        A key of `CONVERSIONS`.
    original
        The published file.
    target
        Where its conversion goes; its name decides which rows stay.

    Raises
    ------
    DataNotFoundError
        If the published file cannot be read as what it should be.
    MissingDependencyError
        If openpyxl is not installed and the file is a workbook.
    """
    try:
        table = CONVERSIONS[how](original)
    except (ValueError, KeyError, OSError) as error:
        raise DataNotFoundError(
            f"{original}: cannot be converted to {target.name}: {error}"
        ) from error
    kept = _kept(target.name)
    if kept is not None:
        table = table[np.isin(table[_ROW].to_numpy(), kept)]
    write_atomically(target, lambda path: table.to_csv(path, index=False))


def _kept(name: str) -> NDArray[np.intp] | None:
    text = packaged_file(f"data/tables/{KEPT_ROWS}").read_text(encoding="utf-8")
    spans: dict[str, str] = json.loads(text)
    return numbers_of(spans[name]) if name in spans else None


def _numbered_sheet(original: Path) -> pd.DataFrame:
    """First sheet of a workbook; its first column counts the rows."""
    import pandas as pd

    import_optional("openpyxl")
    table = pd.read_excel(original)
    return table.rename(columns={table.columns[0]: _ROW})


def _numbered_csv(original: Path) -> pd.DataFrame:
    """A table whose rows are counted from 0 in a new first column."""
    import pandas as pd

    table = pd.read_csv(original)
    table.insert(0, _ROW, np.arange(len(table)))
    return table


def _efficiency_alone(original: Path) -> pd.DataFrame:
    """A table of conductivities and efficiencies without the columns of conductivity."""
    import pandas as pd

    return pd.read_csv(original).drop(columns=["Ionic Conductivity", "Temperature"])


#: Ways of reading a published file, by the name that a dataset card gives them.
CONVERSIONS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    "numbered sheet": _numbered_sheet,
    "numbered csv": _numbered_csv,
    "efficiency alone": _efficiency_alone,
}
