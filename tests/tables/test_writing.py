"""Tables as files: the same rows whatever the suffix."""

import numpy as np
import pandas as pd
import pytest

from electrolyte_ml.errors import InputError
from electrolyte_ml.tables import writing
from electrolyte_ml.tables.reading import TableFile
from electrolyte_ml.tables.writing import (
    WRITTEN,
    require_writable,
    write_cells,
    write_frame,
    write_records,
    write_workbook,
)

FRAME = pd.DataFrame(
    {
        "recipe": ["1 M NaPF6 in PC", "=1+1", "red \x1b[31m", None],
        "value": [1.5, np.nan, np.inf, -2.0],
        "n": [1, 2, 3, 4],
        "sure": [True, False, True, False],
    }
)


def rows(path):
    return [[str(cell) for cell in row.values()] for row in read(path).to_dict("records")]


def read(path):
    return pd.read_parquet(path) if path.suffix == ".parquet" else _READERS[path.suffix](path)


_READERS = {".csv": pd.read_csv, ".xlsx": pd.read_excel}


def test_a_workbook_holds_what_csv_holds(tmp_path):
    for suffix in WRITTEN:
        write_frame(FRAME, tmp_path / f"t{suffix}")
    assert rows(tmp_path / "t.xlsx") == rows(tmp_path / "t.csv")
    assert read(tmp_path / "t.parquet")["n"].tolist() == [1, 2, 3, 4]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t.csv", "t.parquet", "t.xlsx"]


def test_numbers_of_a_workbook_are_numbers_and_formulas_are_text(tmp_path):
    write_frame(FRAME, tmp_path / "t.xlsx")
    frame = pd.read_excel(tmp_path / "t.xlsx")
    assert frame["value"].tolist()[0] == 1.5
    assert pd.isna(frame["value"][1])
    assert frame["recipe"].tolist()[1:3] == ["'=1+1", "red \ufffd[31m"]
    assert frame["sure"].tolist() == [True, False, True, False]


def test_what_is_written_is_read_by_the_reader_of_the_package(tmp_path):
    for name in ("a.csv", "a.xlsx"):
        write_cells(tmp_path / name, ["recipe", "n"], [["1 M NaPF6 in PC", 3]])
        table = TableFile(tmp_path / name, expected={"recipe"})
        assert table.header == ("recipe", "n")
        (row,) = table.rows()
        assert list(row.cells) == ["1 M NaPF6 in PC", "3"]


def test_sheets_have_names_and_fixed_headings(tmp_path):
    import openpyxl

    write_workbook(tmp_path / "t.xlsx", {"proposals": FRAME, "weigh_out": FRAME[["n"]]})
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["proposals", "weigh_out"]
    assert book["proposals"].freeze_panes == "A2"
    assert book["proposals"].column_dimensions["A"].width > len("1 M NaPF6 in PC")


def test_nested_records_become_columns(tmp_path):
    record = {"recipe": "PC", "density_g_cm3": {"value": 1.2, "low": 1.1}}
    write_records([record], tmp_path / "t.xlsx")
    assert list(pd.read_excel(tmp_path / "t.xlsx")) == [
        "recipe",
        "density_g_cm3.value",
        "density_g_cm3.low",
    ]


def test_a_sheet_that_is_too_long_is_refused_and_nothing_written(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "_MOST_ROWS", 4)
    with pytest.raises(InputError, match=r"at most 3 rows; write \.csv or \.parquet"):
        write_frame(FRAME, tmp_path / "t.xlsx")
    assert not list(tmp_path.iterdir())


def test_files_that_cannot_be_written_are_refused_before_work(tmp_path):
    with pytest.raises(InputError, match=r"--out .*one of \.csv, \.xlsx, \.parquet"):
        require_writable(tmp_path / "t.ods")
    with pytest.raises(InputError, match=r"--bad-rows .*there is no folder"):
        require_writable(tmp_path / "none" / "t.csv", option="--bad-rows")
