"""Snapshots of a finished job: some frames of its production, which can be read without the job.

A file ``snapshots.npz`` in the job's folder holds the positions of all atoms in frames that are
evenly spaced over the production, the box, and which atoms make which molecule, so that solvation
shells can be cut out of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.files import writing
from electrolyte_ml.simulate.checkpoint import DONE, State, load_frames, load_state
from electrolyte_ml.simulate.job import SimulationJob, read_job

SNAPSHOTS = "snapshots.npz"

#: Frames that are kept: tens of cations in each give hundreds of shells, in less than half a MB.
N_SNAPSHOTS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """Frames of a box, and who is who in it.

    Attributes
    ----------
    positions_nm
        Positions, shape (n_frames, n_atoms, 3), nm. Every molecule is whole; molecules may lie
        outside the box, so that distances are taken by the minimum image.
    time_ps
        Time of each frame since the production began, shape (n_frames,), ps.
    box_nm
        Box vectors, one a row, shape (3, 3), nm; the volume is constant.
    element
        Chemical symbol of each atom, shape (n_atoms,).
    molecule
        Number of the molecule or ion that each atom belongs to, from 0, shape (n_atoms,).
    species, smiles, charge_e
        Name, canonical SMILES and formal charge of each molecule, shape (n_molecules,). The atoms
        of a molecule stand in the order of its force-field template: that of the canonical SMILES,
        with hydrogens last.
    temperature_k
        Temperature, K.
    """

    positions_nm: np.ndarray
    time_ps: np.ndarray
    box_nm: np.ndarray
    element: np.ndarray
    molecule: np.ndarray
    species: np.ndarray
    smiles: np.ndarray
    charge_e: np.ndarray
    temperature_k: float


def snapshots_of(job: SimulationJob, folder: Path, state: State) -> Snapshots:
    """Evenly spaced frames of a recording, with the last one.

    Parameters
    ----------
    job
        The job.
    folder
        Folder with its recording.
    state
        Its state.

    Returns
    -------
    Snapshots
        At most `N_SNAPSHOTS` frames.
    """
    frames = load_frames(folder, state.n_parts)
    held = np.unique(np.linspace(0, len(frames), N_SNAPSHOTS + 1).round().astype(int)[1:] - 1)
    held = held[held >= 0]
    blocks = job.layout().blocks
    sizes = [len(b.template.atoms) for b in blocks for _ in range(b.count)]
    counts = [b.count for b in blocks]
    return Snapshots(
        positions_nm=frames[held].astype(np.float32),
        time_ps=(held + 1.0) * job.protocol.frame_ps,
        box_nm=state.length_nm * np.eye(3),
        element=np.array([a.element for b in blocks for a in b.template.atoms * b.count]),
        molecule=np.repeat(np.arange(len(sizes), dtype=np.int32), sizes),
        species=np.repeat([b.template.name for b in blocks], counts),
        smiles=np.repeat([b.template.smiles for b in blocks], counts),
        charge_e=np.repeat([b.template.formal_charge for b in blocks], counts),
        temperature_k=job.temperature_k,
    )


def save_snapshots(folder: Path, snapshots: Snapshots) -> Path:
    """Write, or replace, the snapshots of a job's folder atomically."""
    path = folder / SNAPSHOTS
    temporary = path.with_suffix(".tmp")
    held = {f.name: np.asarray(getattr(snapshots, f.name)) for f in fields(snapshots)}
    with writing(path):
        with temporary.open("wb") as file:
            np.savez_compressed(file, **held)  # type: ignore[arg-type]
        os.replace(temporary, path)
    return path


def load_snapshots(folder: Path) -> Snapshots:
    """Read the snapshots of a job's folder; those of an older run are made from its recording.

    Parameters
    ----------
    folder
        Folder of a finished job.

    Returns
    -------
    Snapshots
        The frames.

    Raises
    ------
    InputError
        If the folder holds neither snapshots nor a finished job.
    """
    path = folder / SNAPSHOTS
    if not path.is_file():
        return _made_later(folder)
    with np.load(path, allow_pickle=False) as held:
        arrays = {f.name: held[f.name] for f in fields(Snapshots) if f.name != "temperature_k"}
        return Snapshots(**arrays, temperature_k=float(held["temperature_k"]))


def _made_later(folder: Path) -> Snapshots:
    state = load_state(folder)
    if state is None or state.stage != DONE:
        raise InputError(
            f"{folder} holds no {SNAPSHOTS} and no finished simulation; run the job to its end"
        )
    job = read_job(folder)
    snapshots = snapshots_of(job, folder, state)
    save_snapshots(folder, snapshots)
    return snapshots
