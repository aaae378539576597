"""The motion of one stage, sample by sample, by OpenMM or by GROMACS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from electrolyte_ml.errors import ElectrolyteError
from electrolyte_ml.optional import import_optional
from electrolyte_ml.simulate.checkpoint import State
from electrolyte_ml.simulate.job import SimulationJob, Stage
from electrolyte_ml.simulate.platforms import make_context
from electrolyte_ml.simulate.system import Layout, build_system

_BAROSTAT_STEPS = 25


class SimulationError(ElectrolyteError, RuntimeError):
    """A simulation blew up; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is seen of a box at one time.

    Attributes
    ----------
    positions_nm
        Positions of all atoms, unwrapped, shape (n_atoms, 3), nm; None in stages that keep none.
    volume_nm3
        Volume of the box, nm^3.
    """

    positions_nm: np.ndarray | None
    volume_nm3: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedJob:
    """One stage of a job, and where it begins.

    Attributes
    ----------
    job, layout
        The job and its molecules.
    stage
        The stage.
    state
        Positions, velocities and box from which it goes on.
    folder
        Folder of the job, for files that live as long as the stage.
    """

    job: SimulationJob
    layout: Layout
    stage: Stage
    state: State
    folder: Path

    @property
    def steps(self) -> int:
        """Time steps from one sample to the next."""
        protocol = self.job.protocol
        return round(protocol.sample_ps * 1000 / protocol.time_step_fs)

    @property
    def seed(self) -> int:
        """Seed of random forces; a continued run draws new ones: valid, not bitwise the same."""
        return self.job.seed + 1000 * (1 + self.state.n_parts) + round(self.state.done_ps)

    def too_small(self) -> SimulationError:
        """The box shrank until molecules would see their own images."""
        return SimulationError(
            f"the box fell under twice the cut-off of {self.job.protocol.options.cutoff_nm} nm in "
            f"stage {self.stage.name}; simulate more atoms than {self.layout.n_atoms}"
        )


class Dynamics(Protocol):
    """A stage under way."""

    #: Who moves the atoms.
    platform: str

    def advance(self, n_samples: int) -> list[Sample]:
        """Go on by one sample or more, at most `n_samples`.

        Raises
        ------
        SimulationError
            If the simulation blows up or the box becomes too small.
        """

    def phase_space(self) -> dict[str, Any]:
        """Positions, velocities and edge of the box after the last sample, as `State` has them."""

    def close(self) -> None:
        """Remove what the run left on disk."""


class OpenMMDynamics:
    """A stage under way in OpenMM, one sample at a time.

    Parameters
    ----------
    staged
        The stage.
    platform
        One of `electrolyte_ml.simulate.platforms.PLATFORMS`.
    """

    def __init__(self, staged: StagedJob, platform: str) -> None:
        mm = import_optional("openmm")
        job, stage, state = staged.job, staged.stage, staged.state
        system = build_system(staged.layout, state.length_nm, job.protocol.options)
        if stage.pressure_bar is not None:
            at = (stage.pressure_bar, stage.temperature_k)
            barostat = mm.MonteCarloBarostat(*at, _BAROSTAT_STEPS)
            barostat.setRandomNumberSeed(staged.seed)
            system.addForce(barostat)
        step_ps = job.protocol.time_step_fs / 1000
        self._integrator = mm.LangevinMiddleIntegrator(
            stage.temperature_k, stage.friction_per_ps, step_ps
        )
        self._integrator.setRandomNumberSeed(staged.seed)
        self._context = make_context(system, self._integrator, platform)
        self._context.setPositions(state.positions_nm)
        self._context.setVelocities(state.velocities_nm_ps)
        self._staged = staged
        self.platform = f"OpenMM {self._context.getPlatform().getName()}"

    def advance(self, n_samples: int) -> list[Sample]:  # noqa: ARG002 # one, whatever is left
        """Go on by one sample."""
        stage = self._staged.stage
        try:
            self._integrator.step(self._staged.steps)
        except Exception as error:  # OpenMM raises bare Exception
            if "cutoff" not in str(error):
                raise
            raise self._staged.too_small() from error
        held = self._context.getState(getEnergy=True, getPositions=stage.records)
        energy = held.getPotentialEnergy()._value
        if not np.isfinite(energy):
            raise SimulationError(f"the potential energy is {energy} in stage {stage.name}")
        return [
            Sample(
                positions_nm=held.getPositions(asNumpy=True)._value if stage.records else None,
                volume_nm3=held.getPeriodicBoxVolume()._value,
            )
        ]

    def phase_space(self) -> dict[str, Any]:
        """Positions, velocities and edge of the box after the last sample."""
        return phase_space(self._context)

    def close(self) -> None:
        """Nothing is on disk."""


def phase_space(context: Any) -> dict[str, Any]:
    """Positions, velocities and edge of the box of an OpenMM context, as `State` has them."""
    held = context.getState(getPositions=True, getVelocities=True, enforcePeriodicBox=False)
    return {
        "positions_nm": held.getPositions(asNumpy=True)._value,
        "velocities_nm_ps": held.getVelocities(asNumpy=True)._value,
        "length_nm": float(held.getPeriodicBoxVectors(asNumpy=True)._value[0][0]),
    }
