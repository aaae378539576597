import pytest

pytest.importorskip("tblite", reason="tblite is not installed")

from electrolyte_ml.quantum.computation import compute_table, read_molecules, xtb_compute
from electrolyte_ml.quantum.geometry import molecule
from electrolyte_ml.quantum.limits import BareAtomError, compute_limits, relaxed_structures
from electrolyte_ml.quantum.table import XtbProtocol
from electrolyte_ml.quantum.xtb import Surface


def limits(smiles):
    return compute_limits(molecule(smiles), XtbProtocol())


def test_limits_of_ethylene_carbonate_are_those_of_the_recipe():
    # Frozen at the values the recipe gave when it was validated; the program may move them a bit.
    found = limits("O=C1OCCO1")
    assert found.oxidation_limit_v == pytest.approx(6.97, abs=0.05)
    assert found.reduction_limit_v == pytest.approx(-1.22, abs=0.05)
    assert found.oxidation_bonds == found.reduction_bonds == ()


def test_an_ether_is_oxidised_before_a_nitrile():
    assert limits("COC").oxidation_limit_v < limits("CC#N").oxidation_limit_v - 1


def test_relaxation_lowers_the_ionisation_and_raises_the_affinity():
    found = limits("COC(C)=O")
    assert found.relaxation_ev < 0
    assert found.reduction_limit_v > found.vertical_reduction_v


def test_the_bond_that_reduction_breaks_is_named():
    assert limits("COCCOC").reduction_bonds == ("C-O broken",)


def test_an_anion_is_oxidised_and_not_reduced():
    found = limits("F[B-](F)(F)F")
    assert found.oxidation_limit_v > 8
    assert found.reduction_limit_v is None


def test_a_single_atom_is_refused_with_what_to_do():
    with pytest.raises(BareAtomError, match="--dft"):
        limits("[Cl-]")


def test_one_atom_needs_no_relaxation():
    structures = relaxed_structures(molecule("[Cl-]"), XtbProtocol())
    assert structures.reduced is None
    assert structures.neutral.positions == pytest.approx(structures.oxidised.positions)


def test_relaxation_lowers_the_energy():
    from electrolyte_ml.quantum.geometry import conformers, softness

    subject, protocol = molecule("COC"), XtbProtocol()
    start = conformers(subject, protocol)[0]
    surface = Surface(subject, start, solvent="acetonitrile")
    relaxed = surface.relax(softness(subject, start), protocol)
    assert relaxed.energy_ev <= Surface(subject, start, solvent="acetonitrile").energy_ev()


def test_a_molecule_that_fails_does_not_stop_the_others(tmp_path):
    protocol = XtbProtocol(max_steps=1, gradient_tolerance=1e-6)
    rows = compute_table(
        read_molecules(["COCCOC", "[Cl-]"]), protocol.key, xtb_compute(protocol), tmp_path / "t.csv"
    )
    assert "relaxation stopped" in rows[0].failure
    assert "single atoms" in rows[1].failure
