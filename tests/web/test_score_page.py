import io
import json
import re
from html import unescape

import numpy as np
import openpyxl
import pandas as pd
import pytest

from electrolyte_ml.web.jobs import DONE
from electrolyte_ml.web.uploads import MOST_ROWS

RECIPES = "1 M NaPF6 in EC:DEC 1:1 v/v\n1.2 M NaFSI in DME"


def scores_of(browser, kind, **form):
    answer = browser.post(f"/score/download?kind={kind}", {"at": "25 °C", **form})
    assert answer.status_code == 200
    assert f"scores.{kind}" in answer.headers["Content-Disposition"]
    return answer.content


@pytest.fixture
def from_verb(tmp_path, monkeypatch, capsys):
    """What ``score --json`` says."""

    def call(*arguments):
        from electrolyte_ml.cli import main

        monkeypatch.setattr("sys.argv", ["electrolyte-ml", "score", *arguments])
        with pytest.raises(SystemExit):
            main()
        captured = capsys.readouterr()
        return captured.out, captured.err

    return call


def test_the_start_is_the_score_page(browser):
    assert browser.get("/").url.path == "/score"
    assert 'aria-current="page">Score' in browser.get("/").text


def test_recipes_are_checked_as_one_types(browser):
    text = browser.post("/score/check", {"recipes": "1 M NaPF6 in PC\n1 M NaPF6 in diglim"}).text
    assert '<li class="good">0.88' in text
    assert "did you mean &#39;diglyme&#39;" in text


def test_answers_equal_those_of_the_verb(browser, from_verb):
    out, _ = from_verb("--json", "--at", "25 degC", *RECIPES.splitlines())
    assert json.loads(scores_of(browser, "json", recipes=RECIPES)) == json.loads(out)
    shown = browser.post("/score/answer", {"recipes": RECIPES, "at": "25 °C"}).text
    for record in json.loads(out):
        assert f"{record['conductivity_ms_cm']['low']:.3g} to " in shown
    assert "FSI was measured with at most 30 wt% DME" in shown


def test_files_hold_the_same_rows(browser):
    records = json.loads(scores_of(browser, "json", recipes=RECIPES))
    table = pd.read_csv(io.BytesIO(scores_of(browser, "csv", recipes=RECIPES)))
    assert table["conductivity_ms_cm.value"].tolist() == pytest.approx(
        [r["conductivity_ms_cm"]["value"] for r in records]
    )
    book = openpyxl.load_workbook(io.BytesIO(scores_of(browser, "xlsx", recipes=RECIPES)))
    rows = list(book["scores"].values)
    assert list(rows[0]) == list(table.columns)
    assert rows[1][rows[0].index("recipe")] == RECIPES.splitlines()[0]


def test_faults_are_those_of_the_command_line(browser, from_verb, tmp_path, monkeypatch):
    bad = "1 M NaXX in PC\nx m NaPF6 in PC"
    _, err = from_verb(*bad.splitlines())
    shown = browser.post("/score/answer", {"recipes": bad})
    assert shown.status_code == 422
    lines = [line.removeprefix("error: ") for line in err.splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert escaped(line) in shown.text
    monkeypatch.chdir(tmp_path)
    table = "recipe,temperature_c\n1 M NaXX in PC,25\n1 M NaPF6 in PC,hot\n"
    (tmp_path / "lab.csv").write_text(table)
    _, err = from_verb("--file", "lab.csv")
    shown = browser.post("/score/answer", files={"file": ("lab.csv", table)})
    for line in err.splitlines():
        assert escaped(line.removeprefix("error: ")) in shown.text


def escaped(text):
    from markupsafe import escape

    return str(escape(text))


def test_temperatures_and_cells_that_cannot_be_used_are_told(browser):
    text = browser.post("/score/answer", {"recipes": "1 M NaPF6 in PC", "at": "25"}).text
    assert "temperature &#39;25&#39; has no unit" in text
    form = {"recipes": "1 M NaPF6 in PC", "upper_voltage": "high", "water_ppm": "1,5"}
    text = browser.post("/score/answer", form).text
    assert "upper voltage: &#39;high&#39; is no number" in text
    text = browser.post("/score/answer", {**form, "upper_voltage": "", "anode": "cheese"}).text
    assert "unknown &#39;cheese&#39;" in text


def test_names_from_people_are_escaped(browser):
    evil = "<script>alert(1)</script>"
    for path in ("/score/check", "/score/answer"):
        text = browser.post(path, {"recipes": evil}).text
        assert "<script" not in text
        assert "&lt;script&gt;" in text
    assert "<script>alert" not in browser.get("/score", params={"recipe": evil}).text
    table = f"recipe,{evil}\n1 M NaPF6 in PC,{evil}\nPC{evil},1\n"
    text = browser.post("/score/answer", files={"file": (f"{evil}.csv", table)}).text
    assert "<script" not in text


def test_units_are_those_that_the_browser_keeps(browser):
    form = {"recipes": "1 M NaPF6 in PC", "at": "25 °C"}
    usual = browser.post("/score/answer", form).text
    browser.client.cookies.set("unit_conductivity", "S%2Fm")
    browser.client.cookies.set("unit_temperature", "K")
    other = browser.post("/score/answer", form).text
    assert "conductivity, mS/cm" in usual
    assert "conductivity, S/m" in other
    assert "298.15 K" in other
    values = [float(re.search(r'class="value">([\d.]+)', text)[1]) for text in (usual, other)]
    assert values[1] == pytest.approx(values[0] / 10, rel=0.01)


def test_curves_are_drawn_without_style_sheets_of_their_own(browser):
    text = browser.post("/score/curves", {"recipes": RECIPES, "at": "25 °C"}).text
    assert text.count("<svg") == 1
    assert "<style" not in text
    assert "<svg" not in browser.post("/score/curves", {"recipes": "PC"}).text


def test_conditions_choose_and_sort_rows(browser):
    form = {"recipes": RECIPES, "where": "recipe == '1.2 M NaFSI in DME'"}
    records = json.loads(scores_of(browser, "json", **form))
    assert [r["recipe"] for r in records] == ["1.2 M NaFSI in DME"]
    text = browser.post("/score/answer", {**form, "where": "conductivity_ms_cm > 1000"}).text
    assert "none of 2 rows satisfies" in text


@pytest.mark.slow
def test_a_long_table_is_a_job_whose_files_stay(browser):
    table = "recipe,lab\n" + "".join(f"{1 + i / 1000} m NaPF6 in PC,{i}\n" for i in range(400))
    text = browser.post("/score/answer", files={"file": ("lab.csv", table)}).text
    name = re.search(r'id="job-([\w-]+)"', text)[1]
    events = browser.get(f"/jobs/{name}/events").text
    assert "event: progress" in events
    assert "event: end" in events
    assert browser.site.jobs.job(name).progress.status == DONE
    shown = browser.get(f"/score/result/{name}").text
    assert "First rows of lab.csv" in shown
    for kind in ("csv", "xlsx", "json"):
        assert f"/score/result/{name}/scores.{kind}" in shown
    scores = browser.get(f"/score/result/{name}/scores.csv").content
    assert pd.read_csv(io.BytesIO(scores))["lab"].tolist() == list(range(400))
    assert browser.get(f"/score/result/{name}/state.json").status_code == 422


def test_tables_are_bounded_in_rows_and_kind(browser):
    long = "recipe\n" + "PC\n" * (MOST_ROWS + 1)
    text = browser.post("/score/answer", files={"file": ("long.csv", long)}).text
    assert f"long.csv: has more than {MOST_ROWS} rows" in text
    text = browser.post("/score/answer", files={"file": ("image.png", b"x")}).text
    assert "image.png&#39; is not read here; give .csv" in text
    assert not list((browser.site.folder / "jobs").glob("*"))


def test_bad_rows_are_skipped_where_asked_for(browser):
    table = "recipe,lab\n1 M NaPF6 in PC,a\n1 M NaXX in PC,b\n"
    shown = browser.post(
        "/score/answer", {"skip_bad": "true"}, files={"file": ("lab.csv", table)}
    ).text
    assert "1 M NaPF6 in PC" in shown
    assert "skipped: lab.csv, row 2: recipe &#39;1 M NaXX in PC&#39;" in shown


def test_unusual_temperatures_are_taken_where_asked_for(browser):
    form = {"recipes": "1 M NaPF6 in PC", "at": "800 °C"}
    assert "--accept-unusual" in browser.post("/score/answer", form).text
    form["accept_unusual"] = "true"
    assert browser.post("/score/answer", form).status_code == 200


def test_bars_of_a_column_have_one_scale(browser):
    sure = "1 M NaPF6 in EC:DEC 1:1 v/v\n1 M NaPF6 in diglyme"
    text = browser.post("/score/answer", {"recipes": sure, "at": "25 °C"}).text
    records = json.loads(scores_of(browser, "json", recipes=sure))
    bars = re.findall(r'x="([\d.]+)" y="2" width="([\d.]+)"', text)
    # Of each row: conductivity, viscosity, solubility.
    widths = [float(bars[n][1]) for n in (0, 3)]
    spans = [
        np.log(r["conductivity_ms_cm"]["high"] / r["conductivity_ms_cm"]["low"]) for r in records
    ]
    assert widths[0] / widths[1] == pytest.approx(spans[0] / spans[1], rel=0.02)


def test_one_recipe_is_named_once(browser):
    text = browser.post("/score/answer", {"recipes": "1.2 M NaFSI in DME", "at": "25 °C"}).text
    assert "1.2 M NaFSI in DME: " not in text
    assert "</b> conductivity, viscosity: FSI was measured with at most" in text


def test_the_form_as_it_comes_takes_a_table_with_temperatures_of_its_own(browser):
    shown = browser.get("/score").text
    assert 'name="at" value="" placeholder="25 °C"' in shown
    table = "recipe,temperature_c\n1 M NaPF6 in PC,-20\n"
    text = browser.post("/score/answer", {"at": ""}, files={"file": ("lab.csv", table)}).text
    assert "-20 °C" in text
    assert "25 °C" in browser.post("/score/answer", {"recipes": "1 M NaPF6 in PC", "at": ""}).text


def test_dangers_stand_above_the_numbers_and_graver_warnings_first(browser):
    recipes = "1 m NaFSI in DME\n1 m NaClO4 in diglyme"
    text = browser.post("/score/answer", {"recipes": recipes, "at": "25 °C"}).text
    assert text.index("perchlorate_ether") < text.index("<table")
    grave = [text.index("<summary>" + rule) for rule in ("flash_point_cold", "aluminium_corrosion")]
    assert text.index("<table") < grave[0] < text.index("reproductive_toxicant") < grave[1]
    text = browser.post("/compare/answer", {"recipes": recipes, "at": "25 °C"}).text
    assert text.index("</b> B: NaClO4 with diglyme") < text.index("<table")
    assert text.index("<table") < text.index("</b> A: flash point")
    assert text.count("perchlorate_ether") == 1


def test_a_decimal_comma_in_a_temperature_is_asked_about(browser):
    answer = browser.post("/score/answer", {"recipes": "1 M NaPF6 in PC", "at": "25,5 °C"})
    assert "can be read in two ways; write 25.5, or two temperatures with a space: 25, 5" in (
        unescape(answer.text)
    )
    two = browser.post("/score/answer", {"recipes": "1 M NaPF6 in PC", "at": "25, 5 °C"}).text
    assert "25 °C" in two
    assert "5 °C" in two
