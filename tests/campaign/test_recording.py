"""Results that are recorded: files of all kinds, slips, and what is known already."""

import re

import numpy as np
import pytest

from electrolyte_ml.campaign import Campaign
from electrolyte_ml.errors import InputError, TableError
from electrolyte_ml.report.campaign import unfinished_words

from .conftest import COLUMN

COLD = "conductivity_ms_cm at -40 degC"


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
    # One value agrees, the other does not: a second measurement, or a number that was mended.
    asked = r"at -40 degC was recorded as 2.5 and is 2.6 here.*--correct .*--again"
    with pytest.raises(TableError, match=f"S001: conductivity_ms_cm {asked}"):
        campaign.record(write_rows(_measured(("S001", 9.5, 2.6))))
    assert len(campaign.state.results) == 1
    second = campaign.record(write_rows(_measured(("S001", 9.5, 2.6))), again=True)
    assert len(second) == second.n_replicates == 1
    assert "1 result is a replicate" in second.remark
    # The third row of a sheet of three equal ones is a second such measurement.
    third = campaign.record(write_rows(_measured(*[("S001", 9.5, 2.5)] * 2, ("S001", 9.5, 2.6))))
    assert (len(third), third.n_known, third.n_replicates) == (1, 2, 1)


def test_a_corrected_row_replaces_what_was_recorded_and_the_log_keeps_both(campaign, write_rows):
    campaign.suggest(2)
    campaign.record(write_rows(_measured(("S001", 9.5, 2.5), ("S002", 8.8, 1.5))))
    mended = write_rows(_measured(("S001", 9.5, 3.5), ("S002", 8.8, 1.5)))
    found = campaign.record(mended, correct=True)
    assert (len(found), found.n_known, found.n_replicates) == (1, 1, 0)
    assert "1 result replaces what was recorded before" in found.remark
    assert [list(r.values.values()) for r in campaign.state.results] == [[8.8, 1.5], [9.5, 3.5]]
    # An empty cell keeps its value, and what has been corrected can be corrected again.
    campaign.record(write_rows(_measured(("S001", 9.6, ""))), correct=True)
    opened = Campaign(campaign.folder).state
    assert [list(r.values.values()) for r in opened.results] == [[8.8, 1.5], [9.6, 3.5]]
    assert opened.numbers == (1, 3)
    failed = [{"id": "S002", "status": "failed", "comment": "two phases"}]
    campaign.record(failed, correct=True)
    (last,) = (r for r in campaign.state.results if r.suggestion == "S002")
    assert (str(last.status), last.values) == ("failed", {})
    log = (campaign.folder / "log.jsonl").read_text()
    assert len(re.findall(r'"value": ?2\.5\b', log)) == 1
    with pytest.raises(InputError, match=r"--again .* or --correct, not both"):
        campaign.record(mended, correct=True, again=True)


def test_single_precision_and_rounding_are_not_another_measurement(campaign):
    rows = {"recipe": "1 m NaPF6 in DME", COLUMN: np.float32(12.34)}
    campaign.record([rows])
    for same in (12.34, 12.340000153, "12.34"):
        with pytest.raises(InputError, match="recorded before"):
            campaign.record([{**rows, COLUMN: same}])
    with pytest.raises(InputError, match="recorded before"):
        campaign.record(campaign.folder / "measured.csv")


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


def test_what_a_measured_suggestion_still_lacks_is_told(campaign, write_rows):
    campaign.suggest(2)
    campaign.record(write_rows(_measured(("S001", "", 2.5))))
    (lacking,) = campaign.status()["unfinished"]
    assert (lacking["id"], lacking["missing"]) == ("S001", [COLUMN])
    assert f"S001 is still without {COLUMN}" in unfinished_words(lacking)
    campaign.record(write_rows(_measured(("S001", 9.5, 2.5))))
    assert campaign.status()["unfinished"] == []
