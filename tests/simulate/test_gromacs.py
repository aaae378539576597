"""Dynamics by GROMACS; what needs the program is skipped, with the reason, where it is missing."""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

mm = pytest.importorskip("openmm", reason="the extra md (OpenMM) is not installed")

from electrolyte_ml.errors import InputError  # noqa: E402
from electrolyte_ml.formulation import parse_recipe  # noqa: E402
from electrolyte_ml.simulate import SimulationJob, compose_box, gromacs, preset  # noqa: E402
from electrolyte_ml.simulate.box import box_length_nm, pack  # noqa: E402
from electrolyte_ml.simulate.campaign import SimulationCampaign, run_campaign  # noqa: E402
from electrolyte_ml.simulate.checkpoint import State, load_parts, load_state  # noqa: E402
from electrolyte_ml.simulate.dynamics import SimulationError, StagedJob  # noqa: E402
from electrolyte_ml.simulate.engine import run_stages  # noqa: E402
from electrolyte_ml.simulate.gromacs import (  # noqa: E402
    GromacsDynamics,
    coordinates,
    gromacs_version,
    parameters,
    read_trr,
    remove_left_runs,
    topology,
)
from electrolyte_ml.simulate.platforms import PlatformError  # noqa: E402
from electrolyte_ml.simulate.running import job_folder, run_job  # noqa: E402
from electrolyte_ml.simulate.system import build_system  # noqa: E402

no_gromacs = pytest.mark.skipif(shutil.which("gmx") is None, reason="GROMACS is not installed")


def needs_gromacs(test):
    return pytest.mark.slow(no_gromacs(test))


def short_job(recipe="1 M NaTFSI in EC:DMC 1:1 w/w"):
    protocol, _ = preset("smoke")
    lengths = {"hot_ps": 0.8, "equilibrate_ps": 0.4, "npt_ps": 0.4, "settle_ps": 0.4, "nvt_ps": 1.2}
    protocol = replace(protocol, **lengths, sample_ps=0.04, frame_ps=0.08, checkpoint_s=0.0)
    box = compose_box(parse_recipe(recipe), 700)
    return SimulationJob(composition=box, temperature_k=330.0, protocol=protocol)


def packed(job, density_g_cm3=1.0):
    """A state with a relaxed, loose box."""
    layout = job.layout()
    templates = [(b.template, b.count) for b in layout.blocks]
    length = box_length_nm(templates, density_g_cm3)
    system = build_system(layout, length, job.protocol.options)
    context = mm.Context(
        system, mm.VerletIntegrator(0.001), mm.Platform.getPlatformByName("CPU"), {"Threads": "1"}
    )
    context.setPositions(pack(templates, length, 1))
    mm.LocalEnergyMinimizer.minimize(context, maxIterations=200)
    positions = context.getState(getPositions=True).getPositions(asNumpy=True)._value
    return State(
        stage="settle",
        done_ps=0.0,
        positions_nm=positions,
        velocities_nm_ps=np.zeros_like(positions),
        length_nm=length,
        n_parts=0,
        volumes_nm3=np.zeros(0),
        wall_s=0.0,
    )


def staged_of(job, state, folder, stage=3):
    return StagedJob(
        job=job,
        layout=job.layout(),
        stage=job.protocol.stages(job.temperature_k)[stage],
        state=state,
        folder=folder,
    )


@needs_gromacs
# Torsions, improper torsions, both rules for atoms three bonds apart, scaled charges.
@pytest.mark.parametrize("recipe", ["1 M NaTFSI in EC:DMC 1:1 w/w", "1 M LiFSI in Pyr13FSI"])
def test_forces_are_those_of_openmm(recipe, tmp_path, monkeypatch):
    # Sums so sharp that what is left are the terms of the force field.
    monkeypatch.setattr(gromacs, "_MESH_COARSER", 0.6)
    job = short_job(recipe)
    options = replace(job.protocol.options, ewald_tolerance=1e-6)
    job = replace(job, protocol=replace(job.protocol, options=options))
    state, layout = packed(job), job.layout()
    # Two molecules in other images of the box, as diffusion leaves them.
    moved = np.zeros((layout.n_molecules, 3))
    moved[[0, 3]] = state.length_nm * np.array([[2, 0, -1], [0, -3, 0]])
    state = replace(state, positions_nm=state.positions_nm + layout.of_atoms(moved))
    staged = staged_of(job, state, tmp_path)
    text = parameters(staged, 0, 1).replace("nstvout = 0", "nstvout = 1\nnstfout = 1")
    (tmp_path / "box.top").write_text(topology(layout, options))
    (tmp_path / "run.mdp").write_text(text)
    (tmp_path / "box.gro").write_text(
        coordinates(layout, state.positions_nm, state.velocities_nm_ps, state.length_nm)
    )
    for command in (
        "grompp -f run.mdp -c box.gro -p box.top -o run.tpr -maxwarn 30",
        "mdrun -s run.tpr -o run.trr -ntmpi 1 -ntomp 1",
    ):
        subprocess.run(["gmx", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    (frame,) = read_trr(tmp_path / "run.trr")
    assert frame.box[0, 0] == pytest.approx(state.length_nm, abs=1e-6)
    system = build_system(layout, state.length_nm, options)
    context = mm.Context(
        system, mm.VerletIntegrator(0.001), mm.Platform.getPlatformByName("CPU"), {"Threads": "1"}
    )
    context.setPositions(state.positions_nm)
    expected = context.getState(getForces=True).getForces(asNumpy=True)._value
    # A wrong term would show in some atom: forces are hundreds of kJ/mol/nm in a liquid.
    assert np.abs(frame.f - expected).max() < 0.2


@needs_gromacs
def test_a_job_runs_is_stopped_and_goes_on_with_another_platform(tmp_path):
    job = short_job()
    folder = job_folder(tmp_path, job)

    def half(stage, done_ps):
        return stage == "nvt" and done_ps > 0.5

    state = run_stages(job, folder, platform="gromacs", stop=half)
    assert (state.stage, state.platform[:7]) == ("nvt", "GROMACS")
    assert 0.5 < state.done_ps < 1.2
    assert len(state.volumes_nm3) == 10
    # No files of the runs stay.
    assert not list(folder.glob("gromacs-*"))
    result = run_job(job, tmp_path)
    assert result["platform"] == "OpenMM CPU"
    centres, frames = load_parts(folder, load_state(folder).n_parts)
    assert (len(centres), len(frames)) == (30, 15)
    # Molecules are followed through the faces of the box and stay whole.
    assert np.abs(np.diff(centres, axis=0)).max() < 0.2
    layout = job.layout()
    spread = frames - layout.of_atoms(centres[1::2].transpose(1, 0, 2)).transpose(1, 0, 2)
    assert np.abs(spread).max() < 0.7
    # Hydrogens keep their distances.
    template, first = layout.blocks[0].template, layout.blocks[0].first_atom
    bonds = [b for b in template.bonds if template.atoms[b[1]].element == "H"]
    for i, j, length, _ in bonds:
        found = np.linalg.norm(frames[:, first + i] - frames[:, first + j], axis=1)
        assert found == pytest.approx(length, abs=2e-4)


@needs_gromacs
def test_the_liquid_is_as_warm_as_asked(tmp_path):
    job = short_job()
    dynamics = GromacsDynamics(staged_of(job, packed(job), tmp_path))
    samples = []
    while len(samples) < 60:
        samples += dynamics.advance(60 - len(samples))
    velocities = dynamics.phase_space()["velocities_nm_ps"]
    system = build_system(job.layout(), 3.0, job.protocol.options)
    masses = np.array([system.getParticleMass(i)._value for i in range(system.getNumParticles())])
    freedoms = 3 * len(masses) - system.getNumConstraints()
    kelvin = (masses[:, None] * velocities**2).sum() / freedoms / 8.31446e-3
    dynamics.close()
    # Started at rest, with a friction of 1/ps; one standard deviation is 5 %.
    assert kelvin == pytest.approx(330.0 * (1 - np.exp(-2 * 2.4)), rel=0.2)
    assert all(s.positions_nm is None for s in samples)


@needs_gromacs
def test_runs_draw_other_random_numbers_and_left_files_are_removed(tmp_path, monkeypatch):
    # As clusters do.
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    job = short_job()
    state = packed(job)
    dynamics = GromacsDynamics(staged_of(job, state, tmp_path))
    dynamics.advance(1)
    first = (dynamics._files / "run.mdp").read_text()
    held = dynamics.phase_space()
    dynamics.advance(1)
    assert (dynamics._files / "run.mdp").read_text() != first
    # The second run began where the first one ended.
    begun = read_trr(dynamics._files / "run.trr")[0]
    assert begun.v == pytest.approx(held["velocities_nm_ps"], abs=1e-6)
    apart = (begun.x - held["positions_nm"]) / state.length_nm
    assert np.abs(apart - np.round(apart)).max() < 1e-6
    dynamics.close()
    assert not list(tmp_path.glob("gromacs-*"))
    seeds = set()
    for stage in (3, 4):
        other = GromacsDynamics(staged_of(job, state, tmp_path, stage))
        seeds.add(other._seed())
        other.close()
    assert len(seeds) == 2


def test_what_a_killed_run_left_is_removed(tmp_path):
    (tmp_path / "gromacs-killed").mkdir()
    (tmp_path / "gromacs-killed" / "run.trr").write_text("")
    remove_left_runs(tmp_path)
    assert not list(tmp_path.iterdir())


@needs_gromacs
def test_only_constant_volume_and_samples_that_can_be_followed(tmp_path):
    job = short_job()
    state = packed(job)
    with pytest.raises(InputError, match="not at constant volume"):
        GromacsDynamics(staged_of(job, state, tmp_path, 2))
    protocol = replace(job.protocol, sample_ps=20.0, frame_ps=20.0)
    with pytest.raises(InputError, match="sample_ps is at most 10 ps, given 20"):
        GromacsDynamics(staged_of(replace(job, protocol=protocol), state, tmp_path))


@needs_gromacs
def test_a_box_hardly_larger_than_two_cutoffs_runs(tmp_path):
    job = short_job("1 M NaPF6 in AN")
    state = packed(job, density_g_cm3=0.75)
    options = replace(job.protocol.options, cutoff_nm=state.length_nm / 2 / 1.015)
    job = replace(job, protocol=replace(job.protocol, options=options))
    dynamics = GromacsDynamics(staged_of(job, state, tmp_path))
    assert len(dynamics.advance(1)) == 1
    dynamics.close()


@needs_gromacs
def test_a_box_that_is_too_small_and_a_failure_are_told(tmp_path):
    job = short_job()
    tight = replace(packed(job), length_nm=1.7)
    dynamics = GromacsDynamics(staged_of(job, tight, tmp_path))
    with pytest.raises(SimulationError, match=r"stage settle; simulate more atoms than"):
        dynamics.advance(1)
    dynamics.close()
    hot = replace(packed(job), velocities_nm_ps=np.full((job.layout().n_atoms, 3), 1e4))
    hot.velocities_nm_ps[::2] *= -1
    dynamics = GromacsDynamics(staged_of(job, hot, tmp_path))
    with pytest.raises(SimulationError, match=r"GROMACS failed in stage settle: atoms fly apart"):
        dynamics.advance(1)
    dynamics.close()


def test_without_the_program_the_error_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlatformError, match="apt-get install gromacs"):
        run_stages(short_job(), tmp_path / "job", platform="gromacs")
    with pytest.raises(PlatformError, match="apt-get install gromacs"):
        run_campaign(
            SimulationCampaign(name="one", jobs=()), tmp_path, after_each=None, platform="gromacs"
        )
    # Nothing was packed.
    assert not (tmp_path / "job").exists()


def test_the_version_is_read_from_what_the_program_says(tmp_path):
    for told, expected in (
        ("GROMACS version:    2022.5-Debian_2022.5_2", "2022.5"),
        ("GROMACS version:    VERSION 2019.1", "2019.1"),
        ("something else", ""),
    ):
        program = tmp_path / f"gmx-{expected}"
        program.write_text(f"#!/bin/sh\necho '{told}'\n")
        program.chmod(0o755)
        assert gromacs_version(program) == expected
