"""Recipes with an ionic liquid as solvent: reading, converting, writing, weighing out."""

from __future__ import annotations

import pytest

from electrolyte_ml.errors import AmountError, ElectrolyteError
from electrolyte_ml.formulation import (
    formulation_from_dict,
    formulations_from_csv,
    parse_recipe,
    to_battinfo,
    to_csv,
    weigh_out_g,
)
from electrolyte_ml.formulation.weigh_out import weigh_out_sheet

RECIPES = (
    "1 m NaFSI in Pyr13FSI",
    "EMIMTFSI",
    "0.5 m LiTFSI in EMIMTFSI:PC 1:1 w/w",
    "1 M LiTFSI in Pyr14TFSI:DOL 70:30 v/v + 2 wt% FEC",
    "1 M NaFSI in EMIMFSI",
    "20 mol% NaFSI in Pyr13FSI",
    "NaFSI:EMIMFSI 1:4 mol",
    "EMIMFSI:Pyr13FSI 1:1 mol",
    "10 wt% NaFSI + 90 wt% EMIMFSI",
    "20 wt% EMIMBF4 + 80 wt% PC",
    "NaFSI_EMIMFSI_1M",
    "0.5 m NaFSI in CCCC[n+]1ccn(CC)c1.N#C[N-]C#N:PC 1:1 w/w",
)


@pytest.mark.parametrize("text", RECIPES)
def test_text_json_and_csv_give_the_recipe_back(text: str) -> None:
    recipe = parse_recipe(text)
    assert recipe.ionic_liquids
    written = recipe.notation()
    assert parse_recipe(written).key == recipe.key
    assert parse_recipe(written).notation() == written
    assert formulation_from_dict(recipe.to_dict()) == recipe
    (read,) = formulations_from_csv(to_csv([recipe]))
    assert (read.key, read.solvents, read.salts) == (recipe.key, recipe.solvents, recipe.salts)


@pytest.mark.parametrize(
    "text",
    [
        "1 m NaFSI in [EMIM][FSI]",
        "1 m NaFSI in C2mimFSI",
        "1 mol/kg NaFSI in EMIm FSI",
        "1 m NaFSI in the ionic liquid EMIMFSI",
        "1 m NaFSI in neat EMIFSI",
        "1 m NaFSI in 1-ethyl-3-methylimidazolium bis(fluorosulfonyl)imide",
        "1 m NaFSI in 1-ethyl-3-methylimidazolium bis(fluorosulfonyl)imide (EMIMFSI)",
        "1 m NaFSI in CC[n+]1ccn(C)c1.O=S(=O)(F)[N-]S(=O)(=O)F",
    ],
)
def test_one_liquid_by_any_name_is_one_recipe(text: str) -> None:
    assert parse_recipe(text).notation() == "1 m NaFSI in EMIMFSI"


def test_amounts_are_those_of_a_solvent() -> None:
    recipe = parse_recipe("0.5 m LiTFSI in EMIMTFSI:PC 1:1 w/w")
    assert recipe.mass_fractions == {"EMIMTFSI": 0.5, "PC": 0.5}
    assert recipe.molalities_mol_kg == {"LiTFSI": 0.5}


def test_a_volume_ratio_and_a_molarity_go_by_the_density_of_the_liquid() -> None:
    recipe = parse_recipe("1 M NaFSI in Pyr14TFSI:PC 1:1 v/v")
    ratio = recipe.mass_fractions["Pyr14TFSI"] / recipe.mass_fractions["PC"]
    assert ratio == pytest.approx(1.394 / 1.20, rel=0.02)
    assert any("density of Pyr14TFSI estimated" in line for line in recipe.assumptions)
    assert recipe.molarities_mol_l()["NaFSI"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "density"),
    [
        # 10.1021/acs.jpcc.7b02296, 10.1016/j.jct.2017.08.033, 10.1021/acs.jpcc.7b06523
        ("2.2886 m LiFSI in EMIMFSI", 1.578),
        ("1.7037 m LiTFSI in EMIMTFSI", 1.643),
        ("1.0809 m KFSI in Pyr13FSI", 1.4436),
    ],
)
def test_ideal_volumes_hold_in_ionic_liquids(text: str, density: float) -> None:
    assert parse_recipe(text).density_g_cm3() == pytest.approx(density, rel=0.02)


def test_with_the_amount_of_a_salt_it_is_a_salt() -> None:
    recipe = parse_recipe("0.2 m NaFSI + 1 m EMIMFSI in PC")
    assert recipe.molalities_mol_kg == {"NaFSI": 0.2, "EMIMFSI": 1.0}
    assert not recipe.ionic_liquids


def test_salt_and_solvent_are_one_composition() -> None:
    as_solvent = parse_recipe("EMIMBF4:PC 20:80 w/w")
    molality = 1000 * 0.2 / 0.8 / as_solvent.solvents[0].solvent.molar_mass_g_mol
    assert parse_recipe(f"{molality:.9f} m EMIMBF4 in PC").key == as_solvent.key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 m NaFSI in TEABF4", "TEABF4 is a salt and cannot be the solvent"),
        ("1 m NaFSI in NaTFSI", "NaTFSI is a salt and cannot be the solvent"),
        ("1 m NaFSI in EMIM", "write the ionic liquid with its anion, as EMIMTFSI"),
        ("1 m EMIMFSI in EMIMFSI", "EMIMFSI given twice"),
        ("1 m NaFSI in EMIMTFSI:PC 1:1", "has no basis"),
        ("1 m NaFSI in EMIMTFSI:PC", "has no ratio"),
    ],
)
def test_refusals_say_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ElectrolyteError, match=message):
        parse_recipe(text)


def test_sheet_has_the_liquid_as_one_component() -> None:
    recipe = parse_recipe("1 m NaFSI in EMIMFSI:PC 1:1 w/w")
    assert list(weigh_out_g(recipe, 100.0)) == ["EMIMFSI", "PC", "NaFSI"]
    rows = {row.component: row for row in weigh_out_sheet(recipe, 100.0).rows}
    assert rows["EMIMFSI"].role == "solvent"
    assert "corrosive" in rows["EMIMFSI"].hazard


def test_battinfo_names_the_liquid_as_a_solvent() -> None:
    document, writer = to_battinfo(parse_recipe("1 m NaFSI in EMIMFSI"))
    assert document["hasSolvent"]["rdfs:label"] == "EMIMFSI"
    assert "unilyte" in writer


def test_a_trace_is_refused_as_of_any_solvent() -> None:
    with pytest.raises(AmountError):
        parse_recipe("1 m NaFSI in EMIMTFSI:PC 1e-30:1 w/w")
