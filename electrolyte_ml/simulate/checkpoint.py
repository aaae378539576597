"""States on disk that survive a kill at any moment.

A state is one file, replaced atomically; recorded positions are appended as numbered parts, each
written before the state that counts it. A part that no state counts is written again on resume, so
nothing is lost but the time since the last checkpoint, and nothing is counted twice.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.files import writing

#: Stage of a state whose job has run to its end.
DONE = "done"

_STATE = "state.npz"
_RESULT = "result.json"
# Raised when the analysis changes: results of an older one are computed again from the recording.
ANALYSIS_VERSION = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a simulation is.

    Attributes
    ----------
    stage
        Name of the stage under way; ``done`` after the last.
    done_ps
        Time of that stage already simulated, ps.
    positions_nm, velocities_nm_ps
        Arrays of shape (n_atoms, 3), positions unwrapped.
    length_nm
        Edge of the cube, nm.
    n_parts
        Parts of the recording that belong to this state.
    volumes_nm3
        Volume samples of the ``npt`` stage, shape (n,), nm^3.
    wall_s
        Wall-clock time spent on dynamics so far, s.
    platform
        Who moved the atoms last, such as ``OpenMM CPU``; empty where nothing says so.
    """

    stage: str
    done_ps: float
    positions_nm: np.ndarray
    velocities_nm_ps: np.ndarray
    length_nm: float
    n_parts: int
    volumes_nm3: np.ndarray
    wall_s: float
    platform: str = ""


def save_state(folder: Path, state: State) -> None:
    """Replace the state of a folder atomically."""
    arrays = {name: np.asarray(getattr(state, name)) for name in State.__slots__}
    replace_npz(folder / _STATE, arrays)


def load_state(folder: Path) -> State | None:
    """State of a folder, or None where nothing was saved."""
    path = folder / _STATE
    if not path.is_file():
        return None
    with np.load(path) as held:
        return State(
            stage=str(held["stage"]),
            done_ps=float(held["done_ps"]),
            positions_nm=held["positions_nm"],
            velocities_nm_ps=held["velocities_nm_ps"],
            length_nm=float(held["length_nm"]),
            n_parts=int(held["n_parts"]),
            volumes_nm3=held["volumes_nm3"],
            wall_s=float(held["wall_s"]),
            platform=str(held["platform"]) if "platform" in held else "",
        )


def save_part(folder: Path, index: int, centres_nm: np.ndarray, frames_nm: np.ndarray) -> None:
    """Write one part of the recording.

    Parameters
    ----------
    folder
        Folder of the job.
    index
        Number of the part, from 0.
    centres_nm
        Molecule centres, shape (n_samples, n_molecules, 3), nm.
    frames_nm
        All positions, shape (n_frames, n_atoms, 3), nm.
    """
    arrays = {"centres_nm": centres_nm, "frames_nm": frames_nm.astype(np.float32)}
    replace_npz(_part(folder, index), arrays)


def load_parts(folder: Path, n_parts: int) -> tuple[np.ndarray, np.ndarray]:
    """Molecule centres and frames of the first parts, joined."""
    centres = []
    for index in range(n_parts):
        with np.load(_part(folder, index)) as held:
            centres.append(held["centres_nm"])
    return np.concatenate(centres), load_frames(folder, n_parts)


def load_frames(folder: Path, n_parts: int) -> np.ndarray:
    """Positions of all atoms in the first parts, shape (n_frames, n_atoms, 3), nm."""
    frames = []
    for index in range(n_parts):
        with np.load(_part(folder, index)) as held:
            frames.append(held["frames_nm"])
    return np.concatenate(frames)


def link_parts(source: Path, target: Path, n_parts: int) -> None:
    """Take over the first parts of another recording, without a copy where links are possible.

    Parts are replaced, never changed, so that neither recording sees what becomes of the other.
    """
    for index in range(n_parts):
        theirs, ours = _part(source, index), _part(target, index)
        ours.unlink(missing_ok=True)
        try:
            os.link(theirs, ours)
        except OSError:  # another file system, or one without links
            shutil.copyfile(theirs, ours)


def save_json(path: Path, value: dict[str, Any]) -> None:
    """Replace a JSON file atomically."""
    temporary = path.with_suffix(".tmp")
    text = json.dumps(value, indent=1, allow_nan=False)
    with writing(path):
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)


def save_result(folder: Path, result: dict[str, Any]) -> None:
    """Write the result of a finished job."""
    save_json(folder / _RESULT, result | {"analysis_version": ANALYSIS_VERSION})


def load_result(folder: Path) -> dict[str, Any] | None:
    """Result of a finished job, or None; None too if an older analysis made it."""
    path = folder / _RESULT
    if not path.is_file():
        return None
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return held if held.pop("analysis_version", None) == ANALYSIS_VERSION else None


def _part(folder: Path, index: int) -> Path:
    return folder / f"part-{index:05d}.npz"


def replace_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays to a file that is never seen half written."""
    temporary = path.with_suffix(".tmp")
    with writing(path):
        with temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
