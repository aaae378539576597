"""The catalog that is used where none is named: the package's species and the user's own."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from electrolyte_ml.species.catalog import Catalog
from electrolyte_ml.species.tables import read_ions, read_solvents

FOLDER_VARIABLE = "ELECTROLYTE_ML_SPECIES"


def user_folder() -> Path:
    """Folder of the user's own species: ``$ELECTROLYTE_ML_SPECIES``, or the user's data folder."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("electrolyte_ml")) / "species"


def catalog_with(folder: Path) -> Catalog:
    """The package's species and those whose tables are in `folder`.

    Raises
    ------
    CatalogError
        If a row of the tables cannot be used, or a name means two species.
    """
    return Catalog([*read_solvents(), *read_solvents(folder)], [*read_ions(), *read_ions(folder)])


@cache
def packaged_catalog() -> Catalog:
    """The package's species alone: what models are built from, whatever a user adds."""
    return Catalog(read_solvents(), read_ions())


@cache
def default_catalog() -> Catalog:
    """The package's species and the user's own, read once."""
    return catalog_with(user_folder())
