"""Rounds of a campaign: what is suggested, made, and known afterwards."""

import csv

import numpy as np
import openpyxl
import pytest

from electrolyte_ml.campaign import Campaign, Status
from electrolyte_ml.errors import InfeasibleError, InputError
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


def test_predictions_of_the_day_are_kept(campaign):
    (one,) = campaign.suggest(1)
    reported = one.predictions[COLUMN]
    assert reported["value"] == pytest.approx(formula(one.formulation))
    assert reported["low"] < reported["value"] < reported["high"]


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
