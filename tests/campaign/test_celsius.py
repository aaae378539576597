"""Temperatures of a campaign's sheets and reports are in degrees Celsius; kelvin is read, too."""

import csv

import pytest

from electrolyte_ml.campaign import Campaign
from electrolyte_ml.campaign.celsius import people_heading, people_number
from electrolyte_ml.campaign.state import column_name
from electrolyte_ml.campaign.suggest import measurable
from electrolyte_ml.errors import RecipeFileError, TableError
from electrolyte_ml.files import read_table
from electrolyte_ml.properties import measurable_properties
from electrolyte_ml.report.campaign_files import write_campaign_report
from electrolyte_ml.tables import read_quantity

_PROBLEM = """
name = "cold"
[components]
solvents = ["EC", "PC", "DME"]
salts = ["NaPF6"]
[limits]
max_solvents = 2
salt_molality_mol_kg = [0.5, 1.5]
smallest_fraction = 0.2
[[objectives]]
property = "freezes_below_k"
direction = "minimize"
[[constraints]]
property = "flash_point_k"
min = "-20 degC"
[search]
n_trials = 60
"""
_FREEZES, _FLASH = "freezing point in degC", "flash point in degC"


@pytest.fixture
def campaign(tmp_path):
    problem = tmp_path / "cold.toml"
    problem.write_text(_PROBLEM, encoding="utf-8")
    campaign = Campaign.create(tmp_path / "campaign", problem)
    campaign.suggest(2)
    return campaign


def _record(campaign, tmp_path, header, *cells):
    path = tmp_path / "results.csv"
    rows = [f"id;{header}", *cells]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(row.split(";") for row in rows)
    return campaign.record(path)


def test_every_temperature_has_a_heading_in_celsius_that_is_read_back():
    kelvin = [known for known in measurable_properties().values() if known.unit == "K"]
    assert {known.name for known in kelvin} >= {"freezes_below_k", "flash_point_k"}
    for known in kelvin:
        found = read_quantity(people_heading(known.name))
        assert (found.kind.name, found.unit) == (known.name, "degC")
    assert people_heading("viscosity_mpa_s at 25 degC") == "viscosity_mpa_s at 25 degC"
    assert people_number("freezes_below_k", 253.15) == -20.0
    assert people_number("freezes_below_k", None) is None


def test_a_sheet_asks_in_celsius_and_shows_predictions_so(campaign):
    row = read_table(campaign.folder / "round_001.csv")[0]
    assert {_FREEZES, _FLASH, f"predicted {_FREEZES}"} <= row.keys()
    assert not any(name.endswith("_k") for name in row)
    shown = float(row[f"predicted {_FREEZES}"].split(" (")[0])
    predicted = campaign.state.suggestions[0].predictions["freezes_below_k"]["value"]
    assert shown == pytest.approx(predicted - 273.15, abs=0.6)


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        (_FREEZES, "-35"),
        ("freezes_below_k", "238.15"),
        ("freezing point / °C", "-35"),
        ("freezing point / K", "238.15"),
    ],
)
def test_both_units_are_read(campaign, tmp_path, header, cell):
    (result,) = _record(campaign, tmp_path, header, f"S001;{cell}")
    assert result.values == {("freezes_below_k", None): pytest.approx(238.15)}


def test_kelvin_under_celsius_needs_a_confirmation(campaign, tmp_path):
    with pytest.raises(TableError, match="is it in another unit"):
        _record(campaign, tmp_path, _FREEZES, "S001;238.15")
    with pytest.raises(TableError, match="is it in another unit"):
        _record(campaign, tmp_path, _FLASH, "S001;300")


def test_both_columns_of_one_quantity_are_refused(campaign, tmp_path):
    with pytest.raises(TableError, match="means the same"):
        _record(campaign, tmp_path, f"{_FREEZES};freezes_below_k", "S001;-35;238.15")


def test_a_sheet_written_in_kelvin_before_is_still_recorded(campaign, tmp_path):
    former = ["predicted freezes_below_k", *(column_name(q) for q in measurable(campaign.problem))]
    header = ";".join(["recipe", "weigh out, g for 100 g", *former, "status", "comment"])
    recipe = campaign.state.suggestions[0].formulation.notation()
    (result,) = _record(campaign, tmp_path, header, f"S001;{recipe};;240;238.15;290;;")
    assert result.values["freezes_below_k", None] == 238.15
    assert Campaign(campaign.folder).state == campaign.state


def test_the_report_is_in_celsius_and_json_in_kelvin(campaign, tmp_path):
    _record(campaign, tmp_path, _FREEZES, "S001;-35")
    files = {path.suffix: path for path in write_campaign_report(campaign)}
    text = files[".md"].read_text(encoding="utf-8")
    assert f"| {_FREEZES} | -35 (n = 1) |" in text
    assert "| -35 (" in text
    assert "freezes_below_k" not in text.split("## What the models learned")[0]
    assert campaign.status()["best"][0]["value"] == pytest.approx(238.15)


def test_a_folder_whose_problem_asks_for_what_is_gone_says_so(tmp_path):
    problem = tmp_path / "former.toml"
    text = _PROBLEM.replace("flash_point_k", "solubility_doubts").replace('"-20 degC"', "0")
    problem.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeFileError, match="solubility_doubts"):
        Campaign.create(tmp_path / "former", problem)
