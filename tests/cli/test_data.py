import json

import pandas as pd
import pytest

from electrolyte_ml.data import fetching
from electrolyte_ml.data.catalog import FOLDER_VARIABLE, shipped_cards
from electrolyte_ml.errors import DataNotFoundError

LAB = """recipe,temperature_c,conductivity_ms_cm,doi,batch
1 M NaPF6 in PC,25,8.1,10.1/x,1
1 M NaPF6 in PC,25,8.1,10.1/x,1
1 M NaPF6 in PC,25,8.3,10.1/y,2
"""


@pytest.fixture(autouse=True)
def no_files(monkeypatch, tmp_path):
    """Neither data sets nor imports of whoever runs the tests."""
    monkeypatch.setenv("ELECTROLYTE_ML_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "imported"))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def lab(tmp_path):
    file = tmp_path / "lab.csv"
    file.write_text(LAB)
    return file


def test_check_shows_what_happened_to_rows(run):
    outcome = run("data", "check", "sodium_table", "--json")
    assert outcome.code == 0
    report = json.loads(outcome.out)
    dropped = sum(n["n_rows"] for n in report["notes"] if n["action"] == "dropped")
    assert report["n_read"] == report["n_kept"] + dropped
    (table,) = report["tables"]
    assert table["n_rows"] == report["n_kept"]
    assert "rows read" in run("data", "check", "sodium_table").out


def test_unknown_and_missing_data_sets_are_refused(run):
    outcome = run("data", "check", "calisol")
    assert outcome.code == 2
    assert "there are calisol23" in outcome.err
    outcome = run("data", "check", "calisol23")
    assert outcome.code == 2
    assert "set ELECTROLYTE_ML_DATA" in outcome.err


def test_list_names_every_set_and_whether_it_is_here(run):
    rows = {row["name"]: row for row in json.loads(run("data", "list", "--json").out)}
    assert list(rows) == list(shipped_cards())
    assert rows["sodium_table"]["available"]
    assert not rows["calisol23"]["available"]
    out = run("data", "list").out
    for name, row in rows.items():
        assert name in out
        assert row["licence"] in out


def test_show_prints_the_card_and_first_rows(run):
    out = run("data", "show", "calisol23").out
    for trap in shipped_cards()["calisol23"].traps:
        assert trap[:60] in out
    assert "not on this machine" in out
    shown = json.loads(run("data", "show", "sodium_table", "--json", "--n", 1).out)
    (row,) = shown["head"]
    assert row["value"] == 6.0
    assert row["uncertainty"] is None
    assert "NaPF6" in run("data", "show", "sodium_table").out


def test_imported_measurements_are_a_data_set(run, lab, tmp_path):
    outcome = run("data", "import", lab, "--name", "lab")
    assert outcome.code == 0
    assert "ignored columns: batch" in outcome.err
    assert "imported" in run("data", "list").out
    assert "8.1" in run("data", "show", "lab").out
    (table,) = json.loads(run("data", "check", "lab", "--json").out)["tables"]
    assert table["duplicates"]["exact"] == 1
    assert table["duplicates"]["across_papers"]["n_pairs_of_papers"] == 1
    out = tmp_path / "out.parquet"
    outcome = run("data", "export", "lab", "--out", out)
    assert outcome.code == 0
    assert out.exists()
    assert (tmp_path / "croissant.json").exists()
    names = [c["name"] for c in json.loads(run("data", "check", "all", "--json").out)]
    assert names == ["sodium_table", "lab"]
    assert "lab" in run("data", "check", "all").out
    workbook = tmp_path / "lab.xlsx"
    assert run("data", "export", "lab", "--out", workbook).code == 0
    assert len(pd.read_excel(workbook)) == len(pd.read_parquet(out))
    out = tmp_path / "all.csv"
    assert "22 rows of sodium_table, lab" in run("data", "export", "all", "--out", out).out


SLIPPED = """recipe,temperature_c,conductivity_ms_cm,source
1 M NaPF6 in PC,25,0.0079,lab
0.5 M NaPF6 in PC,25,0.0066,lab
1 M LiPF6 in EC:DMC 1:1 w/w,25,0.0107,lab
"""


def test_a_sheet_in_another_unit_is_imported_with_a_warning_and_named_by_check(run, tmp_path):
    sheet = tmp_path / "slipped.csv"
    sheet.write_text(SLIPPED)
    outcome = run("data", "import", sheet, "--name", "slipped")
    assert outcome.code == 0
    assert "warning: conductivity_ms_cm: all 3 rows of lab lie about" in outcome.err
    assert "the numbers are in S/cm, not in mS/cm" in outcome.err
    assert "times below" in run("data", "check", "slipped").out
    (slip,) = json.loads(run("data", "check", "slipped", "--json").out)["off_the_models"]
    assert slip["causes"] == ["the numbers are in S/cm, not in mS/cm"]
    assert "lab" in run("data", "check", "all").out


def test_two_curves_of_one_recipe_are_named_in_a_laboratory_book_too(run, tmp_path):
    sheet = tmp_path / "curves.csv"
    rows = [
        f"1 M NaPF6 in PC,{t},{height * 1.02**t:.4g},book 7"
        for height in (5.0, 3.5)
        for t in (0, 10, 20, 30, 40)
    ]
    sheet.write_text("recipe,temperature_c,conductivity_ms_cm,source\n" + "\n".join(rows))
    outcome = run("data", "import", sheet, "--name", "curves")
    assert outcome.code == 0
    assert "warning: book 7: 0.88011 m NaPF6 in PC has" in outcome.err
    assert "two curves, rows 0-4 with" in outcome.err
    out = run("data", "check", "curves").out
    assert "two curves of one recipe (kept): book 7" in out
    assert "conflicting duplicates within a source: 5" in out
    assert "mS/cm in row" in out
    assert ", and 4 more of this recipe" in out
    (table,) = json.loads(run("data", "check", "curves", "--json").out)["tables"]
    (conflict,) = table["duplicates"]["conflicts"]
    first, second = conflict["rows"]
    assert (second - first, conflict["n_pairs"]) == (5, 5)


def test_bad_rows_are_one_line_each(run, lab, tmp_path):
    lab.write_text(LAB.replace("8.1", "much").replace("8.3", "-1"))
    outcome = run("data", "import", lab, "--name", "lab")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 3
    assert not (tmp_path / "imported").exists()


def test_fetch_refuses_in_words(run):
    outcome = run("data", "fetch", "molsets")
    assert outcome.code == 2
    assert "Get it by hand" in outcome.err
    assert "give --url and --sha256" in outcome.err


def test_fetch_all_goes_on_after_a_set_that_fails(run, monkeypatch, tmp_path):
    def fetch(name, **_):
        if name == "edb1":
            raise DataNotFoundError("edb1: cannot be downloaded")
        return (tmp_path / name,)

    monkeypatch.setattr(fetching, "fetch", fetch)
    monkeypatch.setattr(
        fetching, "fetchable_names", lambda: ("calisol23", "edb1", "chemixhub_logv")
    )
    outcome = run("data", "fetch", "all")
    assert outcome.code == 2
    assert outcome.out.count(" is in ") == 2
    assert "edb1: cannot be downloaded" in outcome.err
    one_address = run(
        "data", "fetch", "all", "--url", "https://example.org/x", "--sha256", "0" * 64
    )
    assert "one data set" in one_address.err


def test_list_says_how_each_set_is_got(run):
    rows = {row["name"]: row["obtain"] for row in json.loads(run("data", "list", "--json").out)}
    assert rows["calisol23"] == rows["combat_56_solvents"] == "fetch"
    assert rows["sodium_table"] == "ships"
    assert rows["molsets"] == rows["il_in_battery_solvents"] == "by hand"


def test_bad_rows_are_skipped_on_import_where_asked_for(run, tmp_path):
    lab = tmp_path / "lab.csv"
    lab.write_text(LAB + "1 M NaPF6 in ECC,25,8.3,10.1/y,2\n")
    assert run("data", "import", lab, "--name", "lab").code == 2
    assert list(tmp_path.iterdir()) == [lab]
    outcome = run("data", "import", lab, "--name", "lab", "--skip-bad")
    assert outcome.code == 4
    assert f"1 row skipped; with their reasons in {tmp_path / 'lab.bad_rows.csv'}" in outcome.err
    assert "3 rows" in outcome.err or "3 kept" in outcome.err
    assert (tmp_path / "lab.bad_rows.csv").read_text().splitlines()[1].startswith("4,")
