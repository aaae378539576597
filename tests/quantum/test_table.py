import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.errors import (
    InputErrors,
    MissingDependencyError,
    TableError,
    WorkerDiedError,
)
from electrolyte_ml.quantum.computation import compute_table, filled_row, read_molecules
from electrolyte_ml.quantum.limits import ComputedLimits
from electrolyte_ml.quantum.table import LimitRow, read_rows, write_rows

PROTOCOL = "test-1"
BOND = st.sampled_from(["C-O broken", "H-O formed", "C-C broken"])
VOLTS = st.none() | st.floats(-20, 20).map(lambda v: round(v, 4))
ROWS = st.builds(
    LimitRow,
    inchikey=st.sampled_from(["A-N", "B-N"]),
    smiles=st.sampled_from(["CC", "O=C1OCCO1"]),
    charge=st.sampled_from([0, -1]),
    protocol=st.just(PROTOCOL),
    oxidation_limit_v=VOLTS,
    reduction_limit_v=VOLTS,
    relaxation_ev=VOLTS,
    reduction_bonds=st.lists(BOND, max_size=2).map(tuple),
    failure=st.sampled_from(["", "did not converge, at all"]),
)


def blank(subject):
    return LimitRow(
        inchikey=subject.inchikey, smiles=subject.smiles, charge=subject.charge, protocol=PROTOCOL
    )


def heavy_atoms(subject):
    """Stands for a calculation: as many volts as heavy atoms."""
    return LimitRow(
        inchikey=subject.inchikey,
        smiles=subject.smiles,
        charge=subject.charge,
        protocol=PROTOCOL,
        oxidation_limit_v=float((subject.numbers > 1).sum()),
    )


@given(rows=st.lists(ROWS, max_size=5))
def test_table_reads_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "limits.csv"
    write_rows(path, rows)
    assert read_rows(path) == rows
    assert [p.name for p in path.parent.iterdir()] == ["limits.csv"]


def test_all_bad_rows_are_named(tmp_path):
    path = tmp_path / "limits.csv"
    write_rows(path, [blank(m) for m in read_molecules(["C", "CC", "CCC"])])
    lines = path.read_text().splitlines()
    for i in (1, 3):
        lines[i] = lines[i].replace(f",{PROTOCOL},", f",{PROTOCOL},high")
    path.write_text("\n".join(lines))
    with pytest.raises(TableError) as caught:
        read_rows(path)
    assert [m.split(":")[0].rpartition(" ")[2] for m in caught.value.messages] == ["2", "4"]


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("name,value\nEC,1\n")
    with pytest.raises(TableError, match="inchikey"):
        read_rows(path)


@pytest.mark.parametrize("parallel", [False, True])
def test_what_is_in_the_table_is_not_computed_again(tmp_path, parallel):
    path = tmp_path / "limits.csv"
    calls = []

    def compute(subject):
        calls.append(subject.smiles)
        return heavy_atoms(subject)

    def run(smiles):
        molecules = read_molecules(smiles)
        if not parallel:
            return compute_table(molecules, PROTOCOL, compute, path)
        with ThreadPoolExecutor(2) as executor:
            return compute_table(molecules, PROTOCOL, compute, path, executor=executor)

    run(["CC", "CCO"])
    rows = run(["C", "OCC", "CC"])
    assert sorted(calls) == ["C", "CC", "CCO"]
    assert [(r.smiles, r.oxidation_limit_v) for r in rows] == [("C", 1), ("CCO", 3), ("CC", 2)]
    assert len(read_rows(path)) == 3


def test_a_molecule_that_kills_its_worker_is_a_row_with_the_reason(tmp_path):
    def compute(subject):
        if subject.smiles == "CC":
            raise WorkerDiedError("the process died")
        return heavy_atoms(subject)

    molecules = read_molecules(["C", "CC", "CCC"])
    rows = compute_table(molecules, PROTOCOL, compute, tmp_path / "limits.csv")
    assert [row.failure for row in rows] == ["", "the process died", ""]
    assert len(read_rows(tmp_path / "limits.csv")) == 3


def test_an_interrupted_run_keeps_what_was_done(tmp_path):
    path = tmp_path / "limits.csv"

    def compute(subject):
        if subject.smiles == "CCC":
            raise KeyboardInterrupt
        return heavy_atoms(subject)

    with pytest.raises(KeyboardInterrupt):
        compute_table(read_molecules(["C", "CC", "CCC"]), PROTOCOL, compute, path)
    assert [r.smiles for r in read_rows(path)] == ["C", "CC"]


@pytest.mark.parametrize("cut", [3, 12, 20])
def test_a_line_cut_short_is_not_a_row(tmp_path, cut):
    path = tmp_path / "limits.csv"
    rows = [blank(m) for m in read_molecules(["C", "CC", "CCC"])]
    write_rows(path, rows)
    path.write_text(path.read_text()[:-cut])
    assert read_rows(path) == rows[:-1]
    compute_table(read_molecules(["CCC"]), PROTOCOL, blank, path)
    assert read_rows(path) == rows


def test_a_whole_last_line_needs_no_end(tmp_path):
    path = tmp_path / "limits.csv"
    rows = [blank(m) for m in read_molecules(["C", "CC"])]
    write_rows(path, rows)
    path.write_text(path.read_text().rstrip("\n"))
    assert read_rows(path) == rows


KILLED = """
import sys, time
from pathlib import Path
from electrolyte_ml.quantum.computation import compute_table, read_molecules
from electrolyte_ml.quantum.table import LimitRow

def compute(subject):
    time.sleep(0.02)
    return LimitRow(
        inchikey=subject.inchikey, smiles=subject.smiles, charge=0, protocol="test-1"
    )

def after_each(row, done, total):
    print(row.smiles, flush=True)

molecules = read_molecules("C" * n for n in range(1, 60))
compute_table(molecules, "test-1", compute, Path(sys.argv[1]), after_each=after_each)
"""


def test_killed_in_the_middle_it_resumes_with_nothing_lost(tmp_path):
    path = tmp_path / "limits.csv"
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        told = [first.stdout.readline().strip() for _ in range(5)]
        first.send_signal(signal.SIGKILL)
        told += first.stdout.read().split()
    assert first.returncode == -signal.SIGKILL
    kept = [row.smiles for row in read_rows(path)]
    assert 5 <= len(kept) < 59
    # The row under way may be in the table and not yet told; none that was told is missing.
    assert kept[: len(told)] == told
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout.split() == ["C" * n for n in range(len(kept) + 1, 60)]
    assert [row.smiles for row in read_rows(path)] == ["C" * n for n in range(1, 60)]


def test_another_protocol_is_computed_anew_beside_the_old(tmp_path):
    path = tmp_path / "limits.csv"
    old = LimitRow(
        inchikey=read_molecules(["CC"])[0].inchikey, smiles="CC", charge=0, protocol="other"
    )
    write_rows(path, [old])
    compute_table(read_molecules(["CC"]), PROTOCOL, heavy_atoms, path)
    assert [r.protocol for r in read_rows(path)] == ["other", PROTOCOL]


def test_a_failure_is_a_row_with_its_reason():
    def compute():
        raise RuntimeError("SCF not\nconverged")

    row = filled_row(blank(read_molecules(["CC"])[0]), compute)
    assert row.failure == "SCF not converged"
    assert row.oxidation_limit_v is None


def test_an_absent_program_is_no_property_of_the_molecule():
    def compute():
        raise MissingDependencyError("pip install it")

    with pytest.raises(MissingDependencyError):
        filled_row(blank(read_molecules(["CC"])[0]), compute)


def test_values_arrive_in_the_row():
    limits = ComputedLimits(
        oxidation_limit_v=6.0,
        reduction_limit_v=-1.0,
        vertical_reduction_v=-2.0,
        gas_ionisation_ev=9.0,
        solvation_ev=-2.0,
        relaxation_ev=-0.5,
        highest_occupied_ev=-11.0,
        lowest_empty_ev=-1.0,
        oxidation_bonds=(),
        reduction_bonds=("C-O broken",),
    )
    row = filled_row(blank(read_molecules(["CC"])[0]), lambda: limits)
    assert (row.oxidation_limit_v, row.reduction_bonds) == (6.0, ("C-O broken",))


def test_all_bad_molecules_are_named():
    with pytest.raises(InputErrors) as caught:
        read_molecules(["CC", "[Na+]", "not a molecule", "C(C"])
    assert len(caught.value.messages) == 3


def test_a_molecule_written_twice_is_one():
    assert len(read_molecules(["OCC", "CCO"])) == 1
