import csv
import json

import pytest

_COLUMNS = ("conductivity_ms_cm at -40 degC", "conductivity_ms_cm at 25 degC")


@pytest.fixture
def folder(tmp_path, run):
    folder = tmp_path / "campaign"
    outcome = run("campaign", "new", folder, "--problem", "sodium_low_temperature")
    assert outcome.code == 0, outcome.err
    return folder


def test_a_campaign_from_the_first_suggestion_to_the_report(folder, run, tmp_path):
    outcome = run("campaign", "suggest", folder, "-n", 4, "--trials", 200)
    assert outcome.code == 0, outcome.err
    assert "S004" in outcome.out
    sheet = folder / "round_001.csv"
    rows = list(csv.DictReader(sheet.open(encoding="utf-8")))
    for row, value in zip(rows, (2.0, 3.0, 4.0), strict=False):
        row |= dict(zip(_COLUMNS, (value, 3 * value), strict=True))
    rows[3] |= {"status": "failed", "comment": "froze"}
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    outcome = run("campaign", "record", folder, sheet)
    assert outcome.code == 0, outcome.err
    assert "recorded 4 results (1 failed); 0 suggestions are pending" in outcome.out
    status = json.loads(run("campaign", "status", folder, "--json").out)
    assert (status["measured"], status["failed"], status["pending"]) == (3, 1, [])
    assert status["best"][0]["value"] == 4.0
    second = json.loads(run("campaign", "suggest", folder, "-n", 2, "--trials", 200, "--json").out)
    assert [s["id"] for s in second] == ["S005", "S006"]
    assert run("campaign", "report", folder).code == 0
    text = (folder / "report.md").read_text(encoding="utf-8")
    for words in ("# Campaign: sodium low temperature", "failed: froze", "## Pending", "S006"):
        assert words in text


def test_faults_are_lines_on_standard_error_and_exit_code_2(folder, run, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text(f"id,{_COLUMNS[0]}\nS001,3\n,4\n", encoding="utf-8")
    outcome = run("campaign", "record", folder, bad)
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 2
    assert "nothing was suggested yet" in outcome.err
    log = folder / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"sodium", b"sodlum"))
    outcome = run("campaign", "status", folder)
    assert outcome.code == 2
    assert "changed after it was written" in outcome.err


def test_tables_and_status_are_as_people_write_them(folder, run):
    assert (folder / "measured.csv").read_bytes() == b"suggestion,recipe,status,comment\r\n"
    assert "0 rounds" in run("campaign", "status", folder).out
    assert run("campaign", "suggest", folder, "-n", 1, "--trials", 100).code == 0
    assert "1 round, 1 suggested" in run("campaign", "status", folder).out
    assert run("campaign", "report", folder).code == 0
    assert "1 round, 1 recipe suggested" in (folder / "report.md").read_text(encoding="utf-8")


def test_the_report_has_a_workbook_and_plots(run, tmp_path):
    import openpyxl

    folder = tmp_path / "c"
    run("campaign", "new", folder, "--problem", "sodium_metal_glyme")
    rows = json.loads(run("campaign", "suggest", folder, "-n", 2, "--trials", 100, "--json").out)
    sheet = tmp_path / "lab.csv"
    column = "conductivity_ms_cm at 25 degC"
    lines = [f"{rows[0]['id']},9.5,", f"{rows[1]['id']},,failed"]
    sheet.write_text("\n".join([f"id,{column},status", *lines]) + "\n", encoding="utf-8")
    assert run("campaign", "record", folder, sheet).code == 0
    done = run("campaign", "report", folder)
    assert "report.xlsx" in done.out
    assert "report.svg" in done.out
    assert "](report.svg)" in (folder / "report.md").read_text(encoding="utf-8")
    held = openpyxl.load_workbook(folder / "report.xlsx")["results"]
    heading, *body = held.iter_rows(values_only=True)
    assert {row[heading.index("status")] for row in body} == {"ok", "failed"}
    assert 9.5 in [row[heading.index(column)] for row in body]
    assert f"predicted {column} low" in heading
