import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from electrolyte_ml.campaign import Campaign, CampaignLogError, Status
from electrolyte_ml.campaign import log as campaign_log
from electrolyte_ml.errors import InfeasibleError, InputError, TableError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.search.shortlist import nearly_same

from .conftest import COLUMN, RECIPE, formula, scorer

COLD = "conductivity_ms_cm at -40 degC"


def _sheet(campaign, number=1):
    path = campaign.folder / f"round_{number:03d}.csv"
    return list(csv.DictReader(path.open(encoding="utf-8")))


def test_a_sheet_is_filled_in_and_recorded(campaign, write_rows):
    campaign.suggest(4)
    rows = _sheet(campaign)
    assert [row["id"] for row in rows] == ["S001", "S002", "S003", "S004"]
    assert all(row[COLUMN] == "" for row in rows)
    assert "fluorine_mass_fraction" not in rows[0]
    rows[0][COLUMN] = "7.5"
    rows[1][COLUMN] = "8,25"
    rows[2] |= {"status": "failed", "comment": "two phases"}
    replicate = {**rows[0], COLUMN: "7.7"}
    results = campaign.record(write_rows([*rows, replicate]))
    assert [r.status for r in results] == [Status.OK, Status.OK, Status.FAILED, Status.OK]
    assert results[1].values == {("conductivity_ms_cm", 298.15): 8.25}
    assert [s.id for s in campaign.state.pending] == ["S004"]
    assert len(campaign.state.measured) == 3
    measured = list(csv.DictReader((campaign.folder / "measured.csv").open(encoding="utf-8")))
    assert [row[COLUMN] for row in measured] == ["7.5", "8.25", "", "7.7"]


def test_nothing_known_is_suggested_again_nor_anything_nearly_the_same(campaign, write_rows):
    first = campaign.suggest(4)
    rows = [
        {"id": "S001", COLUMN: 9.0},
        {"id": "S002", COLUMN: "", "status": "failed"},
        {"recipe": "1 m NaFSI in DMC:DME 50:50 wt", COLUMN: 6.0},
    ]
    campaign.record(write_rows(rows))
    known = [s.formulation for s in first] + [parse_recipe("1 m NaFSI in DMC:DME 50:50 wt")]
    second = campaign.suggest(6)
    assert [s.id for s in second] == [f"S{n:03d}" for n in range(5, 11)]
    for one in second:
        assert not any(nearly_same(one.formulation, other) for other in known)
    sets = {frozenset({*s.formulation.mass_fractions}) for s in second}
    assert len(sets) > 1


def test_measurements_change_what_is_suggested(campaign, write_rows):
    # DMC is what the model believes in; the laboratory finds it poor, and the rest as predicted.
    recipes = [
        f"{m} m {salt} in {other}:DMC {100 - w}:{w} wt"
        for m in (0.8, 1.4)
        for salt in ("NaPF6", "NaFSI")
        for other in ("EC", "PC", "DME")
        for w in (10, 80)
    ]
    rows = []
    for recipe in recipes:
        predicted = formula(parse_recipe(recipe))
        rows.append({"recipe": recipe, COLUMN: predicted * (0.3 if ":80 wt" in recipe else 1.0)})

    def mean_dmc(suggestions):
        return sum(s.formulation.mass_fractions.get("DMC", 0.0) for s in suggestions) / 6

    before = mean_dmc(campaign.suggest(8)[:6])
    campaign.record(write_rows(rows))
    after = campaign.suggest(8)[:6]
    assert before > 0.5
    assert mean_dmc(after) < before - 0.2
    shipped = formula(parse_recipe("1.1 m NaPF6 in EC:DMC 20:80 wt"))
    reported = campaign.tuned()(
        [parse_recipe("1.1 m NaPF6 in EC:DMC 20:80 wt")], np.array([298.15])
    )
    assert reported["conductivity_ms_cm"].value[0] == pytest.approx(0.3 * shipped, rel=0.1)


def test_a_quarter_of_a_batch_explores(campaign):
    why = [s.why for s in campaign.suggest(8)]
    assert sum(w.startswith("explores") for w in why) == 2


def test_same_log_same_suggestions(campaign, tmp_path):
    recipe = tmp_path / "small.toml"
    other = Campaign.create(tmp_path / "other", recipe, scorer)
    keys = [[s.formulation.key for s in c.suggest(4)] for c in (campaign, other)]
    assert keys[0] == keys[1]


def test_what_was_really_made_counts(campaign, write_rows):
    campaign.suggest(2)
    made = "0.77 m NaPF6 in EC:DMC 33:67 wt"
    campaign.record(write_rows([{"id": "s001", "recipe": made, COLUMN: 6.5}]))
    (result,) = campaign.state.results
    assert result.suggestion == "S001"
    assert result.formulation.key == parse_recipe(made).key
    assert [s.id for s in campaign.state.pending] == ["S002"]


def test_all_bad_rows_are_reported_at_once_and_nothing_is_recorded(campaign, write_rows):
    campaign.suggest(2)
    before = (campaign.folder / "log.jsonl").read_bytes()
    rows = [
        {"id": "S099", COLUMN: 5},
        {"recipe": "1 m NaPF6 in nonsense", COLUMN: 5},
        {"id": "S001", COLUMN: -2},
        {"id": "S001", COLUMN: "abc"},
        {COLUMN: 3},
        {"id": "S002", COLUMN: 4, "status": "failed"},
        {"id": "S002", "status": "perhaps"},
        {"id": "S002", "comment": "forgot"},
        {"id": "S001", COLUMN: 5},
    ]
    with pytest.raises(TableError) as caught:
        campaign.record(write_rows(rows))
    reported = caught.value.messages
    assert len(reported) == 8
    for line, words in zip(
        reported,
        (
            "line 2: unknown id 'S099'; suggested were S001 to S002",
            "line 3: unknown solvent 'nonsense'",
            "line 4: conductivity_ms_cm at 25 degC: conductivity_ms_cm is -2; it must be positive",
            "line 5: conductivity_ms_cm at 25 degC is 'abc', not a number",
            "line 6: neither id nor recipe",
            "line 7: status failed but there are measured values",
            "line 8: status must be ok, failed, skipped or empty",
            "line 9: no measured value",
        ),
        strict=True,
    ):
        assert words in line
    assert (campaign.folder / "log.jsonl").read_bytes() == before
    assert campaign.state.results == ()


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("conductivity_ms_cm", "needs its temperature"),
        ("conductivity at 25 degC", "no such property"),
        ("conductivity_ms_cm at 25", "has no unit"),
        ("fluorine_mass_fraction", "is not measured"),
        ("oxidation_limit_v at 25 degC", "has no temperature"),
    ],
)
def test_columns_that_mean_nothing(campaign, write_rows, column, words):
    with pytest.raises(TableError, match=words):
        campaign.record(write_rows([{"recipe": "1 m NaPF6 in DME", column: 5}]))


def test_the_same_file_twice_is_most_likely_a_slip(campaign, write_rows):
    path = write_rows([{"recipe": "1 m NaPF6 in DME", COLUMN: 5}])
    campaign.record(path)
    with pytest.raises(InputError, match="recorded before"):
        campaign.record(path)
    campaign.record(path, again=True)
    assert len(campaign.state.results) == 2


def test_files_without_results(campaign, write_rows, tmp_path):
    campaign.suggest(2)
    with pytest.raises(InputError, match="no row holds"):
        campaign.record(campaign.folder / "round_001.csv")
    with pytest.raises(InputError, match="no such file"):
        campaign.record(tmp_path / "missing.csv")
    with pytest.raises(TableError, match="needs a column 'id' or 'recipe'"):
        campaign.record(write_rows([{COLUMN: 5}]))


def test_semicolons_of_spreadsheets_are_understood(campaign, tmp_path):
    path = tmp_path / "results.csv"
    path.write_bytes(f"\ufeffrecipe;{COLUMN}\n1 m NaPF6 in DME;5,5\n".encode())
    (result,) = campaign.record(path)
    assert result.values == {("conductivity_ms_cm", 298.15): 5.5}


def test_a_campaign_is_opened_again_as_it_was(campaign, reopen, write_rows):
    campaign.suggest(3)
    campaign.record(write_rows([{"id": "S002", COLUMN: 6}]))
    again = reopen(campaign)
    assert again.state == campaign.state
    assert again.problem == campaign.problem


def test_sheets_are_made_again_but_never_overwritten(campaign, reopen):
    campaign.suggest(2)
    sheet = campaign.folder / "round_001.csv"
    whole = sheet.read_bytes()
    sheet.unlink()
    reopen(campaign)
    assert sheet.read_bytes() == whole
    for held in (sheet, sheet.with_suffix(".xlsx")):
        held.write_text("half filled in", encoding="utf-8")
        reopen(campaign)
        assert held.read_text(encoding="utf-8") == "half filled in"


def test_the_workbook_of_a_round_can_be_filled_in_instead(campaign):
    campaign.suggest(2)
    path = campaign.folder / "round_001.xlsx"
    book = openpyxl.load_workbook(path)
    (sheet,) = book.worksheets
    (column,) = [cell.column for cell in sheet[1] if cell.value == COLUMN]
    sheet.cell(row=3, column=column).value = 6.5
    book.save(path)
    (result,) = campaign.record(path)
    assert result.suggestion == "S002"
    assert result.values == {("conductivity_ms_cm", 298.15): 6.5}


def test_the_measured_table_can_be_recorded_into_a_new_campaign(campaign, write_rows, tmp_path):
    campaign.suggest(2)
    campaign.record(write_rows([{"id": "S001", COLUMN: 6}, {"id": "S002", "status": "failed"}]))
    heir = Campaign.create(tmp_path / "heir", tmp_path / "small.toml", scorer)
    heir.record(campaign.folder / "measured.csv")
    assert [r.formulation.key for r in heir.state.results] == [
        r.formulation.key for r in campaign.state.results
    ]


def test_a_changed_problem_is_refused(campaign, reopen):
    problem = campaign.folder / "problem.toml"
    problem.write_text(RECIPE.replace("0.5, 1.5", "0.5, 1.4"), encoding="utf-8")
    with pytest.raises(InputError, match="was changed since the campaign began"):
        reopen(campaign)


def test_folders_that_are_not_for_a_campaign(campaign, tmp_path):
    with pytest.raises(InputError, match="no campaign is here"):
        Campaign(tmp_path / "nowhere", scorer)
    with pytest.raises(InputError, match="is not empty"):
        Campaign.create(campaign.folder, tmp_path / "small.toml", scorer)


def test_prices_in_a_file_are_taken_along(tmp_path):
    recipe = tmp_path / "priced.toml"
    names = ["EC", "PC", "DMC", "DME", "NaPF6", "NaFSI"]
    text = RECIPE + '\n[prices]\ncurrency = "EUR"\nfile = "prices.csv"\n'
    text += '\n[[objectives]]\nproperty = "cost_per_kg"\ndirection = "minimize"\n'
    recipe.write_text(text, encoding="utf-8")
    rows = "".join(f"{name},{i + 1}\n" for i, name in enumerate(names))
    (tmp_path / "prices.csv").write_text("component,price_per_kg\n" + rows, encoding="utf-8")
    campaign = Campaign.create(tmp_path / "campaign", recipe)
    assert campaign.problem.prices["NaFSI"] == 6
    (campaign.folder / "prices.csv").write_text("component,price_per_kg\n", encoding="utf-8")
    with pytest.raises(InputError, match="was changed"):
        Campaign(campaign.folder)


def test_an_exhausted_problem_says_so(tmp_path, write_rows):
    text = RECIPE.replace('["EC", "PC", "DMC", "DME"]', '["DME"]').replace(
        '["NaPF6", "NaFSI"]', '["NaPF6"]'
    )
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(text, encoding="utf-8")
    campaign = Campaign.create(tmp_path / "tiny", recipe, scorer)
    # 0.5 to 1.5 mol/kg holds eleven recipes at least 0.1 mol/kg apart.
    assert len(campaign.suggest(20)) == 11
    with pytest.raises(InfeasibleError, match="every recipe found is measured or pending"):
        campaign.suggest(1)


_RECORD = """
import os, sys
from pathlib import Path
from electrolyte_ml.campaign import log

def die(self, number, digest):
    os.kill(os.getpid(), 9)

log.CampaignLog._write_head = die
from electrolyte_ml.campaign import Campaign
Campaign(Path(sys.argv[1])).record(Path(sys.argv[2]))
"""


def test_a_kill_while_recording_loses_nothing(campaign, reopen, write_rows):
    path = write_rows([{"recipe": "1 m NaPF6 in DME", COLUMN: 5}])
    done = subprocess.run(
        [sys.executable, "-c", _RECORD, campaign.folder, path], check=False, env=os.environ
    )
    assert done.returncode == -signal.SIGKILL
    again = reopen(campaign)
    assert len(again.state.results) == 1
    with pytest.raises(InputError, match="recorded before"):
        again.record(path)


def test_predictions_of_the_day_are_kept(campaign):
    (one,) = campaign.suggest(1)
    reported = one.predictions[COLUMN]
    assert reported["value"] == pytest.approx(formula(one.formulation))
    assert reported["low"] < reported["value"] < reported["high"]


def _measured(*rows):
    return [dict(zip(("id", COLUMN, COLD), row, strict=True)) for row in rows]


def test_a_sheet_that_grew_row_by_row_is_not_recorded_twice(campaign, write_rows):
    campaign.suggest(3)
    campaign.record(write_rows(_measured(("S001", 9.5, 2.5), ("S002", "", ""))))
    grown = campaign.record(write_rows(_measured(("S001", 9.5, 2.5), ("S002", 8.8, 1.5))))
    assert [r.suggestion for r in grown] == ["S002"]
    assert (grown.n_known, grown.n_replicates) == (1, 0)
    assert "1 row was recorded before" in grown.remark
    assert len(campaign.state.results) == 2


def test_a_row_that_grew_by_a_column_adds_only_the_new_value(campaign, write_rows):
    campaign.suggest(1)
    campaign.record(write_rows(_measured(("S001", 9.5, ""))))
    (rest,) = campaign.record(write_rows(_measured(("S001", 9.5, 2.5))))
    assert list(rest.columns.values()) == [2.5]
    with pytest.raises(InputError, match="every result was recorded before"):
        campaign.record(write_rows([*_measured(("S001", "9.50", "2.50"))]))
    assert len(campaign.state.results) == 2


def test_the_same_results_saved_by_a_german_spreadsheet_are_known(campaign, write_rows, tmp_path):
    campaign.suggest(2)
    campaign.record(write_rows(_measured(("S001", 9.5, 2.5), ("S002", 8.8, 1.5))))
    path = tmp_path / "german.csv"
    path.write_text(f"id;{COLUMN};{COLD};comment\nS001;9,5;2,50;clear\nS002;8,8;1,5;\n")
    with pytest.raises(InputError, match="recorded before; nothing is recorded"):
        campaign.record(path)
    with pytest.raises(InputError, match="recorded before; nothing is recorded"):
        campaign.record(campaign.folder / "measured.csv")
    assert len(campaign.record(path, again=True)) == 2


def test_a_replicate_is_kept_and_said_to_be_one(campaign, write_rows):
    campaign.suggest(1)
    first = campaign.record(write_rows(_measured(("S001", 9.5, 2.5))))
    assert (first.n_known, first.n_replicates) == (0, 0)
    # One value agrees, the other does not: a second measurement.
    second = campaign.record(write_rows(_measured(("S001", 9.5, 2.6))))
    assert len(second) == second.n_replicates == 1
    assert "1 result is a replicate" in second.remark
    # The third row of a sheet of three equal ones is a second such measurement.
    third = campaign.record(write_rows(_measured(*[("S001", 9.5, 2.5)] * 2, ("S001", 9.5, 2.6))))
    assert (len(third), third.n_known, third.n_replicates) == (1, 2, 1)


def test_failures_are_known_again_though_a_comment_was_added(campaign, write_rows):
    campaign.suggest(2)
    campaign.record(write_rows([{"id": "S001", "status": "failed", "comment": ""}]))
    rows = [{"id": "S001", "status": "failed", "comment": "froze"}, {"id": "S002", COLUMN: 3}]
    assert [r.suggestion for r in campaign.record(write_rows(rows))] == ["S002"]


def test_a_recipe_of_another_suggestion_is_a_fault(campaign, write_rows):
    first, second = campaign.suggest(2)
    rows = [
        {"id": first.id, "recipe": second.formulation.notation(), COLUMN: 21},
        {"id": second.id, "recipe": first.formulation.notation(), COLUMN: 19},
    ]
    with pytest.raises(TableError) as caught:
        campaign.record(write_rows(rows))
    assert "line 2: the recipe is that of S002, not of S001" in caught.value.messages[0]
    assert "line 3: the recipe is that of S001, not of S002" in caught.value.messages[1]
    assert campaign.state.results == ()


def test_a_suggested_recipe_measured_without_its_id_is_no_longer_pending(campaign, write_rows):
    first, _ = campaign.suggest(2)
    campaign.record(write_rows([{"recipe": first.formulation.notation(), COLUMN: 21}]))
    assert [s.id for s in campaign.state.pending] == ["S002"]


_AT_ONCE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.campaign.conftest import scorer
from electrolyte_ml.campaign import Campaign
from electrolyte_ml.errors import InputError
campaign = Campaign(Path(sys.argv[2]), scorer)
print("open", flush=True)
sys.stdin.readline()
try:
    print(EXPRESSION)
except InputError as error:
    print(error)
"""


def _at_once(campaign, expression):
    """Output of two processes that opened the campaign before either acts."""
    code = _AT_ONCE.replace("EXPRESSION", expression)
    root = Path(__file__).parents[2]
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, root, campaign.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout.readline() == "open\n"
    for process in both:
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[0] for process in both]


def test_two_who_ask_at_once_get_different_ids_and_recipes(campaign, reopen):
    said = _at_once(campaign, "[s.id for s in campaign.suggest(2)]")
    assert sorted(said) == ["['S001', 'S002']\n", "['S003', 'S004']\n"]
    state = reopen(campaign).state
    assert [s.id for s in state.suggestions] == ["S001", "S002", "S003", "S004"]
    assert len({s.formulation.key for s in state.suggestions}) == 4
    assert state.n_rounds == 2


def test_two_who_record_one_file_at_once_record_it_once(campaign, reopen, write_rows):
    path = write_rows([{"recipe": "1 m NaPF6 in DME", COLUMN: 5}])
    said = "".join(_at_once(campaign, f"len(campaign.record({str(path)!r}))"))
    assert "recorded before" in said
    assert len(reopen(campaign).state.results) == 1


def test_an_open_campaign_knows_what_another_did_meanwhile(campaign, reopen, write_rows):
    other = reopen(campaign)
    campaign.suggest(2)
    assert [s.id for s in other.suggest(2)] == ["S003", "S004"]
    path = write_rows([{"id": "S003", COLUMN: 5}])
    campaign.record(path)
    with pytest.raises(InputError, match="recorded before"):
        other.record(path)


def test_a_busy_campaign_says_so_and_nothing_is_done(campaign, reopen, monkeypatch, write_rows):
    monkeypatch.setattr(campaign_log, "_PATIENCE", 0.05)
    path = write_rows([{"recipe": "1 m NaPF6 in DME", COLUMN: 5}])
    other, before = reopen(campaign), (campaign.folder / "log.jsonl").read_bytes()
    with campaign._log.alone():
        for action in (lambda: other.suggest(1), lambda: other.record(path)):
            with pytest.raises(InputError, match=r"is busy.*nothing was done"):
                action()
    assert (campaign.folder / "log.jsonl").read_bytes() == before
    assert len(other.record(path)) == 1


def test_opening_a_campaign_writes_nothing_over(campaign, reopen):
    measured = campaign.folder / "measured.csv"
    measured.write_text("open in a spreadsheet")
    reopen(campaign).status()
    assert measured.read_text() == "open in a spreadsheet"


def test_the_status_needs_no_right_to_write(campaign, reopen, monkeypatch):
    campaign.suggest(2)
    (campaign.folder / "round_001.csv").unlink()
    (campaign.folder / "measured.csv").unlink()

    before = {path.name for path in campaign.folder.iterdir()}

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    monkeypatch.setattr(Path, "write_text", refused)
    again = reopen(campaign)
    assert len(again.status()["pending"]) == 2
    assert {path.name for path in campaign.folder.iterdir()} == before
    assert not (campaign.folder / "measured.csv").exists()


@pytest.mark.parametrize(
    "name", ["measured.csv", "problem.toml", "log.head", "README.txt", "round_001.csv", "prices"]
)
def test_a_file_of_prices_may_bear_any_name(tmp_path, name):
    problem = tmp_path / "priced.toml"
    problem.write_text(
        f'{RECIPE}\n[prices]\ncurrency = "EUR"\nfile = "{name}"\n'
        '\n[[objectives]]\nproperty = "cost_per_kg"\ndirection = "minimize"\n'
    )
    rows = [
        f"{one},{i + 1}\n" for i, one in enumerate(("EC", "PC", "DMC", "DME", "NaPF6", "NaFSI"))
    ]
    (tmp_path / name).write_text("component,price_per_kg\n" + "".join(rows))
    campaign = Campaign.create(tmp_path / "campaign", problem)
    campaign.suggest(1, n_trials=40)
    again = Campaign(campaign.folder)
    assert again.problem.prices["NaFSI"] == 6
    assert len(again.state.pending) == 1


def test_a_campaign_of_an_earlier_release_opens_and_goes_on(campaign, reopen, write_rows):
    # Its log has no seal, and its first line does not promise one.
    log = campaign.folder / "log.jsonl"
    line = json.loads(log.read_bytes())
    del line["data"]["sealed"]
    written = json.dumps(line, ensure_ascii=False).encode()
    log.write_bytes(written + b"\n")
    (campaign.folder / "log.head").write_text(f"1 {hashlib.sha256(written).hexdigest()}\n")
    (campaign.folder / ".log.seal").unlink()
    again = reopen(campaign)
    again.suggest(1)
    assert len(reopen(campaign).state.pending) == 1
    assert (campaign.folder / ".log.seal").is_file()


def test_an_event_that_makes_no_sense_is_named_by_its_line(campaign, reopen):
    campaign._log.append("recorded", {"results": [{"suggestion": "S001"}]})
    with pytest.raises(CampaignLogError, match=r"log\.jsonl, line 2: cannot be read as recorded"):
        reopen(campaign)


@pytest.mark.parametrize("row", ["S001,9,5,2,5,", "S001,9,5,2,5"])
def test_more_cells_than_columns_are_a_fault(campaign, tmp_path, row):
    campaign.suggest(1)
    path = tmp_path / "comma.csv"
    path.write_text(f"id,{COLUMN},{COLD},comment\n{row}\n")
    with pytest.raises(TableError, match=r"line 2: has \d cells, the header 4; is a decimal comma"):
        campaign.record(path)
    path.write_text(f"id,{COLUMN},{COLD},comment\nS001,9.5,2.5,,,,\n")
    assert len(campaign.record(path)) == 1


def test_a_comma_that_may_separate_thousands_is_asked_about(campaign, write_rows, tmp_path):
    campaign.suggest(1)
    with pytest.raises(TableError, match=r"'9,500', which can be read in two ways; write 9500 or"):
        campaign.record(write_rows([{"id": "S001", COLUMN: "9,500"}]))
    path = tmp_path / "german.csv"
    path.write_text(f"id;{COLUMN}\nS001;9,500\n")
    (result,) = campaign.record(path)
    assert list(result.values.values()) == [9.5]


def test_two_columns_of_ids_are_a_fault(campaign, tmp_path):
    campaign.suggest(2)
    path = tmp_path / "twice.csv"
    path.write_text(f"id,id,{COLUMN}\nS001,S002,5\n")
    with pytest.raises(TableError, match="column 'id' is there more than once"):
        campaign.record(path)


@pytest.mark.filterwarnings("ignore::electrolyte_ml.errors.TableNote")
def test_results_are_recorded_from_every_dialect(campaign, write_table):
    campaign.suggest(2)
    header = ["ID", "Conductivity_mS_cm at 25 °C", "conductivity / S m\N{EN DASH}1 at -40 degC"]
    rows = [["S001", 21.5, 0.95], ["S002", 19.0, ""]]
    results = campaign.record(write_table("results", header, rows))
    warm, cold = ("conductivity_ms_cm", 298.15), ("conductivity_ms_cm", 233.15)
    assert [r.values for r in results] == [{warm: 21.5, cold: pytest.approx(9.5)}, {warm: 19.0}]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("conductivity_ms_cm at 298.15 degC", 5, "K in a column of degC"),
        ("conductivity_ms_cm at 25 K", 5, "degC in a column of K"),
        (COLUMN, 1900, "no known electrolyte has one above 1000"),
        ("viscosity / MPa s at 25 degC", 0.003, "no known electrolyte has one above 1e+06"),
        ("viscosity_mpa_s at 25 degC", 0.004, "no known electrolyte has one below 0.05"),
    ],
)
def test_what_no_electrolyte_has_needs_a_confirmation(campaign, write_rows, column, value, words):
    campaign.suggest(1)
    file = write_rows([{"id": "S001", column: value}])
    with pytest.raises(TableError) as caught:
        campaign.record(file)
    assert words in str(caught.value)
    assert "--accept-unusual" in str(caught.value)
    assert campaign.state.results == ()
    assert len(campaign.record(file, accept_unusual=True)) == 1


def test_equal_columns_of_values_are_a_fault(campaign, tmp_path):
    campaign.suggest(1)
    path = tmp_path / "twice.csv"
    path.write_text(f"id,{COLUMN},{COLUMN}\nS001,5,6\n")
    with pytest.raises(TableError, match="write replicates as rows of their own"):
        campaign.record(path)


def test_results_in_another_unit_are_named(campaign, write_rows):
    recipes = [("1 m NaPF6 in DMC", 4.5), ("1 m NaPF6 in DME", 13.0), ("1 m NaPF6 in PC", 6.8)]
    right = [{"recipe": recipe, COLUMN: value} for recipe, value in recipes]
    assert campaign.record(write_rows(right)).doubts == ()
    wrong = [{"recipe": recipe, COLUMN: value / 1000} for recipe, value in recipes]
    (doubt,) = campaign.record(write_rows(wrong)).doubts
    assert "the numbers are in S/cm, not in mS/cm" in doubt
    assert campaign.record(write_rows(wrong), again=True, accept_unusual=True).doubts == ()


def test_columns_of_two_temperatures_that_are_swapped_are_named(campaign, write_rows):
    cold = "conductivity_ms_cm at -20 degC"
    recipes = [("1 m NaPF6 in DME", 13.0, 8.0), ("1 m NaPF6 in PC", 6.8, 1.3)]
    rows = [{"recipe": recipe, cold: warm, COLUMN: frozen} for recipe, warm, frozen in recipes]
    (doubt,) = campaign.record(write_rows(rows)).doubts
    assert doubt.startswith(f"{COLUMN} is below {cold} in 2 of 2 results")
    assert doubt in campaign.record(write_rows(rows), again=True).remark
