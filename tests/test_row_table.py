from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from electrolyte_ml.row_table import RowTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner(RowTable):
    values: np.ndarray

    def __len__(self):
        return len(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(RowTable):
    names: tuple[str, ...]
    matrix: np.ndarray
    by_axis: dict[str, np.ndarray]
    inner: Inner
    molecules: tuple[str, ...]
    source: str

    SHARED: ClassVar[frozenset[str]] = frozenset({"molecules"})

    def __len__(self):
        return len(self.names)


@pytest.fixture
def table():
    return Table(
        names=("a", "b", "c"),
        matrix=np.arange(6.0).reshape(3, 2),
        by_axis={"x": np.array([1, 2, 3])},
        inner=Inner(values=np.array([7, 8, 9])),
        molecules=("CCO", "O"),
        source="here",
    )


@pytest.mark.parametrize("rows", [[2, 0], np.array([2, 0])])
def test_rows_of_all_columns_are_chosen(table, rows):
    part = table.select(rows)
    assert part.names == ("c", "a")
    assert part.matrix.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert part.by_axis["x"].tolist() == [3, 1]
    assert part.inner.values.tolist() == [9, 7]
    assert (part.molecules, part.source) == (("CCO", "O"), "here")


def test_a_mask_chooses_too_and_nothing_may_be_chosen(table):
    assert table.select(np.array([False, True, False])).names == ("b",)
    assert len(table.select([])) == 0
