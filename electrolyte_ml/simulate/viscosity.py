r"""Shear viscosity by periodic perturbation, a driven run that starts from a job's production.

An acceleration :math:`a_x(z) = A \cos(2 \pi z / L)` drives a standing profile of velocities whose
amplitude :math:`V` gives [1]_

.. math:: \eta = \frac{A \rho}{V} \left(\frac{L}{2 \pi}\right)^2

The thermostat acts on y and z only, so that it does not brake the profile. Liquids thin under
shear: a viscosity is quoted with its shear rate, and two accelerations show whether it matters.

References
----------
.. [1] Hess, J. Chem. Phys. 2002, 116, 209. https://doi.org/10.1063/1.1421362
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.optional import import_optional
from electrolyte_ml.simulate.analyse.estimate import Estimate, block_means, from_blocks
from electrolyte_ml.simulate.checkpoint import DONE, State, replace_npz
from electrolyte_ml.simulate.dynamics import phase_space
from electrolyte_ml.simulate.engine import Stop
from electrolyte_ml.simulate.job import SimulationJob
from electrolyte_ml.simulate.platforms import DEFAULT_PLATFORM, make_context
from electrolyte_ml.simulate.system import Layout, build_system

_GAS_CONSTANT_KJ_MOL_K = 8.31446261815324e-3
_DALTON_KG = 1.66053906892e-27
_FRICTION_PER_PS = 1.0
_STEPS_A_SAMPLE = 5
# Time for the profile to form.
_SETTLE_PS = 20.0
#: Amplitude of the driving acceleration, nm/ps^2.
ACCELERATION_NM_PS2 = 0.1
#: File of the driven run in a job's folder.
SHEAR = "shear.npz"
_N_BLOCKS = 8
_LARGEST_RELATIVE_ERROR = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Viscosity:
    """A viscosity and the shear rate that it was found at.

    Attributes
    ----------
    viscosity_mpa_s
        Viscosity, mPa s.
    shear_rate_per_s
        Largest shear rate in the box, 1/s.
    acceleration_nm_ps2
        Amplitude of the driving acceleration, nm/ps^2.
    """

    viscosity_mpa_s: Estimate
    shear_rate_per_s: float
    acceleration_nm_ps2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShearRun:
    """A driven run so far.

    Attributes
    ----------
    positions_nm, velocities_nm_ps
        Arrays of shape (n_atoms, 3).
    amplitudes_nm_ps
        Amplitude of the profile of velocities, one every five steps since it has formed, shape
        (n,), nm/ps.
    """

    positions_nm: np.ndarray
    velocities_nm_ps: np.ndarray
    amplitudes_nm_ps: np.ndarray

    def length_ps(self, time_step_fs: float) -> float:
        """Time that the profile was averaged over, ps."""
        return len(self.amplitudes_nm_ps) * _STEPS_A_SAMPLE * time_step_fs / 1000


def load_shear(folder: Path) -> ShearRun | None:
    """The driven run of a folder, or None where none was begun."""
    path = folder / SHEAR
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as held:
        return ShearRun(**{name: held[name] for name in ShearRun.__slots__})


def run_shear(
    job: SimulationJob,
    liquid: State,
    folder: Path,
    length_ps: float,
    *,
    platform: str = DEFAULT_PLATFORM,
    stop: Stop | None = None,
) -> ShearRun:
    """Drive a liquid, or continue to, until the profile is averaged over a length of time.

    Parameters
    ----------
    job
        The job that the liquid is of.
    liquid
        A state of it at constant volume.
    folder
        Where the run is kept; it survives a kill at any moment.
    length_ps
        Time to average over, ps; time for the profile to form comes before it.
    platform
        One of `electrolyte_ml.simulate.platforms.PLATFORMS`.
    stop
        Asked with ``shear`` and the averaged time, ps; ends the run early.

    Raises
    ------
    InputError
        If the liquid is not at constant volume yet.
    """
    if liquid.stage not in {"nvt", DONE}:
        raise InputError(f"the job is in stage {liquid.stage}: viscosity needs its production")
    run = load_shear(folder)
    step_ps = job.protocol.time_step_fs / 1000
    context, integrator = _driven(job, liquid, run, platform)
    if run is None:
        integrator.step(round(_SETTLE_PS / step_ps))
    amplitudes = [] if run is None else list(run.amplitudes_nm_ps)
    n_samples, saved = round(length_ps / step_ps / _STEPS_A_SAMPLE), time.monotonic()
    while len(amplitudes) < n_samples:
        integrator.step(_STEPS_A_SAMPLE)
        amplitudes.append(integrator.getGlobalVariableByName("amplitude"))
        done_ps = len(amplitudes) * _STEPS_A_SAMPLE * step_ps
        stops = stop is not None and stop("shear", done_ps)
        now = time.monotonic()
        if stops or now - saved > job.protocol.checkpoint_s or len(amplitudes) == n_samples:
            run, saved = _saved(context, amplitudes, folder), now
        if stops:
            break
    return run if run is not None else _saved(context, amplitudes, folder)


def _driven(
    job: SimulationJob, liquid: State, run: ShearRun | None, platform: str
) -> tuple[Any, Any]:
    system = build_system(job.layout(), liquid.length_nm, job.protocol.options)
    integrator = _driven_integrator(
        job.layout(),
        liquid.length_nm,
        job.temperature_k,
        (ACCELERATION_NM_PS2, job.protocol.time_step_fs / 1000),
    )
    # A continued run draws new random numbers.
    integrator.setRandomNumberSeed(job.seed + (0 if run is None else len(run.amplitudes_nm_ps)))
    context = make_context(system, integrator, platform)
    start = liquid if run is None else run
    context.setPositions(start.positions_nm)
    context.setVelocities(start.velocities_nm_ps)
    return context, integrator


def _saved(context: Any, amplitudes: Sequence[float], folder: Path) -> ShearRun:
    held = phase_space(context)
    run = ShearRun(
        positions_nm=held["positions_nm"],
        velocities_nm_ps=held["velocities_nm_ps"],
        amplitudes_nm_ps=np.array(amplitudes),
    )
    replace_npz(folder / SHEAR, {name: getattr(run, name) for name in ShearRun.__slots__})
    return run


def viscosity_of_profile(
    amplitudes_nm_ps: np.ndarray,
    layout: Layout,
    length_nm: float,
    acceleration_nm_ps2: float = ACCELERATION_NM_PS2,
) -> Viscosity:
    """Viscosity of the amplitudes of a velocity profile, shape (n,), nm/ps."""
    density_kg_m3 = layout.mass_da * _DALTON_KG / (length_nm * 1e-9) ** 3
    # nm/ps^2 is 1e15 m/s^2, nm/ps is 1e3 m/s, Pa s is 1e3 mPa s.
    factor = acceleration_nm_ps2 * 1e15 * density_kg_m3 * (length_nm * 1e-9 / (2 * math.pi)) ** 2
    mean = float(amplitudes_nm_ps.mean())
    blocks = [factor / (m * 1e3) * 1e3 for m in block_means(amplitudes_nm_ps, _N_BLOCKS)]
    estimate = from_blocks(
        factor / (mean * 1e3) * 1e3, blocks, largest_relative_error=_LARGEST_RELATIVE_ERROR
    )
    return Viscosity(
        viscosity_mpa_s=estimate,
        shear_rate_per_s=2 * math.pi / length_nm * mean * 1e12,
        acceleration_nm_ps2=acceleration_nm_ps2,
    )


def _driven_integrator(
    layout: Layout, length_nm: float, temperature_k: float, driving: tuple[float, float]
) -> Any:
    """LangevinMiddle with the thermostat off along x and the acceleration on."""
    mm = import_optional("openmm")
    acceleration, step_ps = driving
    integrator = mm.CustomIntegrator(step_ps)
    decay = math.exp(-_FRICTION_PER_PS * step_ps)
    for name, value in {
        "drive": acceleration,
        "wave": 2 * math.pi / length_nm,
        "mass": layout.mass_da,
        "decay": decay,
        "noise": math.sqrt(1 - decay**2),
        "kT": _GAS_CONSTANT_KJ_MOL_K * temperature_k,
        "amplitude": 0.0,
    }.items():
        integrator.addGlobalVariable(name, value)
    integrator.addPerDofVariable("before", 0.0)
    integrator.addUpdateContextState()
    integrator.addComputePerDof("v", "v + dt*f/m + dt*drive*vector(cos(wave*_z(x)), 0, 0)")
    integrator.addConstrainVelocities()
    integrator.addComputeSum("amplitude", "2*m*v*vector(cos(wave*_z(x)), 0, 0)/mass")
    integrator.addComputePerDof("x", "x + 0.5*dt*v")
    thermostat = "vector(_x(v), _y(w), _z(w)); w = decay*v + noise*sqrt(kT/m)*gaussian"
    integrator.addComputePerDof("v", thermostat)
    integrator.addComputePerDof("x", "x + 0.5*dt*v")
    integrator.addComputePerDof("before", "x")
    integrator.addConstrainPositions()
    integrator.addComputePerDof("v", "v + (x - before)/dt")
    return integrator
