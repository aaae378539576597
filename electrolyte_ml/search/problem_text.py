r"""A problem file as a form: its settings with their comments, changed in place.

The text stays the one truth: a change replaces the value in it and leaves comments, order and
settings that stand in comments as they are. Reading is line by line, since TOML parsers drop what a
form needs: comments and places.

Examples
--------
>>> text = "[limits]\n# Fewest first.\nmax_solvents = 3  # most\n"
>>> [(f.path, f.value, f.comment) for s in form_of(text) for f in s.fields]
[('limits.max_solvents', 3, 'Fewest first. most')]
>>> changed(text, {"limits.max_solvents": "2"})
'[limits]\n# Fewest first.\nmax_solvents = 2  # most\n'
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args

from electrolyte_ml.errors import InputError
from electrolyte_ml.properties import properties
from electrolyte_ml.search.recipe_file import table_at
from electrolyte_ml.text import shown

_HEADER = re.compile(r"\s*\[(\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#\s*(.*))?")
_SETTING = re.compile(r"""\s*("[^"\n]*"|'[^'\n]*'|[\w-]+)\s*=\s*""")
# A setting or a table that a comment switches off; what is said before it is said of it.
_OFF = re.compile(r"""\s*#\s*(?:("[^"\n]*"|'[^'\n]*'|[\w-]+)\s*=\s*\S|\[)""")
_COMMENT = re.compile(r"\s*#\s?(.*)")
_STRING = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'')
_ITEM = re.compile(rf"(?P<string>{_STRING.pattern})|#\s*(?P<comment>[^\n]*)|(?P<comma>,)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemField:
    """A setting of a problem file.

    Attributes
    ----------
    path
        Its place, such as ``limits.max_solvents`` or ``objectives.0.temperature``.
    key
        Its own name.
    value
        Its value, as TOML has it.
    comment
        What the file says of it, else what it means; empty if neither is known.
    choices
        Values that it may have; empty where it is free.
    groups
        Of a list of names: names by the comment before them, in order.
    start, end
        Where its value stands in the text.
    """

    path: str
    key: str
    value: Any
    comment: str
    choices: tuple[str, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    start: int
    end: int

    @property
    def is_names(self) -> bool:
        """Whether it is a list of names, such as solvents."""
        return bool(self.groups)

    @property
    def text(self) -> str:
        """Its value as people type it."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, list) and all(_is_number(v) for v in self.value):
            return ", ".join(map(str, self.value))
        return _toml(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemSection:
    """A table of a problem file.

    Attributes
    ----------
    path
        Its place, such as ``limits.max_fraction``; empty for what stands before all tables.
    comment
        What the file says of it.
    fields
        Its settings.
    """

    path: str
    comment: str
    fields: tuple[ProblemField, ...]


def form_of(text: str) -> list[ProblemSection]:
    """Settings of a problem file, table by table, as they stand in it.

    Raises
    ------
    InputError
        If the text is no TOML.
    """
    try:
        tomllib.loads(text)
        sections = list(_sections(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"this is no TOML: {error}") from error
    return [section for section in sections if section.fields or section.comment]


def changed(
    text: str, values: Mapping[str, str], names: Mapping[str, Sequence[str]] | None = None
) -> str:
    """The text with other values.

    Parameters
    ----------
    text
        A problem file.
    values
        Values as people type them, by the path of their field; others stay. What is no value of the
        kind becomes a text, of which a check then says what is wrong with it.
    names
        Lists of names, by the path of theirs.

    Raises
    ------
    InputError
        If the text is no TOML.
    """
    fields = [field for section in form_of(text) for field in section.fields]
    for field in sorted(fields, key=lambda field: -field.start):
        before = text[field.start : field.end]
        after = before
        if field.is_names:
            if names is not None and field.path in names:
                after = _with_names(before, field, names[field.path])
        elif field.path in values and values[field.path].strip() != field.text:
            after = _written(values[field.path].strip(), field.value)
        text = text[: field.start] + after + text[field.end :]
    return text


def _sections(text: str) -> Iterator[ProblemSection]:
    """Tables in the order of the text."""
    path, about, fields = "", "", list[ProblemField]()
    comment: list[str] = []
    counts: dict[str, int] = {}
    place = 0
    while place < len(text):
        end = text.find("\n", place)
        line = text[place : len(text) if end < 0 else end]
        header = _HEADER.fullmatch(line)
        setting = _SETTING.match(line)
        next_place = place + len(line) + 1
        if header:
            yield ProblemSection(path=path, comment=about, fields=tuple(fields))
            path, fields = _place(header[2], counts, is_list=bool(header[1])), []
            about, comment = " ".join([*comment, header[3] or ""]).strip(), []
        elif setting:
            start = place + setting.end()
            stop = _value_end(text, start)
            next_place = text.find("\n", stop) + 1 or len(text) + 1
            trailing = _COMMENT.match(text[stop : next_place - 1])
            said = " ".join([*comment, trailing[1] if trailing else ""]).strip()
            fields.append(_field(path, setting[1].strip("\"'"), said, text, (start, stop)))
            comment = []
        elif _OFF.match(line) or not line.strip():
            comment = []
        elif said_here := _COMMENT.match(line):
            comment.append(said_here[1].strip())
        place = next_place
    yield ProblemSection(path=path, comment=about, fields=tuple(fields))


def _place(name: str, counts: dict[str, int], *, is_list: bool) -> str:
    """Path of a table; those of a list are counted."""
    if not is_list:
        return name
    counts[name] = counts.get(name, -1) + 1
    return f"{name}.{counts[name]}"


def _value_end(text: str, start: int) -> int:
    """Where a value ends that starts there: at the end of its line, or of its last bracket."""
    depth, place = 0, start
    while place < len(text):
        string = _STRING.match(text, place)
        sign = text[place]
        if string:
            place = string.end()
            continue
        if sign == "#":
            if not depth:
                break
            place = text.find("\n", place)
            place = len(text) if place < 0 else place
            continue
        depth += (sign in "[{") - (sign in "]}")
        if sign == "\n" and not depth:
            break
        place += 1
    return start + len(text[start:place].rstrip())


def _field(path: str, key: str, said: str, text: str, span: tuple[int, int]) -> ProblemField:
    written = text[slice(*span)]
    value = tomllib.loads(f"x = {written}")["x"]
    parts = path.split(".") if path else []
    known = table_at([int(p) if p.isdigit() else p for p in parts]).model_fields.get(key)
    meaning = "" if known is None else known.description or ""
    is_names = isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)
    return ProblemField(
        path=f"{path}.{key}" if path else key,
        key=key,
        value=value,
        comment=said or meaning,
        choices=_choices(key, value, None if known is None else known.annotation),
        groups=tuple(_groups(written)) if is_names else (),
        start=span[0],
        end=span[1],
    )


def _choices(key: str, value: Any, kind: Any) -> tuple[str, ...]:
    """Values that a setting may have, with the one it has."""
    if isinstance(value, bool):
        return ("true", "false")
    found: tuple[str, ...] = ()
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and issubclass(one, StrEnum):
            found = tuple(map(str, one))
    if key == "property":
        found = tuple(properties())
    return found if not found or value in found else (str(value), *found)


def _groups(written: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names of a list by the comment before them."""
    comment, names = "", list[str]()
    for item in _ITEM.finditer(written):
        if item["string"]:
            names.append(tomllib.loads(f"x = {item['string']}")["x"])
        elif item["comment"] is not None:
            if names:
                yield comment, tuple(names)
                names, comment = [], ""
            comment = f"{comment} {item['comment'].strip()}".strip()
    if names:
        yield comment, tuple(names)


def _with_names(written: str, field: ProblemField, wanted: Sequence[str]) -> str:
    """A list with other names; comments within it stay."""
    items = list(_ITEM.finditer(written))
    held = [name for _, group in field.groups for name in group]
    strings = [i for i, item in enumerate(items) if item["string"]]
    for i, name in reversed(list(zip(strings, held, strict=True))):
        if name not in wanted:
            comma = i + 1 < len(items) and items[i + 1]["comma"]
            stop = items[i + 1].end() if comma else items[i].end()
            while written[stop : stop + 1] == " ":
                stop += 1
            written = written[: items[i].start()] + written[stop:]
    fresh = [json.dumps(name, ensure_ascii=False) for name in wanted if name not in held]
    if not fresh:
        return written
    signs = [item for item in _ITEM.finditer(written) if item["comment"] is None]
    place = signs[-1].end() if signs else 1
    lead = ", " if signs and signs[-1]["string"] else " " if signs else ""
    rest = written[place:]
    rest = rest.lstrip(" ") if rest.lstrip(" ") == "]" else rest
    return written[:place] + lead + ", ".join(fresh) + rest


def _written(typed: str, before: Any) -> str:
    """What is typed as TOML, of the kind that was there before where it can be."""
    if isinstance(before, bool):
        return typed if typed in ("true", "false") else _toml(typed)
    if _is_number(before):
        number = typed.replace(",", ".")
        return number.lstrip("+") if _NUMBER.fullmatch(number) else _toml(typed)
    if isinstance(before, str):
        return _toml(typed)
    if isinstance(before, list) and all(_is_number(v) for v in before):
        parts = [part.strip() for part in re.split(r"[,;]|\bto\b", typed.strip("[] ")) if part]
        return f"[{', '.join(_written(part, 0.0) for part in parts)}]"
    try:
        return _toml(tomllib.loads(f"x = {typed}")["x"])
    except (tomllib.TOMLDecodeError, KeyError):
        return _toml(typed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _toml(value: Any) -> str:
    """A value as TOML writes it, on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool | int | float):
        return str(value).lower()
    raise InputError(f"a problem file holds no {shown(value)}")
