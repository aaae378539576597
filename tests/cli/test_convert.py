import csv
import io
import json

import pytest

from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.formulation.exchange import formulation_from_json, formulations_from_csv

RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC"
KEY = parse_recipe(RECIPE).key


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")


def table(text: str) -> dict[str, tuple[float, str]]:
    lines = [line.split("  ") for line in text.splitlines()]
    return {name: (float(rest.split()[0]), rest.split()[1]) for name, rest in lines}


def test_text_is_canonical_and_says_what_it_assumed(run):
    outcome = run("convert", RECIPE)
    assert outcome.code == 0
    assert parse_recipe(outcome.out.strip()).key == KEY
    assert "assumed: molarity to molality" in outcome.err


@pytest.mark.parametrize("arguments", [("--to", "json"), ("--json",)])
def test_json_is_that_of_the_contract(run, arguments):
    outcome = run("convert", RECIPE, *arguments)
    form = json.loads(outcome.out)
    assert form["schema_version"] == 1
    assert form["key"] == KEY
    assert form.keys() == {"schema_version", "recipe", "key", "solvents", "salts", "assumptions"}
    assert formulation_from_json(outcome.out) == parse_recipe(RECIPE)
    assert outcome.err == ""


def test_bases(run):
    weights = table(run("convert", RECIPE, "--to", "wt").out)
    assert weights["FEC"] == (2.0, "wt%")
    assert sum(x for x, _ in weights.values()) == pytest.approx(100, rel=1e-5)
    moles = table(run("convert", "NaFSI:DME:TTE 1:1.2:1 mol", "--to", "mol").out)
    assert moles["DME"][0] / moles["NaFSI"][0] == pytest.approx(1.2, rel=1e-5)
    assert sum(x for x, _ in moles.values()) == pytest.approx(100, rel=1e-5)
    assert table(run("convert", "1 M NaPF6 in PC", "--to", "M").out)["NaPF6"] == (1.0, "mol/L")


def test_csv_has_a_row_a_component(run):
    outcome = run("convert", RECIPE, "--to", "csv")
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    assert [row["component"] for row in rows] == ["EC", "DEC", "FEC", "NaPF6"]
    assert {row["key"] for row in rows} == {KEY}
    assert formulations_from_csv(outcome.out)[0].key == KEY


def test_battinfo_is_json_ld_and_says_who_wrote_it(run):
    outcome = run("convert", RECIPE, "--to", "battinfo")
    document = json.loads(outcome.out)
    assert document["@context"][0] == "https://w3id.org/emmo/domain/battery/context"
    assert "SodiumHexafluorophosphate" in outcome.out
    assert outcome.err.startswith("written by ")
    other = run("convert", "NaFSI:DME:TTE 1:1.2:1 mol", "--to", "battinfo")
    assert other.err.startswith("written by electrolyte_ml: unilyte ")


def test_sheet_for_people(run):
    outcome = run("convert", RECIPE, "--to", "sheet", "--batch", "50 g")
    assert outcome.code == 0
    assert "batch: 50 g" in outcome.out
    order = [outcome.out.index(f"\n{step}     ") for step in (1, 2, 3, 4)]
    assert order == sorted(order)
    assert "strong heat" in outcome.out
    assert "100 g" in run("convert", RECIPE, "--to", "sheet").out


def test_sheet_for_programs(run):
    form = json.loads(run("convert", RECIPE, "--to", "sheet", "--batch", "20 mL", "--json").out)
    assert form["batch_ml"] == pytest.approx(20)
    assert sum(row["mass_g"] for row in form["rows"]) == pytest.approx(form["batch_g"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("1 M NaPF6 in EC:DEC",), "has no ratio"),
        (("1 M NaPF6 in diglime",), "did you mean 'diglyme'"),
        (("",), "the recipe is empty"),
        ((RECIPE, "--batch", "50 g"), "give it with --to sheet"),
        ((RECIPE, "--to", "sheet", "--batch", "50"), "with its unit"),
        ((RECIPE, "--to", "sheet", "--batch", ""), "with its unit"),
    ],
)
def test_bad_input_is_refused_in_one_line(run, arguments, words):
    outcome = run("convert", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert words in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_every_unknown_name_gets_its_line(run):
    outcome = run("convert", "1 M NaXX in ECC:DECC 1:1 v/v")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 3


def test_a_species_of_the_user_is_converted(run, species_folder, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(
        "name,smiles,aliases,density_g_cm3,source\nTFES,CCS(=O)(=O)CC(F)(F)F,,1.41,data sheet\n"
    )
    assert run("species", "add", file).code == 0
    form = json.loads(run("convert", "1 M NaPF6 in EC:TFES 1:1 v/v", "--json").out)
    assert [s["name"] for s in form["solvents"]] == ["EC", "TFES"]
    assert not any("estimated" in line for line in form["assumptions"])
