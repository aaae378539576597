"""Files that people drop on a page: bounded, and told about by the names that people gave them."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.datastructures import UploadFile

from electrolyte_ml.errors import ElectrolyteError, InputError, InputErrors
from electrolyte_ml.tables import SUFFIXES, TableFile
from electrolyte_ml.text import shown

#: Rows of a table that a page takes; more are work for the command line.
MOST_ROWS = 200_000
# Unpacked, a workbook may be a thousand times as large as its file.
_MOST_UNPACKED = 400 * 2**20
_UNUSUAL = re.compile(r"[^\w. ()+-]+")


def is_given(file: UploadFile | None) -> bool:
    """Whether a field for a file holds one."""
    return file is not None and bool(file.filename)


def keep(file: UploadFile, folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> Path:
    """Write an uploaded file into a folder, under the name that it was given.

    Raises
    ------
    InputError
        If it is of no kind that is read, or a workbook that is far larger than it looks.
    """
    name = _UNUSUAL.sub("_", Path(file.filename or "").name)[-100:].lstrip(".")
    if not name.lower().endswith(suffixes):
        raise InputError(f"{shown(name)} is not read here; give {', '.join(suffixes)}")
    path = folder / name
    with path.open("wb") as to:
        shutil.copyfileobj(file.file, to)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as held:
            unpacked = sum(info.file_size for info in held.infolist())
        if unpacked > _MOST_UNPACKED:
            raise InputError(
                f"{name}: unpacked it has {unpacked // 2**20} MB; give at most "
                f"{_MOST_UNPACKED // 2**20}, or a CSV file"
            )
    return path


def n_rows_of(path: Path) -> int:
    """Rows of a table.

    Raises
    ------
    InputError
        If there are more than `MOST_ROWS`, or it cannot be read.
    """
    n_rows = 0
    for part in TableFile(path).parts(4000):
        n_rows += len(part.numbers)
        if n_rows > MOST_ROWS:
            raise InputError(
                f"{path}: has more than {MOST_ROWS} rows; use electrolyte-ml score --file, which "
                "takes any number"
            )
    return n_rows


@contextmanager
def named_as_given(folder: Path) -> Iterator[None]:
    """Leave the folder out of errors: people know their file by its name."""
    try:
        yield
    except ElectrolyteError as error:
        lines = plain_lines(str(error).splitlines(), folder)
        raise InputErrors(lines) from error


def plain_lines(lines: list[str], folder: Path) -> list[str]:
    """Lines without the folder of a file that they name."""
    return [line.replace(f"{folder}/", "").replace(f"{folder}\\", "") for line in lines]
