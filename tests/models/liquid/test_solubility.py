import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.liquid.solubility import (
    insoluble_anions,
    is_diluent,
    solubility_limits,
    solubility_notes,
)
from electrolyte_ml.species import default_catalog


def notes(recipe):
    return solubility_notes(parse_recipe(recipe))


@pytest.mark.parametrize(
    "recipe",
    [
        "1 M NaPF6 in EC:DEC 1:1 v/v",
        "1 M NaPF6 in diglyme",
        "1 M NaClO4 in PC",
        "1 M NaBF4 in diglyme",
        "0.4 M NaBOB in TMP",
        "NaFSI:DME:TTE 1:1.2:1 mol",
        "EC:DMC 1:1 w/w",
        "TTE",
    ],
)
def test_nothing_speaks_against_usual_electrolytes(recipe):
    assert notes(recipe) == ()


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("1 M NaPF6 in TTE", "TTE only dilute"),
        ("1 M NaPF6 in toluene:cyclohexane 1:1 v/v", "only dilute"),
        ("NaFSI:DME:BTFE 1:0.8:2 mol", "0.8 mol of coordinating solvent by mol of cation"),
        ("1 M NaBOB in EC:DEC 1:1 v/v", "NaBOB may not dissolve: 1 mol/L asked for"),
        ("1 M NaBOB in NMP", "such solvents take about 0.7 mol/L"),
        ("1 M NaBF4 in EC:DMC 1:1 v/v", "about 0.5 mol/L (from memory, not checked)"),
        ("0.5 M NaCl in PC", "NaCl may not dissolve"),
    ],
)
def test_what_may_not_dissolve_is_said(recipe, words):
    assert any(words in line for line in notes(recipe))


def test_a_limit_holds_also_with_a_diluent_but_not_with_another_solvent():
    assert notes("0.5 M NaBOB in EC:TTE 1:1 v/v")
    assert not notes("0.4 M NaBOB in NMP:TTE 9:1 v/v")
    assert notes("0.4 M NaBF4 in EC:DMC 1:1 v/v") == ()


def test_diluents_are_known_by_role_or_structure():
    catalog = default_catalog()
    diluents = ("TTE", "BTFE", "HFE-7100", "toluene", "FC(F)(F)C(F)(F)CCOC(F)F", "CCCCCCC")
    solvents = ("EC", "diglyme", "THF", "CCOCCCCOCC", "COCC(F)(F)COC")
    assert all(is_diluent(catalog.solvent(name)) for name in diluents)
    assert not any(is_diluent(catalog.solvent(name)) for name in solvents)


def test_every_limit_is_about_species_that_exist():
    catalog = default_catalog()
    families = {s.family for s in catalog.solvents}
    limits = solubility_limits()
    assert len(limits) > 5
    for limit in limits:
        catalog.salt(limit.cation + limit.anion)
        assert limit.limit_mol_l > 0
        assert limit.source
        for name in (limit.medium | limit.excluded) - {"*"}:
            assert name in families or catalog.has_solvent_named(name), name


def test_salts_of_hard_anions_are_told_to_be_practically_insoluble():
    (note,) = notes("1 M NaPF6 in PC + 0.1 wt% NaF")
    assert note.startswith("NaF is practically insoluble: 0.031 mol/L asked for")
    for recipe in ("0.01 M LiF in DMC", "0.01 M NaOH in EC:PC 1:1 w/w", "0.01 M Li2CO3 in EC"):
        assert any("practically insoluble" in note for note in notes(recipe)), recipe
    assert notes("0.5 M NaF in water") == ()
    assert notes("1 M NaOH in water") == ()


def test_everything_leaves_out_what_does_not_dissolve():
    assert insoluble_anions() == {"F", "OH", "SO4", "CO3"}
