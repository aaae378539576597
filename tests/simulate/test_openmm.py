"""What needs OpenMM itself; skipped, with the reason, where the extra ``md`` is not installed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

mm = pytest.importorskip("openmm", reason="the extra md (OpenMM) is not installed")

from electrolyte_ml.errors import InputError  # noqa: E402
from electrolyte_ml.formulation import parse_recipe  # noqa: E402
from electrolyte_ml.report.simulation import outcome_lines  # noqa: E402
from electrolyte_ml.simulate import (  # noqa: E402
    SimulationJob,
    compose_box,
    ion_template,
    molecule_template,
    preset,
    run_job,
)
from electrolyte_ml.simulate import engine as engine_module  # noqa: E402
from electrolyte_ml.simulate.analyse import yeh_hummer_1e10_m2_s  # noqa: E402
from electrolyte_ml.simulate.analyse.summary import analyse_job  # noqa: E402
from electrolyte_ml.simulate.checkpoint import load_parts, load_state  # noqa: E402
from electrolyte_ml.simulate.continuing import open_folder  # noqa: E402
from electrolyte_ml.simulate.engine import run_stages  # noqa: E402
from electrolyte_ml.simulate.goal import PropertyGoal, run_until  # noqa: E402
from electrolyte_ml.simulate.lengthened import Subject  # noqa: E402
from electrolyte_ml.simulate.running import analyse_again, job_folder  # noqa: E402
from electrolyte_ml.simulate.snapshots import load_snapshots  # noqa: E402
from electrolyte_ml.simulate.system import Layout, SystemOptions, build_system  # noqa: E402
from electrolyte_ml.simulate.viscosity import load_shear  # noqa: E402
from electrolyte_ml.species import default_catalog  # noqa: E402

AMBER = json.loads((Path(__file__).parent / "amber_energies.json").read_text())["molecules"]
PLAIN = SystemOptions(hydrogen_mass_da=None, constrain_hydrogens=False)
needs_packmol = pytest.mark.skipif(
    not (shutil.which("packmol", path=str(Path(sys.prefix) / "bin")) or shutil.which("packmol")),
    reason="packmol is not installed",
)


def force(system, kind):
    return next(f for f in system.getForces() if type(f).__name__ == kind)


def energies(system, positions):
    for group, one in enumerate(system.getForces()):
        one.setForceGroup(group)
    platform = mm.Platform.getPlatformByName("Reference")
    context = mm.Context(system, mm.VerletIntegrator(0.001), platform)
    context.setPositions(positions)
    return {
        type(one).__name__: context.getState(getEnergy=True, groups=1 << group)
        .getPotentialEnergy()
        ._value
        for group, one in enumerate(system.getForces())
    }


def in_vacuum(layout):
    system = build_system(layout, 5.0, PLAIN)
    nonbonded = force(system, "NonbondedForce")
    nonbonded.setNonbondedMethod(mm.NonbondedForce.NoCutoff)
    return system


@pytest.mark.parametrize("name", AMBER)
def test_energies_are_those_of_the_amber_topology(name):
    held = AMBER[name]
    template = molecule_template(held["smiles"])
    found = energies(in_vacuum(Layout.of([(template, 1)])), np.array(held["positions_nm"]))
    for kind, expected in held["energies_kj_mol"].items():
        assert found[kind] == pytest.approx(expected, abs=1e-4)


def box(factor):
    catalog = default_catalog()
    ions = [ion_template(catalog.ion(n)).scaled(factor) for n in ("Na", "TFSI")]
    return Layout.of([(molecule_template("COCCOC"), 3), (ions[0], 2), (ions[1], 2)])


def test_the_box_is_neutral_and_every_molecule_whole():
    layout = box(0.8)
    system = build_system(layout, 3.0, SystemOptions())
    nonbonded = force(system, "NonbondedForce")
    charges = [nonbonded.getParticleParameters(i)[0]._value for i in range(layout.n_atoms)]
    assert sum(charges) == pytest.approx(0, abs=1e-9)
    sodium = layout.blocks[1]
    assert charges[sodium.atoms] == pytest.approx([0.8, 0.8])
    assert system.getNumParticles() == layout.n_atoms


def test_repartitioning_keeps_the_mass_and_constrains_the_hydrogens():
    layout = box(0.8)
    system = build_system(layout, 3.0, SystemOptions())
    masses = [system.getParticleMass(i)._value for i in range(layout.n_atoms)]
    assert sum(masses) == pytest.approx(layout.mass_da)
    assert min(masses) > 3
    assert system.getNumConstraints() == 3 * 10


def test_exceptions_are_scaled_and_scale_one_changes_nothing():
    positions = np.random.default_rng(0).uniform(0, 3, (box(1.0).n_atoms, 3))
    plain, one, less = (in_vacuum(box(f)) for f in (1.0, 1.0, 0.8))
    assert energies(one, positions) == energies(plain, positions)
    full, scaled = (force(s, "NonbondedForce") for s in (plain, less))
    anion = box(1.0).blocks[2].first_atom
    for i in range(full.getNumExceptions()):
        a, _, product, *_ = full.getExceptionParameters(i)
        factor = 0.64 if a >= anion else 1.0
        assert scaled.getExceptionParameters(i)[2]._value == pytest.approx(product._value * factor)


def test_a_hand_computed_pair():
    # Two sodium ions of charge 0.8 and two of -0.8 far away would need Ewald; in vacuum it is
    # Coulomb and Lennard-Jones of one Na-Na pair at 0.5 nm.
    sodium = ion_template(default_catalog().ion("Na"), "joung-cheatham").scaled(0.8)
    system = in_vacuum(Layout.of([(sodium, 2)]))
    found = energies(system, np.array([[0, 0, 0], [0.5, 0, 0]]))["NonbondedForce"]
    ratio = (0.243928 / 0.5) ** 6
    expected = 138.935457 * 0.64 / 0.5 + 4 * 0.365846 * (ratio**2 - ratio)
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_box_too_small_for_the_cutoff_is_refused():
    with pytest.raises(InputError, match="more atoms"):
        build_system(box(0.8), 1.5, SystemOptions())


def short_job(**changes):
    protocol, _ = preset("smoke")
    protocol = replace(
        protocol,
        hot_ps=0.4,
        equilibrate_ps=0.4,
        npt_ps=0.4,
        settle_ps=0.2,
        nvt_ps=1.2,
        sample_ps=0.04,
        frame_ps=0.08,
        checkpoint_s=0.0,
        **changes,
    )
    box_ = compose_box(parse_recipe("1 M NaPF6 in AN"), 640)
    return SimulationJob(composition=box_, temperature_k=330.0, protocol=protocol)


class Killed(BaseException):
    """Stands for a kill: nothing in the package catches it."""


@needs_packmol
def test_a_killed_job_resumes_and_loses_no_sample(tmp_path):
    job = short_job()
    folder = job_folder(tmp_path, job)
    reports = []

    def kill_late(report):
        reports.append(report)
        if report.stage == "nvt" and report.done_ps > 2.0:
            raise Killed

    with pytest.raises(Killed):
        run_stages(job, folder, kill_late)
    state = load_state(folder)
    assert state.stage == "nvt"
    # The sample under way is lost, nothing before it.
    assert reports[-1].done_ps - 1.4 - state.done_ps == pytest.approx(0.04, abs=1e-6)
    seen = []
    result = run_job(job, tmp_path, seen.append)
    assert {r.stage for r in seen} == {"nvt"}
    assert len(seen) == round((1.2 - state.done_ps) / 0.04)
    final = load_state(folder)
    centres, frames = load_parts(folder, final.n_parts)
    assert len(centres) == 30
    assert len(frames) == 15
    assert np.abs(np.diff(centres, axis=0)).max() < 0.2
    assert result["density_g_cm3"]["converged"] in {True, False}
    assert_snapshots_are_of_the_recording(job, folder, frames, final.length_nm)


def assert_snapshots_are_of_the_recording(job, folder, frames, length_nm):
    found = load_snapshots(folder)
    layout = job.layout()
    # Fewer frames than are kept of a long recording: all of them, the last one included.
    assert np.array_equal(found.positions_nm, frames)
    assert found.time_ps[-1] == pytest.approx(job.protocol.nvt_ps)
    assert found.box_nm == pytest.approx(length_nm * np.eye(3))
    assert len(found.element) == len(found.molecule) == layout.n_atoms
    assert list(found.charge_e) == list(layout.molecule_charges_e())
    for name, block in zip(("AN", "Na", "PF6"), layout.blocks, strict=True):
        own = np.flatnonzero(found.species == name)
        assert len(own) == block.count
        atoms = np.flatnonzero(np.isin(found.molecule, own))
        assert atoms.tolist() == list(range(*block.atoms.indices(layout.n_atoms)))
        elements = [a.element for a in block.template.atoms]
        assert found.element[atoms].tolist() == elements * block.count
    # An older run has no such file: it is made from the recording.
    (folder / "snapshots.npz").unlink()
    again = load_snapshots(folder)
    assert np.array_equal(again.positions_nm, found.positions_nm)
    assert again.temperature_k == found.temperature_k == 330.0
    with pytest.raises(InputError, match="run the job to its end"):
        load_snapshots(folder.parent)


RUN = """
import json, sys
from pathlib import Path
from electrolyte_ml.simulate import SimulationJob, run_job
run_job(SimulationJob.from_dict(json.loads(sys.argv[1])), Path(sys.argv[2]))
"""


# No machine is so busy: only what hangs takes so long.
HANGS_AFTER_S = 1200


def wait_until(condition, process):
    deadline = time.monotonic() + HANGS_AFTER_S
    while not condition():
        assert process.poll() is None, "the job ended before it could be killed"
        assert time.monotonic() < deadline, "the job hangs"
        time.sleep(0.02)


@pytest.mark.slow
@needs_packmol
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no kill -9")
def test_kill_nine_in_the_middle_of_writing_loses_nothing_that_was_written(tmp_path):
    job = short_job()
    job = replace(job, protocol=replace(job.protocol, nvt_ps=8.0))
    folder = job_folder(tmp_path, job)
    command = [sys.executable, "-c", RUN, json.dumps(job.to_dict()), str(tmp_path)]
    held = {}
    for _ in range(2):
        process = subprocess.Popen(command)
        at_least = len(held) + 3
        wait_until(lambda n=at_least: len(list(folder.glob("part-*.npz"))) >= n, process)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        state = load_state(folder)
        assert state.stage == "nvt"
        parts = [folder / f"part-{n:05d}.npz" for n in range(state.n_parts)]
        written = {part.name: part.read_bytes() for part in parts}
        # What the state counted before this kill is still there, byte for byte.
        assert held.items() <= written.items()
        held = written
    result = run_job(job, tmp_path)
    final = load_state(folder)
    assert {n: (folder / n).read_bytes() for n in held} == held
    centres, frames = load_parts(folder, final.n_parts)
    assert (len(centres), len(frames)) == (200, 100)
    assert np.abs(np.diff(centres, axis=0)).max() < 0.2
    assert result["density_g_cm3"]["value"] > 0.5


@pytest.fixture(scope="module")
def finished_folder(tmp_path_factory):
    """Folder of a finished job, to be copied."""
    folder = tmp_path_factory.mktemp("finished")
    run_job(short_job(), folder)
    return folder


@pytest.fixture
def finished(finished_folder, tmp_path):
    return Path(shutil.copytree(finished_folder, tmp_path / "jobs-of-all"))


@needs_packmol
def test_a_finished_job_is_not_run_again(finished, monkeypatch):
    job = short_job()
    held = json.loads((job_folder(finished, job) / "result.json").read_text(encoding="utf-8"))

    def refuse(*_):
        raise AssertionError("a finished job was started again")

    monkeypatch.setattr(engine_module, "_start", refuse)
    assert held.items() >= run_job(job, finished).items()


@needs_packmol
def test_another_viscosity_or_analysis_needs_no_simulation(tmp_path, monkeypatch):
    job = short_job()
    # Long enough for transport: more than a hundred samples.
    job = replace(job, protocol=replace(job.protocol, nvt_ps=6.0))
    bare = run_job(job, tmp_path)
    assert "yeh_hummer_correction_1e10_m2_s" not in bare

    def refuse(*_):
        raise AssertionError("a finished job was simulated again")

    monkeypatch.setattr(engine_module, "_run_stage", refuse)
    found = run_job(job, tmp_path, viscosity_mpa_s=0.5)
    missing = yeh_hummer_1e10_m2_s(330.0, 0.5, found["length_nm"])
    by_hand = 2.837297 * 1.380649e-23 * 330.0 / (6 * np.pi * 0.5e-3 * found["length_nm"] * 1e-9)
    assert missing == pytest.approx(1e10 * by_hand)
    for name, raw in bare["diffusion_1e10_m2_s"].items():
        assert found["diffusion_1e10_m2_s"][name] == raw
        corrected = found["diffusion_corrected_1e10_m2_s"][name]["value"]
        assert corrected == pytest.approx(raw["value"] + missing)
    # Whoever gives no viscosity gets the result that is there.
    assert run_job(job, tmp_path)["viscosity_mpa_s"] == 0.5
    again = analyse_again(job, tmp_path, 1.0)
    assert again["yeh_hummer_correction_1e10_m2_s"] == pytest.approx(missing / 2)
    assert analyse_again(replace(job, seed=9), tmp_path) is None
    recording = job_folder(tmp_path, job), load_state(job_folder(tmp_path, job)), 1.0
    assert analyse_job(job, *recording, length_ps=6.0) == again
    part = analyse_job(job, *recording, length_ps=4.0)
    share = part["fit_window_ps"][1] / again["fit_window_ps"][1]
    assert share == pytest.approx(4 / 6, rel=0.05)
    assert part["density_g_cm3"] == again["density_g_cm3"]
    short = analyse_job(job, *recording, length_ps=3.0)["diffusion_1e10_m2_s"]["AN"]
    assert short["reasons"] == ["3 ps are too short for transport"]


@needs_packmol
def test_packing_is_repeatable_and_leaves_no_overlap():
    from electrolyte_ml.simulate.box import pack

    templates = [(molecule_template("CC#N"), 30)]
    first, again = (pack(templates, 2.0, seed=3) for _ in range(2))
    assert np.array_equal(first, again)
    centres = Layout.of(templates).centres_nm(first)
    apart = centres[:, None] - centres[None]
    apart -= 2.0 * np.round(apart / 2.0)
    radii = np.sqrt((apart**2).sum(2)) + 9 * np.eye(30)
    assert radii.min() > 0.2


def test_viscosity_of_a_known_profile():
    from electrolyte_ml.simulate.viscosity import viscosity_of_profile

    layout = Layout.of([(molecule_template("CC#N"), 100)])
    flow = np.full(400, 0.02) + np.random.default_rng(0).normal(0, 0.001, 400)
    found = viscosity_of_profile(flow, layout, 2.1, 0.1)
    density = layout.mass_da * 1.66053906892e-27 / 2.1e-9**3
    by_hand = 0.1e15 * density * (2.1e-9 / (2 * np.pi)) ** 2 / 20.0 * 1e3
    assert found.viscosity_mpa_s.value == pytest.approx(by_hand, rel=1e-2)
    assert found.viscosity_mpa_s.converged


def test_an_unfinished_job_has_no_viscosity():
    from electrolyte_ml.simulate.checkpoint import State
    from electrolyte_ml.simulate.viscosity import run_shear

    state = State(
        stage="npt",
        done_ps=0.0,
        positions_nm=np.zeros((1, 3)),
        velocities_nm_ps=np.zeros((1, 3)),
        length_nm=2.0,
        n_parts=0,
        volumes_nm3=np.zeros(0),
        wall_s=0.0,
    )
    with pytest.raises(InputError, match="needs its production"):
        run_shear(short_job(), state, Path("unused"), 10.0)


def goal_subject(folder):
    return Subject(job=short_job(), folder=folder, viscosity_mpa_s=0.5)


@needs_packmol
def test_a_run_for_a_density_ends_by_its_error_and_extends_finished_runs(finished):
    job, tmp_path = short_job(), finished
    volumes = load_state(job_folder(tmp_path, job)).volumes_nm3
    density = PropertyGoal(property_name="density", relative_error=0.005)
    outcome = run_until(goal_subject(tmp_path), density, 3600.0)
    assert outcome.reached
    assert (
        outcome.result["density_g_cm3"]["error"] < 0.005 * outcome.result["density_g_cm3"]["value"]
    )
    held = load_state(open_folder(tmp_path, job, "npt")).volumes_nm3
    assert np.array_equal(held[: len(volumes)], volumes)
    # A second call reads it.
    again = run_until(goal_subject(tmp_path), density, 0.0)
    assert (again.reached, again.checks) == (True, outcome.checks)


@pytest.mark.slow
@needs_packmol
def test_a_run_for_a_viscosity_goes_on_where_its_budget_ended(tmp_path):
    wanted = PropertyGoal(property_name="viscosity", relative_error=0.001)
    seen = []

    def clock():
        seen.append(None)
        return float(len(seen))

    # So many looks at the clock: all stages before, and some of the driven run.
    outcome = run_until(goal_subject(tmp_path), wanted, 60.0, clock=clock)
    assert not outcome.reached
    assert outcome.stage == "shear"
    lines = list(outcome_lines(outcome))
    assert lines[-1].startswith("viscosity within 0.1 %: not reached after ")
    assert "the same command continues" in lines[-1]
    first = load_shear(open_folder(tmp_path, short_job(), "nvt")).amplitudes_nm_ps
    assert len(first) > 4
    run_until(goal_subject(tmp_path), wanted, 10.0, clock=clock)
    longer = load_shear(open_folder(tmp_path, short_job(), "nvt")).amplitudes_nm_ps
    assert len(longer) > len(first)
    assert np.array_equal(longer[: len(first)], first)


GOAL_RUN = """
import json, sys
from pathlib import Path
from electrolyte_ml.simulate import SimulationJob
from electrolyte_ml.simulate.goal import PropertyGoal, run_until
from electrolyte_ml.simulate.lengthened import Subject
job = SimulationJob.from_dict(json.loads(sys.argv[1]))
subject = Subject(job=job, folder=Path(sys.argv[2]))
run_until(subject, PropertyGoal(property_name="coordination", relative_error=1e-6), 3600.0)
"""


@pytest.mark.slow
@needs_packmol
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no kill -9")
def test_a_run_for_a_property_survives_kill_nine(tmp_path):
    job = short_job()
    own = open_folder(tmp_path, job, "nvt")
    command = [sys.executable, "-c", GOAL_RUN, json.dumps(job.to_dict()), str(tmp_path)]
    process = subprocess.Popen(command)
    wait_until(lambda: len(list(own.glob("part-*.npz"))) >= 3, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    state = load_state(own)
    kept = {p.name: p.read_bytes() for p in sorted(own.glob("part-*.npz"))[: state.n_parts]}
    loose = PropertyGoal(property_name="coordination", relative_error=0.9)
    outcome = run_until(goal_subject(tmp_path), loose, 600.0)
    assert outcome.checks[-1].length_ps >= state.done_ps
    assert {n: (own / n).read_bytes() for n in kept} == kept
    result = outcome.result
    assert result["job"]["protocol"]["nvt_ps"] == outcome.checks[-1].length_ps
    assert len(result["coordination"]["Na"]) >= 2


@needs_packmol
def test_a_longer_job_continues_a_shorter_one(finished, monkeypatch):
    short, tmp_path = short_job(), finished

    def refuse(*_):
        raise AssertionError("a longer run of the same job was started anew")

    monkeypatch.setattr(engine_module, "_start", refuse)
    longer = replace(short, protocol=replace(short.protocol, nvt_ps=2.4))
    assert longer.key != short.key
    run_job(longer, tmp_path)
    final = load_state(job_folder(tmp_path, longer))
    centres, frames = load_parts(job_folder(tmp_path, longer), final.n_parts)
    assert (len(centres), len(frames)) == (60, 30)
    first, _ = load_parts(
        job_folder(tmp_path, short), load_state(job_folder(tmp_path, short)).n_parts
    )
    assert np.array_equal(centres[:30], first)
