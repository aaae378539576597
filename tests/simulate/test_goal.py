"""Runs for a property: when they end, what they say, and that a kill loses nothing."""

import math
from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.report.simulation import check_line, outcome_lines
from electrolyte_ml.simulate import SimulationJob, compose_box, goal, preset
from electrolyte_ml.simulate.analyse import Estimate
from electrolyte_ml.simulate.checkpoint import DONE, State, load_state, save_json, save_state
from electrolyte_ml.simulate.continuing import longest_run, open_folder, take_over
from electrolyte_ml.simulate.goal import PropertyGoal, run_until
from electrolyte_ml.simulate.lengthened import Subject

TENTH = PropertyGoal(property_name="diffusion", relative_error=0.1)


class Noisy:
    """A run whose error bar falls with the square root of its length; a ps takes a second."""

    first_ps, stage, ps_per_s = 100.0, "nvt", 1.0

    def __init__(self, folder, errors=(), equilibrated=True):
        self.folder, self.length_ps, self.now = folder, 0.0, 0.0
        self.errors, self.equilibrated = list(errors), equilibrated

    def begin(self):
        pass

    def advance(self, target_ps, over):
        while self.length_ps < target_ps and not over("nvt", self.length_ps):
            self.now += 1.0
            self.length_ps += self.equilibrated

    def look(self):
        error = self.errors.pop(0) if self.errors else 5.0 / math.sqrt(self.length_ps)
        reasons = ("blocks scatter",) if error > 0.25 else ()
        held = {"Na": Estimate(value=1.0, error=error, reasons=reasons)}
        return {}, held | {"DME": Estimate(value=3.0, error=error)}


@pytest.fixture
def search(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    box = compose_box(parse_recipe("1 M NaPF6 in DME"), 300)
    subject = Subject(job=SimulationJob(composition=box, temperature_k=300.0), folder=tmp_path)

    def run(budget_s, sampler, wanted=TENTH, **options):
        monkeypatch.setattr(goal, "sampler_of", lambda *_: sampler)
        return run_until(subject, wanted, budget_s, clock=lambda: sampler.now, **options)

    return run


def test_a_run_ends_when_the_error_bar_is_small_enough(search, tmp_path):
    told = []
    outcome = search(1e9, Noisy(tmp_path / "run"), on_check=lambda *a: told.append(a))
    assert outcome.reached
    # 5 / sqrt(t) is a tenth at 2500 ps: the law finds it, and goes hardly beyond.
    assert 2500 <= outcome.checks[-1].length_ps < 2500 * 1.3
    assert [c.of for c in outcome.checks] == ["Na"] * len(outcome.checks)
    check, used, left = told[0]
    assert (check.length_ps, used) == (100.0, 100.0)
    assert left == pytest.approx(2400, rel=0.01)
    line = check_line(TENTH, check, used, left)
    assert line.startswith("100 ps: diffusion of Na 1 +- 0.5 1e-10 m2/s, 50 %; 2 min used")
    assert line.endswith("about 40 min left")


def test_blocks_that_agree_by_chance_end_no_run(search, tmp_path):
    lucky = Noisy(tmp_path / "run", errors=[0.5, 0.4, 0.02])
    outcome = search(1e9, lucky)
    assert outcome.reached
    assert len(outcome.checks) > 3


def test_a_run_ends_with_its_budget_and_says_what_is_left(search, tmp_path):
    outcome = search(700.0, Noisy(tmp_path / "run"))
    assert not outcome.reached
    assert outcome.used_s == pytest.approx(700.0, abs=1.0)
    assert outcome.left_s == pytest.approx(1800.0, rel=0.02)
    assert outcome.checks[-1].length_ps == pytest.approx(700.0, abs=1.0)
    # Another run goes on with what the first one knew.
    second = Noisy(tmp_path / "run")
    second.length_ps = outcome.checks[-1].length_ps
    again = search(10.0, second)
    assert [c.length_ps for c in again.checks[: len(outcome.checks)]] == [
        c.length_ps for c in outcome.checks
    ]


def test_what_is_not_converged_is_refused_with_the_reason(search, tmp_path):
    outcome = search(
        120.0, Noisy(tmp_path / "run"), PropertyGoal(property_name="density", relative_error=0.5)
    )
    assert not outcome.reached
    held = outcome.to_dict()["goal"]
    assert held["checks"][-1]["reasons"] == ("blocks scatter",)
    never = search(50.0, Noisy(tmp_path / "run2", equilibrated=False))
    assert never.result is None
    assert list(outcome_lines(never)) == [
        "the budget ended in stage nvt, before any diffusion was recorded; "
        "the same command continues"
    ]


def test_impossible_goals_are_refused(tmp_path):
    with pytest.raises(InputError, match="diffusion, conductivity"):
        PropertyGoal(property_name="colour", relative_error=0.1)
    with pytest.raises(InputError, match="below 100 %"):
        PropertyGoal(property_name="density", relative_error=1.5)
    box = compose_box(parse_recipe("PC"), 300)
    subject = Subject(job=SimulationJob(composition=box, temperature_k=300.0), folder=tmp_path)
    with pytest.raises(InputError, match="add a salt"):
        run_until(subject, PropertyGoal(property_name="conductivity", relative_error=0.1), 1.0)
    assert not list(tmp_path.iterdir())


def job_of(nvt_ps, **changes):
    protocol, _ = preset("smoke")
    box = compose_box(parse_recipe("1 M NaPF6 in DME"), 300)
    return SimulationJob(
        composition=box,
        temperature_k=300.0,
        protocol=replace(protocol, nvt_ps=nvt_ps),
        **changes,
    )


def finished(folder, job, n_parts=2):
    own = folder / "jobs" / job.key
    own.mkdir(parents=True)
    save_json(own / "job.json", job.to_dict())
    for index in range(n_parts):
        (own / f"part-{index:05d}.npz").write_bytes(bytes([index]))
    state = State(
        stage=DONE,
        done_ps=0.0,
        positions_nm=np.zeros((3, 3)),
        velocities_nm_ps=np.zeros((3, 3)),
        length_nm=2.0,
        n_parts=n_parts,
        volumes_nm3=np.ones(4),
        wall_s=1.0,
    )
    save_state(own, state)
    return own


def test_a_longer_run_continues_the_longest_shorter_one(tmp_path):
    for length in (10.0, 40.0, 90.0):
        last = finished(tmp_path, job_of(length))
    finished(tmp_path, job_of(60.0, seed=2))
    assert longest_run(job_of(1.0), tmp_path).length_ps == 90.0
    found = longest_run(job_of(50.0), tmp_path, 50.0)
    assert found.length_ps == 40.0
    own = open_folder(tmp_path, job_of(50.0), "nvt")
    assert own == open_folder(tmp_path, job_of(7.0), "nvt")
    assert own != open_folder(tmp_path, job_of(7.0, seed=2), "nvt")
    take_over(found, own)
    state = load_state(own)
    assert (state.stage, state.done_ps, state.n_parts) == ("nvt", 40.0, 2)
    assert (own / "part-00001.npz").read_bytes() == b"\x01"
    # What it becomes is no business of the run it came from.
    assert load_state(found.folder).stage == DONE
    # A job whose force field has changed since has another key.
    last.rename(last.with_name("0" * 16))
    assert longest_run(job_of(1.0), tmp_path).length_ps == 40.0
