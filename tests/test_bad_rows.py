"""Bad rows: all of them are told in few lines, and kept whole in a file."""

import csv

import pytest

from electrolyte_ml.bad_rows import MOST_SHOWN, BadRow, BadRows, shown_cell
from electrolyte_ml.errors import TableError


def bad(number, *reasons, **cells):
    return BadRow(place=f"lab.csv, row {number}", reasons=reasons, number=number, cells=cells)


def filled(rows, skip_to=None):
    found = BadRows(skip_to)
    for row in rows:
        found.add(row)
    return found


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_few_bad_rows_are_shown_with_every_fault():
    rows = [bad(2, "no recipe"), bad(5, "no unit", "no doi")]
    with pytest.raises(TableError) as raised:
        filled(rows).settle(10)
    assert raised.value.messages == (
        "lab.csv, row 2: no recipe",
        "lab.csv, row 5: no unit",
        "lab.csv, row 5: no doi",
    )


def test_a_million_bad_rows_are_few_lines():
    rows = (bad(n, f"unknown solvent 'S{n}'") for n in range(1, 1_000_001))
    lines = filled(rows).messages()
    assert len(lines) == MOST_SHOWN + 2
    assert lines[-2] == (
        "and 999980 more with faults like lab.csv, row 1; the last is lab.csv, row 1000000"
    )
    assert lines[-1] == "1000000 bad rows in all"


def test_a_late_fault_of_another_kind_is_shown():
    rows = [*(bad(n, "no unit") for n in range(1, 31)), *(bad(n, "no doi") for n in range(31, 41))]
    lines = filled(rows).messages()
    assert "lab.csv, row 31: no doi" in lines
    assert "and 9 more with faults like lab.csv, row 31; the last is lab.csv, row 40" in lines


def test_very_many_kinds_of_faults_are_counted():
    kinds = [chr(0x4E00 + n) for n in range(500)]
    lines = filled(bad(n, kind) for n, kind in enumerate(kinds)).messages()
    assert len(lines) < 40
    assert "and 470 more with other faults" in lines


def test_bad_rows_are_kept_with_number_reasons_and_all_cells(tmp_path):
    path = tmp_path / "bad.csv"
    first = bad(3, "no unit", "no doi", recipe='1 M "X"', row="7", note="a,\nb")
    filled([first, bad(8, "no recipe", recipe="", row="8", note="\ud800")], path).settle(1)
    assert read(path) == [
        ["row", "reason", "recipe", "input.row", "note"],
        ["3", "no unit; no doi", '1 M "X"', "7", "a,\nb"],
        ["8", "no recipe", "", "8", "\ufffd"],
    ]


def test_a_bad_row_runs_in_no_spreadsheet(tmp_path):
    path = tmp_path / "bad.csv"
    filled([bad(1, "no recipe", recipe="=1+1", temperature="-20")], path).settle(1)
    assert read(path)[1][2:] == ["'=1+1", "-20"]


def test_nothing_is_written_without_bad_rows(tmp_path):
    filled([], tmp_path / "bad.csv").settle(4)
    assert not list(tmp_path.iterdir())


def test_a_table_without_any_good_row_is_refused_and_kept(tmp_path):
    path = tmp_path / "bad.csv"
    with pytest.raises(TableError, match="none of 1 row can be used"):
        filled([bad(1, "no recipe", recipe="")], path).settle(0)
    assert read(path)[1] == ["1", "no recipe", ""]


def test_what_is_no_row_of_a_file_is_never_skipped(tmp_path):
    argument = BadRow(place="recipe 'x'", reasons=["unknown"])
    with pytest.raises(TableError, match="recipe 'x': unknown"):
        filled([argument, bad(1, "no unit")], tmp_path / "bad.csv").settle(5)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "cell",
    ["x" * 200_000, "9" * 400, 10**400, 10**9000, b"\xff", [1] * 9999, {"a": 1}, None],
    ids=lambda cell: type(cell).__name__,
)
def test_any_cell_is_shown_shortly(cell):
    assert len(shown_cell(cell)) < 160
