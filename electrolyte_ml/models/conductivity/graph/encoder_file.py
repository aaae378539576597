"""File of the pre-trained encoder of species, in the format of safetensors.

Loading it runs no code, and needs neither torch nor DeepChem.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.files import write_atomically
from electrolyte_ml.models.files import SHIPPED

FOLDER = SHIPPED / "encoder"
ENCODER = "encoder.safetensors"
_REBUILD = "make one with: electrolyte-ml train encoder"


def write_encoder(
    weights: Mapping[str, NDArray[np.float32]], record: Mapping[str, object], folder: Path = FOLDER
) -> None:
    """Write an encoder, whole or not at all.

    Parameters
    ----------
    weights
        By name, single precision.
    record
        How it was trained; plain numbers and text.
    folder
        Made if need be.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"record": json.dumps(record, sort_keys=True)}
    write_atomically(
        folder / ENCODER, lambda path: save_file(dict(weights), path, metadata=metadata)
    )


def read_encoder(folder: Path = FOLDER) -> dict[str, NDArray[np.float32]]:
    """Weights of a pre-trained encoder by name.

    Raises
    ------
    ArtefactError
        If there is none.
    """
    with _encoder(folder) as held:
        return {name: held.get_tensor(name) for name in held.keys()}  # noqa: SIM118 # no mapping


def read_encoder_record(folder: Path = FOLDER) -> dict[str, Any]:
    """How the encoder was trained.

    Raises
    ------
    ArtefactError
        If there is none.
    """
    with _encoder(folder) as held:
        record: dict[str, Any] = json.loads(held.metadata()["record"])
    return record


def _encoder(folder: Path) -> Any:
    from safetensors import safe_open

    if not (folder / ENCODER).is_file():
        raise ArtefactError(f"no pre-trained encoder in {folder}; {_REBUILD}")
    return safe_open(folder / ENCODER, framework="numpy")
