import numpy as np
import pytest

from electrolyte_ml.models.window import species_limits
from electrolyte_ml.models.window.limits import CALCULATION, MODEL, TABLE
from electrolyte_ml.models.window.species import FOLDER_VARIABLE, TABLE_NAME
from electrolyte_ml.quantum.shipped import shipped_dft_rows
from electrolyte_ml.quantum.table import LimitRow, XtbProtocol, write_rows
from electrolyte_ml.species.catalog import packaged_catalog

UNSEEN = "CCCCCCCOC(=O)OCC"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def window(smiles):
    return species_limits().windows([smiles])[0]


def test_a_catalog_solvent_is_in_the_table():
    found = window("O=C1OCCO1")
    assert found.oxidation.tier == found.reduction.tier == TABLE
    assert found.oxidation.low < found.oxidation.value < found.oxidation.high
    assert found.reduction.value < found.oxidation.value


def test_an_unseen_molecule_is_learned_and_less_certain():
    learned, computed = window(UNSEEN), window("CCOC(=O)OCC")
    assert learned.oxidation.tier == MODEL
    width = learned.oxidation.high - learned.oxidation.low
    assert width > computed.oxidation.high - computed.oxidation.low
    assert learned.oxidation.value == pytest.approx(computed.oxidation.value, abs=0.6)


def test_your_own_calculation_comes_before_the_model(own_folder):
    row = LimitRow(
        inchikey="X",
        smiles=UNSEEN,
        charge=0,
        protocol=XtbProtocol().key,
        oxidation_limit_v=7.0,
        reduction_limit_v=-1.0,
    )
    write_rows(own_folder / TABLE_NAME, [row])
    assert window(UNSEEN).oxidation.tier == CALCULATION


def test_a_calculation_of_another_protocol_is_not_used(own_folder):
    row = LimitRow(
        inchikey="X", smiles=UNSEEN, charge=0, protocol="xtb-0-old", oxidation_limit_v=7.0
    )
    write_rows(own_folder / TABLE_NAME, [row])
    assert window(UNSEEN).oxidation.tier == MODEL


def test_an_anion_has_no_reduction_limit_and_says_why():
    found = window("F[P-](F)(F)(F)(F)F")
    assert found.oxidation.tier == TABLE
    assert found.reduction is None
    assert "anion" in found.missing


def test_every_anion_of_the_catalog_has_a_limit_or_a_recorded_reason():
    reasons = {
        **dict.fromkeys(("Br", "I"), "calculation failed"),
        "F": "bare atom: not covered",
        # Their salts hardly dissolve: nothing was computed for them.
        **dict.fromkeys(("OH", "SO4", "CO3"), "are computed"),
    }
    anions = packaged_catalog().anions
    for anion, found in zip(
        anions, species_limits().windows([a.smiles for a in anions]), strict=True
    ):
        if found.oxidation is None:
            assert reasons.pop(anion.name) in found.missing
        else:
            assert found.oxidation.tier == TABLE
            assert 2 < found.oxidation.value < 11, anion.name
    assert not reasons


def test_anions_are_taken_from_density_functional_theory():
    theory = {row.smiles: row.oxidation_limit_v for row in shipped_dft_rows() if row.charge}
    for smiles in ("F[B-](F)(F)F", "[Cl-]"):
        assert window(smiles).oxidation.value == theory[smiles]


def test_at_least_sixty_molecules_have_density_functional_theory():
    rows = [row for row in shipped_dft_rows() if not row.failure]
    assert len(rows) >= 60
    assert len({row.key for row in rows}) == len(rows)


def test_a_failed_calculation_of_an_anion_is_its_reason(own_folder):
    smiles = "CCCCCCCC(=O)[O-]"
    row = LimitRow(
        inchikey="X", smiles=smiles, charge=-1, protocol=XtbProtocol().key, failure="SCF diverged"
    )
    write_rows(own_folder / TABLE_NAME, [row])
    assert "SCF diverged" in window(smiles).missing


def test_your_own_calculation_outranks_a_recorded_failure(own_folder):
    row = LimitRow(
        inchikey="X", smiles="[I-]", charge=-1, protocol=XtbProtocol().key, oxidation_limit_v=4.0
    )
    write_rows(own_folder / TABLE_NAME, [row])
    assert window("[I-]").oxidation.tier == CALCULATION


def test_a_failed_calculation_of_a_molecule_leaves_the_model(own_folder):
    row = LimitRow(
        inchikey="X", smiles=UNSEEN, charge=0, protocol=XtbProtocol().key, failure="SCF diverged"
    )
    write_rows(own_folder / TABLE_NAME, [row])
    assert window(UNSEEN).oxidation.tier == MODEL


def test_an_unknown_anion_is_refused_and_not_learned():
    found = window("CCCCCCCC(=O)[O-]")
    assert found.oxidation is None
    assert "the model knows no ions" in found.missing


def test_a_cation_has_no_limits():
    assert "cation" in window("[Na+]").missing


def test_an_element_that_was_never_computed_is_out_of_the_domain():
    found = window("C[Ge](C)(C)C").oxidation
    assert not found.in_domain
    assert "Ge" in found.reason


def test_fluorination_raises_the_oxidation_limit():
    names = ("COC", "FC(F)(F)COCC(F)(F)F")
    ether, fluoroether = (window(s).oxidation.value for s in names)
    assert fluoroether > ether + 0.3


def test_order_of_molecules_does_not_matter():
    smiles = ["COCCOC", UNSEEN, "CC#N", "CCCCCCCC#N"]
    forward = species_limits().windows(smiles)
    backward = species_limits().windows(smiles[::-1])
    assert forward == backward[::-1]


def test_learned_limits_are_not_all_the_same():
    smiles = ["CCCCCCCOCCC", "CCCCCCCCC#N", "CCCCCCCS(=O)(=O)CC", UNSEEN]
    values = [w.oxidation.value for w in species_limits().windows(smiles)]
    assert np.ptp(values) > 0.3
