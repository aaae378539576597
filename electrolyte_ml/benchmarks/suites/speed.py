"""Suite ``speed``: how fast recipes are read, described and predicted on one core.

Seconds differ between machines. Each rate therefore stands beside its ratio to a fixed amount of
matrix multiplication, timed in the same run: ``speed_ratio`` is the number of items handled in the
time of one such workload. Split ``simulation`` has plain OpenMM on the same system for its
reference. Timings are never kept for a later run.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

from electrolyte_ml.benchmarks.job import JobResult, Progress

if TYPE_CHECKING:
    from electrolyte_ml.simulate import SimulationJob
    from electrolyte_ml.simulate.engine import Report

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from time import perf_counter

import numpy as np

from electrolyte_ml.benchmarks.job import Job, chosen_splits
from electrolyte_ml.errors import MissingDependencyError

#: Model of split ``simulation`` by platform.
MODELS = {"cpu": "molecular dynamics, ps", "gromacs": "molecular dynamics by GROMACS, ps"}
RECIPE = "1 M NaPF6 in EC:DMC 1:1 w/w"
_TEMPERATURE_K = 373.15
_N_ATOMS = 650
# The first pieces fill caches and set up neighbour lists; those of GROMACS each begin anew.
_DISCARDED = {"cpu": 2, "gromacs": 0}


@dataclass(slots=True)
class _Alternation:
    """Processor time by ps of our pieces, and of the plain ones between them."""

    job: SimulationJob
    folder: Path
    ours: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    simulation: Any = None
    left_at: float = 0.0
    done_ps: float = 0.0

    def __call__(self, report: Report) -> None:
        """After each piece of ours: take its time, and run a plain piece."""
        if report.stage != "nvt":
            return
        if self.simulation is None:
            self.simulation = plain_simulation(self.job, self.folder)
        else:
            self.ours.append((_processor_s() - self.left_at) / (report.done_ps - self.done_ps))
        protocol = self.job.protocol
        started = _processor_s()
        self.simulation.step(round(protocol.sample_ps * 1000 / protocol.time_step_fs))
        # OpenMM may return before the work is done; asking for a number waits for it.
        self.simulation.context.getState(getEnergy=True)
        self.plain.append((_processor_s() - started) / protocol.sample_ps)
        self.left_at, self.done_ps = _processor_s(), report.done_ps


def _processor_s() -> float:
    """Processor time of this process and of programs that it ran, s."""
    spent = os.times()
    return process_time() + spent.children_user + spent.children_system


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


def engine_speed(
    pieces: int, seed: int, progress: Progress | None = None, platform: str = "cpu"
) -> JobResult:
    """Time our engine and plain OpenMM in turn.

    Parameters
    ----------
    pieces
        Pieces of 1 ps that each runs.
    seed
        Of the packing.
    progress
        Called after every piece.
    platform
        ``cpu`` or ``gromacs``.

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
        protocol=replace(protocol, nvt_ps=float(pieces + _DISCARDED[platform] + 1)),
        seed=seed + 1,  # a job's seeds start at 1, a suite's at 0
    )
    with tempfile.TemporaryDirectory() as folder:
        alternation = _Alternation(job, Path(folder))

        def after_each(report: Report) -> None:
            alternation(report)
            if progress is not None:
                progress("ps", round(report.done_ps), round(report.total_ps))

        run_stages(job, Path(folder), after_each, platform)
    discarded = _DISCARDED[platform]
    ours, plain = median(alternation.ours[discarded:]), median(alternation.plain[1:])
    return JobResult(
        metrics={
            "n": float(len(alternation.ours) - discarded),
            "per_second": 1 / ours,
            "reference_ms": 1000 * plain,
            "speed_ratio": plain / ours,
        }
    )


TASK = "speed on one core, items per second"
SPLITS = ("batch", "single", "simulation")
# The reference workload: products of square matrices of this size.
_SIZE, _PRODUCTS = 256, 20
_SOLVENTS = ("EC", "PC", "DMC", "DEC", "EMC", "DME", "diglyme", "GBL")
_SALTS = ("NaPF6", "NaFSI", "NaClO4", "LiPF6", "LiTFSI")
_BATCH, _QUICK_BATCH = 2000, 200
_REPEATS, _QUICK_REPEATS = 5, 3
_PIECES, _QUICK_PIECES = 60, 10


def jobs(*, quick: bool, splits: tuple[str, ...] | None, seed: int) -> list[Job]:
    """Parsing, features, batch prediction and the latency of one recipe.

    Parameters
    ----------
    quick
        Fewer recipes.
    splits
        ``batch``, ``single`` or ``simulation``.
    seed
        Of the recipes.

    Raises
    ------
    InputError
        If there is no such split.
    """
    n, repeats = (_QUICK_BATCH, _QUICK_REPEATS) if quick else (_BATCH, _REPEATS)
    runs: list[tuple[str, str, Callable[..., JobResult]]] = [
        ("batch", "recipe notation parsed", _parsing),
        ("batch", "formulations described", _features),
        ("batch", "conductivity with interval", _batch),
        ("single", "conductivity with interval, once loaded", _single),
        ("single", "first score from the shell", _first_score),
    ]
    chosen = chosen_splits(splits, known=SPLITS, default=SPLITS)
    listed = [
        Job(
            task=TASK,
            split=split,
            model=model,
            seed=seed,
            run=partial(_run, run, n, repeats, seed),
            kept=False,
        )
        for split, model, run in runs
        if split in chosen
    ]
    if "simulation" in chosen:
        pieces = _QUICK_PIECES if quick else _PIECES
        listed += [_simulation_job(platform, pieces, seed) for platform in MODELS]
    return listed


def _simulation_job(platform: str, pieces: int, seed: int) -> Job:
    return Job(
        task=TASK,
        split="simulation",
        model=MODELS[platform],
        seed=seed,
        run=partial(_simulation, platform, pieces, seed),
        skipped=_why_no_simulation(platform),
        kept=False,
    )


def _why_no_simulation(platform: str) -> str | None:
    """Missing packages, looked for without importing them; None if nothing is missing."""
    from electrolyte_ml.optional import find_program
    from electrolyte_ml.simulate.platforms import PlatformError, check_platform

    if find_spec("openmm") is None:
        return "OpenMM is not installed: pip install 'electrolyte_ml[md]'"
    try:
        find_program("packmol")
        check_platform(platform)
    except (MissingDependencyError, PlatformError) as error:
        return str(error)
    return None


def _simulation(platform: str, pieces: int, seed: int, progress: Progress | None) -> JobResult:
    with one_core():
        return engine_speed(pieces, seed, progress, platform)


def recipes(n: int, seed: int) -> list[str]:
    """Distinct recipes of two solvents and a salt, as a user writes them."""
    draw = np.random.default_rng(seed)
    texts = []
    for _ in range(n):
        first, second = draw.choice(_SOLVENTS, 2, replace=False)
        share, molality = draw.integers(10, 90), draw.uniform(0.3, 2.0)
        salt = draw.choice(_SALTS)
        texts.append(f"{molality:.3f} m {salt} in {first}:{second} {share}:{100 - share} w/w")
    return texts


def _run(
    measure: Callable[..., JobResult], n: int, repeats: int, seed: int, progress: Progress | None
) -> JobResult:
    del progress
    with one_core():
        return measure(recipes(n, seed), repeats)


def _parsing(texts: list[str], repeats: int) -> JobResult:
    from electrolyte_ml.formulation import parse_recipe

    parse_recipe(texts[0])  # the catalog is loaded before the clock runs
    return _rate(lambda: [parse_recipe(text) for text in texts], len(texts), repeats)


def _features(texts: list[str], repeats: int) -> JobResult:
    from electrolyte_ml.features import compose, mixture_features
    from electrolyte_ml.formulation import parse_recipe

    parsed = [parse_recipe(text) for text in texts]
    mixture_features(compose(parsed))
    return _rate(lambda: mixture_features(compose(parsed)), len(texts), repeats)


def _batch(texts: list[str], repeats: int) -> JobResult:
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.models.conductivity import ConductivityModel

    parsed = [parse_recipe(text) for text in texts]
    temperature = np.full(len(parsed), 298.15)
    model = ConductivityModel.load()
    model.predict(parsed[:1], temperature[:1])
    return _rate(lambda: model.predict(parsed, temperature), len(texts), repeats)


def _single(texts: list[str], repeats: int) -> JobResult:
    from electrolyte_ml.formulation import parse_recipe
    from electrolyte_ml.models.conductivity import ConductivityModel

    model, temperature = ConductivityModel.load(), np.array([298.15])
    model.predict([parse_recipe(texts[0])], temperature)
    some = texts[: max(10, len(texts) // 20)]

    def one_by_one() -> None:
        for text in some:
            model.predict([parse_recipe(text)], temperature)

    result = _rate(one_by_one, len(some), repeats)
    result.metrics["latency_ms"] = 1000 / result.metrics["per_second"]
    return result


def _first_score(texts: list[str], repeats: int) -> JobResult:
    """One ``electrolyte-ml score`` in a process of its own, and how many modules it imports."""
    code = (
        "import sys; from electrolyte_ml.cli.app import app\n"
        f"app(['score', {texts[0]!r}, '--json'], standalone_mode=False)\n"
        "print(len(sys.modules), file=sys.stderr)"
    )

    def score() -> str:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr

    n_modules = int(score())  # files are in the system's cache before the clock runs
    result = _rate(score, 1, repeats)
    result.metrics["n_modules"] = n_modules
    return result


def _rate(work: Callable[[], Any], n: int, repeats: int) -> JobResult:
    """The best of several runs, each beside the reference: noise only ever slows down."""
    seconds, reference = [], []
    for _ in range(repeats):
        reference.append(_seconds(_reference))
        seconds.append(_seconds(work))
    per_second = n / min(seconds)
    return JobResult(
        metrics={
            "n": n,
            "per_second": per_second,
            "reference_ms": 1000 * min(reference),
            "speed_ratio": per_second * min(reference),
        }
    )


def _reference() -> None:
    matrix = np.full((_SIZE, _SIZE), 1.0 / _SIZE)
    for _ in range(_PRODUCTS):
        matrix = matrix @ matrix


def _seconds(work: Callable[[], Any]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


@contextmanager
def one_core() -> Iterator[None]:
    """Hold this process on one core where the system can, so that BLAS has no more threads."""
    get = getattr(os, "sched_getaffinity", None)
    if get is None:
        yield
        return
    before = get(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
