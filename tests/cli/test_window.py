import csv
import json

import pandas as pd
import pytest

from electrolyte_ml.models.window.species import FOLDER_VARIABLE


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
    assert "cells usually tolerate about 2 V less" in text
    assert "reduction of an anion is not computed" in text
    # One recipe needs no prefix.
    assert text.count("NaPF6 in EC:DEC") == 2
    assert "Na/Na+ lies 0.30 +- 0.15 V above Li/Li+" in text
    assert "0.5 V further down for an anion" in text


def test_help_of_show_has_the_errors_of_limits(run):
    text = " ".join(run("window", "show", "--help").out.split())
    assert "where learned (model)" in text
    assert "not of measurements" in text
    assert "glassy carbon" in text


def test_json_has_the_scale_the_band_of_the_anion_and_the_error(run):
    sodium, lithium = json.loads(run("window", "show", RECIPE, "--json").out)
    assert sodium["reference"]["above_lithium_v"] == 0.3
    assert sodium["reference"]["uncertainty_v"] == 0.15
    assert lithium["reference"]["uncertainty_v"] == 0.0
    assert sodium["anion_band_v"] == 0.5
    assert "glassy carbon" in sodium["caveat"]
    assert json.loads(run("window", "show", "PC", "--json").out)[0]["anion_band_v"] == 0.0


def test_screen_gives_limits_of_molecules_in_their_order(run, tmp_path):
    listed = tmp_path / "molecules.smi"
    listed.write_text("# ours\nCCCCCCCOC(=O)OCC octyl\nF[P-](F)(F)(F)(F)F\n")
    records = json.loads(
        run("window", "screen", "C1COC(=O)O1", "--file", str(listed), "--json").out
    )
    tiers = [r["oxidation_limit_v"]["tier"] for r in records]
    assert tiers == ["table", "model", "table"]
    assert [r["reduction_limit_v"] is None for r in records] == [False, False, True]
    assert "anion" in records[2]["missing"]
    side = records[1]["oxidation_limit_v"]
    assert side["low"] < side["value"] < side["high"]


def test_screen_against_lithium_is_higher(run):
    def value(against):
        found = run("window", "screen", "CC#N", "--against", against, "--json").out
        return json.loads(found)[0]["oxidation_limit_v"]["value"]

    assert value("Li/Li+") - value("Na/Na+") == pytest.approx(0.3)


def test_screen_refuses_an_anion_that_nobody_computed(run):
    text = " ".join(run("window", "screen", "CCCCCCCC(=O)[O-]").out.split())
    assert "the model knows no ions" in text
    assert "cells usually tolerate about 2 V less" in text


def test_screen_names_all_that_cannot_be_read(run):
    outcome = run("window", "screen", "CC#N", "C(C", "[Na+].[Cl-]")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 2
    assert run("window", "screen").code == 2


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


def test_relaxing_cations_is_of_density_functional_theory(run):
    outcome = run("window", "compute", "CC#N", "--relaxed")
    assert outcome.code == 2
    assert "--relaxed needs --dft" in outcome.err


def test_dft_does_not_go_into_the_table_that_scores_use(run):
    outcome = run("window", "compute", "CC#N", "--dft")
    assert outcome.code == 2
    assert "--out" in outcome.err


def test_computed_limits_are_kept_and_used(run, own_folder):
    pytest.importorskip("tblite", reason="tblite is not installed")
    smiles = "COCF"
    rows = json.loads(run("window", "compute", smiles, "N#C[S-]", "--json").out)
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
    assert "cells usually tolerate about 2 V less" in " ".join(run("score", RECIPE).out.split())


def test_bad_molecules_of_a_file_are_named_by_their_lines(run, tmp_path):
    file = tmp_path / "m.smi"
    file.write_text("# molecules\nCCO ethanol\n\nC1CC nothing\nQ\n", encoding="utf-8")
    outcome = run("window", "screen", "--file", file)
    assert outcome.code == 2
    first, second = outcome.err.splitlines()
    assert f"{file}, line 4: " in first
    assert f"{file}, line 5: " in second


def test_a_file_that_is_not_there_is_told(run, tmp_path):
    outcome = run("window", "screen", "--file", tmp_path / "m.smi")
    assert outcome.code == 2
    assert outcome.err == f"error: {tmp_path / 'm.smi'}: no such file\n"


def limits(run, *arguments):
    """Given and looked-up SMILES, both limits, and what is missing, of each molecule."""
    outcome = run("window", "screen", *arguments, "--json")
    assert outcome.code in (0, 4), outcome.err
    return [
        (r["smiles"], r["oxidation_limit_v"], r["reduction_limit_v"], r["missing"])
        for r in json.loads(outcome.out)
    ]


@pytest.mark.parametrize(
    "forms",
    [
        ("CS(C)=O", "C[S+](C)[O-]", "[13CH3][S+]([O-])C", "C[34S](C)=O"),
        ("O=S1(=O)CCCC1", "[O-][S+2]1([O-])CCCC1", "O=[S+]1([O-])CCCC1"),
        ("COP(=O)(OC)OC", "CO[P+]([O-])(OC)OC"),
        ("CN(C)C=O", "[O-]C=[N+](C)C"),
        ("CC(C)=O", "C[C+](C)[O-]"),
        ("CC#N", "[2H]C([2H])([2H])C#N", "[H]C([H])([H])C#N"),
        ("CC1COC(=O)O1", "C[C@H]1COC(=O)O1", "C[C@@H]1COC(=O)O1"),
        ("O=[N+]([O-])c1ccccc1", "O=N(=O)c1ccccc1"),
        ("O=S(=O)(F)[N-]S(=O)(=O)F", "O=S([O-])(F)=NS(=O)(=O)F", "[O-][S+](=O)(F)[N-]S(=O)(=O)F"),
        ("N#C[N-]C#N", "[N-]=C=NC#N"),
        ("C/C=C/C", "C/C=C\\C", "CC=CC"),
    ],
)
def test_one_molecule_has_one_answer(run, forms):
    first, *others = limits(run, *forms)
    assert first[1] is not None or "anion" in first[3]
    assert [each[1:] for each in others] == [first[1:]] * len(others)


@pytest.mark.parametrize(
    ("smiles", "words"),
    [
        ("[CH3]", "open shell: not covered"),
        ("[O][O]", "open shell: not covered"),
        ("O=O", "open shell: not covered"),
        ("[He]", "He: not covered"),
        ("[Na]", "Na: not covered"),
        ("[S]", "bare atom: not covered"),
        ("Cl[Cu]Cl", "Cu: not covered (a metal"),
        ("O=[Mn](=O)(=O)[O-]", "Mn: not covered (a metal"),
    ],
)
def test_what_no_model_covers_has_no_value(run, smiles, words):
    ((_, oxidation, reduction, missing),) = limits(run, smiles)
    assert oxidation is reduction is None
    assert missing.startswith(words)


def test_a_bad_line_is_one_bad_row(run, tmp_path):
    file = tmp_path / "m.smi"
    file.write_bytes(b"CCO ethanol\nC1CC ring\n\xe9\nC\0C\n[Na+].[Cl-]\nCC#N nitrile\n")
    refused = run("window", "screen", "--file", file, "--json")
    assert refused.code == 2
    assert refused.out == ""
    assert sum(line.startswith("error: ") for line in refused.err.splitlines()) == 4
    assert list(tmp_path.iterdir()) == [file]
    outcome = run("window", "screen", "--file", file, "--skip-bad", "--json")
    assert outcome.code == 4
    assert [r["given"] for r in json.loads(outcome.out)] == ["CCO", "CC#N"]
    assert f"4 rows skipped; with their reasons in {tmp_path / 'm.bad_rows.csv'}" in outcome.err
    with (tmp_path / "m.bad_rows.csv").open(encoding="utf-8", newline="") as bad:
        rows = list(csv.DictReader(bad))
    assert [(row["row"], row["line"]) for row in rows[:2]] == [("2", "C1CC ring"), ("3", "é")]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_molecules_of_a_table_are_screened(run, tmp_path, suffix):
    file = tmp_path / f"m{suffix}"
    frame = pd.DataFrame({"name": ["a", "b", "c"], "SMILES": ["CCO", "C1CC", None]})
    write = {".csv": frame.to_csv, ".xlsx": frame.to_excel, ".parquet": frame.to_parquet}[suffix]
    write(file, index=False)
    outcome = run("window", "screen", "--file", file, "--skip-bad", "--json")
    assert outcome.code == 4
    assert [r["given"] for r in json.loads(outcome.out)] == ["CCO"]
    bad = pd.read_csv(tmp_path / "m.bad_rows.csv")
    assert bad["name"].tolist() == ["b", "c"]
    assert bad["reason"][1] == "no smiles"


def test_a_table_without_smiles_is_told(run, tmp_path):
    file = tmp_path / "m.xlsx"
    pd.DataFrame({"molecule": ["CCO"]}).to_excel(file, index=False)
    outcome = run("window", "screen", "--file", file)
    assert outcome.code == 2
    assert "needs one column 'smiles', and has 'molecule'" in outcome.err


def test_files_of_bad_or_no_molecules_alone_are_refused(run, tmp_path):
    file = tmp_path / "m.smi"
    file.write_text("Q\n" * 50)
    outcome = run("window", "screen", "--file", file, "--skip-bad")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) < 30
    assert "none of 50 rows can be used" in outcome.err
    file.write_text("# nothing\n")
    assert "no molecules" in run("window", "screen", "--file", file).err


def test_a_word_that_names_another_molecule_is_asked_about(run):
    outcome = run("window", "screen", "PC", "FSI", "EC", "CCO")
    assert outcome.code == 2
    assert "molecule 1: 'PC' is the name of CC1COC(=O)O1, and as a SMILES another" in outcome.err
    assert "molecule 2: 'FSI' is the name of O=S(=O)(F)[N-]S(=O)(=O)F" in outcome.err
    assert "molecule 3: 'EC' is the name of O=C1OCCO1; write that SMILES" in outcome.err
    assert "molecule 4" not in outcome.err
    assert run("window", "screen", "smiles:PC").code == 0


def test_shells_show_shifts_measured_orders_and_the_verdict(run):
    text = run("window", "shells").out
    assert max(len(line.rstrip()) for line in text.splitlines() if " +- " in line) <= 100
    record = json.loads(run("window", "shells", "--json").out)
    assert {shift["name"] for shift in record["electrolytes"]} >= {"PC", "TFSI", "PF6"}
    assert record["orders"][0]["of"] == "anions"
    # What decision 87 and the guide say.
    assert record["verdict"]["enters"] is False
    told = " ".join(text.split())
    assert "the shift does not enter windows" in told
    alone = [order["of"] for order in record["orders"]] == ["anions"]
    assert ("Anions alone are judged" in told) == alone


def test_a_table_without_shells_is_refused(run, tmp_path):
    outcome = run("window", "shells", tmp_path / "none.csv")
    assert outcome.code == 2
    assert "none.csv holds no computed shells" in outcome.err
