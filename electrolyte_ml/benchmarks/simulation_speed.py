"""How fast our engine moves a box, beside plain OpenMM on the same system.

While a job of ours records its constant-volume stage, every piece of it is followed by an equally
long piece of a bare OpenMM simulation of the same system, from the same state, that records
nothing. Pieces alternate, so that what else the machine does falls on both, and are timed in
processor time.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

from electrolyte_ml.benchmarks.base import JobResult, Progress

if TYPE_CHECKING:
    from electrolyte_ml.simulate import SimulationJob
    from electrolyte_ml.simulate.engine import Report

MODEL = "molecular dynamics, ps"
RECIPE = "1 M NaPF6 in EC:DMC 1:1 w/w"
_TEMPERATURE_K = 373.15
_N_ATOMS = 650
# The first pieces fill caches and set up neighbour lists.
_DISCARDED = 2


@dataclass(slots=True)
class _Alternation:
    """Processor time of our pieces and of the plain ones between them."""

    job: SimulationJob
    folder: Path
    ours: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    simulation: Any = None
    left_at: float = 0.0

    def __call__(self, report: Report) -> None:
        """After each piece of ours: take its time, and run a plain piece."""
        if report.stage != "nvt":
            return
        if self.simulation is None:
            self.simulation = plain_simulation(self.job, self.folder)
        else:
            self.ours.append(process_time() - self.left_at)
        protocol = self.job.protocol
        started = process_time()
        self.simulation.step(round(protocol.sample_ps * 1000 / protocol.time_step_fs))
        # OpenMM may return before the work is done; asking for a number waits for it.
        self.simulation.context.getState(getEnergy=True)
        self.plain.append(process_time() - started)
        self.left_at = process_time()


def plain_simulation(job: SimulationJob, folder: Path) -> Any:
    """An OpenMM simulation of the job's system from its last state, as a user would write it.

    Parameters
    ----------
    job
        The job.
    folder
        Folder of this job, which holds a state.

    Returns
    -------
    openmm.app.Simulation
        On one thread.

    Raises
    ------
    MissingDependencyError
        If OpenMM is not installed.
    """
    from electrolyte_ml.optional import import_optional
    from electrolyte_ml.simulate.checkpoint import load_state
    from electrolyte_ml.simulate.system import build_system

    mm, app = import_optional("openmm"), import_optional("openmm.app")
    state = load_state(folder)
    if state is None:
        raise RuntimeError(f"{folder} holds no state")
    topology = app.Topology()
    chain = topology.addChain()
    for block in job.layout().blocks:
        for _ in range(block.count):
            residue = topology.addResidue(block.template.name, chain)
            for atom in block.template.atoms:
                element = app.Element.getBySymbol(atom.element)
                topology.addAtom(atom.element, element, residue)
    stage = job.protocol.stages(job.temperature_k)[-1]
    simulation = app.Simulation(
        topology,
        build_system(job.layout(), state.length_nm, job.protocol.options),
        mm.LangevinMiddleIntegrator(
            stage.temperature_k, stage.friction_per_ps, job.protocol.time_step_fs / 1000
        ),
        mm.Platform.getPlatformByName("CPU"),
        {"Threads": "1"},
    )
    simulation.context.setPositions(state.positions_nm)
    simulation.context.setVelocities(state.velocities_nm_ps)
    return simulation


def engine_speed(pieces: int, seed: int, progress: Progress | None = None) -> JobResult:
    """Time our engine and plain OpenMM in turn.

    Parameters
    ----------
    pieces
        Pieces of 1 ps that each runs.
    seed
        Of the packing.
    progress
        Called after every piece.

    Returns
    -------
    JobResult
        ``per_second``: ps that ours moves in a second of one core; ``reference_ms``: time that
        plain OpenMM takes for one; ``speed_ratio``: speed of ours over that of plain OpenMM.
    """
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.simulate import SimulationJob, compose_box, preset
    from electrolyte_ml.simulate.engine import run_stages

    protocol, _ = preset("smoke")
    job = SimulationJob(
        composition=compose_box(parse_recipe(RECIPE), _N_ATOMS),
        temperature_k=_TEMPERATURE_K,
        protocol=replace(protocol, nvt_ps=float(pieces + _DISCARDED + 1)),
        seed=seed + 1,  # a job's seeds start at 1, a suite's at 0
    )
    with tempfile.TemporaryDirectory() as folder:
        alternation = _Alternation(job, Path(folder))

        def after_each(report: Report) -> None:
            alternation(report)
            if progress is not None:
                progress("ps", round(report.done_ps), round(report.total_ps))

        run_stages(job, Path(folder), after_each)
    ours = median(alternation.ours[_DISCARDED:])
    plain = median(alternation.plain[_DISCARDED:])
    piece_ps = job.protocol.sample_ps
    return JobResult(
        metrics={
            "n": float(len(alternation.ours) - _DISCARDED),
            "per_second": piece_ps / ours,
            "reference_ms": 1000 * plain / piece_ps,
            "speed_ratio": plain / ours,
        }
    )
