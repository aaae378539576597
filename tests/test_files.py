from pathlib import Path

import platformdirs
import pytest

from electrolyte_ml.data.catalog import imported_names
from electrolyte_ml.errors import InputError, UnwritableError
from electrolyte_ml.files import (
    make_folder,
    packaged_table,
    read_table,
    read_toml,
    write_table,
    write_text,
)
from electrolyte_ml.species.catalog import catalog_with, user_folder
from electrolyte_ml.species.user import add_species
from electrolyte_ml.tables.writing import write_frame
from electrolyte_ml.text import did_you_mean, first_line, nearest_or_all, one_line, shown
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


# What a spreadsheet would run, and what it would not.
CELLS = {
    "=HYPERLINK(1)": "'=HYPERLINK(1)",
    "+1+cmd|' /C calc'!A0": "'+1+cmd|' /C calc'!A0",
    "-2+3": "'-2+3",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t=1",
    "-20": "-20",
    "+1e-3": "+1e-3",
    "-": "-",
    "EC:DEC 1:1": "EC:DEC 1:1",
    "red \x1b[31m": "red \ufffd[31m",
    "\x9b31m": "\ufffd31m",
    "2 lines\nof text": "2 lines\nof text",
}


def test_no_cell_of_a_table_is_run_by_a_spreadsheet(tmp_path):
    import pandas as pd

    given, wanted = list(CELLS), list(CELLS.values())
    write_table(tmp_path / "a.csv", ["=name"], [[cell] for cell in given])
    write_frame(pd.DataFrame({"=name": given, "n": range(len(given))}), tmp_path / "b.csv")
    for name in ("a.csv", "b.csv"):
        rows = read_table(tmp_path / name)
        assert [row["'=name"] for row in rows] == wanted


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = " + b"[" * 20_000, "is nested too deeply"),
        (b"a = " + b"9" * 5000, "is no TOML"),
        (b"a = '\xff'", "is no TOML"),
        (b"a = '\x00'", "is no TOML"),
        (b"a = 1\na = 2", "is no TOML"),
        (b"#" * 3_000_000, "has more than"),
    ],
)
def test_toml_that_cannot_be_read_is_a_fault_that_names_the_file(tmp_path, content, words):
    path = tmp_path / "p.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"p.toml: {words}"):
        read_toml(path)


def test_toml_is_read_with_the_mark_of_windows_editors(tmp_path):
    path = tmp_path / "p.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert read_toml(path) == {"a": 1}


def test_nothing_is_written_into_a_folder_called_tilde(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnwritableError, match="there is no home folder"):
        make_folder(Path("~/.local/share/electrolyte_ml"))
    assert list(tmp_path.iterdir()) == []


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_errors_of_others_are_named_even_where_their_words_fail():
    assert first_line(MuteError()) == one_line(MuteError()) == "a MuteError without words"


def test_what_was_given_is_shown_short():
    assert len(shown(int("9" * 400))) < len(shown("x" * 400)) < 160
    assert shown("x" * 400).endswith("x'... (400 characters)")
    assert shown(1 << 20_000) == "a whole number too long to show"


def test_without_a_home_folder_the_catalogs_are_those_of_the_package(tmp_path, monkeypatch):
    def none(*given, **more):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ELECTROLYTE_ML_SPECIES", raising=False)
    monkeypatch.delenv("ELECTROLYTE_ML_IMPORTED", raising=False)
    for name in ("user_data_dir", "user_state_dir", "user_cache_dir"):
        monkeypatch.setattr(platformdirs, name, none)
    assert catalog_with(user_folder()).solvent("PC").name == "PC"
    assert imported_names() == ()
    file = tmp_path / "mine.csv"
    file.write_text("name,smiles\nmine,CCOCCOCCCC\n")
    with pytest.raises(UnwritableError, match="there is no home folder"):
        add_species(file)
    assert list(tmp_path.iterdir()) == [file]
