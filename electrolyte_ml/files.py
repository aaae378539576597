"""Atomic writing, locks and hashes of files, and the tables inside the package."""

from __future__ import annotations

import csv
import hashlib
import io
import secrets
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, TextIO

from electrolyte_ml.errors import ElectrolyteError, InputError, UnwritableError
from electrolyte_ml.text import spreadsheet_cell

# No TOML file of a person comes near; a longer one is something else, or endless.
_LONGEST_TOML = 2_000_000


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Name `path` in errors of the system while it is written.

    Parameters
    ----------
    path
        File or folder, or words for another place to write to.

    Raises
    ------
    UnwritableError
        Instead of an error of the system; it says why.
    """
    try:
        yield
    except ElectrolyteError:
        raise
    except OSError as error:
        why = error.strerror or str(error)
        raise UnwritableError(f"{path} cannot be written: {why}") from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Name `path` in errors of the system while it is read.

    Raises
    ------
    InputError
        Instead of an error of the system, or of text in another encoding; it says why.
    """
    try:
        yield
    except ElectrolyteError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeError as error:
        raise InputError(f"{path}: cannot be read as text: {error}") from error


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then move it into place.

    Raises
    ------
    UnwritableError
        If the system refuses it.
    """
    # Files of tempfile are readable by their owner only.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    with writing(path):
        try:
            write(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def expanded(path: str) -> Path:
    """A path with the user's home folder for ``~``, which stays where there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def user_folder_of(kind: Literal["data", "state", "cache"]) -> Path:
    """Folder that the system keeps for the user's data of this package; `make_folder` makes it.

    Where there is no home folder it begins with ``~``: nothing is found there, or written.
    """
    import platformdirs

    try:
        return Path(getattr(platformdirs, f"user_{kind}_dir")("electrolyte_ml"))
    except RuntimeError:
        return Path("~", "electrolyte_ml", kind)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless they exist.

    Raises
    ------
    UnwritableError
        If the system refuses it.
    """
    if path.parts[:1] == ("~",):
        raise UnwritableError(f"{path} cannot be written: there is no home folder; set $HOME")
    with writing(path):
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Lock a file or folder against other processes while it is read, changed and replaced.

    The lock is a file beside it, which the system releases if the process dies.

    Parameters
    ----------
    path
        File or folder to change; it need not exist, but its folder must.
    """
    from filelock import FileLock

    lock = FileLock(path.with_name(f".{path.name}.lock"))
    with writing(path):
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""

    def fill(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    write_atomically(path, fill)


def write_table(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    line_end: str = "\n",
) -> None:
    """Write a CSV table, whole or not at all.

    Parameters
    ----------
    path
        The file; replaced if it exists.
    header
        Names of the columns.
    rows
        Cells of each row, one per column.
    line_end
        Line end.
    """

    def fill(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            write_csv_rows(file, [header, *rows], line_end=line_end)

    write_atomically(path, fill)


def write_csv_rows(
    stream: TextIO, rows: Iterable[Iterable[object]], *, line_end: str = "\n"
) -> None:
    """Write rows of a CSV table; no cell is run as a formula by a spreadsheet.

    Parameters
    ----------
    stream
        Where to.
    rows
        Cells of each row.
    line_end
        Line end.
    """
    writer = csv.writer(stream, lineterminator=line_end)
    writer.writerows(map(spreadsheet_cell, row) for row in rows)


def read_table(
    path: Path | Traversable, *, delimiter: str = ",", encoding: str = "utf-8-sig"
) -> list[dict[str, str]]:
    """Rows of a CSV table by the names in its first line.

    Parameters
    ----------
    path
        The file.
    delimiter
        Separator of cells.
    encoding
        Encoding of the file; by default UTF-8, with or without a byte order mark.
    """
    text = path.read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def read_toml(path: Path) -> dict[str, Any]:
    """Content of a TOML file, with or without a byte order mark.

    Raises
    ------
    InputError
        If the file cannot be read, or is no TOML; the message names it.
    """
    with reading(path), path.open("rb") as file:
        held = file.read(_LONGEST_TOML + 1)
    if len(held) > _LONGEST_TOML:
        raise InputError(f"{path}: has more than {_LONGEST_TOML} bytes; is it another file?")
    try:
        return tomllib.loads(held.decode("utf-8-sig"))
    except RecursionError:
        raise InputError(f"{path}: is nested too deeply to be read") from None
    except ValueError as error:  # of TOML, of UTF-8, or of a number of thousands of digits
        raise InputError(f"{path}: is no TOML: {error}") from error


def packaged_file(name: str) -> Traversable:
    """A file that ships with the package, such as ``data/tables/reference_electrodes.csv``."""
    return files("electrolyte_ml") / name


def packaged_table(name: str) -> list[dict[str, str]]:
    """Rows of a CSV table that ships with the package."""
    return read_table(packaged_file(name))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
