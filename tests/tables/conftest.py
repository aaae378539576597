"""One table written in every way that people write tables."""

import openpyxl
import pandas as pd
import pytest


def _text(encoding, separator, *, comma=False, first="", last="", end="\n"):
    def write(folder, name, header, rows):
        path = folder / f"{name}.{'tsv' if separator == chr(9) else 'csv'}"

        def cell(value):
            text = str(value)
            if comma and isinstance(value, float):
                text = text.replace(".", ",")
            quoted = separator in text or '"' in text
            return '"' + text.replace('"', '""') + '"' if quoted else text

        lines = [separator.join(map(cell, row)) for row in (header, *rows)]
        text = first + "".join(line + end for line in lines) + last
        path.write_bytes(text.encode(encoding))
        return path

    return write


def _xlsx(folder, name, header, rows):
    path = folder / f"{name}.xlsx"
    book = openpyxl.Workbook()
    for row in (header, *rows, [None] * len(header)):
        book.active.append([None if cell == "" else cell for cell in row])
    book.save(path)
    return path


def _parquet(folder, name, header, rows):
    path = folder / f"{name}.parquet"
    frame = pd.DataFrame([[None if cell == "" else cell for cell in row] for row in rows])
    frame.columns = header
    frame.to_parquet(path)
    return path


DIALECTS = {
    "plain": _text("utf-8", ","),
    "bom": _text("utf-8-sig", ",", end="\r\n"),
    "semicolons": _text("utf-8", ";"),
    "german": _text("cp1252", ";", comma=True, end="\r\n"),
    "sep line": _text("utf-8", ";", comma=True, first="sep=;\n"),
    "tabs": _text("utf-8", "\t"),
    "unicode text": _text("utf-16", "\t", comma=True, end="\r\n"),
    "quoted decimal commas": _text("utf-8", ",", comma=True),
    "utf-16 without mark": _text("utf-16-le", ","),
    "old mac": _text("utf-8", ",", end="\r"),
    "empty last rows": _text("utf-8", ",", last=",,\n,,,,\n\n\n"),
    "empty first rows": _text("utf-8", ",", first=",,\n\n"),
    "xlsx": _xlsx,
    "parquet": _parquet,
}


@pytest.fixture(params=DIALECTS)
def write_table(request, tmp_path):
    """Writes a table of cells in one of the dialects: ``write(name, header, rows)``."""

    def write(name, header, rows):
        return DIALECTS[request.param](tmp_path, name, header, rows)

    return write
