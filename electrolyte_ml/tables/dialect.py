"""How a text file is written: encoding, separator and decimal sign."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from electrolyte_ml.errors import TableNote
from electrolyte_ml.files import reading
from electrolyte_ml.tables.headings import plain_heading

# Characters from which separator and decimal sign are told.
_SAMPLE = 1 << 16
_BLOCK = 1 << 20
#: Longest cell; a longer one is a quotation mark that was not closed.
LONGEST_CELL = 1_000_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {"utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-32": "UTF-32"}
_NAMES |= {"cp1252": "Windows-1252 (cp1252)", "latin-1": "Latin-1"}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEP_LINE = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-\u2212\u2013]?\d+,\d+")
_DECIMAL_POINT = re.compile(r"[+-\u2212\u2013]?\d+\.\d+")
_THOUSAND = re.compile(r"[+-\u2212\u2013]?[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a table of text is written.

    Attributes
    ----------
    encoding
        Name of the codec.
    separator
        What parts the cells of a line.
    decimal_comma
        Whether the decimal sign is a comma.
    has_sep_line
        Whether the first line says ``sep=;``.
    remarks
        What is not plain about it, in words.
    """

    encoding: str
    separator: str
    decimal_comma: bool
    has_sep_line: bool
    remarks: tuple[str, ...] = ()


def dialect_of(path: Path, expected: Container[str] = ()) -> Dialect:
    """Tell how a file is written, from its bytes and the first lines.

    Parameters
    ----------
    path
        The file.
    expected
        Headings, plain, of which a table should have some; they decide between separators.

    Raises
    ------
    InputError
        If the file cannot be read, or is no text.
    """
    encoding = encoding_of(path)
    with opened(path, encoding) as stream:
        sample = stream.read(_SAMPLE)
    lines = sample.splitlines(keepends=True)
    if len(sample) == _SAMPLE and len(lines) > 1:
        lines.pop()
    said = _SEP_LINE.fullmatch(lines[0]) if lines else None
    lines = lines[1:] if said else lines
    separator = said[1] if said else _separator(path, lines, expected)
    comma, told = _decimal_comma(_cells(lines, separator), separator)
    remarks = [] if separator == "," else [_SEPARATORS.get(separator, repr(separator))]
    remarks += ["decimal commas"] if told else []
    remarks += [_NAMES[encoding]] if encoding in _NAMES else []
    return Dialect(
        encoding=encoding,
        separator=separator,
        decimal_comma=comma,
        has_sep_line=said is not None,
        remarks=tuple(remarks),
    )


def encoding_of(path: Path) -> str:
    """Codec of a file: by its mark, else UTF-8 where all of it is, else Windows-1252.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    with reading(path), path.open("rb") as file:
        start = file.read(4096)
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name
        for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            # Every other byte of Latin letters is zero.
            if len(start) > 3 and start[first::2].count(0) > 0.4 * len(start) / 2:
                return name
        for name in ("utf-8", "cp1252"):
            file.seek(0)
            decoder = codecs.getincrementaldecoder(name)()
            try:
                while block := file.read(_BLOCK):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return name
    return "latin-1"


@contextmanager
def opened(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """A text file for the module `csv`; errors of the system are ours."""
    with reading(path), path.open(encoding=encoding, newline="") as stream:
        yield stream


def read_lines(path: Path) -> list[str]:
    """Lines of a text file in whatever encoding it has, without their ends.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    encoding = encoding_of(path)
    with opened(path, encoding) as stream:
        lines = [line.rstrip("\r\n") for line in stream]
    note(path, [_NAMES[encoding]] if encoding in _NAMES else [])
    return lines


def note(path: Path, remarks: Sequence[str]) -> None:
    """Say in one line how a file was read, unless it is plain."""
    if remarks:
        warnings.warn(f"read {str(path)!r}: {', '.join(remarks)}", TableNote, stacklevel=2)


def _separator(path: Path, lines: Sequence[str], expected: Container[str]) -> str:
    """The sign that parts the headings, outside of quotation marks."""
    heading = next((line for line in lines if line.strip(" \t\r\n,;|")), "")
    if path.suffix.lower() in {".tsv", ".tab"} and "\t" in heading:
        return "\t"
    counts = {sign: _count_outside_quotes(heading, sign) for sign in _SEPARATORS}
    found = [sign for sign, count in counts.items() if count]

    def rank(sign: str) -> tuple[bool, int]:
        names = next(csv.reader([heading], delimiter=sign), [])
        return any(plain_heading(name) in expected for name in names), counts[sign]

    return max(found, key=rank) if found else ","


def _count_outside_quotes(line: str, sign: str) -> int:
    return sum(part.count(sign) for part in line.split('"')[::2])


def _cells(lines: Iterable[str], separator: str) -> Iterator[str]:
    """Cells below the headings, as far as they can be read."""
    reader = csv.reader(lines, delimiter=separator)
    try:
        next(reader, None)
        for row in reader:
            yield from row
    except csv.Error:
        return


def _decimal_comma(cells: Iterable[str], separator: str) -> tuple[bool, bool]:
    """Whether the decimal sign is a comma, and whether one is there."""
    commas = points = doubtful = 0
    for cell in map(str.strip, cells):
        is_doubtful = bool(_THOUSAND.fullmatch(cell))
        if _DECIMAL_COMMA.fullmatch(cell):
            doubtful += is_doubtful
            commas += not is_doubtful
        elif _DECIMAL_POINT.fullmatch(cell):
            points += not is_doubtful
    # Spreadsheets write semicolons where the decimal sign is a comma.
    certain = commas + (doubtful if separator == ";" else 0)
    is_comma = separator != "," and not points and certain > 0
    return is_comma, is_comma or commas > 0
