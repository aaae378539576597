"""Runs of no fixed length: the stage that a property is averaged over goes on as long as needed.

Diffusion, conductivity and coordination lengthen the production at constant volume, density the
stage at constant pressure before it, and viscosity a driven run after it. Each takes over the
longest recording of the same trajectory that is there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from electrolyte_ml.files import make_folder
from electrolyte_ml.simulate.analyse.estimate import Estimate, refused
from electrolyte_ml.simulate.analyse.summary import analyse_job, density_g_cm3, describe_job
from electrolyte_ml.simulate.checkpoint import State, load_state, save_result, save_state
from electrolyte_ml.simulate.continuing import longest_run, open_folder, take_over
from electrolyte_ml.simulate.engine import Progress, Report, Stop, run_stages
from electrolyte_ml.simulate.job import SimulationJob
from electrolyte_ml.simulate.platforms import DEFAULT_PLATFORM
from electrolyte_ml.simulate.viscosity import (
    ShearRun,
    load_shear,
    run_shear,
    viscosity_of_profile,
)

_FIRST_SHEAR_PS = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is simulated, and where.

    Attributes
    ----------
    job
        The job; its protocol says how long the first check waits.
    folder
        Folder of all jobs.
    viscosity_mpa_s
        Viscosity of the liquid, mPa s, to correct diffusion for the size of the box.
    platform
        One of `electrolyte_ml.simulate.platforms.PLATFORMS`.
    progress
        Called after every sample, or some of them.
    """

    job: SimulationJob
    folder: Path
    viscosity_mpa_s: float | None = None
    platform: str = DEFAULT_PLATFORM
    progress: Progress | None = None


class Sampler(Protocol):
    """A run of no fixed length, and the property in it."""

    folder: Path
    first_ps: float

    @property
    def length_ps(self) -> float:
        """Time averaged over so far, ps; 0 before the first sample."""

    @property
    def stage(self) -> str:
        """Stage under way."""

    @property
    def ps_per_s(self) -> float:
        """Speed of the last samples; 0 where there were none."""

    def begin(self) -> None:
        """Take over a run that is there."""

    def advance(self, target_ps: float, over: Stop) -> None:
        """Go on to a length, or until the budget is over."""

    def look(self) -> tuple[dict[str, Any], Mapping[str, Estimate]]:
        """Result, and the estimates of the property."""


def sampler_of(property_name: str, subject: Subject) -> Sampler:
    """The run that a property is averaged over."""
    if property_name == "density":
        return _Density(subject)
    if property_name == "viscosity":
        return _Shear(subject)
    return _Production(subject, property_name)


class _Staged:
    """A run whose stage ``npt`` or ``nvt`` goes on as long as needed."""

    def __init__(self, subject: Subject, open_stage: str) -> None:
        self._subject, self._job, self._open = subject, subject.job, open_stage
        self.folder = open_folder(subject.folder, subject.job, open_stage)
        self.ps_per_s = 0.0
        self.first_ps = subject.job.protocol.length_ps(open_stage)

    @property
    def stage(self) -> str:
        state = load_state(self.folder)
        return "packing" if state is None else state.stage

    @property
    def length_ps(self) -> float:
        state = load_state(self.folder)
        return state.done_ps if state is not None and state.stage == self._open else 0.0

    def _run(self, job: SimulationJob, stop: Stop) -> State:
        return run_stages(job, self.folder, self._report, self._subject.platform, stop)

    def _report(self, report: Report) -> None:
        self.ps_per_s = report.ns_per_day * 1000 / 86400
        if self._subject.progress is not None:
            self._subject.progress(report)

    def _advance(self, target_ps: float, over: Stop) -> None:
        target = self._rounded(target_ps)
        protocol = self._job.protocol.with_length(self._open, target)

        def stop(stage: str, done_ps: float) -> bool:
            return over(stage, done_ps) or (stage == self._open and done_ps >= target - 1e-6)

        self._run(replace(self._job, protocol=protocol), stop)

    def _rounded(self, length_ps: float) -> float:
        """Whole frames, so that the next ones stand where they would have stood."""
        frame = self._job.protocol.frame_ps
        return math.ceil(length_ps / frame - 1e-9) * frame


class _Production(_Staged):
    """Diffusion, conductivity and coordination: production at constant volume."""

    def __init__(self, subject: Subject, property_name: str) -> None:
        super().__init__(subject, "nvt")
        self._name = property_name

    def begin(self) -> None:
        found = longest_run(self._job, self._subject.folder)
        if found is not None and found.length_ps > self.length_ps:
            take_over(found, self.folder)

    def advance(self, target_ps: float, over: Stop) -> None:
        self._advance(target_ps, over)

    def look(self) -> tuple[dict[str, Any], Mapping[str, Estimate]]:
        state = load_state(self.folder)
        assert state is not None  # the search looks at what has a length
        protocol = replace(self._job.protocol, nvt_ps=state.done_ps)
        job = replace(self._job, protocol=protocol)
        result = analyse_job(job, self.folder, state, self._subject.viscosity_mpa_s)
        save_result(self.folder, result)
        return result, _estimates_of(result, self._name)


def _estimates_of(result: Mapping[str, Any], name: str) -> dict[str, Estimate]:
    """Estimates of a property in the result of a run, by what they are of."""
    if name == "diffusion":
        corrected = result.get("diffusion_corrected_1e10_m2_s")
        held = corrected if corrected is not None else result["diffusion_1e10_m2_s"]
        return {of: Estimate.from_dict(e) for of, e in held.items()}
    if name == "conductivity":
        found = result.get("einstein_helfand_ms_cm")
        short = refused("the recording is too short for a conductivity")
        return {"": short if found is None else Estimate.from_dict(found)}
    return {
        f"{shell['element']} of {shell['species']} around {cation}": Estimate.from_dict(
            shell["number"]
        )
        for cation, shells in result["coordination"].items()
        for shell in shells
    }


class _Density(_Staged):
    """Density: the stage at constant pressure."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject, "npt")

    def begin(self) -> None:
        found = longest_run(self._job, self._subject.folder)
        if self.stage == "packing" and found is not None:
            # Its volumes are known, and its last positions go on at constant pressure.
            make_folder(self.folder)
            done_ps = self._job.protocol.npt_ps
            save_state(self.folder, replace(found.state, stage="npt", done_ps=done_ps, n_parts=0))

    def advance(self, target_ps: float, over: Stop) -> None:
        self._advance(target_ps, over)

    def look(self) -> tuple[dict[str, Any], Mapping[str, Estimate]]:
        state = load_state(self.folder)
        assert state is not None  # as above
        density = density_g_cm3(self._job.layout(), state.volumes_nm3)
        result = describe_job(self._job, state) | {"density_g_cm3": density.to_dict()}
        return result, {"": density}


class _Shear:
    """Viscosity: a driven run from the beginning of the production."""

    first_ps = _FIRST_SHEAR_PS

    def __init__(self, subject: Subject) -> None:
        self._liquid = _Production(subject, "viscosity")
        self._job, self._platform = subject.job, subject.platform
        self.folder = self._liquid.folder
        self.ps_per_s = 0.0

    @property
    def stage(self) -> str:
        return self._liquid.stage if self.length_ps == 0 else "shear"

    @property
    def length_ps(self) -> float:
        run = load_shear(self.folder)
        return 0.0 if run is None else run.length_ps(self._job.protocol.time_step_fs)

    def begin(self) -> None:
        self._liquid.begin()

    def advance(self, target_ps: float, over: Stop) -> None:
        if self._liquid.stage != "nvt":
            self._liquid.advance(
                self._job.protocol.nvt_ps,
                lambda stage, done_ps: over(stage, done_ps) or stage == "nvt",
            )
        state = load_state(self.folder)
        if state is None or state.stage != "nvt" or over(state.stage, state.done_ps):
            return
        started, before = time.monotonic(), self.length_ps
        run = run_shear(
            self._job, state, self.folder, target_ps, platform=self._platform, stop=over
        )
        grown = run.length_ps(self._job.protocol.time_step_fs) - before
        self.ps_per_s = grown / max(time.monotonic() - started, 1e-9)

    def look(self) -> tuple[dict[str, Any], Mapping[str, Estimate]]:
        state, run = load_state(self.folder), load_shear(self.folder)
        assert state is not None  # as above
        assert isinstance(run, ShearRun)
        found = viscosity_of_profile(run.amplitudes_nm_ps, self._job.layout(), state.length_nm)
        result = describe_job(self._job, state) | {
            "viscosity_mpa_s": found.viscosity_mpa_s.to_dict(),
            "shear_rate_per_s": found.shear_rate_per_s,
        }
        return result, {"": found.viscosity_mpa_s}
