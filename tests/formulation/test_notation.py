import pytest
from hypothesis import given
from hypothesis import strategies as st

from electrolyte_ml.errors import (
    AmountError,
    ElectrolyteError,
    InputErrors,
    SmilesError,
    UnknownSpeciesError,
)
from electrolyte_ml.formulation import Formulation, parse_recipe

# Every spelling of a line means the recipe that stands first in it.
SAME = [
    [
        "1 M NaPF6 in EC:DEC 1:1 v/v",
        "1M NaPF6 EC:DEC (1:1 v)",
        "1.0 M NaPF6 in EC/DEC (1/1, v/v)",
        "1 mol L-1 NaPF6 in EC-DEC (1:1 by volume)",
        "1 mol/L NaPF6 in EC : DEC = 1 : 1 (vol)",
        "1 mol L⁻¹ NaPF₆ in EC∶DEC (1∶1 v/v)",
        "1 mol dm-3 NaPF6 in EC+DEC (v:v = 1:1)",
        "1000 mM NaPF6 in EC:DEC 1:1 v/v",
        "NaPF6 (1 M) in EC:DEC (1:1 vol)",
        "1 M NaPF6 dissolved in a 1:1 (v/v) mixture of EC and DEC",
        "1 M NaPF6 in 50 vol% EC + 50 vol% DEC",
        "1 M NaPF6 in DEC:ethylene carbonate 1:1 v/v",
        "1 M [Na+].F[P-](F)(F)(F)(F)F in O=C1OCCO1:CCOC(=O)OCC 1:1 v/v",
        "1 M NaPF6 in EC:DEC 50:50 vol%",
    ],
    [
        "1.2 M LiPF6 in EC:EMC 3:7 w/w + 2 wt% VC",
        "1.2 M LiPF6 in EC/EMC (3/7, w/w) with 2 wt% VC",
        "1.2 M LiPF6 in EC/EMC (3:7 by weight), 2 wt% VC",
        "1.2 M LiPF6 in EC:EMC 30:70 wt% + VC (2 wt%)",
        "1.2 M LiPF6 in EC:EMC 3:7 w/w + 2 mass% VC additive",
        "1.2 M LiPF6 in EC:EMC 3:7 w/w containing 2 wt.% VC",
    ],
    [
        "NaFSI:DME:TTE 1:1.2:1 mol",
        "NaFSI:DME:TTE 1:1.2:1 (mol)",
        "NaFSI-DME-TTE (1:1.2:1 by mole)",
        "NaFSA/DME/TTE 1:1.2:1 molar ratio",
    ],
    ["3.3 M NaFSI in TMP", "3.3 M NaFSI/TMP", "3.3 M NaFSI TMP"],
    ["17 m NaClO4 in water", "17 m NaClO4 (aq)", "17 mol/kg NaClO4 in H2O"],
    [
        "1 m NaFSI in diglyme",
        "1 m NaFSI in 2G",
        "1 mol kg-1 NaFSI in G2",
        "1 molal NaFSI in DEGDME",
    ],
    ["0.8 M NaPF6 + 0.2 M NaFSI in DME", "0.8 M NaPF6 and 0.2 M NaFSI in DME"],
    ["0.1 M LiDFP + 0.4 M LiTFSI in EC:DMC 3:7 v/v", "0.1 M LiDFP 0.4 M LiTFSI EC-DMC (3:7 v/v)"],
    ["1 M NaPF6 in 2-MeTHF:DME 1:1 v/v", "1 M NaPF6 in 2-MeTHF/1,2-dimethoxyethane (1/1 v/v)"],
]


@pytest.mark.parametrize("spellings", SAME, ids=lambda s: s[0])
def test_spellings_of_one_recipe_mean_the_same(spellings):
    keys = {text: parse_recipe(text).key for text in spellings}
    assert len(set(keys.values())) == 1, keys


DIFFERENT = [
    ("1 M NaPF6 in DME", "1 m NaPF6 in DME"),
    ("1 M NaPF6 in EC:DEC 1:1 v/v", "1 M NaPF6 in EC:DEC 1:1 w/w"),
    ("1 M NaPF6 in EC:DEC 1:1 v/v", "1 M LiPF6 in EC:DEC 1:1 v/v"),
    ("1 mol/kg NaPF6 in DME", "1 mol/kg solution NaPF6 in DME"),
    ("1 M NaPF6 in PC + 5 wt% FEC", "1 M NaPF6 in PC + 5 vol% FEC"),
    ("1 M NaPF6 in PC + 5 wt% FEC", "1 M NaPF6 in PC + 5 wt% of base FEC"),
    ("1 M NaPF6 in EC:DEC 3:7 v/v", "1 M NaPF6 in EC:DEC 7:3 v/v"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_recipes_have_different_keys(one, other):
    assert parse_recipe(one).key != parse_recipe(other).key


REFUSED = {
    "1 M NaPF6 in ECC:DEC 1:1 v/v": "unknown solvent 'ECC'; did you mean",
    "1 M NaXF6 in EC": "unknown salt 'NaXF6'; did you mean",
    "1 M NaPF6 in EC:DEC 1:1": "has no basis; write v/v, w/w or mol/mol",
    "1 M NaPF6 in EC:DEC": "has no ratio",
    "1 M NaPF6 in EC:DEC 1:1:1 v/v": "3 numbers does not fit",
    "1 M NaPF6 in EC:DEC 1:1 foo": "not one basis",
    "1 NaPF6 in EC": "no unit",
    "NaPF6 in EC": "no amount",
    "2 % NaPF6 in EC": "no unit",
    "1 M NaPF6 in EC + 2% FEC": "2 % of what?",
    "1 M NaPF6 in EC:DEC 60:50 wt%": "must sum to 100",
    "1 M NaPF6 in 30 wt% EC + 60 wt% DEC": "must sum to 100",
    "1 M NaPF6 in 30 wt% EC + 70 vol% DEC": "in one basis",
    "1 M [Na+].[Na+].F[P-](F)(F)(F)(F)F in EC": "net charge of +1",
    "1 M [Na+].F[P- in EC": "bracket",
    "1 M [Na+].[Xx-] in EC": "SMILES",
    "1 M NaPF6 in [Na+]": "carries a charge",
    "-1 M NaPF6 in EC": "negative",
    "100 M NaPF6 in EC": "no room",
    "1 M NaPF6 in EC:EC 1:1 v/v": "given twice",
    "1 M NaPF6": "no solvent",
    "1 M NaPF6 in": "no solvent",
    "": "empty",
    "   ": "empty",
    "EC:NaPF6 1:1 v/v": "counts moles",
    "1 M NaPF6 in EC:DEC 0:1 v/v": "must be positive",
    "1e999 M NaPF6 in EC": "must be positive",
    "hello world": "unknown",
    "1 M NaPF6 in EC" + "x" * 600: "at most 500",
    "1 M NaPF6 in EC\x00": "control",
    "1 M NaPF6 in PC + 2 vol% of base FEC": "not supported",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda t: t[:40])
def test_what_is_ambiguous_or_wrong_is_refused_in_words(text):
    with pytest.raises(ElectrolyteError) as caught:
        parse_recipe(text)
    assert REFUSED[text] in str(caught.value)


def test_every_unknown_name_of_a_recipe_is_reported():
    with pytest.raises(InputErrors) as caught:
        parse_recipe("1 M NaXX in ECC:DECC 1:1 v/v + 2 wt% FECC")
    assert len(caught.value.messages) == 4


def test_what_was_assumed_is_said():
    assumptions = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v").assumptions
    assert any("molarity" in line for line in assumptions)
    assert any("volume ratio" in line for line in assumptions)
    assert parse_recipe("1 m NaPF6 in EC:DEC 1:1 w/w").assumptions == ()


def test_text_that_is_no_text_is_refused():
    with pytest.raises(ElectrolyteError):
        parse_recipe(5)  # type: ignore[arg-type]


WORDS = """
1 M m NaPF6 in EC : DEC 1:1 v/v w/w + 2 wt% FEC ( ) [ ] , / | - . 1e9 % mol kg-1 2G aq
"""
PIECES = st.sampled_from(WORDS.split())


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map(" ".join)))
def test_any_text_gives_a_recipe_or_an_error_of_ours(text):
    try:
        recipe = parse_recipe(text)
    except ElectrolyteError:
        return
    assert isinstance(recipe, Formulation)
    assert parse_recipe(recipe.notation()).key == recipe.key


def test_errors_are_value_errors_too():
    with pytest.raises(ValueError, match="no unit"):
        parse_recipe("1 NaPF6 in EC")
    assert issubclass(AmountError, ValueError)


@pytest.mark.parametrize(
    "text",
    [
        "1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC",
        "1.2 M LiPF6 in EC:EMC 3:7 w/w + 2 wt% VC + 1 wt% FEC",
        "1 m NaFSI in 2G",
        "EC:DMC 1:1 mol",
        "3.3 M NaFSI/TMP",
    ],
)
def test_canonical_notation_is_read_by_unilyte(text):
    unilyte = pytest.importorskip("unilyte", reason="the package unilyte is not installed")
    canonical = parse_recipe(text).notation()
    rendered = unilyte.parse(canonical).normalize()
    assert parse_recipe(rendered).key == parse_recipe(text).key


@pytest.mark.parametrize("word", ["PN", "BN", "PCC", "FSI", "BOB", "Cl", "CCl"])
def test_a_word_of_letters_is_a_name_before_it_is_a_smiles(word):
    with pytest.raises(UnknownSpeciesError, match=f"written smiles:{word}"):
        parse_recipe(f"1 M NaPF6 in {word}")


def test_a_smiles_looks_like_one_or_is_said_to_be_one():
    assert parse_recipe("1 M NaPF6 in smiles:CCO").key == parse_recipe("1 M NaPF6 in ethanol").key
    for slash in ("smiles:CCO/EC 1/1 w/w", "smiles:CCO/smiles:O=C1OCCO1 1:1 w/w"):
        assert parse_recipe(slash).key == parse_recipe("ethanol:EC 1:1 w/w").key
    mixed = parse_recipe("1 M NaPF6 in smiles:CCO:EC 1:1 w/w + 2 wt% smiles:CC#N")
    assert mixed.key == parse_recipe("1 M NaPF6 in ethanol:EC 1:1 w/w + 2 wt% AN").key
    chloromethane = parse_recipe("1 M NaPF6 in smiles:CCl")
    assert parse_recipe(str(chloromethane)).key == chloromethane.key


@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        ("C[S+](C)[O-]", "DMSO"),
        ("[13CH3]S(C)=O", "DMSO"),
        ("[O-][S+2]1([O-])CCCC1", "sulfolane"),
        ("CO[P+]([O-])(OC)OC", "TMP"),
        ("[2H]C([2H])([2H])C#N", "AN"),
        ("[H]O[H]", "water"),
        ("C[N+](=O)[O-]", "nitromethane"),
    ],
)
def test_one_molecule_is_one_species_however_it_is_written(smiles, name):
    assert parse_recipe(f"1 M NaPF6 in {smiles}").key == parse_recipe(f"1 M NaPF6 in {name}").key


def test_an_imide_is_one_anion_wherever_its_charge_is_written():
    written = parse_recipe("1 M [Na+].[O-]S(F)(=O)=NS(F)(=O)=O in PC")
    assert written.key == parse_recipe("1 M NaFSI in PC").key


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [("[CH3]", "open shell"), ("[Na]", "metal"), ("C[Hg]C", "metal"), ("[S]", "bare atom")],
)
def test_what_no_model_covers_is_refused_with_its_reason(smiles, reason):
    with pytest.raises(SmilesError, match=reason):
        parse_recipe(f"1 M NaPF6 in {smiles}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12.5 wt% NaPF6 + 43.75 wt% EC + 43.75 wt% DEC", "12.5 wt% NaPF6 in EC:DEC 1:1 w/w"),
        ("NaPF6:EC:DEC 12.5:43.75:43.75 w/w", "12.5 wt% NaPF6 in EC:DEC 1:1 w/w"),
        ("100 mmol/kg NaPF6 in PC", "0.1 mol/kg NaPF6 in PC"),
        ("100 µM NaPF6 in PC", "0.0001 M NaPF6 in PC"),
        ("1 M NaPF6 in PC + 200 ppmw H2O", "1 M NaPF6 in PC + 0.02 wt% H2O"),
        ("1 M NaPF6 in PC + 200 ppm (by weight) H2O", "1 M NaPF6 in PC + 0.02 wt% H2O"),
        ("1 M NaPF6 in PC + 200 mg/kg H2O", "1 M NaPF6 in PC + 0.02 wt% H2O"),
    ],
)
def test_amounts_that_are_exact_are_read(one, other):
    assert parse_recipe(one).key == parse_recipe(other).key


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.2M LiPF6 EC:EMC 3:7 wt + 2%VC", "2 % of what"),
        ("1,000 mM NaPF6 in PC", "thousands separator or a decimal comma"),
        ("1 M NaPF6 in P\N{CYRILLIC CAPITAL LETTER ES}", "CYRILLIC CAPITAL LETTER ES"),
    ],
)
def test_the_reason_is_what_is_really_missing(text, reason):
    with pytest.raises(ElectrolyteError, match=reason):
        parse_recipe(text)


@pytest.mark.parametrize("name", ["acetone", "n-hexane", "IPA", "butyl methyl ether", "EtCN"])
def test_common_names_are_read(name):
    assert parse_recipe(f"1 M NaPF6 in {name}").solvents[0].solvent.in_catalog


@pytest.mark.parametrize(
    ("text", "salts"),
    [
        ("1 M NaPF6 in PC + 0.1 wt% NaF", {"NaPF6", "NaF"}),
        ("1 M NaOH in water", {"NaOH"}),
        ("0.1 M LiF in water", {"LiF"}),
        ("0.1 M KF in water", {"KF"}),
        ("1 M Na2SO4 in water", {"Na2SO4"}),
        ("1 M (NH4)2SO4 in water", {"(NH4)2SO4"}),
        ("0.1 M Li2CO3 in EC", {"Li2CO3"}),
        ("0.1 M MgCl2 in water", {"MgCl2"}),
        ("0.1 M Mg(OH)2 in water", {"Mg(OH)2"}),
    ],
)
def test_common_salts_are_read_and_written_as_people_write_them(text, salts):
    recipe = parse_recipe(text)
    assert set(recipe.molalities_mol_kg) == salts
    assert set(parse_recipe(recipe.notation()).molalities_mol_kg) == salts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 M NaPF6 in PC, 25 °C", "has no temperature"),
        ("0·5 M NaPF6 in PC", "write a point"),
        ("1/2 M NaPF6 in PC", "is a fraction"),
        ("½ M NaPF6 in PC", "is a fraction"),
        ("NaPF6 in DEGDME 1 M", "stands behind the solvents"),
        ("NaFSI in TMP 1:1.5 mol", "write it into the ratio"),
        ("1 M NaPF6 in (PC + 2 wt% FEC)", "before, or after"),
        ("1 M [Na(G3)]FSI in TTE", "is a solvate"),
        ("1 M NaPF6 in EC30DEC70", "between the names"),
        ("1 M NaPF6 in EC(50%)DEC(50%) vol", "between two components"),
        ("1.0M NaClO4 in PC=100Vol% with 2.0%FEC", "2.0 % of what"),
        ("1 M NaClO4 in xylene", "mixture of isomers"),
        ("1 M NaClO4 in PEGDME", "mixture of glymes"),
    ],
)
def test_the_reason_is_the_true_one(text, words):
    with pytest.raises(ElectrolyteError, match=words):
        parse_recipe(text)


def test_kilograms_of_solvent_may_be_said_inside_the_unit():
    for unit in ("mol kg(solvent)-1", "mol kg_solvent^-1", "mol/kg solvent"):
        assert parse_recipe(f"1 {unit} NaPF6 in PC").molality_mol_kg == pytest.approx(1)


def test_traces_are_written_in_the_digits_that_they_have():
    assert parse_recipe("100 µM NaPF6 in PC").notation() == "0.0000834 m NaPF6 in PC"


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("(TBA)2SO4:H2O 1:10 mol", "TBA2SO4:H2O 1:10 mol"),
        ("1 M NaB(hfip)4 in PC", "1 M Na[B(hfip)4] in PC"),
        ("0.5 kmol/m3 NaPF6 in PC", "0.5 M NaPF6 in PC"),
    ],
)
def test_brackets_of_formulas_and_rare_units(text, same):
    assert parse_recipe(text).key == parse_recipe(same).key


def test_a_mixture_with_a_strange_name_says_which_one_it_is():
    with pytest.raises(ElectrolyteError, match="'EC:FOO' has no ratio, and 'FOO' is no known"):
        parse_recipe("1 m NaPF6 in EC:FOO")
