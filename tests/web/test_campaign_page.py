import csv
import re
import shutil

import pytest

from electrolyte_ml.campaign import Campaign
from electrolyte_ml.web.jobs import DONE

PROBLEM = """\
name = "small"
description = "For tests"
[components]
solvents = ["EC", "PC", "DMC", "DME"]
salts = ["NaPF6", "NaFSI"]
[limits]
max_solvents = 2
salt_molality_mol_kg = [0.5, 1.5]
molality_step = 0.1
fraction_step = 0.05
[[objectives]]
property = "conductivity_ms_cm"
temperature = "25 degC"
[prediction]
out_of_domain = "allow"
[search]
n_trials = 100
population = 50
"""
COLUMN = "conductivity_ms_cm at 25 degC"


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The folder of a campaign that was begun without the page, and has three suggestions."""
    place = tmp_path_factory.mktemp("campaign")
    (place / "problem.toml").write_text(PROBLEM)
    Campaign.create(place / "autumn", place / "problem.toml").suggest(3, n_trials=60)
    return place / "autumn"


@pytest.fixture
def campaign(browser, begun):
    shutil.copytree(begun, browser.site.folder / "autumn")
    return Campaign(browser.site.folder / "autumn")


def sheet(*rows, **more):
    """What the form of the sheet sends; rows are id, recipe, value, status, comment."""
    ids, recipes, values, statuses, comments = zip(*rows, strict=True)
    return {
        "column": [COLUMN],
        "id": list(ids),
        "recipe": list(recipes),
        "value:0": list(values),
        "status": list(statuses),
        "comment": list(comments),
        **more,
    }


def record(browser, *rows, **more):
    return browser.post("/campaign/at/autumn/record", sheet(*rows, **more))


def run_verb(*arguments, monkeypatch, capsys):
    from electrolyte_ml.cli import main

    monkeypatch.setattr("sys.argv", ["electrolyte-ml", "campaign", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return ended.value.code or 0, captured.out, captured.err


def test_a_campaign_is_begun_as_the_folder_of_the_verb(browser, begun):
    answer = browser.post("/campaign/new", {"name": "late autumn", "toml": PROBLEM})
    assert answer.headers["HX-Redirect"] == "/campaign/at/late autumn"
    made = Campaign(browser.site.folder / "late autumn")
    names = {p.name for p in made.folder.iterdir()}
    assert {"problem.toml", "README.txt", "log.jsonl", "measured.csv"} <= names
    assert names < {p.name for p in begun.iterdir()}
    assert (made.folder / "problem.toml").read_text() == PROBLEM
    assert "Suggest the first recipes" in browser.get("/campaign/at/late autumn").text


def test_the_page_of_a_campaign_has_its_sheet(browser, campaign):
    text = browser.get("/campaign").text
    assert '<a href="/campaign/at/autumn">' in text
    assert "1 round, 3 to measure, 0 measured" in text
    page = browser.get("/campaign/at/autumn").text
    for suggestion in campaign.state.suggestions:
        assert suggestion.formulation.notation() in page
    assert page.count('name="value:0"') == 3 + 3
    assert "predicted" in page


def test_rounds_mix_the_page_and_the_command_line(browser, campaign, monkeypatch, capsys):
    verb = {"monkeypatch": monkeypatch, "capsys": capsys}
    text = record(browser, ("S001", "", "7,5", "", "clear"), ("S002", "", "", "", "")).text
    assert "1 result recorded" in text
    assert 'aria-label="S002"' in text
    assert 'aria-label="S001"' not in text
    path = campaign.folder / "round_001.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    rows[1][COLUMN], rows[2]["status"] = "6.1", "failed"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    code, out, err = run_verb("record", campaign.folder, path, "-q", **verb)
    assert code == 0, err
    assert "recorded 2 results (1 failed)" in out
    page = browser.get("/campaign/at/autumn").text
    assert "Nothing is left to measure" in page
    assert "Best conductivity at 25 °C, mS/cm: <b>7.5</b>" in page
    standing = browser.get("/campaign/at/autumn/standing").text
    assert '<span class="value">6.1</span>' in standing
    assert "<svg" in standing
    _, out, _ = run_verb("status", campaign.folder, **verb)
    assert "2 measured, 1 failed" in out
    state = Campaign(campaign.folder).state
    assert [r.comment for r in state.results] == ["clear", "", ""]
    assert sorted(state.files.values()) == ["round_001.csv", "the sheet of the page"]


def test_all_faulty_rows_are_told_at_once_and_nothing_is_written(browser, campaign):
    before = (campaign.folder / "log.jsonl").read_bytes()
    answer = record(
        browser,
        ("S001", "", "much", "", ""),
        ("S002", "1 M NaXX in PC", "5", "", ""),
        ("S003", "", "7.5", "failed", ""),
        ("", "", "3", "", ""),
    )
    assert answer.status_code == 422
    assert "S001: conductivity_ms_cm at 25 degC is &#39;much&#39;, not a number" in answer.text
    assert "S002: unknown salt" in answer.text
    assert "S003: status failed but there are measured values" in answer.text
    assert "row 4: neither id nor recipe is given" in answer.text
    assert (campaign.folder / "log.jsonl").read_bytes() == before
    assert record(browser, ("S001", "", "", "", "")).status_code == 422
    text = record(browser, ("S001", "", "1500", "", "")).text
    assert "--accept-unusual" in text
    text = record(browser, ("S001", "", "1500", "", ""), accept_unusual="1").text
    assert "1 result recorded" in text


def test_replicates_own_recipes_and_sheets_of_a_spreadsheet_are_recorded(browser, campaign):
    own = "1 M NaPF6 in EC:DMC 1:1 v/v"
    rows = (("S001", "", "7.5", "", ""), ("S001", "", "7.7", "", "again"), ("", own, "8.1", "", ""))
    text = record(browser, *rows).text
    assert "3 results recorded" in text
    assert "1 result is a replicate" in text
    assert "was recorded before" in record(browser, rows[0]).text
    file = {"file": ("round.csv", f"id;{COLUMN};status\nS002;6,25;\nS003;;skipped\n")}
    blank = sheet(("S002", "", "", "", ""))
    answer = browser.post("/campaign/at/autumn/record", blank, files=file)
    assert "2 results recorded" in answer.text
    values = [list(r.values.values()) for r in Campaign(campaign.folder).state.results]
    assert values == [[7.5], [7.7], [8.1], [6.25], []]
    before = (campaign.folder / "log.jsonl").read_bytes()
    typed = sheet(("S004", "", "3.5", "", ""))
    both = browser.post("/campaign/at/autumn/record", typed, files=file)
    assert both.status_code == 422
    assert "a file and values typed into the sheet" in both.text
    assert (campaign.folder / "log.jsonl").read_bytes() == before
    bad = {"file": ("round.csv", f"id,{COLUMN}\nS002,x\nS009,1\n")}
    text = browser.post("/campaign/at/autumn/record", blank, files=bad).text
    assert "round.csv, line 2" in text
    assert "round.csv, line 3: unknown id" in text


def test_the_report_and_the_files_can_be_taken_along(browser, campaign):
    record(browser, ("S001", "", "7.5", "", ""))
    text = browser.post("/campaign/at/autumn/report").text
    names = re.findall(r"/campaign/at/autumn/file/([\w.]+)", text)
    assert {"report.md", "report.xlsx", "report.svg"} <= set(names)
    for name in [*names, "round_001.csv", "measured.csv"]:
        got = browser.get(f"/campaign/at/autumn/file/{name}")
        assert got.content == (campaign.folder / name).read_bytes()
    for name in ("log.jsonl", ".log.seal", "..%2Fjobs"):
        assert browser.get(f"/campaign/at/autumn/file/{name}").status_code >= 400


@pytest.mark.parametrize("name", ["", "jobs", "../evil", "a/b", ".hidden", "x" * 80, "a\nb"])
def test_a_campaign_is_made_nowhere_else(browser, name):
    answer = browser.post("/campaign/new", {"name": name, "toml": PROBLEM})
    assert answer.status_code == 422
    assert "letters, digits, spaces" in answer.text
    assert not list(browser.site.folder.glob("*/log.jsonl"))


def test_what_cannot_be_begun_is_told(browser, campaign):
    text = browser.post("/campaign/new", {"name": "autumn", "toml": PROBLEM}).text
    assert "is not empty" in text
    assert str(browser.site.folder) not in text
    bad = PROBLEM.replace("NaPF6", "NaXX")
    assert "NaXX" in browser.post("/campaign/new", {"name": "winter", "toml": bad}).text
    assert not (browser.site.folder / "winter").exists()
    assert "there is no campaign" in browser.get("/campaign/at/winter").text
    assert (
        "whole number from 1 to 100" in browser.post("/campaign/at/autumn/suggest", {"n": "0"}).text
    )
    assert "unknown goal" in browser.post("/campaign/at/autumn/suggest", {"goal": "fame"}).text


def test_a_damaged_campaign_does_not_hide_the_others(browser, campaign):
    broken = browser.site.folder / "broken"
    broken.mkdir()
    (broken / "log.jsonl").write_text("no log\n")
    text = browser.get("/campaign").text
    assert "autumn" in text
    assert "broken" in text


def test_names_in_campaigns_are_escaped(browser, campaign):
    evil = "<script>alert(1)</script>"
    assert "<script>alert" not in record(browser, ("S001", evil, evil, evil, evil)).text
    record(browser, ("S001", "", "7.5", "", evil))
    assert "<script>alert" not in browser.get("/campaign/at/autumn/standing").text


@pytest.mark.slow
def test_suggestions_are_a_job_and_learn_from_results(browser, campaign):
    record(browser, ("S001", "", "7.5", "", ""), ("S002", "", "6.5", "", ""))
    text = browser.post("/campaign/at/autumn/suggest", {"n": "2"}).text
    name = re.search(r'id="job-([\w-]+)"', text)[1]
    assert "being suggested now" in record(browser, ("S003", "", "7.5", "", "")).text
    browser.get(f"/jobs/{name}/events")
    assert browser.site.jobs.job(name).progress.status == DONE
    state = Campaign(campaign.folder).state
    assert (state.n_rounds, len(state.suggestions)) == (2, 5)
    assert 'aria-label="S005"' in browser.get("/campaign/at/autumn").text
    assert browser.site.jobs.go_on(name).progress.status != DONE
    browser.get(f"/jobs/{name}/events")
    assert Campaign(campaign.folder).state.n_rounds == 2


def test_a_campaign_may_be_for_what_only_a_laboratory_knows(browser):
    problem = (
        'name = "sodium efficiency"\n[components]\nsolvents = ["DME", "diglyme"]\n'
        'salts = ["NaPF6"]\n[limits]\nsalt_molality_mol_kg = [0.8, 1.2]\n'
        '[[objectives]]\nproperty = "coulombic_efficiency_percent"\ndirection = "maximize"\n'
    )
    answer = browser.post("/campaign/new", {"name": "efficiency", "toml": problem})
    assert answer.headers["HX-Redirect"] == "/campaign/at/efficiency"
    bad = browser.post("/campaign/new", {"name": "worse", "toml": problem.replace("DME", "DMX")})
    assert bad.status_code == 422
    assert "unknown solvent" in bad.text
    assert "/tmp" not in bad.text
