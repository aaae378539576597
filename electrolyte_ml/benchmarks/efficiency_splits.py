"""Splits of the suite ``efficiency``: coulombic efficiencies of lithium metal on copper.

| split | left out |
|---|---|
| ``random`` | a tenth of the rows: rows of one paper are on both sides |
| ``solvents`` | a tenth of the sets of solvents, the headline |
| ``paper`` | a tenth of the papers |
| ``family`` | a family of solvents, by the most frequent one that is no diluent |

Each for LCE_23 alone, the table that others report on, and for it merged with S4 (``merged-``),
each measurement once. All are frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.frozen import KeyedSplit
from electrolyte_ml.benchmarks.store import data_sha256
from electrolyte_ml.data.efficiency import EfficiencyTable, efficiency_table
from electrolyte_ml.data.sources import himnn_lce23, s4_efficiency
from electrolyte_ml.data.splits import Split, grouped_split, leave_one_group_out, source_groups
from electrolyte_ml.models.efficiency.features import family_of
from electrolyte_ml.models.efficiency.fit import solvent_sets

SUITE = "efficiency"
MERGED = "merged-"
_FOLDS = 10
_FILES = {himnn_lce23.NAME: himnn_lce23.FILE_NAME, s4_efficiency.NAME: s4_efficiency.FILE_NAME}
# Method and papers stand in further files.
_FURTHER = {
    himnn_lce23.NAME: (himnn_lce23.PROTOCOLS, s4_efficiency.REFERENCES),
    s4_efficiency.NAME: (s4_efficiency.REFERENCES,),
}


def keyed_splits(seed: int) -> list[KeyedSplit]:
    """The splits to freeze, with the row numbers of the files."""
    return [keyed_split(name, seed) for name in SPLITS]


def keyed_split(name: str, seed: int) -> KeyedSplit:
    """A split with the row numbers of each file.

    Parameters
    ----------
    name
        One of `SPLITS`.
    seed
        Of the folds, where chance has a part in them.
    """
    table = rows_of(name)
    held = sorted(set(table.dataset.tolist()))
    files = sorted({file for d in held for file in (_FILES[d], *_FURTHER[d])})
    return KeyedSplit(
        suite=SUITE,
        split=SPLITS[name](name, seed),
        rows=table.measurements.source_row,
        table=np.array([_FILES[d] for d in table.dataset.tolist()]),
        data=data_sha256(*files),
    )


@cache
def rows_of(name: str) -> EfficiencyTable:
    """Rows of a split, in the order that it counts them."""
    merged = name.startswith(MERGED)
    return efficiency_table(tuple(_FILES) if merged else (himnn_lce23.NAME,))


@cache
def families_of(name: str) -> NDArray[np.str_]:
    """Family of each row, shape (n,)."""
    return np.array([family_of(f) for f in rows_of(name).measurements.row_formulations])


def _random(name: str, seed: int) -> Split:
    return grouped_split(name, np.arange(len(rows_of(name))), n_folds=_FOLDS, seed=seed)


def _solvents(name: str, seed: int) -> Split:
    return grouped_split(name, solvent_sets(rows_of(name)), n_folds=_FOLDS, seed=seed)


def _papers(name: str, seed: int) -> Split:
    groups = source_groups(rows_of(name).measurements)
    return grouped_split(name, groups, n_folds=_FOLDS, seed=seed)


def _family(name: str, seed: int) -> Split:
    del seed
    labels, groups = np.unique(families_of(name), return_inverse=True)
    return leave_one_group_out(name, groups.ravel(), labels.tolist())


_KINDS = {"random": _random, "solvents": _solvents, "paper": _papers, "family": _family}
#: How each split is made.
SPLITS: dict[str, Callable[[str, int], Split]] = {
    f"{prefix}{kind}": make for prefix in ("", MERGED) for kind, make in _KINDS.items()
}
