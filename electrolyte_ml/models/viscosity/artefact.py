"""Model files: arrays as npz, everything else as JSON; loading them runs no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.models.viscosity.corrections import Corrections
from electrolyte_ml.models.viscosity.domain import Domain
from electrolyte_ml.models.viscosity.liquid import LiquidModel, MoleculeTable
from electrolyte_ml.models.viscosity.model import ViscosityModel
from electrolyte_ml.models.viscosity.network import Network
from electrolyte_ml.models.viscosity.salt import SaltLaw

FOLDER = Path(__file__).parent.parent / "artefacts" / "viscosity"
_ARRAYS, _RECORD = "viscosity.npz", "viscosity.json"
_FORMAT = 1
# Torch computes the others in single precision, so that nothing is lost.
_DOUBLE = frozenset({"centre", "scale", "level", "slope", "coefficients"})


def save(model: ViscosityModel, training: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write a model, and the record of how it was trained.

    Parameters
    ----------
    model
        The model.
    training
        Data, seed, settings and measured errors, as plain numbers and text.
    folder
        Where the two files go; the package's own by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    liquid = model.liquid
    corrections = {f.name: getattr(liquid.corrections, f.name) for f in fields(Corrections)}
    arrays = {
        **liquid.network.arrays(),
        **corrections,
        "coordinates": liquid.coordinates,
        "descriptors": liquid.table.descriptors,
        "trained": liquid.trained,
    }
    with (folder / f"{_ARRAYS}.tmp").open("wb") as stream:
        packed: dict[str, Any] = {name: _packed(name, a) for name, a in arrays.items()}
        np.savez_compressed(stream, **packed)
    record = {
        "format": _FORMAT,
        "descriptors": list(liquid.table.names),
        "factors": list(model.factors),
        "salt": model.salt.to_dict(),
        "domain": model.domain.to_dict(),
        "training": dict(training),
        "molecules": list(liquid.table.smiles),
    }
    text = json.dumps(record, indent=1) + "\n"
    (folder / f"{_RECORD}.tmp").write_text(text, encoding="utf-8")
    for name in (_ARRAYS, _RECORD):
        (folder / f"{name}.tmp").replace(folder / name)


def load(folder: Path | None = None) -> ViscosityModel:
    """Read a model.

    Parameters
    ----------
    folder
        Where its two files are; by default the model that ships with the package.

    Raises
    ------
    ArtefactError
        If files are missing or were made by another version.
    """
    if folder is None:
        return _shipped()
    record = read_record(folder)
    if record["format"] != _FORMAT:
        raise ArtefactError(
            f"the viscosity model in {folder} was made by another version; "
            "rebuild it with: electrolyte-ml train viscosity"
        )
    with np.load(folder / _ARRAYS, allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    double = {n: a.astype(np.float64) for n, a in arrays.items() if a.dtype.kind == "f"}
    liquid = LiquidModel(
        table=MoleculeTable(
            smiles=tuple(record["molecules"]),
            names=tuple(record["descriptors"]),
            descriptors=double["descriptors"],
        ),
        trained=arrays["trained"],
        network=Network(**{f.name: double[f.name] for f in fields(Network)}),
        coordinates=double["coordinates"],
        corrections=Corrections(
            level=double["level"],
            slope=double["slope"],
            pairs=arrays["pairs"].astype(np.intp),
            coefficients=double["coefficients"],
        ),
    )
    known, pair, molecule = (float(f) for f in record["factors"])
    return ViscosityModel(
        liquid=liquid,
        salt=SaltLaw.from_dict(record["salt"]),
        factors=(known, pair, molecule),
        domain=Domain.from_dict(record["domain"]),
    )


def read_record(folder: Path = FOLDER) -> dict[str, Any]:
    """How a model was trained, and everything of it that is not an array.

    Raises
    ------
    ArtefactError
        If there is no model.
    """
    try:
        record: dict[str, Any] = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(
            f"no viscosity model in {folder}; make one with: electrolyte-ml train viscosity"
        ) from None
    return record


def _packed(name: str, array: Any) -> Any:
    if array.dtype.kind == "f":
        return array if name in _DOUBLE else array.astype(np.float32)
    return array.astype(np.int32) if array.dtype.kind == "i" else array


@cache
def _shipped() -> ViscosityModel:
    with as_file(files("electrolyte_ml.models") / "artefacts" / "viscosity") as folder:
        return load(folder)
