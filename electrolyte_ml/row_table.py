"""Mixin for dataclasses of arrays: selection of rows in all columns at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Rows = Sequence[int] | NDArray[np.intp] | NDArray[np.bool_]


class RowTable:
    """Dataclass whose arrays, tuples and tables have one entry for each of n rows.

    Attributes
    ----------
    SHARED
        Names of fields that are arrays or tuples but not per row. Numbers and text are shared by
        all rows anyway.
    """

    __slots__ = ()
    SHARED: ClassVar[frozenset[str]] = frozenset()

    def __len__(self) -> int:
        raise NotImplementedError

    def select(self, rows: Rows) -> Self:
        """Some of the rows.

        Parameters
        ----------
        rows
            Row numbers in the order wanted, or a mask of shape (n,).
        """
        numbers = np.arange(len(self))[np.asarray(rows, dtype=None if len(rows) else np.intp)]
        chosen = {
            field.name: _chosen(getattr(self, field.name), numbers)
            for field in fields(self)  # type: ignore[arg-type]
            if field.name not in self.SHARED
        }
        return replace(self, **chosen)  # type: ignore[type-var]

    def followed_by(self, other: Self) -> Self:
        """The rows of this table and then those of another; what all rows share is that of this."""
        both = {
            field.name: _joined(getattr(self, field.name), getattr(other, field.name))
            for field in fields(self)  # type: ignore[arg-type]
            if field.name not in self.SHARED
        }
        return replace(self, **both)  # type: ignore[type-var]


def _joined(first: Any, second: Any) -> Any:
    if isinstance(first, np.ndarray):
        return np.concatenate([first, second])
    if isinstance(first, RowTable):
        return first.followed_by(second)
    if isinstance(first, tuple):
        return first + second
    if isinstance(first, dict):
        return {name: _joined(values, second[name]) for name, values in first.items()}
    return first


def _chosen(column: Any, numbers: NDArray[np.intp]) -> Any:
    if isinstance(column, np.ndarray):
        return column[numbers]
    if isinstance(column, RowTable):
        return column.select(numbers)
    if isinstance(column, tuple):
        return tuple(column[i] for i in numbers.tolist())
    if isinstance(column, dict):
        return {name: _chosen(values, numbers) for name, values in column.items()}
    return column
