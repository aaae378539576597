"""Where public data sets are found on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from electrolyte_ml.errors import DataNotFoundError
from electrolyte_ml.files import expanded

ENVIRONMENT_VARIABLE = "ELECTROLYTE_ML_DATA"


def data_folders() -> tuple[Path, ...]:
    """Folders that are searched, in this order: ``$ELECTROLYTE_ML_DATA``, then the user cache."""
    given = os.environ.get(ENVIRONMENT_VARIABLE)
    cache = expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "electrolyte_ml"
    return (*((expanded(given),) if given else ()), cache)


def data_path(name: str) -> Path:
    """Path of a data file.

    Parameters
    ----------
    name
        File name, such as ``calisol23.csv``.

    Returns
    -------
    Path
        An existing file.

    Raises
    ------
    DataNotFoundError
        If no folder holds it; the message says where it was looked for and how to fix that.
    """
    folders = data_folders()
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise DataNotFoundError(
        f"data file {name!r} not found in {', '.join(map(str, folders))}; 'electrolyte-ml data "
        f"fetch all' gets every set that has a public address, others put there, or set "
        f"{ENVIRONMENT_VARIABLE} to the folder that holds them"
    )
