import json
import re

import pytest

from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.properties import ION_PROPERTIES, SOLVENT_PROPERTIES


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")


def test_every_value_is_shown_with_its_source(run):
    out = run("species", "show", "diglyme").out
    folded = "".join(out.split())
    solvent = default_catalog().solvent("diglyme")
    for name, value in solvent.properties.items():
        assert re.sub(", K$", ", °C", SOLVENT_PROPERTIES[name].label) in out
        assert value.source.replace(" ", "")[:12] in folded
    assert "COCCOCCOC" in out
    assert "111-96-6" in out
    assert "reproductive toxicant" in out
    melts = solvent.properties["melting_point_k"].value - 273.15
    assert f"{melts:g}" in next(line for line in out.splitlines() if "melting point" in line)


def test_values_as_json(run):
    (form,) = json.loads(run("species", "show", "2G", "--json").out)
    assert form["name"] == "diglyme"
    held = default_catalog().solvent("diglyme").properties
    assert form["properties"].keys() == held.keys()
    for name, value in form["properties"].items():
        assert value["source"]
        assert value["value"] == held[name].value


def test_a_missing_value_is_empty_and_not_invented(run):
    out = run("species", "show", "TTE").out
    (line,) = [line for line in out.splitlines() if "melting point" in line]
    assert line.split("°C", 1)[1].strip() == ""


def test_an_ion_is_shown(run):
    out = run("species", "show", "PF6").out
    for kind in ION_PROPERTIES.values():
        assert kind.label in out
    assert "family: anion" in out
    assert "family: cation" in run("species", "show", "sodium").out


def test_a_salt_is_shown_as_its_ions(run):
    forms = json.loads(run("species", "show", "Mg(TFSI)2", "--json").out)
    assert [(f["name"], f["family"]) for f in forms] == [("Mg", "cation"), ("TFSI", "anion")]
    by_smiles = json.loads(run("species", "show", "[Na+].F[P-](F)(F)(F)(F)F", "--json").out)
    assert [f["name"] for f in by_smiles] == ["Na", "PF6"]


def test_an_ionic_liquid_is_shown_as_a_liquid_and_as_its_ions(run):
    liquid, cation, anion = json.loads(run("species", "show", "[EMIM][TFSI]", "--json").out)
    assert (liquid["name"], liquid["family"]) == ("EMIMTFSI", "ionic liquid")
    assert liquid["properties"]["density_g_cm3"]["source"].startswith("10.")
    assert (cation["name"], anion["name"]) == ("EMIM", "TFSI")
    assert "family: ionic liquid" in run("species", "show", "EMIMTFSI").out


@pytest.mark.parametrize(
    ("smiles", "family"), [("COCCOCC(C)C", ""), ("N#C[N-]S(=O)(=O)C(F)(F)F", "anion")]
)
def test_a_smiles_that_is_not_in_the_catalog_is_shown_without_values(run, smiles, family):
    outcome = run("species", "show", smiles, "--json")
    assert outcome.code == 0
    (form,) = json.loads(outcome.out)
    assert form["family"] == family
    assert form["properties"] == {}
    assert form["in_catalog"] is False
    assert "not in the catalog" in run("species", "show", smiles).out


def test_a_smiles_of_the_catalog_is_found(run):
    assert "ethylene carbonate" in run("species", "show", "C1COC(=O)O1").out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("diglime", "did you mean 'diglyme'"),
        ("NaPF", "did you mean 'NaPF6'"),
        ("hexafluorphosphate", "did you mean 'PF6'"),
        ("", "unknown"),
        ("C1CC", "unknown"),
        ("Na2PF6", "not neutral"),
    ],
)
def test_an_unknown_species_is_refused_with_a_suggestion(run, name, words):
    outcome = run("species", "show", name)
    assert outcome.code == 2
    assert outcome.out == ""
    assert words in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_list_as_json_holds_every_species(run):
    rows = json.loads(run("species", "list", "--json").out)
    catalog = default_catalog()
    assert len(rows) == len(catalog.solvents) + len(catalog.ions)
    assert rows[0].keys() == {
        "name", "smiles", "cas", "family", "role", "aliases", "molar_mass_g_mol",
        "hazard_note", "in_catalog",
    }  # fmt: skip


def test_list_of_a_family(run):
    out = run("species", "list", "--family", "cyclic carbonate").out
    assert "ethylene carbonate" in out
    assert "diglyme" not in out
    outcome = run("species", "list", "--family", "metal")
    assert outcome.code == 2
    assert "there are" in outcome.err


def test_add_tells_what_and_where(run, species_folder, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("name,smiles\nMyEther,COCCOCC(C)C\n")
    outcome = run("species", "add", file)
    assert outcome.code == 0
    assert outcome.out == f"added MyEther to {species_folder}\n"
    assert "MyEther" in run("species", "show", "COCCOCC(C)C").out


def test_add_refuses_with_a_line_for_each_fault(run, species_folder, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("name,smiles,density_g_cm3,source\nA,C1CC,,\nB,CCCCCO,1090,handbook\n")
    outcome = run("species", "add", file)
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 2
    assert "check the unit" in outcome.err
    assert not species_folder.exists()


def test_add_of_a_file_that_is_not_there(run, species_folder, tmp_path):
    outcome = run("species", "add", tmp_path / "nofile.csv")
    assert outcome.code == 2
    assert outcome.err == f"error: {tmp_path / 'nofile.csv'}: no such file\n"


def test_a_word_is_shown_as_the_ion_it_names(run):
    assert "bis(fluorosulfonyl)azanide" in run("species", "show", "FSI").out
