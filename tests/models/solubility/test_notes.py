import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.models.solubility import insoluble_anions, is_diluent, solubility_notes
from electrolyte_ml.species import default_catalog


def notes(recipe):
    return solubility_notes([parse_recipe(recipe)])[0]


@pytest.mark.parametrize(
    "recipe",
    [
        "1 M NaPF6 in EC:DEC 1:1 v/v",
        "1 M NaPF6 in diglyme",
        "1 M NaClO4 in PC",
        "1 M NaBF4 in diglyme",
        "0.4 M NaBOB in TMP",
        "0.8 M KPF6 in PC",
        "0.8 M KPF6 in EC:DEC 1:1 v/v",
        "1 M LiPF6 in EC:EMC 3:7 w/w",
        "0.3 M LiNO3 in DME",
        "NaFSI:DME:TTE 1:1.2:1 mol",
        "LiFSI:DME:TTE 1:1.2:3 mol",
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
        ("1 M NaBOB in EC:DEC 1:1 v/v", "NaBOB may not dissolve: 0.97 mol/kg asked for"),
        ("1 M NaBOB in NMP", "such solvents take about 0.7"),
        ("1 M NaBF4 in EC:DMC 1:1 v/v", "EC, DMC from memory, not checked"),
        ("0.5 M NaCl in PC", "NaCl is practically insoluble"),
        ("1 M NaNO3 in EC:DEC 1:1 v/v", "NaNO3 may not dissolve"),
        ("1 M LiNO3 in EC:DEC 1:1 v/v", "LiNO3 may not dissolve"),
        ("1 M NaPF6 in DEC", "NaPF6 may not dissolve"),
        ("2.5 M NaPF6 in DMC", "NaPF6 may not dissolve"),
        ("1 M NaOTf in DMC", "NaOTf may not dissolve"),
        ("1 M NaClO4 in DEC", "NaClO4 may not dissolve"),
        ("1 M NaBF4 in DME", "NaBF4 may not dissolve"),
        ("1 M LiBOB in DMC", "LiBOB may not dissolve"),
        ("1 M KPF6 in PC", "KPF6 may not dissolve"),
    ],
)
def test_what_may_not_dissolve_is_said(recipe, words):
    assert any(words in line for line in notes(recipe)), notes(recipe)


def test_a_limit_holds_also_with_a_diluent():
    assert notes("0.5 M NaBOB in EC:TTE 1:1 v/v")
    assert not notes("0.4 M NaBOB in NMP:TTE 9:1 v/v")


def test_diluents_are_known_by_role_or_structure():
    catalog = default_catalog()
    diluents = ("TTE", "BTFE", "HFE-7100", "toluene", "FC(F)(F)C(F)(F)CCOC(F)F", "CCCCCCC")
    solvents = ("EC", "diglyme", "THF", "CCOCCCCOCC", "COCC(F)(F)COC")
    assert all(is_diluent(catalog.solvent(name)) for name in diluents)
    assert not any(is_diluent(catalog.solvent(name)) for name in solvents)


def test_salts_of_hard_anions_are_told_to_be_practically_insoluble():
    (note,) = notes("1 M NaPF6 in PC + 0.1 wt% NaF")
    assert note.startswith("NaF is practically insoluble: 0.027 mol/kg asked for")
    for recipe in ("0.01 M LiF in DMC", "0.01 M NaOH in EC:PC 1:1 w/w", "0.01 M Li2CO3 in EC"):
        assert any("practically insoluble" in note for note in notes(recipe)), recipe
    assert notes("0.5 M NaF in water") == ()
    assert notes("1 M NaOH in water") == ()


def test_everything_leaves_out_what_does_not_dissolve():
    assert insoluble_anions() == {"F", "OH", "SO4", "CO3"}
