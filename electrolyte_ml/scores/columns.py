"""Which columns of a table of recipes are read, and how near misses are refused."""

from __future__ import annotations

from collections.abc import Sequence

from electrolyte_ml.errors import InputError
from electrolyte_ml.tables import (
    TEMPERATURE_COLUMNS,
    looks_like_a_quantity,
    looks_like_temperature,
    plain_heading,
    read_temperature,
)
from electrolyte_ml.text import did_you_mean

RECIPE_COLUMN = "recipe"
#: Columns of a table that are read; the others are carried through.
READ_COLUMNS = (RECIPE_COLUMN, *TEMPERATURE_COLUMNS)
_MOST_NAMED = 5


def columns_read(name: str, headings: Sequence[object]) -> dict[int, str]:
    """Which columns of a table are read, and as what.

    Parameters
    ----------
    name
        Name of the table, for messages.
    headings
        Headings of its columns, as written.

    Returns
    -------
    dict
        One of `READ_COLUMNS` by the number of the column, from 0.

    Raises
    ------
    InputError
        If there is no column of recipes or several, several columns of temperatures, or none of
        them but one that looks like a temperature.
    """
    found = {
        number: meaning
        for number, heading in enumerate(map(str, headings))
        if (meaning := _meaning(heading)) is not None
    }
    recipes = [headings[n] for n, meaning in found.items() if meaning == RECIPE_COLUMN]
    own = [headings[n] for n, meaning in found.items() if meaning != RECIPE_COLUMN]
    if not recipes:
        raise InputError(f"{name}: {_no_recipe([str(heading) for heading in headings])}")
    if len(recipes) > 1:
        raise InputError(f"{name}: {len(recipes)} columns {RECIPE_COLUMN!r}; keep one of them")
    if len(own) > 1:
        raise InputError(
            f"{name}: {' and '.join(map(repr, own))} are temperatures; give temperature_k or "
            "temperature_c, not both"
        )
    alike = [heading for heading in map(str, headings) if looks_like_temperature(heading)]
    if alike and not own:
        raise InputError(
            f"{name}: temperatures are read from a column 'temperature_c' (degC) or "
            f"'temperature_k' (K), or one such as 'T / K', not from {', '.join(map(repr, alike))}; "
            "rename it, or give it a name without temperature if it is another one"
        )
    return found


def column_remarks(headings: Sequence[str], found: dict[int, str]) -> list[str]:
    """What is to be said about headings: names that were understood, quantities that were not."""
    remarks = [
        f"{headings[number]!r} as {meaning}"
        for number, meaning in found.items()
        if plain_heading(headings[number]) != meaning
    ]
    unread = [
        repr(heading)
        for number, heading in enumerate(headings)
        if number not in found and looks_like_a_quantity(heading)
    ]
    if not unread:
        return remarks
    more = len(unread) - _MOST_NAMED
    named = ", ".join(unread[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return [*remarks, f"{named} carried through and not read"]


def _meaning(heading: str) -> str | None:
    plain = plain_heading(heading)
    return plain if plain in READ_COLUMNS else read_temperature(heading)


def _no_recipe(names: Sequence[str]) -> str:
    """Why a table has no column of recipes."""
    return (
        f"no column {RECIPE_COLUMN!r} but {', '.join(names) or 'no columns'}"
        f"{did_you_mean(RECIPE_COLUMN, {name.casefold(): name for name in names})}"
        f"; head the column of recipes {RECIPE_COLUMN!r}"
    )
