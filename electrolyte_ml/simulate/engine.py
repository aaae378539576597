"""Running the stages of a job with OpenMM, on whichever platform, from where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from electrolyte_ml.errors import ElectrolyteError, InputError
from electrolyte_ml.files import make_folder
from electrolyte_ml.optional import import_optional
from electrolyte_ml.simulate.box import box_length_nm, pack
from electrolyte_ml.simulate.checkpoint import (
    DONE,
    State,
    load_state,
    save_json,
    save_part,
    save_state,
)
from electrolyte_ml.simulate.job import JOB_FILE, SimulationJob, Stage
from electrolyte_ml.simulate.system import Layout, build_system

DEFAULT_PLATFORM = "cpu"

# Jobs fan out over cores, threads do not; forces in single, sums in double precision on a card.
_PROPERTIES = MappingProxyType(
    {
        "CUDA": {"Precision": "mixed"},
        "OpenCL": {"Precision": "mixed"},
        "CPU": {"Threads": "1"},
        "Reference": {},
    }
)

_NAMES = MappingProxyType(
    {
        "auto": ("CUDA", "OpenCL", "CPU"),
        "cuda": ("CUDA",),
        "opencl": ("OpenCL",),
        "cpu": ("CPU",),
        "reference": ("Reference",),
    }
)

#: What a caller may ask for; ``auto`` takes the first of CUDA, OpenCL and CPU that works.
PLATFORMS = tuple(_NAMES)


class PlatformError(ElectrolyteError, RuntimeError):
    """OpenMM cannot run on the requested platform."""


def make_context(system: Any, integrator: Any, platform: str = DEFAULT_PLATFORM) -> Any:
    """An OpenMM context.

    Parameters
    ----------
    system, integrator
        System to simulate, and its integrator.
    platform
        One of `PLATFORMS`.

    Returns
    -------
    openmm.Context
        On the first platform of the request that works.

    Raises
    ------
    InputError
        If there is no such platform.
    PlatformError
        If none works; the message says why.
    """
    mm = import_optional("openmm")
    faults = []
    for name in platform_names(platform):
        try:
            found = mm.Platform.getPlatformByName(name)
            return mm.Context(system, integrator, found, dict(_PROPERTIES[name]))
        except mm.OpenMMException as error:
            faults.append(f"{name}: {error}")
    raise PlatformError(f"OpenMM cannot run on {platform!r}: {'; '.join(faults)}")


def platform_names(platform: str) -> tuple[str, ...]:
    """OpenMM's names of a request, in the order in which they are tried.

    Raises
    ------
    InputError
        If there is no such platform.
    """
    if platform not in _NAMES:
        raise InputError(f"no platform {platform!r}; platforms: {', '.join(PLATFORMS)}")
    return _NAMES[platform]


# Packed looser than the liquid, so that Packmol succeeds; the hot stage closes the gap.
_PACKING_SHARE = 0.8

_BAROSTAT_STEPS = 25

_MINIMISATION_STEPS = 500

_GENTLE_STEP_FS = 1.0

_GENTLE_PS = 2.0

Progress = Callable[["Report"], None]

#: Asked after every sample with the stage and its simulated time, ps; true saves and stops the run.
Stop = Callable[[str, float], bool]


class SimulationError(ElectrolyteError, RuntimeError):
    """A simulation blew up; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How far a job is.

    Attributes
    ----------
    key
        Key of the job.
    stage
        Stage under way.
    done_ps, total_ps
        Simulated and planned time over all stages, ps.
    ns_per_day
        Speed of the current stage.
    """

    key: str
    stage: str
    done_ps: float
    total_ps: float
    ns_per_day: float


@dataclass(frozen=True, slots=True)
class _Run:
    """Constants of a running job."""

    job: SimulationJob
    layout: Layout
    folder: Path
    progress: Progress | None
    platform: str = DEFAULT_PLATFORM
    stop: Stop | None = None

    def stops(self, stage: Stage, done_ps: float) -> bool:
        """Whether the run is to be saved and stopped here."""
        return self.stop is not None and self.stop(stage.name, done_ps)


@dataclass(slots=True)
class _Recording:
    """Samples that no state counts yet."""

    centres: list[np.ndarray] = field(default_factory=list)
    frames: list[np.ndarray] = field(default_factory=list)
    volumes: list[float] = field(default_factory=list)


def run_stages(
    job: SimulationJob,
    folder: Path,
    progress: Progress | None = None,
    platform: str = DEFAULT_PLATFORM,
    stop: Stop | None = None,
) -> State:
    """Run a job to its end, or continue it; a finished job returns at once.

    Parameters
    ----------
    job
        Job to simulate.
    folder
        Folder of this job alone; its state is continued if it holds one.
    progress
        Called after every sample.
    platform
        One of `electrolyte_ml.simulate.engine.PLATFORMS`. Another one may continue a job.
    stop
        Ends the run early; the same call without it continues.

    Returns
    -------
    State
        The final state, or that at which the run was stopped.

    Raises
    ------
    SimulationError
        If energies stop being finite.
    """
    make_folder(folder)
    save_json(folder / JOB_FILE, job.to_dict())
    run = _Run(job, job.layout(), folder, progress, platform, stop)
    stages = job.protocol.stages(job.temperature_k)
    names = [stage.name for stage in stages]
    state = load_state(folder)
    if state is None:
        state = _start(run, stages[0])
        save_state(folder, state)
    while state.stage != DONE:
        index = names.index(state.stage)
        before_ps = sum(stage.length_ps for stage in stages[:index])
        state, stopped = _run_stage(run, stages[index], state, before_ps)
        if stopped:
            break
        following = names[index + 1] if index + 1 < len(names) else DONE
        state = _next_stage(run.layout, state, following)
        save_state(folder, state)
    return state


def _start(run: _Run, stage: Stage) -> State:
    """Pack, minimise, and take the first small steps."""
    mm = import_optional("openmm")
    job, layout = run.job, run.layout
    templates = [(b.template, b.count) for b in layout.blocks]
    density = _PACKING_SHARE * job.composition.formulation().density_g_cm3(job.temperature_k)
    length = max(box_length_nm(templates, density), 2.02 * job.protocol.options.cutoff_nm)
    positions = pack(templates, length, job.seed)
    system = build_system(layout, length, job.protocol.options)
    integrator = mm.LangevinMiddleIntegrator(stage.temperature_k, 5.0, _GENTLE_STEP_FS / 1000)
    integrator.setRandomNumberSeed(job.seed)
    context = make_context(system, integrator, run.platform)
    context.setPositions(positions)
    mm.LocalEnergyMinimizer.minimize(context, maxIterations=_MINIMISATION_STEPS)
    context.setVelocitiesToTemperature(stage.temperature_k, job.seed)
    integrator.step(round(_GENTLE_PS * 1000 / _GENTLE_STEP_FS))
    state = State(
        stage=stage.name,
        done_ps=0.0,
        positions_nm=positions,
        velocities_nm_ps=np.zeros_like(positions),
        length_nm=length,
        n_parts=0,
        volumes_nm3=np.zeros(0),
        wall_s=0.0,
    )
    return replace(state, **_read_context(context))


def _run_stage(run: _Run, stage: Stage, state: State, before_ps: float) -> tuple[State, bool]:
    """State at the end of a stage, or where the run was stopped, and whether it was."""
    protocol = run.job.protocol
    context, integrator = _stage_context(run, stage, state)
    steps = round(protocol.sample_ps * 1000 / protocol.time_step_fs)
    samples_a_frame = round(protocol.frame_ps / protocol.sample_ps)
    recording = _Recording()
    first = round(state.done_ps / protocol.sample_ps)
    last = round(stage.length_ps / protocol.sample_ps)
    started = saved = time.monotonic()
    for sample in range(first + 1, last + 1):
        _advance(integrator, steps, run, stage)
        _record(context, run.layout, stage, recording, frame=sample % samples_a_frame == 0)
        now = time.monotonic()
        if run.progress is not None:
            speed = (sample - first) * protocol.sample_ps / 1000 / (now - started) * 86400
            run.progress(_report(run, stage, before_ps + sample * protocol.sample_ps, speed))
        done_ps = sample * protocol.sample_ps
        stops = run.stops(stage, done_ps)
        if stops or now - saved > protocol.checkpoint_s or sample == last:
            timed = replace(state, done_ps=done_ps, wall_s=state.wall_s + now - saved)
            state = _checkpoint(run, context, timed, recording)
            recording, saved = _Recording(), now
        if stops:
            return state, True
    return state, False


def _advance(integrator: Any, steps: int, run: _Run, stage: Stage) -> None:
    try:
        integrator.step(steps)
    except Exception as error:  # OpenMM raises bare Exception
        if "cutoff" not in str(error):
            raise
        raise SimulationError(
            f"the box fell under twice the cut-off of {run.job.protocol.options.cutoff_nm} nm in "
            f"stage {stage.name}; simulate more atoms than {run.layout.n_atoms}"
        ) from error


def _report(run: _Run, stage: Stage, done_ps: float, ns_per_day: float) -> Report:
    return Report(
        key=run.job.key,
        stage=stage.name,
        done_ps=done_ps,
        total_ps=run.job.protocol.total_ps,
        ns_per_day=ns_per_day,
    )


def _stage_context(run: _Run, stage: Stage, state: State) -> tuple[Any, Any]:
    mm = import_optional("openmm")
    protocol = run.job.protocol
    system = build_system(run.layout, state.length_nm, protocol.options)
    # A continued run draws new random numbers: statistically valid, not bitwise the same.
    seed = run.job.seed + 1000 * (1 + state.n_parts) + round(state.done_ps)
    if stage.pressure_bar is not None:
        barostat = mm.MonteCarloBarostat(stage.pressure_bar, stage.temperature_k, _BAROSTAT_STEPS)
        barostat.setRandomNumberSeed(seed)
        system.addForce(barostat)
    step_ps = protocol.time_step_fs / 1000
    integrator = mm.LangevinMiddleIntegrator(stage.temperature_k, stage.friction_per_ps, step_ps)
    integrator.setRandomNumberSeed(seed)
    context = make_context(system, integrator, run.platform)
    context.setPositions(state.positions_nm)
    context.setVelocities(state.velocities_nm_ps)
    return context, integrator


def _record(
    context: Any, layout: Layout, stage: Stage, recording: _Recording, *, frame: bool
) -> None:
    held = context.getState(getEnergy=True, getPositions=stage.records)
    energy = held.getPotentialEnergy()._value
    if not np.isfinite(energy):
        raise SimulationError(f"the potential energy is {energy} in stage {stage.name}")
    if stage.name == "npt":
        recording.volumes.append(held.getPeriodicBoxVolume()._value)
    if stage.records:
        positions = held.getPositions(asNumpy=True)._value
        recording.centres.append(layout.centres_nm(positions))
        if frame:
            recording.frames.append(positions.astype(np.float32))


def _checkpoint(run: _Run, context: Any, state: State, recording: _Recording) -> State:
    n_parts = state.n_parts
    if recording.centres:
        shape = (0, run.layout.n_atoms, 3)
        frames = np.array(recording.frames) if recording.frames else np.zeros(shape)
        save_part(run.folder, n_parts, np.array(recording.centres), frames)
        n_parts += 1
    volumes = np.concatenate([state.volumes_nm3, recording.volumes])
    state = replace(state, n_parts=n_parts, volumes_nm3=volumes, **_read_context(context))
    save_state(run.folder, state)
    return state


def _read_context(context: Any) -> dict[str, Any]:
    held = context.getState(getPositions=True, getVelocities=True, enforcePeriodicBox=False)
    return {
        "positions_nm": held.getPositions(asNumpy=True)._value,
        "velocities_nm_ps": held.getVelocities(asNumpy=True)._value,
        "length_nm": float(held.getPeriodicBoxVectors(asNumpy=True)._value[0][0]),
    }


def _next_stage(layout: Layout, state: State, following: str) -> State:
    """The state a stage hands on; before constant volume the box takes its mean size."""
    length, positions = state.length_nm, state.positions_nm
    if following == "settle":
        length = float(state.volumes_nm3.mean() ** (1 / 3))
        positions = layout.rescaled(positions, length / state.length_nm)
    return replace(state, stage=following, done_ps=0.0, positions_nm=positions, length_nm=length)
