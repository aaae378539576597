"""Running the stages of a job, on whichever platform, from where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

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
from electrolyte_ml.simulate.dynamics import (
    Dynamics,
    OpenMMDynamics,
    Sample,
    StagedJob,
    phase_space,
)
from electrolyte_ml.simulate.gromacs import GromacsDynamics, remove_left_runs
from electrolyte_ml.simulate.job import JOB_FILE, SimulationJob, Stage
from electrolyte_ml.simulate.platforms import (
    DEFAULT_PLATFORM,
    GROMACS,
    check_platform,
    make_context,
)
from electrolyte_ml.simulate.system import Layout, build_system

# Packed looser than the liquid, so that Packmol succeeds; the hot stage closes the gap.
_PACKING_SHARE = 0.8

_MINIMISATION_STEPS = 500

_GENTLE_STEP_FS = 1.0

_GENTLE_PS = 2.0

Progress = Callable[["Report"], None]

#: Asked after some samples with the stage and its simulated time, ps; true saves and stops the run.
Stop = Callable[[str, float], bool]


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
        Called after every sample, or some of them.
    platform
        One of `electrolyte_ml.simulate.platforms.PLATFORMS`. Another one may continue a job.
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
    InputError, PlatformError
        If there is no such platform.
    """
    check_platform(platform)
    make_folder(folder)
    remove_left_runs(folder)
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
    return replace(state, **phase_space(context))


def _run_stage(run: _Run, stage: Stage, state: State, before_ps: float) -> tuple[State, bool]:
    """State at the end of a stage, or where the run was stopped, and whether it was."""
    dynamics = _dynamics(run, stage, state)
    try:
        return _follow(run, stage, state, before_ps, dynamics)
    finally:
        dynamics.close()


def _follow(
    run: _Run, stage: Stage, state: State, before_ps: float, dynamics: Dynamics
) -> tuple[State, bool]:
    protocol = run.job.protocol
    samples_a_frame = round(protocol.frame_ps / protocol.sample_ps)
    recording = _Recording()
    first = done = round(state.done_ps / protocol.sample_ps)
    last = round(stage.length_ps / protocol.sample_ps)
    started = saved = time.monotonic()
    while done < last:
        for sample in dynamics.advance(last - done):
            done += 1
            _record(sample, run.layout, stage, recording, frame=done % samples_a_frame == 0)
        now, done_ps = time.monotonic(), done * protocol.sample_ps
        if run.progress is not None:
            speed = (done - first) * protocol.sample_ps / 1000 / (now - started) * 86400
            run.progress(_report(run, stage, before_ps + done_ps, speed))
        stops = run.stops(stage, done_ps)
        if stops or now - saved > protocol.checkpoint_s or done == last:
            timed = replace(state, done_ps=done_ps, wall_s=state.wall_s + now - saved)
            state = _checkpoint(run, dynamics, timed, recording)
            recording, saved = _Recording(), now
        if stops:
            return state, True
    return state, False


def _dynamics(run: _Run, stage: Stage, state: State) -> Dynamics:
    staged = StagedJob(job=run.job, layout=run.layout, stage=stage, state=state, folder=run.folder)
    # At constant pressure OpenMM's Monte Carlo moves the volume, exactly whatever the time step.
    if run.platform == GROMACS and stage.pressure_bar is None:
        return GromacsDynamics(staged)
    return OpenMMDynamics(staged, run.platform)


def _report(run: _Run, stage: Stage, done_ps: float, ns_per_day: float) -> Report:
    return Report(
        key=run.job.key,
        stage=stage.name,
        done_ps=done_ps,
        total_ps=run.job.protocol.total_ps,
        ns_per_day=ns_per_day,
    )


def _record(
    sample: Sample, layout: Layout, stage: Stage, recording: _Recording, *, frame: bool
) -> None:
    if stage.name == "npt":
        recording.volumes.append(sample.volume_nm3)
    if sample.positions_nm is not None:
        recording.centres.append(layout.centres_nm(sample.positions_nm))
        if frame:
            recording.frames.append(sample.positions_nm.astype(np.float32))


def _checkpoint(run: _Run, dynamics: Dynamics, state: State, recording: _Recording) -> State:
    n_parts = state.n_parts
    if recording.centres:
        shape = (0, run.layout.n_atoms, 3)
        frames = np.array(recording.frames) if recording.frames else np.zeros(shape)
        save_part(run.folder, n_parts, np.array(recording.centres), frames)
        n_parts += 1
    volumes = np.concatenate([state.volumes_nm3, recording.volumes])
    state = replace(
        state,
        n_parts=n_parts,
        volumes_nm3=volumes,
        platform=dynamics.platform,
        **dynamics.phase_space(),
    )
    save_state(run.folder, state)
    return state


def _next_stage(layout: Layout, state: State, following: str) -> State:
    """The state a stage hands on; before constant volume the box takes its mean size."""
    length, positions = state.length_nm, state.positions_nm
    if following == "settle":
        length = float(state.volumes_nm3.mean() ** (1 / 3))
        positions = layout.rescaled(positions, length / state.length_nm)
    return replace(state, stage=following, done_ps=0.0, positions_nm=positions, length_nm=length)
