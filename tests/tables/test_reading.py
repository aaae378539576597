"""Tables are read whatever separates their cells, or a fault names the row."""

import tempfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from electrolyte_ml.errors import InputError, TableNote
from electrolyte_ml.tables import TableFile, note

pytestmark = pytest.mark.filterwarnings("ignore::electrolyte_ml.errors.TableNote")
HEADER = ["recipe", "temperature_c", "note"]
ROWS = [["1 M NaPF6 in PC", -20.5, "für ±"], ["PC + EC; 1, 2", 25.0, 'say "x"']]


@pytest.fixture
def write(tmp_path):
    def write_(content, name="t.csv"):
        path = tmp_path / name
        if isinstance(content, str):
            content = content.encode()
        path.write_bytes(content)
        return path

    return write_


def cells(path, **options):
    return [list(row.cells) for row in TableFile(path, **options).rows()]


def test_the_same_cells_are_read_from_every_dialect(write_table):
    path = write_table("t", HEADER, ROWS)
    table = TableFile(path, expected={"recipe"})
    assert list(table.header) == HEADER
    found = [list(row.cells) for row in table.rows()]
    assert [row[0] for row in found] == ["1 M NaPF6 in PC", "PC + EC; 1, 2"]
    assert [float(row[1].replace(",", ".")) for row in found] == [-20.5, 25.0]
    assert [row[2] for row in found] == ["für ±", 'say "x"']
    assert not any(row.fault for row in table.rows())


def test_rows_are_the_same_in_parts_of_any_length(write_table):
    table = TableFile(write_table("t", HEADER, ROWS * 3), expected={"recipe"})
    for n_rows in (1, 4, 100):
        found = [list(row) for part in table.parts(n_rows) for row in part.cells]
        assert found == [list(row.cells) for row in table.rows()]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a;b\n1;2\n", ["semicolons"]),
        (b"a;b\n1,5;2\n", ["semicolons", "decimal commas"]),
        (b"sep=;\na;b\n1,5;2\n", ["semicolons", "decimal commas"]),
        (b"a\tb\n1\t2\n", ["tabs"]),
        (b"a,b\n\xe9,2\n", ["Windows-1252 (cp1252)"]),
        ("a\tb\n1,5\tü\n".encode("utf-16"), ["tabs", "decimal commas", "UTF-16"]),
        (b'a,b\n"1,5",2\n', ["decimal commas"]),
        (b"a;b\n1,215;2\n", ["semicolons", "decimal commas"]),
        (b"a;b\n1.215;2\n", ["semicolons"]),
        (b"a;b\n1.5;9,000\n", ["semicolons"]),
        (b"a\tb\n9,000\t2\n", ["tabs"]),
        (b"\xef\xbb\xbfa,b\n1,2\n", []),
        ("a,b\nü,2\n".encode(), []),
    ],
)
def test_what_is_not_plain_is_said_in_one_line(write, content, words):
    path = write(content)
    table = TableFile(path)
    assert list(table.remarks) == words
    if words:
        with pytest.warns(TableNote, match="read '.*t.csv': ") as caught:
            note(path, table.remarks)
        assert len(caught) == 1


def test_a_comma_is_a_decimal_sign_only_where_the_file_says_so(write):
    assert TableFile(write(b"a;b\n1,215;2\n")).decimal_comma
    for content in (b"a;b\n1.215;2\n", b"a;b\n1.5;9,000\n", b"a\tb\n9,000\t2\n", b'a,b\n"1,5",2\n'):
        assert not TableFile(write(content)).decimal_comma


@given(st.binary(max_size=200), st.sampled_from([".csv", ".tsv", ".xlsx", ".parquet"]))
@example(b"\xff\xfe\x00", ".csv")
@example(b"sep=", ".csv")
@example(b'"', ".csv")
@example(b"a,b\n\x81\x8d,\xff\n", ".csv")
def test_any_bytes_are_read_or_refused(content, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{suffix}"
        path.write_bytes(content)
        try:
            table = TableFile(path)
            for row in table.rows():
                assert row.fault or len(row.cells) == len(table.header)
        except InputError:
            return


def test_the_sheet_that_was_read_is_named(tmp_path):
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.create_sheet("more").append(["b"])
    book.save(path)
    assert TableFile(path).remarks == ("sheet 'Sheet', the first of 2",)


@pytest.mark.parametrize(
    "text",
    ["t,recipe\n25,0,PC\n", "recipe,c\nPC,7,9\n", "recipe;c\nPC;7;9\n", "recipe\nEC, DEC\n"],
)
def test_more_cells_than_headings_are_a_fault_of_the_row(write, text):
    (row,) = TableFile(write(text)).rows()
    n = len(text.splitlines()[0].replace(";", ",").split(","))
    assert row.number == 1
    assert f"has {n + 1} cells, the header {n}; is a decimal comma among them?" in row.fault


def test_empty_cells_at_the_end_are_harmless(write):
    table = TableFile(write("a,b,\n1,2,,,\n3\n,,\n\n5,6\n"))
    assert [list(row.cells) for row in table.rows()] == [["1", "2"], ["3", ""], ["5", "6"]]
    assert [row.number for row in table.rows()] == [1, 2, 5]
    assert [table.line(row.number) for row in table.rows()] == [2, 3, 6]


def test_a_cell_below_no_heading_is_a_fault(write):
    # The heading of the last column is missing, or a decimal comma moved the cells.
    (row,) = TableFile(write("a,b,,c\n1,2,9,x\n")).rows()
    assert "cell 3 is '9', but its column has no heading" in row.fault
    # A first column without heading is the index that pandas writes.
    assert cells(write(",a\n0,x\n")) == [["0", "x"]]


def test_a_quotation_mark_that_is_not_closed_is_named_and_ends_the_table(write):
    table = TableFile(write('a,b\n1,2\n"3,4\n' + "x,y\n" * 300_000))
    first, last = table.rows()
    assert list(first.cells) == ["1", "2"]
    assert "quotation mark not closed" in last.fault
    assert last.number == 2


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_quotation_mark_open_at_the_end_of_the_file_is_a_fault(write, end):
    first, last = TableFile(write(f'a,b\n1,2\n"3,4\n5,6{end}')).rows()
    assert not first.fault
    assert "a quotation mark is not closed" in last.fault
    # Inches and quoted words are none.
    assert cells(write(f'a,b\n5" wide,"x ""y"" z"{end}')) == [['5" wide', 'x "y" z']]


def test_a_formula_without_its_value_is_a_fault(tmp_path):
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["recipe", "temperature_c"])
    book.active.append(["PC", "=20+5"])
    book.save(path)
    (row,) = TableFile(path).rows()
    assert "column B holds a formula without its value" in row.fault


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.xls", b"x", "cannot read '.xls'; use .csv"),
        ("t", b"x", "without suffix"),
        ("t.csv", b"PK\x03\x04", "is no text but a workbook; name it .xlsx"),
        ("t.csv", b"", "no rows, and no headings"),
        ("t.csv", bytes(range(256)), "is no table of text; save it as CSV or xlsx"),
        ("t.xlsx", b"a,b\n", "cannot be read as a workbook"),
        ("t.parquet", b"a,b\n", "cannot be read as Parquet"),
    ],
)
def test_files_that_cannot_be_read_are_refused(write, name, content, words):
    with pytest.raises(InputError, match=words):
        list(TableFile(write(content, name)).rows())
    with pytest.raises(InputError, match="no such file"):
        TableFile(write(b"").with_name("absent.csv"))


def test_known_headings_decide_between_separators(write):
    text = "id;recipe, as in the laboratory book, in words\n1;PC\n"
    assert TableFile(write(text), expected={"id"}).header[0] == "id"
    assert TableFile(write('id;"weigh out, g, for 100 g"\n1;x\n')).header[0] == "id"


def test_equal_headings_have_columns_of_their_own(write):
    table = TableFile(write("a,b,a,a.1,a\n1,2,3,4,5\n"))
    assert table.header == ("a", "b", "a", "a.1", "a")
    assert len(set(table.columns)) == 5
    assert table.columns[:2] == ("a", "b")
