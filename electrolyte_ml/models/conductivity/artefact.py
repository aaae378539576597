"""Model files: arrays as npz, everything else as JSON; loading them runs no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.features import FEATURE_NAMES
from electrolyte_ml.models.conductivity.cation import CationShift, Twins
from electrolyte_ml.models.conductivity.domain import Domain
from electrolyte_ml.models.conductivity.ensemble import Ensemble
from electrolyte_ml.models.conductivity.memory import Memory
from electrolyte_ml.models.conductivity.model import ConductivityModel
from electrolyte_ml.models.conductivity.network import Network
from electrolyte_ml.models.conductivity.process import LawProcess
from electrolyte_ml.models.deep.network import GraphNetwork
from electrolyte_ml.models.deep.pair import GraphPair

FOLDER = Path(__file__).parent.parent / "artefacts" / "conductivity"
_ARRAYS, _RECORD = "conductivity.npz", "conductivity.json"
_FORMAT = 8
_SETTLED, _EARLY, _PROCESS, _MEMORY = "settled.", "early.", "process.", "memory."
_PROCESSED = ("centre", "scale", "known", "weights", "views")
_REMEMBERED = ("place", "weights", "low", "high")


def save(model: ConductivityModel, training: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write a model, and the record of how it was trained.

    Parameters
    ----------
    model
        The model; its weights are rounded to single precision.
    training
        Data, seed, settings and measured errors, as plain numbers and text.
    folder
        Where the two files go; the package's own by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ensemble = model.ensemble
    network, graph, memory = ensemble.network, ensemble.graph, ensemble.memory
    arrays = {"centre": network.centre, "scale": network.scale, "trend": network.trend}
    for layer, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        arrays |= {f"weight_{layer}": weight, f"bias_{layer}": bias}
    for prefix, part in ((_SETTLED, graph.settled), (_EARLY, graph.early)):
        arrays |= {prefix + name: array for name, array in part.arrays().items()}
    arrays |= {_PROCESS + name: getattr(ensemble.process, name) for name in _PROCESSED}
    if memory is not None:
        arrays |= {_MEMORY + name: getattr(memory, name) for name in _REMEMBERED}
    arrays |= _shift_arrays(model.sodium)
    with (folder / f"{_ARRAYS}.tmp").open("wb") as stream:
        single: dict[str, Any] = {name: a.astype(np.float32) for name, a in arrays.items()}
        np.savez(stream, **single)
    record = {
        "format": _FORMAT,
        "features": list(FEATURE_NAMES),
        "species": list(graph.smiles),
        "measured_species": sorted(graph.measured),
        "remembered_solvents": list(memory.solvents) if memory else [],
        "remembered_anions": list(memory.anions) if memory else [],
        "factor": model.factor,
        "sodium_sources": model.sodium.n_sources,
        "domain": model.domain.to_dict(),
        "training": dict(training),
    }
    text = json.dumps(record, indent=1) + "\n"
    (folder / f"{_RECORD}.tmp").write_text(text, encoding="utf-8")
    for name in (_ARRAYS, _RECORD):
        (folder / f"{name}.tmp").replace(folder / name)


def load(folder: Path | None = None) -> ConductivityModel:
    """Read a model.

    Parameters
    ----------
    folder
        Where its two files are; by default the model that ships with the package.

    Raises
    ------
    ArtefactError
        If files are missing or were made for other features.
    """
    if folder is None:
        return _shipped()
    record = read_record(folder)
    if record["format"] != _FORMAT or record["features"] != list(FEATURE_NAMES):
        raise ArtefactError(
            f"the conductivity model in {folder} was made by another version; "
            "rebuild it with: electrolyte-ml train conductivity"
        )
    with np.load(folder / _ARRAYS, allow_pickle=False) as held:
        arrays = {name: held[name].astype(np.float64) for name in held.files}
    layers = range(sum(name.startswith("weight_") for name in arrays))
    network = Network(
        centre=arrays["centre"],
        scale=arrays["scale"],
        weights=tuple(arrays[f"weight_{i}"] for i in layers),
        biases=tuple(arrays[f"bias_{i}"] for i in layers),
        trend=arrays["trend"],
    )
    settled, early = (
        GraphNetwork.of_arrays(
            {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)},
            record["species"],
        )
        for prefix in (_SETTLED, _EARLY)
    )
    graph = GraphPair(settled=settled, early=early, measured=frozenset(record["measured_species"]))
    held = {name: arrays[_PROCESS + name] for name in _PROCESSED}
    process = LawProcess(**held | {"views": held["views"] > 0})
    return ConductivityModel(
        ensemble=Ensemble(
            network=network, graph=graph, process=process, memory=_memory_from(arrays, record)
        ),
        factor=float(record["factor"]),
        sodium=_shift_from(arrays, int(record["sodium_sources"])),
        domain=Domain.from_dict(record["domain"]),
    )


def _memory_from(
    arrays: Mapping[str, NDArray[np.float64]], record: Mapping[str, Any]
) -> Memory | None:
    if f"{_MEMORY}{_REMEMBERED[0]}" not in arrays:
        return None
    return Memory(
        solvents=tuple(record["remembered_solvents"]),
        anions=tuple(record["remembered_anions"]),
        **{name: arrays[_MEMORY + name] for name in _REMEMBERED},
    )


def _shift_arrays(shift: CationShift) -> dict[str, Any]:
    if shift.points is None:
        return {}
    return {
        "sodium_place": shift.points.place,
        "sodium_molality": shift.points.molality_mol_kg,
        "sodium_temperature_k": shift.points.temperature_k,
        "sodium_deviations": shift.points.deviations,
        "sodium_floor": np.array(shift.points.floor),
        "sodium_surprise": shift.surprise,
        "sodium_noise_sd": shift.noise_sd,
    }


def _shift_from(arrays: Mapping[str, NDArray[np.float64]], n_sources: int) -> CationShift:
    if "sodium_place" not in arrays:
        return CationShift()
    return CationShift(
        points=Twins(
            place=arrays["sodium_place"],
            molality_mol_kg=arrays["sodium_molality"],
            temperature_k=arrays["sodium_temperature_k"],
            deviations=arrays["sodium_deviations"],
            floor=float(arrays["sodium_floor"]),
        ),
        surprise=arrays["sodium_surprise"],
        noise_sd=arrays["sodium_noise_sd"],
        n_sources=n_sources,
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
            f"no conductivity model in {folder}; make one with: electrolyte-ml train conductivity"
        ) from None
    return record


@cache
def _shipped() -> ConductivityModel:
    with as_file(files("electrolyte_ml.models") / "artefacts" / "conductivity") as folder:
        return load(folder)
