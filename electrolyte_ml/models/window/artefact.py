"""Files of the window model: arrays as npz, everything else as JSON; loading them runs no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.models.window.calibration import Calibration
from electrolyte_ml.models.window.features import DESCRIPTORS, N_BITS, MoleculeFeatures
from electrolyte_ml.models.window.gaussian import GaussianProcess
from electrolyte_ml.models.window.model import AxisModel, WindowModel
from electrolyte_ml.models.window.offset import Offset

FOLDER = Path(__file__).parent.parent / "artefacts" / "window"
_ARRAYS, _RECORD = "window.npz", "window.json"
_FORMAT = 3


def save(model: WindowModel, training: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write a model, and the record of how it was trained.

    Parameters
    ----------
    model
        The model; both processes must share their features.
    training
        Data, seed, settings and measured errors, as plain numbers and text.
    folder
        Where the two files go; the package's own by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    features = next(iter(model.axes.values())).process.features
    arrays: dict[str, Any] = {
        "bits": np.packbits(features.bits, axis=1),
        "descriptors": features.descriptors.astype(np.float32),
    }
    for name, axis in model.axes.items():
        process = axis.process
        arrays |= {
            f"{name}_target": process.target,
            f"{name}_centre": process.centre,
            f"{name}_scale": process.scale,
            f"{name}_hyperparameters": process.hyperparameters,
        }
    record = {
        "format": _FORMAT,
        "descriptors": list(DESCRIPTORS),
        "elements": sorted(model.elements),
        "axes": {
            name: {
                "calibration": axis.calibration.to_dict(),
                "factor": axis.factor,
                "widest_v": axis.widest_v,
            }
            for name, axis in model.axes.items()
        },
        "anions": model.anions.to_dict(),
        "theory_half_width_v": model.theory_half_width_v,
        "training": dict(training),
    }
    with (folder / f"{_ARRAYS}.tmp").open("wb") as stream:
        np.savez_compressed(stream, **arrays)
    (folder / f"{_RECORD}.tmp").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    for name in (_ARRAYS, _RECORD):
        (folder / f"{name}.tmp").replace(folder / name)


def read_record(folder: Path = FOLDER) -> dict[str, Any]:
    """The JSON half: how the model was trained and what it was measured at.

    Raises
    ------
    ArtefactError
        If it is missing or of another version.
    """
    path = folder / _RECORD
    if not path.is_file():
        raise ArtefactError(f"no model of the window in {folder}; run: electrolyte-ml train window")
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if record["format"] != _FORMAT or record["descriptors"] != list(DESCRIPTORS):
        raise ArtefactError(
            f"the window model in {folder} was made by another version; "
            "rebuild it with: electrolyte-ml train window"
        )
    return record


@cache
def load(folder: Path = FOLDER) -> WindowModel:
    """Read a model; it is kept.

    Raises
    ------
    ArtefactError
        If files are missing or were made for other descriptors.
    """
    record = read_record(folder)
    with np.load(folder / _ARRAYS, allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    features = MoleculeFeatures(
        bits=np.unpackbits(arrays["bits"], axis=1, count=N_BITS),
        descriptors=arrays["descriptors"].astype(np.float64),
    )
    axes = {
        name: AxisModel(
            process=GaussianProcess(
                features=features,
                **{
                    part: arrays[f"{name}_{part}"]
                    for part in ("target", "centre", "scale", "hyperparameters")
                },
            ),
            calibration=Calibration.from_dict(axis["calibration"]),
            factor=float(axis["factor"]),
            widest_v=float(axis["widest_v"]),
        )
        for name, axis in record["axes"].items()
    }
    return WindowModel(
        axes=axes,
        anions=Offset(**record["anions"]),
        theory_half_width_v=float(record["theory_half_width_v"]),
        elements=frozenset(record["elements"]),
    )
