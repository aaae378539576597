import json
import re

import numpy as np
import pandas as pd
import pytest

from electrolyte_ml.errors import TableNote

RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v"
PROPERTIES = (
    "conductivity_ms_cm",
    "viscosity_mpa_s",
    "density_g_cm3",
    "oxidation_limit_v",
    "reduction_limit_v",
)


def test_json_has_the_form_that_programs_rely_on(run):
    outcome = run("score", RECIPE, "--json")
    assert outcome.code == 0
    (row,) = json.loads(outcome.out)
    assert row["recipe"] == RECIPE
    assert row["key"].startswith("eml1-")
    assert len(row["key"]) == len("eml1-") + 12
    assert row["temperature_k"] == 298.15
    for name in PROPERTIES:
        assert {"value", "low", "high", "coverage", "in_domain", "reason"} <= row[name].keys()
    assert row["oxidation_limit_v"]["reference"] == "Na/Na+"
    assert row["liquid"].keys() >= {"freezes_below_k", "boils_above_k", "flash_point_k", "notes"}
    assert any("molarity" in line for line in row["assumptions"])
    conductivity = row["conductivity_ms_cm"]
    assert conductivity["low"] < conductivity["value"] < conductivity["high"]
    assert conductivity["coverage"] == 0.9


def test_a_species_without_a_limit_says_so_instead_of_a_number(run):
    recipe = "1 m [Na+].CCCCCCCC(=O)[O-] in PC"
    (row,) = json.loads(run("score", recipe, "--json").out)
    assert row["oxidation_limit_v"]["value"] is None
    assert "no ions" in row["oxidation_limit_v"]["reason"]


def test_several_recipes_and_temperatures_keep_their_order(run):
    at = ("--at", "25 degC", "--at", "-20 degC")
    outcome = run("score", RECIPE, "1 m NaFSI in 2G", *at, "--json")
    rows = json.loads(outcome.out)
    assert [(r["recipe"], r["temperature_k"]) for r in rows] == [
        (RECIPE, 298.15),
        (RECIPE, 253.15),
        ("1 m NaFSI in 2G", 298.15),
        ("1 m NaFSI in 2G", 253.15),
    ]
    assert rows[0]["conductivity_ms_cm"]["value"] > rows[1]["conductivity_ms_cm"]["value"]


def test_table_for_people(run):
    outcome = run("score", RECIPE, "1 M NaPF6 in TTE")
    assert outcome.code == 0
    assert "25 °C" in outcome.out
    assert "assumed: molarity" in outcome.out


def test_the_gravest_warnings_stand_first(run):
    out = run("score", "1 m NaFSI in DME", "1 m NaClO4 in diglyme").out
    assert out.index("danger: ") < out.index("caution: ") < out.index("note: ")


def test_a_recipe_without_any_limit_has_one_dash_for_its_window(run):
    """Ionic liquids are not covered: no value, and no range of two missing values."""
    out = run("score", "1 m NaFSI in Pyr13FSI").out
    assert "- to -" not in out
    assert "- to " not in out


def test_scores_that_are_scored_again_hold_new_numbers_and_keep_the_old(run, tmp_path):
    first, changed, again, third = (tmp_path / f"{n}.csv" for n in range(4))
    assert run("score", RECIPE, "--out", first).code == 0
    old = pd.read_csv(first)
    old.assign(recipe="3 M NaPF6 in PC", temperature_k=253.15).to_csv(changed, index=False)
    with pytest.warns(match="'conductivity_ms_cm.value', .* and [0-9]+ more carried through"):
        assert run("score", "--file", changed, "--out", again).code == 0
    assert run("score", "3 M NaPF6 in PC", "--at", "-20 degC", "--out", third).code == 0
    new, expected = pd.read_csv(again), pd.read_csv(third)
    assert new[list(expected)].equals(expected)
    value = "conductivity_ms_cm.value"
    assert new[f"input.{value}"].tolist() == pytest.approx(old[value].tolist())
    # Once more: what is carried never replaces a result or another column.
    assert run("score", "--file", again, "--out", changed).code == 0
    twice = pd.read_csv(changed)
    assert twice[list(expected)].equals(expected)
    assert twice[f"input.{value}"].tolist() == pytest.approx(old[value].tolist())
    assert twice[f"input.input.{value}"].tolist() == pytest.approx(new[value].tolist())


def test_file_keeps_rows_and_carries_columns_through(run, tmp_path):
    file = tmp_path / "candidates.csv"
    file.write_text(
        f"batch,recipe,temperature_c,key\nA,{RECIPE},0,x\nB,1 m NaFSI in 2G,,y\nC,{RECIPE},40,z\n"
    )
    out = tmp_path / "scores.csv"
    assert run("score", "--file", file, "--out", out).code == 0
    scores = pd.read_csv(out)
    assert scores["batch"].tolist() == ["A", "B", "C"]
    assert scores["input.key"].tolist() == ["x", "y", "z"]
    assert scores["temperature_k"].tolist() == pytest.approx([273.15, 298.15, 313.15])
    assert "conductivity_ms_cm.low" in scores
    parquet = tmp_path / "scores.parquet"
    assert run("score", "--file", file, "--out", parquet).code == 0
    again = pd.read_parquet(parquet)
    assert again["conductivity_ms_cm.value"].tolist() == pytest.approx(
        scores["conductivity_ms_cm.value"].tolist()
    )
    workbook = tmp_path / "scores.xlsx"
    assert run("score", "--file", parquet, "--out", workbook).code == 0
    assert pd.read_excel(workbook)["conductivity_ms_cm.high"].tolist() == pytest.approx(
        scores["conductivity_ms_cm.high"].tolist()
    )
    printed = run("score", "--file", file, "--csv").out
    assert printed.splitlines()[0].startswith("recipe,key,temperature_k,conductivity_ms_cm.value")


def test_ionic_liquids_of_a_file_have_numbers_and_reasons_for_the_rest(run, tmp_path):
    file, out = tmp_path / "candidates.csv", tmp_path / "scores.parquet"
    file.write_text(f"recipe\n1 m NaFSI in [EMIM][FSI]\n{RECIPE}\nEMIMTFSI:PC 1:1 w/w\n")
    assert run("score", "--file", file, "--out", out).code == 0
    scores = pd.read_parquet(out)
    assert scores["recipe"].tolist() == ["1 m NaFSI in [EMIM][FSI]", RECIPE, "EMIMTFSI:PC 1:1 w/w"]
    covered = ["density_g_cm3", "conductivity_ms_cm", "viscosity_mpa_s"]
    assert scores[[f"{name}.value" for name in covered]].notna().all(axis=None)
    for name in [n for n in PROPERTIES if n not in covered]:
        assert scores[f"{name}.value"].isna().tolist() == [True, False, True]
        assert scores[f"{name}.reason"][0] == "ionic liquids are not covered"
    again = tmp_path / "again.csv"
    assert run("score", "--file", out, "--out", again).code == 0
    assert pd.read_csv(again)["key"].tolist() == scores["key"].tolist()


def test_every_bad_row_is_reported_at_once_and_nothing_is_written(run, tmp_path):
    file = tmp_path / "candidates.csv"
    file.write_text(
        "recipe,temperature_k\n"
        f"{RECIPE},298.15\n"
        "1 M NaPF6 in ECC:DEC 1:1 v/v,298.15\n"
        "1 M NaPF6 in EC:DEC 1:1,298.15\n"
        f"{RECIPE},warm\n"
        f"{RECIPE},-3\n"
        ",298.15\n"
    )
    out = tmp_path / "scores.csv"
    outcome = run("score", "--file", file, "--out", out)
    assert outcome.code == 2
    errors = outcome.err.splitlines()
    rows = [int(re.search(r"row (\d)", line)[1]) for line in errors]
    assert sorted(rows) == [2, 3, 4, 5, 6]
    assert all(line.startswith("error: ") for line in errors)
    assert list(tmp_path.iterdir()) == [file]
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing to score"),
        (("1 M NaPF6 in ECC",), "unknown solvent 'ECC'; did you mean"),
        (("1 M NaPF6 in EC:DEC 1:1",), "no basis"),
        (("1 NaPF6 in EC",), "no unit"),
        ((RECIPE, "--at", "25"), "no unit"),
        ((RECIPE, "--at", "25 kg"), "no unit of temperature"),
        ((RECIPE, "--at", "-300 degC"), "absolute zero"),
        ((RECIPE, "--json", "--csv"), "choose one"),
        ((RECIPE, "--out", "scores.txt"), "suffix"),
        ((RECIPE, "--out", "no/such/folder/scores.csv"), "no folder"),
        (("--file", "absent.csv"), "no such file"),
        (("1 M [Na+].[Na+].F[P-](F)(F)(F)(F)F in EC",), "net charge"),
    ],
)
def test_bad_input_is_refused_in_one_clear_line(run, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    outcome = run("score", *arguments)
    assert outcome.code == 2
    assert words in outcome.err
    assert "Traceback" not in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_several_bad_recipes_are_all_reported(run):
    outcome = run("score", "1 M NaXX in EC", RECIPE, "1 M NaPF6 in EC:DEC 1:1")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 2


def test_file_without_recipes_says_what_it_has(run, tmp_path):
    file = tmp_path / "candidates.csv"
    file.write_text("formulation,T\na,1\n")
    outcome = run("score", "--file", file)
    assert outcome.code == 2
    assert "no column 'recipe' but formulation, T" in outcome.err


def test_chemistry_that_every_chemist_knows(run):
    recipes = {
        "sodium": RECIPE,
        "sodium in PC": "1 M NaPF6 in PC",
        "lithium in PC": "1 M LiPF6 in PC",
        "dilute": "0.1 M NaPF6 in EC:DEC 1:1 v/v",
        "syrup": "3 M NaPF6 in EC:DEC 1:1 v/v",
        "none": "EC:DEC 1:1 v/v",
        "lithium": "1 M LiPF6 in EC:DEC 1:1 v/v",
    }
    rows = json.loads(run("score", *recipes.values(), "--json").out)
    value = {
        name: row["conductivity_ms_cm"]["value"] for name, row in zip(recipes, rows, strict=True)
    }
    assert value["none"] == 0
    # 8 mS/cm is measured of the lithium one; sodium conducts 5 to 35 % better in carbonates.
    assert 7 < value["lithium"] < 9
    assert 1.05 < value["sodium"] / value["lithium"] < 1.35
    assert value["dilute"] < value["sodium"]
    assert value["syrup"] < value["sodium"]
    assert value["sodium in PC"] > 1.05 * value["lithium in PC"]


def test_conductivity_rises_with_temperature(run):
    at = [argument for t in range(-20, 61, 10) for argument in ("--at", f"{t} degC")]
    rows = json.loads(run("score", RECIPE, *at, "--json").out)
    assert (np.diff([row["conductivity_ms_cm"]["value"] for row in rows]) > 0).all()


@pytest.mark.parametrize(
    "column", ["temperature", "T", "temp", "T / °F", "1000/T (K-1)", "T_c", "celsius"]
)
def test_a_temperature_column_of_another_name_is_refused_not_ignored(run, tmp_path, column):
    file = tmp_path / "a.csv"
    file.write_text(f"recipe,{column},comment\n{RECIPE},-20,x\n", encoding="utf-8")
    outcome = run("score", "--file", file)
    assert outcome.code == 2
    assert repr(column) in outcome.err
    assert "temperature_c" in outcome.err
    assert "rename" in outcome.err


@pytest.mark.parametrize("column", ["template", "test", "c", "K", "tank"])
def test_a_column_that_only_resembles_a_temperature_is_carried_through(run, tmp_path, column):
    file = tmp_path / "a.csv"
    file.write_text(f"recipe,{column}\n{RECIPE},x\n")
    (row,) = json.loads(run("score", "--file", file, "--json").out)
    assert row[column] == "x"


@pytest.mark.parametrize(
    ("header", "said"),
    [("Recipes,T", "did you mean 'Recipes'?"), ("recipe;temperature_c", "no rows")],
)
def test_a_header_that_is_nearly_right_is_explained(run, tmp_path, header, said):
    file = tmp_path / "a.csv"
    file.write_text(f"{header}\n")
    outcome = run("score", "--file", file)
    assert outcome.code == 2
    assert said in outcome.err


def test_a_file_given_as_a_recipe_is_told_from_one(run):
    outcome = run("score", "candidates.csv")
    assert outcome.code == 2
    assert "did you mean --file candidates.csv?" in outcome.err


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("recipe", ["1 M NaPF6 in PC", "PC"])
@pytest.mark.parametrize("at", ["0.1 K", "25 K", "5000 K"])
def test_a_value_beyond_all_numbers_is_null_with_the_reason(run, recipe, at):
    refused = run("score", recipe, "--at", at, "--json")
    assert refused.code == 2
    assert "no electrolyte is used there" in refused.err
    meant = ("--at", at, "--accept-unusual")
    outcome = run("score", recipe, *meant, "--json")
    assert outcome.code == 0
    (row,) = json.loads(outcome.out)
    viscosity = row["viscosity_mpa_s"]
    assert not viscosity["in_domain"]
    assert " measurement" in viscosity["reason"]
    if "NaPF6" in recipe:
        # A glass at most.
        assert viscosity["value"] <= 1.01e15
    assert "inf" not in run("score", recipe, *meant).out


def test_all_bad_temperatures_are_told_at_once(run):
    outcome = run("score", "1 M NaPF6 in PC", "--at", "25", "--at", "hot")
    assert outcome.code == 2
    assert "'25' has no unit" in outcome.err
    assert "cannot read the temperature 'hot'" in outcome.err


def test_a_whole_number_of_many_digits_is_carried_as_text(run, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(f"recipe,barcode\n{RECIPE},{'9' * 60}\n")
    (row,) = json.loads(run("score", "--file", file, "--json").out)
    assert row["barcode"] == "9" * 60


def test_help_tells_all_exit_codes(run):
    text = " ".join(run("--help").out.split())
    for code in ("0 done", "1 a number got worse", "2 bad input", "3 no feasible", "4 done, but"):
        assert code in text


@pytest.mark.parametrize(
    ("header", "cells", "kelvin"),
    [
        ("recipe,temperature / °C", "60", 333.15),
        ("Recipe , T / K", "333.15", 333.15),
        (" recipe,Temperature_C ", "60", 333.15),
        ("recipe,T [degC]", "60", 333.15),
    ],
)
@pytest.mark.filterwarnings("ignore::electrolyte_ml.errors.TableNote")
def test_a_temperature_with_a_plain_heading_is_read(run, tmp_path, header, cells, kelvin):
    file = tmp_path / "a.csv"
    file.write_text(f"{header}\n{RECIPE},{cells}\n", encoding="utf-8")
    (row,) = json.loads(run("score", "--file", file, "--json").out)
    assert row["temperature_k"] == pytest.approx(kelvin)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("temperature_c,recipe\n25,5,PC\n", "row 1: has 3 cells, the header 2"),
        ("recipe,recipe\nPC,EC\n", "2 columns 'recipe'"),
        ("recipe,T / K,temperature_c\nPC,298,25\n", "not both"),
        ('recipe,temperature_c\nPC,"9,500"\n', "can be read in two ways"),
        ("recipe,temperature_c\nPC,NA\n", "'NA', not a number"),
    ],
)
def test_a_table_that_could_be_misread_is_refused(run, tmp_path, text, words):
    file = tmp_path / "a.csv"
    file.write_text(text)
    outcome = run("score", "--file", file)
    assert outcome.code == 2
    assert words in outcome.err


@pytest.mark.parametrize("row", ["temperature_c\nPC,298.15", "temperature_k\nPC,25"])
def test_temperatures_in_the_other_unit_need_a_confirmation(run, tmp_path, row):
    file = tmp_path / "a.csv"
    file.write_text(f"recipe,{row}\n")
    outcome = run("score", "--file", file)
    assert outcome.code == 2
    assert "row 1: temperature_" in outcome.err
    assert "--accept-unusual" in outcome.err
    assert run("score", "--file", file, "--accept-unusual", "--csv").code == 0


def test_what_is_not_plain_about_a_file_is_said(tmp_path, run):
    file = tmp_path / "a.csv"
    file.write_bytes("Recipe;T / °C;viscosity\nPC;60,5;3\n".encode("cp1252"))
    with pytest.warns(TableNote) as caught:
        assert run("score", "--file", file).code == 0
    assert [str(one.message) for one in caught] == [
        f"read '{file}': semicolons, decimal commas, Windows-1252 (cp1252), 'T / °C' as "
        "temperature_c, 'viscosity' carried through and not read"
    ]


@pytest.mark.parametrize("at", ["25 K", "500 degC", "25 kK", "25 mK"])
def test_temperatures_at_which_no_electrolyte_is_used_are_confirmed(run, at):
    outcome = run("score", RECIPE, "--at", at)
    assert outcome.code == 2
    assert f"temperature {at!r}" in outcome.err
    assert run("score", RECIPE, "--at", at, "--accept-unusual").code == 0


def test_a_negative_amount_is_no_option(run):
    outcome = run("score", "-1 m NaPF6 in PC")
    assert outcome.code == 2
    assert outcome.err == (
        "error: '-1 m NaPF6 in PC' begins with a negative amount; amounts are above 0\n"
    )
    assert run("score", RECIPE, "--at", "-20 degC", "--json").code == 0


def test_an_unreadable_smiles_is_named_with_what_rdkit_says(run):
    outcome = run("score", "1 M NaPF6 in smiles:C1CC")
    assert outcome.code == 2
    assert "cannot parse SMILES 'C1CC': unclosed ring (RDKit)" in outcome.err
    outcome = run("score", "1 M NaPF6 in O=C1OCC[Xx]1")
    assert "a SMILES, which this is not: syntax error around position 9 (RDKit)" in outcome.err


def test_curves_of_recipes_are_drawn(run, tmp_path):
    path = tmp_path / "curves.svg"
    assert run("score", RECIPE, "1 M NaPF6 in DME", "--plot", path, "--csv").code == 0
    assert path.read_text().count("1 M NaPF6") >= 1
    table = tmp_path / "recipes.csv"
    table.write_text(f"recipe\n{RECIPE}\n")
    refused = run("score", "--file", table, "--plot", path)
    assert refused.code == 2
    assert "recipes given as arguments" in refused.err
    crowd = run("score", *(f"{m / 10} m NaPF6 in PC" for m in range(1, 10)), "--plot", path)
    assert "at most 8 recipes can be drawn, given 9" in crowd.err


def test_reasons_below_the_table_name_their_properties(run):
    out = run("score", "1 M LiFSI in DME", "--at", "-20 degC").out
    assert "? 1 M LiFSI in DME: conductivity, viscosity: FSI was measured with at most" in out
    assert "? 1 M LiFSI in DME: viscosity: not measured with this salt" in out
