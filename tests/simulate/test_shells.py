"""First shells: cutting them out of boxes, and the table that continues."""

from dataclasses import replace

import numpy as np
import pytest

from electrolyte_ml.errors import InputError, MissingDependencyError, TableError
from electrolyte_ml.quantum.shells import MemberLimits, ShellLimits, ShellProtocol
from electrolyte_ml.simulate import shells as module
from electrolyte_ml.simulate.analyse.shells import cut_shell, sample_shells, shell_radius_nm
from electrolyte_ml.simulate.shells import (
    ShellRow,
    ShellTask,
    compute_shells,
    read_shells,
    write_shells,
)
from electrolyte_ml.simulate.snapshots import Snapshots

LENGTH_NM = 2.0
# A cation at the lower edge of the box; formaldehyde whose atoms lie on both sides of that edge;
# another one a whole box away; a fluoride in touch above; formaldehyde in the middle of the box.
SPECIES = ("Na", "CH2O", "CH2O", "F", "CH2O")
ELEMENTS = ("Na", *("C", "O", "H", "H") * 2, "F", "C", "O", "H", "H")
OWNERS = (0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 4, 4, 4)
ALONG_X = np.array([[0.12, 0, 0], [0, 0, 0], [0.18, 0.09, 0], [0.18, -0.09, 0]])


def box():
    """One frame, by hand."""
    frame = np.concatenate(
        [
            [[0.05, 1.0, 1.0]],
            np.array([1.82, 1.0, 1.0]) - ALONG_X,  # oxygen 0.23 nm below, across the edge
            np.array([0.05, 1.25 + LENGTH_NM, 1.0]) + ALONG_X[:, [1, 0, 2]],  # 0.25 nm, a box on
            [[0.05, 1.0, 1.24 - LENGTH_NM]],  # 0.24 nm, a box below
            np.array([1.0, 1.0, 1.0]) + ALONG_X,
        ]
    )
    return Snapshots(
        positions_nm=frame[None].astype(np.float32),
        time_ps=np.array([5.0]),
        box_nm=LENGTH_NM * np.eye(3),
        element=np.array(ELEMENTS),
        molecule=np.array(OWNERS),
        species=np.array(SPECIES),
        smiles=np.array(["[Na+]", "C=O", "C=O", "[F-]", "C=O"]),
        charge_e=np.array([1, 0, 0, -1, 0]),
        temperature_k=300.0,
    )


def test_members_are_whole_and_near_wherever_the_edge_runs():
    shell = cut_shell(box(), 0, 0, 0.32)
    assert [m.name for m in shell.members] == ["Na", "CH2O", "F", "CH2O"]
    assert [m.distance_nm for m in shell.members] == pytest.approx([0, 0.23, 0.24, 0.25], abs=1e-6)
    below, fluoride, above = shell.members[1:]
    oxygen, carbon = below.positions_nm[1], below.positions_nm[0]
    assert oxygen == pytest.approx([-0.23, 0, 0], abs=1e-6)
    assert carbon == pytest.approx([-0.35, 0, 0], abs=1e-6)
    assert fluoride.positions_nm == pytest.approx(np.array([[0, 0, 0.24]]), abs=1e-6)
    assert above.positions_nm[0] == pytest.approx([0, 0.37, 0], abs=1e-6)
    assert shell.members[0].positions_nm == pytest.approx(np.zeros((1, 3)))


def test_charge_and_label_count_every_member():
    assert cut_shell(box(), 0, 0, 0.32).charge == 0
    assert cut_shell(box(), 0, 0, 0.32).label == "Na + 2 CH2O + F"
    assert cut_shell(box(), 0, 0, 0.235).charge == 1
    assert cut_shell(box(), 0, 0, 0.235).label == "Na + CH2O"


def test_only_a_cation_has_a_shell():
    with pytest.raises(InputError, match="CH2O is no cation"):
        cut_shell(box(), 0, 1, 0.32)
    with pytest.raises(InputError, match="here are none"):
        shell_radius_nm(replace(box(), charge_e=np.zeros(5)))


def test_the_radius_is_the_minimum_between_the_shells():
    frames = []
    for distance in np.linspace(0.21, 0.27, 40):
        frame = box().positions_nm[0].copy()
        frame[9] = [0.05, 1.0, 1.0 + distance]
        frame[10:] += np.array([0.05 + 0.42 - 1.0, 0, 0])  # a second shell at 0.42 nm
        frames.append(frame)
    held = replace(box(), positions_nm=np.array(frames), time_ps=np.arange(40.0))
    assert 0.28 < shell_radius_nm(held) < 0.41
    # One distance alone, near and far alike, has no minimum: the usual radius.
    flat = []
    for distance in np.linspace(0.2, 0.52, 65):
        frame = box().positions_nm[0].copy()
        frame[[1, 2, 3, 4, 5, 6, 7, 8]] += np.array([0.9, 0, 0])
        frame[9] = [0.05, 1.0, 1.0 + distance]
        flat += [frame] * round(1000 * distance**2)
    held = replace(box(), positions_nm=np.array(flat), time_ps=np.arange(float(len(flat))))
    assert shell_radius_nm(held) == 0.32


def test_samples_are_spread_over_the_time_and_end_with_the_last_frame():
    held = replace(
        box(), positions_nm=np.repeat(box().positions_nm, 10, axis=0), time_ps=np.arange(1.0, 11)
    )
    assert [s.time_ps for s in sample_shells(held, 5, 0.32)] == [2, 4, 6, 8, 10]
    assert len(list(sample_shells(held, 99, 0.32))) == 10


def task(centre):
    blank = ShellRow(
        recipe="1 m NaF in CH2O",
        cation="Na",
        temperature_k=300.0,
        job="abc",
        seed=1,
        time_ps=12345.0,
        centre=centre,
        shell="Na + 2 CH2O + F",
        shell_charge=0,
        radius_nm=0.32,
        protocol=ShellProtocol().key,
    )
    per_cation = {"Na": 1.0, "CH2O": 3.0, "F": 1.0}
    return ShellTask(blank=blank, shell=cut_shell(box(), 0, 0, 0.32), per_cation=per_cation)


LIMITS = ShellLimits(
    oxidation_v=6.0,
    reduction_v=-1.0,
    members=tuple(
        MemberLimits(
            oxidation_shift_v=0.1 * k,
            reduction_shift_v=None if k == 2 else 0.2,
            oxidation_shift_alpb_v=0.1,
            reduction_shift_alpb_v=None if k == 2 else 0.2,
            alone_oxidation_v=7.0,
            alone_reduction_v=None if k == 2 else -2.0,
            hole_share=0.3,
            electron_share=0.3,
        )
        for k in (1, 2, 3)
    ),
)


@pytest.fixture
def computed(monkeypatch):
    """Counts the shells that are computed, without tight binding; the third one is interrupted."""
    calls = []

    def limits(shell, protocol):
        calls.append(shell)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return LIMITS

    monkeypatch.setattr(module, "shell_limits", limits)
    monkeypatch.setattr(module, "import_optional", lambda _: None)
    return calls


def test_a_killed_run_continues_and_computes_nothing_twice(computed, tmp_path):
    path, tasks = tmp_path / "shells.csv", [task(k) for k in range(4)]
    with pytest.raises(KeyboardInterrupt):
        compute_shells(tasks, path)
    assert {row.centre for row in read_shells(path)} == {0, 1}
    counted = []
    rows = compute_shells(tasks, path, after_each=lambda *found: counted.append(found[1]))
    assert len(computed) == 5  # two, the interrupted one, and the two that were left
    assert counted == [3, 4]
    assert [row.centre for row in rows] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert read_shells(path) == rows
    assert [row.name for row in rows[:3]] == ["CH2O", "F", "CH2O"]
    assert rows[1].reduction_shift_v is None
    assert rows[1].per_cation == 1.0


def test_a_shell_that_fails_says_why_and_the_others_go_on(monkeypatch, tmp_path):
    def limits(shell, protocol):
        raise RuntimeError("no\nconvergence")

    monkeypatch.setattr(module, "shell_limits", limits)
    monkeypatch.setattr(module, "import_optional", lambda _: None)
    rows = compute_shells([task(0), task(1)], tmp_path / "shells.csv")
    assert [row.failure for row in rows] == ["no convergence"] * 2


def test_what_is_not_installed_is_no_fault_of_a_shell(monkeypatch, tmp_path):
    def missing(name):
        raise MissingDependencyError(name)

    monkeypatch.setattr(module, "import_optional", missing)
    with pytest.raises(MissingDependencyError):
        compute_shells([task(0)], tmp_path / "shells.csv")
    assert not (tmp_path / "shells.csv").exists()


def test_another_table_is_refused_with_what_is_wrong(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("smiles\nC\n")
    with pytest.raises(TableError, match="no table of shells: no column 'recipe'"):
        read_shells(path)
    write_shells(path, [task(0).blank])
    path.write_text(path.read_text().replace("12345.0", "soon"))
    with pytest.raises(TableError, match=r"line 2: .*soon"):
        read_shells(path)
