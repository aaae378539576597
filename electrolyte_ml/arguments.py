"""Checks of arguments of the wrong kind: whole numbers, paths, tables.

Each says what was given, what is allowed, and how to write it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from electrolyte_ml.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

#: A data frame, a dict of a row or of columns, or a list of dicts, one a row.
TableLike: TypeAlias = Union["pd.DataFrame", Mapping[str, Any], Sequence[Mapping[str, Any]]]


def kind(given: object) -> str:
    """What somebody gave, for a message: its type, and the value of a number or a text.

    Examples
    --------
    >>> kind("5"), kind([1, 2]), kind(None)
    ("str '5'", 'list', 'None')
    """
    if given is None:
        return "None"
    name = type(given).__name__
    return f"{name} {given!r}" if isinstance(given, Real | str) else name


def whole_number(given: object, name: str, *, least: int = 1) -> int:
    """A whole number.

    Raises
    ------
    InputError
        If it is none, or below `least`.

    Examples
    --------
    >>> whole_number(8, "n, the number of recipes,")
    8
    """
    if isinstance(given, bool) or not isinstance(given, Integral) or given < least:
        raise InputError(
            f"{name} must be a whole number of at least {least} such as {max(8, least)}, "
            f"given {kind(given)}"
        )
    return int(given)


def path_of(given: object, allowed: str) -> Path:
    """The path that somebody gave as text or as a path.

    Raises
    ------
    InputError
        If it is neither; `allowed` is what the message says may be given.
    """
    if isinstance(given, str | os.PathLike):
        return Path(given)
    raise InputError(f"{allowed}; given {kind(given)}")


def table_of_rows(given: Any, allowed: str) -> pd.DataFrame:
    """The data frame of a table.

    Parameters
    ----------
    given
        A `TableLike`. A dict whose values are lists holds columns, any other one row.
    allowed
        What the message says may be given.

    Raises
    ------
    InputError
        If it is no table, or its columns have different lengths.
    """
    import pandas as pd

    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, Mapping):
        holds_columns = any(_is_column(cell) for cell in given.values())
        given = dict(given) if holds_columns else [dict(given)]
    elif not (_is_column(given) and len(given) and all(isinstance(row, Mapping) for row in given)):
        raise InputError(f"{allowed}; given {kind(given)}")
    try:
        return pd.DataFrame(given)
    except ValueError as error:
        raise InputError(f"the columns of the table do not fit together: {error}") from error


def _is_column(cell: object) -> bool:
    return hasattr(cell, "__len__") and not isinstance(cell, str | bytes | Mapping)
