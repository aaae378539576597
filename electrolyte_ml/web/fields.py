"""Fields that several forms have: recipes, temperatures, and the cell that a recipe is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from electrolyte_ml.errors import InputErrors
from electrolyte_ml.rules import Cell, require_rules
from electrolyte_ml.text import shown

#: Recipes that a form takes; more are a table.
MOST_RECIPES = 200
# No recipe has as many characters.
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenCell:
    """The cell that a form tells of, and the rules that it switches off."""

    cell: Cell
    off: tuple[str, ...]


def given_cell(
    anode: Annotated[str, Form()] = "",
    upper_voltage: Annotated[str, Form()] = "",
    water_ppm: Annotated[str, Form()] = "",
    without: Annotated[str, Form()] = "",
) -> GivenCell:
    """Read the fields of a cell.

    Raises
    ------
    InputErrors
        If one of them cannot be used.
    """
    faults: list[str] = []

    def number(name: str, text: str) -> float | None:
        try:
            return float(text.replace(",", ".")) if text.strip() else None
        except ValueError:
            faults.append(f"{name}: {shown(text)} is no number; give one, or leave it empty")
            return None

    volts, ppm = number("upper voltage", upper_voltage), number("water", water_ppm)
    if faults:
        raise InputErrors(faults)
    names = [name.strip() for name in without.split(",") if name.strip()]
    return GivenCell(
        cell=Cell(anode=anode.strip() or None, upper_voltage_v=volts, water_ppm=ppm),
        off=tuple(require_rules(names)),
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
    """
    unit, found = "", []
    for part in reversed([p.strip() for p in text.replace(";", ",").split(",") if p.strip()]):
        if part[-1].isdigit() or part[-1] == ".":
            found.append(f"{part} {unit}".rstrip())
        else:
            unit = part.lstrip("+-−–0123456789. ")
            found.append(part)
    return found[::-1]
