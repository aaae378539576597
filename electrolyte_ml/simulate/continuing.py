"""A longer run of the same job continues the trajectory of a shorter one.

Jobs that differ in the length of their production alone are one trajectory: box, temperature, force
field, protocol and seed are the same. The longer one takes over the recording of the shorter one,
by links, and its state. Runs of no fixed length are kept in ``open`` beside ``jobs``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from electrolyte_ml.files import make_folder
from electrolyte_ml.simulate.checkpoint import DONE, State, link_parts, load_state, save_state
from electrolyte_ml.simulate.job import JOB_FILE, SimulationJob

_OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """A run whose production has begun.

    Attributes
    ----------
    folder
        Its folder.
    state
        Where it is.
    length_ps
        Production in its recording, ps.
    """

    folder: Path
    state: State
    length_ps: float


def open_folder(folder: Path, job: SimulationJob, stage: str) -> Path:
    """Folder of a run of no fixed length, whose stage ``npt`` or ``nvt`` goes on as needed."""
    return folder / _OPEN / job.open_key(stage)


def longest_run(
    job: SimulationJob, folder: Path, at_most_ps: float = float("inf")
) -> RecordedRun | None:
    """The longest recording of a job's trajectory, whatever its length was to be.

    Parameters
    ----------
    job
        The job.
    folder
        Folder of all jobs.
    at_most_ps
        Longer productions are passed over, ps.
    """
    runs = [r for r in _runs(job, folder) if r.length_ps <= at_most_ps + 1e-6]
    return max(runs, key=lambda r: r.length_ps, default=None)


def take_over(run: RecordedRun, own: Path) -> None:
    """Make another folder continue the production of a run; the state comes last."""
    make_folder(own)
    link_parts(run.folder, own, run.state.n_parts)
    save_state(own, replace(run.state, stage="nvt", done_ps=run.length_ps))


def _runs(job: SimulationJob, folder: Path) -> Iterator[RecordedRun]:
    wanted = _lengthless(json.loads(json.dumps(job.to_dict())))
    for path in sorted(folder.glob(f"*/*/{JOB_FILE}")):
        held = json.loads(path.read_text(encoding="utf-8"))
        if _lengthless(held) != wanted:
            continue
        other, own = SimulationJob.from_dict(held), path.parent
        # A corrected force-field table makes other keys: that recording is of another liquid.
        state = load_state(own) if own.name in {other.key, other.open_key("nvt")} else None
        if state is not None and state.stage in {"nvt", DONE}:
            length = other.protocol.nvt_ps if state.stage == DONE else state.done_ps
            yield RecordedRun(folder=own, state=state, length_ps=length)


def _lengthless(held: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in held["protocol"].items() if k not in {"nvt_ps", "checkpoint_s"}}
    return {**held, "protocol": kept}
