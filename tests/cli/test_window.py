import json

import pytest

from electrolyte_ml.models.window.species_limits import FOLDER_VARIABLE


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "window"))
    return tmp_path / "window"


RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC"


def test_show_gives_both_scales_the_limiting_species_and_films(run):
    records = json.loads(run("window", "show", RECIPE, "--json").out)
    assert [r["oxidation_limit_v"]["reference"] for r in records] == ["Na/Na+", "Li/Li+"]
    sodium = records[0]
    assert sodium["oxidation_limit_v"]["limiting_species"] == "DEC"
    assert sodium["oxidation_limit_v"]["tier"] == "table"
    assert [film["species"] for film in sodium["passivation"]] == ["FEC"]
    assert sodium["not_limiting"] == ["FEC"]


def test_show_says_what_a_window_is_not(run):
    text = " ".join(run("window", "show", RECIPE).out.split())
    assert "cells usually tolerate less" in text
    assert "anion's reduction" in text


def test_the_scale_of_sodium_can_be_set(run):
    def value(*options):
        record = json.loads(run("window", "show", RECIPE, "--json", *options).out)[0]
        return record["oxidation_limit_v"]["value"]

    shifted = value("--sodium-above-lithium", "0.2")
    assert shifted - value() == pytest.approx(0.1)


def test_an_unknown_electrode_is_bad_input(run):
    outcome = run("window", "show", RECIPE, "--against", "Mg/Mg2+")
    assert outcome.code == 2
    assert "Na/Na+" in outcome.err


def test_library_lists_molecules(run):
    molecules = json.loads(run("window", "library", "--json").out)
    assert len(molecules) > 3000
    assert {"smiles": "O=C1OCCO1", "family": "catalog"} in molecules


def test_nothing_to_compute_is_bad_input(run):
    assert run("window", "compute").code == 2


def test_all_bad_molecules_are_named_and_nothing_is_written(run, own_folder):
    outcome = run("window", "compute", "CC#N", "[Na+]", "C(C")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 2
    assert not own_folder.exists()


def test_dft_does_not_go_into_the_table_that_scores_use(run):
    outcome = run("window", "compute", "CC#N", "--dft")
    assert outcome.code == 2
    assert "--out" in outcome.err


def test_computed_limits_are_kept_and_used(run, own_folder):
    pytest.importorskip("tblite", reason="tblite is not installed")
    smiles = "COCF"
    rows = json.loads(run("window", "compute", smiles, "[Cl-]", "--json").out)
    assert [r["reduction_limit_v"] is None for r in rows] == [False, True]
    assert (own_folder / "computed_limits.csv").is_file()
    again = run("window", "compute", smiles, "--json")
    assert again.err == ""
    assert json.loads(again.out)[0]["oxidation_limit_v"] == pytest.approx(
        rows[0]["oxidation_limit_v"], abs=1e-3
    )


def test_score_has_the_window(run):
    record = json.loads(run("score", RECIPE, "--json").out)[0]
    for name in ("oxidation_limit_v", "reduction_limit_v"):
        side = record[name]
        assert side["low"] < side["value"] < side["high"]
        assert side["reference"] == "Na/Na+"
        assert side["limiting_species"] in {"EC", "DEC", "PF6"}
        assert side["tier"] == "table"
    assert "cells usually tolerate less" in " ".join(run("score", RECIPE).out.split())
