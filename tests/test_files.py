import pytest

from electrolyte_ml.files import packaged_table, read_table, write_table, write_text
from electrolyte_ml.text import did_you_mean, nearest_or_all, one_line
from electrolyte_ml.units import unit_registry


def test_a_table_reads_back_as_it_was_written(tmp_path):
    path = tmp_path / "table.csv"
    write_table(path, ["name", "note"], [["EC", 'solid, melts "warm"'], ["DMC", "line\nbreak"]])
    assert read_table(path) == [
        {"name": "EC", "note": 'solid, melts "warm"'},
        {"name": "DMC", "note": "line\nbreak"},
    ]


def test_the_mark_of_spreadsheets_is_no_part_of_a_name(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("\N{BYTE ORDER MARK}name;amount\nEC;1\n", encoding="utf-8")
    assert read_table(path, delimiter=";") == [{"name": "EC", "amount": "1"}]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_packaged_table_is_found_by_its_place():
    rows = packaged_table("data/tables/reference_electrodes.csv")
    assert {"reference", "potential_v_she"} <= set(rows[0])


def test_what_was_meant_is_suggested():
    assert did_you_mean("sovlent", ["solvent", "salt"]) == "; did you mean 'solvent'?"
    assert did_you_mean("2metyl", {"2methyl": "2-Methyl"}) == "; did you mean '2-Methyl'?"
    assert did_you_mean("x", ["solvent", "salt"]) == ""
    assert nearest_or_all("x", ["solvent", "salt"]) == "; known are solvent, salt"


def test_faults_of_several_lines_become_one():
    assert one_line(ValueError("first\nsecond")) == "first; second"


def test_there_is_one_registry_of_units():
    assert unit_registry() is unit_registry()
