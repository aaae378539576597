"""Bad rows of files that are scored: skipped into a file where asked for, or told as faults."""

import csv
import json

import pandas as pd
import pytest

RECIPE = "1 M NaPF6 in EC:DEC 1:1 v/v"


@pytest.fixture
def half_bad(tmp_path):
    file = tmp_path / "half.csv"
    file.write_text(
        f"batch,recipe,temperature_c\nA,{RECIPE},0\nB,1 M NaPF6 in ECC,25\n"
        f"C,{RECIPE},hot\nD,1 M NaPF6 in PC,25\n"
    )
    return file


def test_bad_rows_are_skipped_into_a_file_where_asked_for(run, half_bad, tmp_path):
    out = tmp_path / "scores.csv"
    outcome = run("score", "--file", half_bad, "--skip-bad", "--out", out)
    assert outcome.code == 4
    assert "2 rows skipped" in outcome.err
    bad = tmp_path / "scores.bad_rows.csv"
    assert str(bad) in outcome.err
    assert pd.read_csv(out)["batch"].tolist() == ["A", "D"]
    kept = pd.read_csv(bad)
    assert kept.columns.tolist() == ["row", "reason", "batch", "recipe", "temperature_c"]
    assert kept["row"].tolist() == [2, 3]
    assert "unknown solvent 'ECC'" in kept["reason"][0]
    assert kept["temperature_c"].tolist() == ["25", "hot"]


def test_the_rest_is_scored_as_without_the_bad_rows(run, half_bad, tmp_path):
    good = tmp_path / "good.csv"
    good.write_text(f"batch,recipe,temperature_c\nA,{RECIPE},0\nD,1 M NaPF6 in PC,25\n")
    outcome = run("score", "--file", half_bad, "--skip-bad", "--json")
    assert json.loads(outcome.out) == json.loads(run("score", "--file", good, "--json").out)
    assert (tmp_path / "half.bad_rows.csv").is_file()


def test_a_good_file_is_scored_as_usual_with_skip_bad(run, tmp_path):
    file = tmp_path / "good.csv"
    file.write_text(f"recipe\n{RECIPE}\n")
    assert run("score", "--file", file, "--skip-bad", "--csv").code == 0
    assert list(tmp_path.iterdir()) == [file]


def test_bad_arguments_and_files_of_bad_rows_alone_are_refused(run, half_bad, tmp_path):
    assert run("score", "1 M NaXX in EC", "--file", half_bad, "--skip-bad").code == 2
    assert list(tmp_path.iterdir()) == [half_bad]
    half_bad.write_text("recipe\n" + "1 M NaPF6 in ECC\n" * 30)
    outcome = run("score", "--file", half_bad, "--skip-bad", "--out", tmp_path / "scores.csv")
    assert outcome.code == 2
    assert "none of 30 rows can be used" in outcome.err
    assert not (tmp_path / "scores.csv").exists()
    assert len(pd.read_csv(tmp_path / "scores.bad_rows.csv")) == 30


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--bad-rows", "b.csv"), "no effect without --skip-bad"),
        (("--skip-bad", "--bad-rows", "half.csv"), "name another file"),
        (("--skip-bad", "--bad-rows", "b.parquet"), "must be one of .csv, .xlsx"),
        (("--skip-bad", "--bad-rows", "no/b.csv"), "no folder"),
        (("--skip-bad", "--out", "b.csv", "--bad-rows", "b.csv"), "name another file"),
    ],
)
def test_options_of_bad_rows_are_checked(run, half_bad, monkeypatch, options, words):
    monkeypatch.chdir(half_bad.parent)
    outcome = run("score", "--file", "half.csv", *options)
    assert outcome.code == 2
    assert words in outcome.err
    assert list(half_bad.parent.iterdir()) == [half_bad]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("temperature_c", "9" * 400),
        ("temperature_k", "1e-300"),
        ("temperature_k", "1e400"),
        ("temperature_c", "nan!"),
        ("temperature_c", "25\0"),
        ("temperature_c", "x" * 200_000),
        ("recipe", "x" * 200_000),
        ("recipe", "1 M NaPF6 in PC\0"),
    ],
)
def test_strange_cells_are_short_clear_faults(run, tmp_path, column, cell):
    row = {"recipe": RECIPE, "temperature_c": ""} | {column: cell}
    file = tmp_path / "a.csv"
    file.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    if "temperature_k" in row:
        file.write_text(f"recipe,temperature_k\n{RECIPE},{cell}\n")
    outcome = run("score", "--file", file)
    assert outcome.code == 2
    assert "row 1: " in outcome.err
    assert len(outcome.err) < 500 + len(str(file))


@pytest.mark.parametrize("column", ["recipe", "temperature_c", "note"])
@pytest.mark.parametrize("cell", [[RECIPE], {"a": 1}, b"\xff\xfe"])
def test_nested_cells_of_parquet_are_faults_of_their_row(run, tmp_path, column, cell):
    file = tmp_path / "a.parquet"
    row = {"recipe": RECIPE, "temperature_c": 25.0, "note": "a"} | {column: cell}
    pd.DataFrame([row]).to_parquet(file)
    outcome = run("score", "--file", file)
    assert outcome.code == 2
    assert f"row 1: {column}" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_a_row_with_too_many_cells_is_skipped_with_all_of_them(run, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(f"temperature_c,recipe\n25,{RECIPE}\n\n25,5,{RECIPE}\n")
    assert run("score", "--file", file, "--skip-bad", "--csv").code == 4
    kept = list(csv.reader((tmp_path / "a.bad_rows.csv").open()))
    assert kept[1][0] == "3"
    assert "has 3 cells, the header 2" in kept[1][1]
    assert kept[1][2:] == ["25", "5", RECIPE]


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".tsv"])
def test_bad_rows_of_any_file_are_skipped(run, half_bad, tmp_path, suffix):
    frame = pd.read_csv(half_bad)
    file = tmp_path / f"any{suffix}"
    if suffix == ".tsv":
        frame.to_csv(file, sep="\t", index=False)
    else:
        getattr(frame, {".xlsx": "to_excel", ".parquet": "to_parquet"}[suffix])(file, index=False)
    outcome = run("score", "--file", file, "--skip-bad", "--json")
    assert outcome.code == 4
    assert [row["batch"] for row in json.loads(outcome.out)] == ["A", "D"]
    kept = pd.read_csv(tmp_path / "any.bad_rows.csv")
    assert kept["row"].tolist() == [2, 3]
    assert kept["temperature_c"].tolist() == ["25", "hot"]
    sheet = tmp_path / "bad.xlsx"
    assert run("score", "--file", file, "--skip-bad", "--bad-rows", sheet, "--json").code == 4
    assert pd.read_excel(sheet)["reason"].tolist() == kept["reason"].tolist()


def test_a_row_with_too_many_cells_is_skipped_whole(run, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(f"recipe,note\n{RECIPE},a\n{RECIPE},b,c,d\n")
    outcome = run("score", "--file", file, "--skip-bad", "--json")
    assert outcome.code == 4
    assert [row["note"] for row in json.loads(outcome.out)] == ["a"]
    assert (tmp_path / "a.bad_rows.csv").read_text().splitlines()[1].endswith("b,c,d")
