"""Bindings of metal ions: sets of donors, the tables, and one computation."""

import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.quantum import binding_table
from electrolyte_ml.quantum.binding import Binding, BindingProtocol, compute_binding, donor_sets
from electrolyte_ml.quantum.binding_table import (
    FOLDER_VARIABLE,
    BindingRow,
    binding_row,
    compute_own,
    known_bindings,
    read_bindings,
    write_bindings,
)
from electrolyte_ml.quantum.geometry import molecule
from electrolyte_ml.species import default_catalog

LITHIUM, SODIUM = "[Li+]", "[Na+]"


@pytest.mark.parametrize(
    ("smiles", "sizes"),
    [
        ("COCCOC", [2, 1]),  # both oxygen atoms together, then one, which are alike
        ("C1CCOC1", [1]),
        ("CC#N", [1]),
        ("CCCCCC", []),
    ],
)
def test_chelates_come_first_and_equal_donors_once(smiles, sizes):
    assert [len(chosen) for chosen in donor_sets(molecule(smiles))] == sizes


def _energy(name, ion):
    catalog = default_catalog()
    found = catalog.solvent(name) if catalog.is_solvent(name) else catalog.ion(name)
    return known_bindings()[found.smiles, ion].binding_ev


def test_what_ships_is_ordered_as_chemists_expect():
    for ion in (LITHIUM, SODIUM):
        assert _energy("diglyme", ion) < _energy("DME", ion) < _energy("DMC", ion)
        assert _energy("NO3", ion) < _energy("FSI", ion)
    for name in ("EC", "PC", "DMC", "DME", "diglyme", "FSI", "TFSI", "BF4", "NO3"):
        assert _energy(name, LITHIUM) < _energy(name, SODIUM) < 0


def test_own_calculations_are_kept_and_not_repeated(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    asked = []

    def computed(smiles, ion, protocol):
        asked.append((smiles, ion))
        if smiles == "CCCCCC":
            raise InputError("no donor")
        return Binding(binding_ev=-0.5, donors="O", distance_angstrom=1.9)

    monkeypatch.setattr(binding_table, "compute_binding", computed)
    rows = compute_own(["CC(C)(C)OCC", "CCCCCC"], [LITHIUM])
    assert [row.failure for row in rows] == ["", "no donor"]
    compute_own(["CC(C)(C)OCC"], [LITHIUM])
    assert asked == [("CC(C)(C)OCC", LITHIUM), ("CCCCCC", LITHIUM)]
    assert known_bindings()["CCOC(C)(C)C", LITHIUM].binding_ev == -0.5
    assert ("CCCCCC", LITHIUM) not in known_bindings()


def test_rows_of_another_protocol_are_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    row = BindingRow(
        smiles="CCOC(C)(C)C", ion=LITHIUM, protocol="binding-0-00000000", binding_ev=-9.0
    )
    write_bindings(tmp_path / "bindings.csv", [row])
    assert read_bindings(tmp_path / "bindings.csv") == [row]
    assert ("CCOC(C)(C)C", LITHIUM) not in known_bindings()


def test_other_ions_and_single_atoms_are_refused():
    pytest.importorskip("tblite")
    with pytest.raises(InputError, match=r"\[Li\+\], \[Na\+\], given '\[K\+\]'"):
        compute_binding("O", "[K+]", BindingProtocol())
    assert "single atoms" in binding_row("[Cl-]", LITHIUM, BindingProtocol()).failure


def test_water_is_computed_as_it_was():
    pytest.importorskip("tblite")
    row = binding_row("O", LITHIUM, BindingProtocol())
    assert row.donors == "O"
    assert -1.3 < row.binding_ev < -0.5
    assert 1.7 < row.distance_angstrom < 2.1
