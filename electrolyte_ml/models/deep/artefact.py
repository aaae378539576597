"""Files of the graph network: the pre-trained encoder, and the fitted network with its embeddings.

The encoder is in the format of safetensors, the network in npz; loading either runs no code, and
needs neither torch nor DeepChem.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.files import write_atomically
from electrolyte_ml.models.deep.network import GraphNetwork

FOLDER = Path(__file__).parent.parent / "artefacts" / "graph"
ENCODER = "encoder.safetensors"
NETWORK, RECORD = "graph.npz", "graph.json"
_FORMAT = 3
_REBUILD = "make one with: electrolyte-ml train graph"


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


def save(network: GraphNetwork, training: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write a network with its embeddings, and the record of how it was trained.

    Parameters
    ----------
    network
        The network; its arrays are rounded to single precision.
    training
        Data, seed, settings and measured errors, as plain numbers and text.
    folder
        Made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    single: dict[str, Any] = {n: a.astype(np.float32) for n, a in network.arrays().items()}
    record = {
        "format": _FORMAT,
        "smiles": list(network.smiles),
        "training": dict(training),
    }

    def write(path: Path) -> None:
        with path.open("wb") as stream:
            np.savez(stream, **single)

    def write_record(path: Path) -> None:
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    write_atomically(folder / NETWORK, write)
    write_atomically(folder / RECORD, write_record)


def load(folder: Path | None = None) -> GraphNetwork:
    """Read a network.

    Parameters
    ----------
    folder
        Where its files are; the ones that ship with the package by default.

    Raises
    ------
    ArtefactError
        If files are missing or of another version.
    """
    return _shipped() if folder is None else _read(folder)


@cache
def _shipped() -> GraphNetwork:
    return _read(FOLDER)


def _read(folder: Path) -> GraphNetwork:
    record = read_record(folder)
    if record.get("format") != _FORMAT:
        raise ArtefactError(f"the graph network in {folder} is of another version; {_REBUILD}")
    with np.load(folder / NETWORK, allow_pickle=False) as held:
        arrays = {name: held[name].astype(np.float64) for name in held.files}
    return GraphNetwork.of_arrays(arrays, record["smiles"])


def read_record(folder: Path = FOLDER) -> dict[str, Any]:
    """How a network was trained, and everything of it that is not an array.

    Raises
    ------
    ArtefactError
        If there is no network.
    """
    try:
        record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(f"no graph network in {folder}; {_REBUILD}") from None
    return record
