"""What the columns of a user's table of measurements hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from electrolyte_ml.data.column_mapping import conversion
from electrolyte_ml.errors import InputError
from electrolyte_ml.tables import (
    TEMPERATURE_COLUMNS,
    Heading,
    looks_like_a_quantity,
    looks_like_temperature,
    plain_heading,
    read_quantity,
    read_temperature,
)

COLUMNS_HELP = (
    "needed are recipe, temperature_c or temperature_k, doi or source, and either property, value "
    "and unit, or columns named after properties, such as conductivity_ms_cm"
)
SOURCES = ("doi", "source")
FLAGS = ("flag", "note")
UNCERTAINTY = "uncertainty"
_LONG = ("property", "value")
_SINGLE = frozenset(
    {"recipe", *_LONG, "unit", UNCERTAINTY, "method", *SOURCES, *FLAGS, *TEMPERATURE_COLUMNS}
)
_UNCERTAINTY_WORD = r"(?:uncertainty|standard deviation|std|stdev|sd|error)"
_UNCERTAINTY_OF = re.compile(
    rf"{_UNCERTAINTY_WORD}(?:[\s_]+of)?[\s_]+(?P<after>.+)|(?P<before>.+?)[\s_,]+{_UNCERTAINTY_WORD}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserColumns:
    """Columns of a table by their number, from 0.

    Attributes
    ----------
    header
        Headings as written.
    single
        Columns that a row has one of, such as ``recipe`` and ``temperature_k``.
    measured
        Columns of values with what they hold; equal ones are replicates.
    uncertainties
        Columns of uncertainties with what they are of.
    temperature
        ``temperature_k``, ``temperature_c``, or empty where there is none.
    """

    header: tuple[str, ...]
    single: Mapping[str, int]
    measured: Mapping[int, Heading]
    uncertainties: Mapping[int, Heading]
    temperature: str

    @property
    def used(self) -> frozenset[int]:
        """Columns that are read."""
        return frozenset({*self.single.values(), *self.measured, *self.uncertainties})

    @property
    def ignored(self) -> tuple[str, ...]:
        """Headings of the others."""
        used = self.used
        return tuple(h for number, h in enumerate(self.header) if number not in used and h)

    @property
    def remarks(self) -> list[str]:
        """What is to be said: headings that were understood, and quantities that are not read."""
        meanings = {number: name for name, number in self.single.items()}
        meanings |= {
            number: f"{held.kind.name} in {held.unit or held.kind.measured_unit}"
            for number, held in self.measured.items()
            if plain_heading(self.header[number]) != held.kind.name
        }
        told = [
            f"{self.header[number]!r} as {meaning}"
            for number, meaning in sorted(meanings.items())
            if plain_heading(self.header[number]) != meaning
        ]
        same = Counter(self.header[number] for number in self.measured)
        told += [f"{n} columns {heading!r} as replicates" for heading, n in same.items() if n > 1]
        unread = [repr(heading) for heading in self.ignored if looks_like_a_quantity(heading)]
        return [*told, f"{', '.join(unread)} not read"] if unread else told


def user_columns(name: str, header: Sequence[str]) -> UserColumns:
    """Tell what columns hold.

    Parameters
    ----------
    name
        Name of the table, for messages.
    header
        Headings of its columns, as written.

    Raises
    ------
    InputError
        If columns are missing, there twice, or could be misread; all faults are named.
    """
    meanings = [_meaning(heading) for heading in header]
    faults = []
    single: dict[str, int] = {}
    for number, meaning in enumerate(meanings):
        if isinstance(meaning, str) and meaning in single:
            faults.append(f"column {meaning} twice")
        elif isinstance(meaning, str):
            single[meaning] = number
    values = {n: meaning for n, meaning in enumerate(meanings) if isinstance(meaning, Heading)}
    taken = {*single.values(), *values}
    uncertainties = {
        number: found
        for number, heading in enumerate(header)
        if number not in taken and (found := _uncertainty_of(heading)) is not None
    }
    temperatures = [column for column in TEMPERATURE_COLUMNS if column in single]
    faults += _missing(header, single, values, temperatures)
    faults += _unclear(header, single, values, uncertainties)
    if faults:
        raise InputError(f"{name}: {'; '.join(faults)}; {COLUMNS_HELP}")
    return UserColumns(
        header=tuple(header),
        single=single,
        measured=values,
        uncertainties=uncertainties,
        temperature=temperatures[0] if temperatures else "",
    )


def _meaning(heading: str) -> str | Heading | None:
    plain = plain_heading(heading)
    return plain if plain in _SINGLE else read_temperature(heading) or read_quantity(heading)


def _uncertainty_of(heading: str) -> Heading | None:
    """The property whose uncertainty a heading names."""
    match = _UNCERTAINTY_OF.fullmatch(" ".join(heading.split()))
    return None if match is None else read_quantity(match["after"] or match["before"])


def _missing(
    header: Sequence[str],
    single: Mapping[str, int],
    values: Mapping[int, Heading],
    temperatures: Sequence[str],
) -> list[str]:
    faults = []
    long = all(column in single for column in _LONG)
    if "recipe" not in single:
        faults.append("no column 'recipe'")
    if long == bool(values):
        faults.append("both kinds of value columns" if long else "no column of values")
    if len(temperatures) > 1:
        given = " and ".join(header[single[column]] for column in temperatures)
        faults.append(f"{given}, where one is enough")
    alike = [repr(heading) for heading in header if looks_like_temperature(heading)]
    if alike and not temperatures:
        faults.append(
            f"{', '.join(alike)} may be the temperature, which is read from temperature_c (degC), "
            "temperature_k (K) or such as 'T / K'; rename it, or give it a name without temperature"
        )
    return faults


def _unclear(
    header: Sequence[str],
    single: Mapping[str, int],
    values: Mapping[int, Heading],
    uncertainties: Mapping[int, Heading],
) -> list[str]:
    faults = []
    names = list(dict.fromkeys(held.kind.name for held in values.values()))
    if len(names) > 1 and UNCERTAINTY in single:
        faults.append(
            f"'{UNCERTAINTY}' may be of {' or '.join(names)}; name it "
            f"'{UNCERTAINTY} {names[0]}' or so"
        )
    for name in names:
        columns = [header[n] for n, held in values.items() if held.kind.name == name]
        if len({plain_heading(heading) for heading in columns}) > 1:
            faults.append(
                f"{' and '.join(map(repr, dict.fromkeys(columns)))} are both {name}; keep one of "
                "them, or give replicates equal headings"
            )
    of = [held.kind.name for held in uncertainties.values()]
    faults += [
        f"several uncertainties of {name}" for name in dict.fromkeys(of) if of.count(name) > 1
    ]
    for number, held in {**values, **uncertainties}.items():
        if held.unit and "unit" in single:
            faults.append(f"the unit of {header[number]!r} stands in a column 'unit' as well")
        elif held.unit:
            try:
                conversion(held.unit, held.kind)
            except InputError as error:
                faults.append(f"column {header[number]!r}: {error}")
    return faults
