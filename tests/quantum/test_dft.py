from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from electrolyte_ml.quantum.computation import read_molecules
from electrolyte_ml.quantum.dft import RELAXED, DftProtocol, dft_row
from electrolyte_ml.quantum.geometry import molecule
from electrolyte_ml.quantum.shipped import shipped_dft_rows, shipped_rows
from electrolyte_ml.quantum.table import XtbProtocol, read_rows


def test_key_depends_on_the_functional_and_on_the_structures():
    base = DftProtocol()
    other = replace(base, structures=replace(XtbProtocol(), seed=8))
    keys = {base.key, replace(base, functional="b3lyp").key, other.key}
    assert len(keys) == 3
    assert XtbProtocol().key not in keys


def test_relaxed_ions_are_another_protocol_and_the_first_keeps_its_key():
    # The key of shipped rows: a new setting must not orphan them.
    assert DftProtocol().key == "dft-1-9dc28f41"
    assert RELAXED.key == "dft-3-dab2c75b"
    assert replace(RELAXED, anion=None).key != RELAXED.key


def test_no_shipped_ion_rises_as_it_is_relaxed():
    path = files("electrolyte_ml.quantum").joinpath("tables", "dft_limits.csv")
    table = read_rows(Path(str(path)))
    before = {row.smiles: row for row in table if row.protocol == DftProtocol().key}
    rows = [row for row in table if row.protocol == RELAXED.key]
    assert len(rows) >= 51
    known = [(row, before[row.smiles]) for row in rows if row.smiles in before]
    for row, unrelaxed in known:
        assert row.oxidation_limit_v <= unrelaxed.oxidation_limit_v
        assert row.reduction_limit_v >= unrelaxed.reduction_limit_v - 1e-3
    assert sum(row.oxidation_limit_v < old.oxidation_limit_v for row, old in known) > 40
    assert sum(row.reduction_limit_v > old.reduction_limit_v for row, old in known) > 40


def test_models_see_relaxed_ions_of_molecules_and_the_one_row_of_an_anion():
    rows = shipped_dft_rows()
    assert len({row.smiles for row in rows}) == len(rows)
    neutral = [row for row in rows if row.charge == 0]
    assert len(neutral) >= 51
    assert {row.protocol for row in neutral} == {RELAXED.key}
    anions = {row.protocol for row in rows if row.charge < 0}
    assert anions == {DftProtocol().key}


@pytest.mark.slow
def test_ions_relaxed_with_the_functional_are_not_above_those_of_tight_binding():
    pytest.importorskip("tblite", reason="tblite is not installed")
    pytest.importorskip("pyscf", reason="PySCF is not installed")
    subject = molecule("COC=O")
    before, after = dft_row(subject, DftProtocol()), dft_row(subject, RELAXED)
    assert after.failure == ""
    assert after.oxidation_limit_v < before.oxidation_limit_v
    # The electron bends the ester group, which tight binding leaves flat.
    assert after.reduction_limit_v > before.reduction_limit_v + 0.2


@pytest.mark.slow
def test_water_is_hard_to_oxidise_and_to_reduce():
    pytest.importorskip("tblite", reason="tblite is not installed")
    pytest.importorskip("pyscf", reason="PySCF is not installed")
    row = dft_row(molecule("O"), DftProtocol())
    assert row.failure == ""
    assert row.oxidation_limit_v == pytest.approx(8.1, abs=0.6)
    assert row.reduction_limit_v < 0


@pytest.mark.slow
def test_the_electron_of_an_ester_anion_is_not_left_in_a_diffuse_state():
    # A guess from the orbitals of the neutral molecule ends 1 to 2 V lower, above the ground state.
    pytest.importorskip("tblite", reason="tblite is not installed")
    pytest.importorskip("pyscf", reason="PySCF is not installed")
    row = dft_row(molecule("COC=O"), DftProtocol())
    assert row.reduction_limit_v == pytest.approx(-0.49, abs=0.05)
    assert row.oxidation_limit_v == pytest.approx(7.20, abs=0.05)


def test_the_shipped_table_is_of_the_listed_molecules():
    table = files("electrolyte_ml.quantum").joinpath("tables", "dft_molecules.txt")
    text = table.read_text("utf-8")
    listed = [line.split()[0] for line in text.splitlines() if not line.startswith("#")]
    molecules = [m.smiles for m in read_molecules(listed)]
    assert len(molecules) == len(listed)
    assert {row.smiles for row in shipped_dft_rows()} <= set(molecules)
    assert set(molecules) <= {row.smiles for row in shipped_rows()}
