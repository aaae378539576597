"""Fields that several forms have: recipes, temperatures, and the cell that a recipe is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from electrolyte_ml.data.efficiency import asked_cycling
from electrolyte_ml.errors import InputError, InputErrors
from electrolyte_ml.rules import Cell, require_rules
from electrolyte_ml.text import shown

#: Recipes that a form takes; more are a table.
MOST_RECIPES = 200
_NUMBERS = ("upper_voltage", "water_ppm", "ce_current", "ce_capacity")
# No recipe has as many characters.
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCell:
    """The cell that a form tells of, and the rules that it switches off.

    Attributes
    ----------
    cell, off
        The cell, and names of rules.
    fields
        The fields as they were filled in, from which `given_cell` reads the same again.
    """

    cell: Cell
    off: tuple[str, ...]
    fields: Mapping[str, str]


def given_cell(
    *,
    anode: Annotated[str, Form()] = "",
    upper_voltage: Annotated[str, Form()] = "",
    water_ppm: Annotated[str, Form()] = "",
    without: Annotated[str, Form()] = "",
    ce_method: Annotated[str, Form()] = "",
    ce_current: Annotated[str, Form()] = "",
    ce_capacity: Annotated[str, Form()] = "",
) -> GivenCell:
    """Read the fields of a cell.

    Raises
    ------
    InputErrors
        If one of them cannot be used.
    """
    given = {
        "anode": anode.strip(),
        "upper_voltage": upper_voltage.strip(),
        "water_ppm": water_ppm.strip(),
        "without": without.strip(),
        "ce_method": ce_method.strip(),
        "ce_current": ce_current.strip(),
        "ce_capacity": ce_capacity.strip(),
    }
    numbers, faults = {}, []
    for name in _NUMBERS:
        try:
            numbers[name] = float(given[name].replace(",", ".")) if given[name] else None
        except ValueError:
            words = name.replace("_", " ")
            faults.append(f"{words}: {shown(given[name])} is no number; give one, or none")
    if faults:
        raise InputErrors(faults)
    cycling = given["ce_method"] or None, numbers["ce_current"], numbers["ce_capacity"]
    return GivenCell(
        cell=Cell(
            anode=given["anode"] or None,
            upper_voltage_v=numbers["upper_voltage"],
            water_ppm=numbers["water_ppm"],
            cycling=asked_cycling(*cycling) if any(x is not None for x in cycling) else None,
        ),
        off=tuple(require_rules([n.strip() for n in given["without"].split(",") if n.strip()])),
        fields={name: text for name, text in given.items() if text},
    )


def recipes_of(text: str) -> list[str]:
    """Recipes of a field, one a line.

    Raises
    ------
    InputErrors
        If there are too many, or one is far too long.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    faults = [
        f"a line has {len(line)} characters, more than any recipe: {shown(line)}"
        for line in lines
        if len(line) > _LONGEST
    ]
    if len(lines) > MOST_RECIPES:
        faults.append(f"{len(lines)} recipes; give at most {MOST_RECIPES}, or a table")
    if faults:
        raise InputErrors(faults)
    return lines


def temperatures_of(text: str) -> list[str]:
    """Temperatures of a field, each with its unit: one without takes the next one's.

    Examples
    --------
    >>> temperatures_of("-20, 0, 25 °C; 310 K")
    ['-20 °C', '0 °C', '25 °C', '310 K']

    Raises
    ------
    InputError
        If a comma may be a decimal sign, as in ``25,5 °C``.
    """
    doubtful = re.search(r"\d+,\d+", text)
    if doubtful:
        raise InputError(
            f"temperature {shown(text.strip())}: {doubtful[0]} can be read in two ways; write "
            f"{doubtful[0].replace(',', '.')}, or two temperatures with a space: "
            f"{doubtful[0].replace(',', ', ')}"
        )
    unit, found = "", []
    for part in reversed([p.strip() for p in text.replace(";", ",").split(",") if p.strip()]):
        if part[-1].isdigit() or part[-1] == ".":
            found.append(f"{part} {unit}".rstrip())
        else:
            unit = part.lstrip("+-−–0123456789. ")
            found.append(part)
    return found[::-1]
