r"""Shear viscosity by periodic perturbation, a run after a finished job.

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
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.errors import InputError
from electrolyte_ml.optional import import_optional
from electrolyte_ml.simulate.analyse.estimate import Estimate, block_means, from_blocks
from electrolyte_ml.simulate.checkpoint import DONE, State
from electrolyte_ml.simulate.engine import make_context
from electrolyte_ml.simulate.job import SimulationJob
from electrolyte_ml.simulate.system import Layout, build_system

_GAS_CONSTANT_KJ_MOL_K = 8.31446261815324e-3
_DALTON_KG = 1.66053906892e-27
_FRICTION_PER_PS = 1.0
_STEPS_A_SAMPLE = 5
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


def nemd_viscosity(
    job: SimulationJob,
    state: State,
    *,
    acceleration_nm_ps2: float = 0.1,
    length_ps: float = 200.0,
    settle_ps: float = 20.0,
) -> Viscosity:
    """Viscosity of the liquid of a finished job.

    Parameters
    ----------
    job
        The job.
    state
        Its final state.
    acceleration_nm_ps2
        Amplitude of the acceleration, nm/ps^2.
    length_ps, settle_ps
        Time averaged over, and time for the profile to form before it, ps.

    Returns
    -------
    Viscosity
        With an error from blocks.

    Raises
    ------
    InputError
        If the job has not finished.
    """
    if state.stage != DONE:
        raise InputError(f"the job is in stage {state.stage}: viscosity needs its final state")
    layout, step_ps = job.layout(), job.protocol.time_step_fs / 1000
    system = build_system(layout, state.length_nm, job.protocol.options)
    integrator = _driven_integrator(
        layout, state.length_nm, job.temperature_k, (acceleration_nm_ps2, step_ps)
    )
    integrator.setRandomNumberSeed(job.seed)
    context = make_context(system, integrator)
    context.setPositions(state.positions_nm)
    context.setVelocities(state.velocities_nm_ps)
    integrator.step(round(settle_ps / step_ps))
    amplitudes = []
    for _ in range(round(length_ps / step_ps / _STEPS_A_SAMPLE)):
        integrator.step(_STEPS_A_SAMPLE)
        amplitudes.append(integrator.getGlobalVariableByName("amplitude"))
    return viscosity_of_profile(np.array(amplitudes), layout, state.length_nm, acceleration_nm_ps2)


def viscosity_of_profile(
    amplitudes_nm_ps: np.ndarray, layout: Layout, length_nm: float, acceleration_nm_ps2: float
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
