import csv
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from electrolyte_ml.campaign import Campaign, Status
from electrolyte_ml.errors import InfeasibleError, InputError, TableError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.search.shortlist import nearly_same

from .conftest import COLUMN, RECIPE, formula, scorer


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
            "line 5: conductivity_ms_cm at 25 degC: 'abc' is no number",
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
    sheet.write_text("half filled in", encoding="utf-8")
    reopen(campaign)
    assert sheet.read_text(encoding="utf-8") == "half filled in"


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
from electrolyte_ml.campaign import events

def die(self, number, digest):
    os.kill(os.getpid(), 9)

events.CampaignLog._write_head = die
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
