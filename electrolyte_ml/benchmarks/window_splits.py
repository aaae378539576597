"""Splits of the package's table of computed limits: families, scaffolds or rows left out."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.frozen import KeyedSplit
from electrolyte_ml.data.splits import Split
from electrolyte_ml.models.window.dataset import (
    TrainingSet,
    group_folds,
    random_folds,
    training_set,
)
from electrolyte_ml.quantum.shipped import COMPUTED, shipped_rows

WITHIN = ("family", "scaffold", "random")


@cache
def molecules() -> TrainingSet:
    """The neutral molecules of the table."""
    return training_set()


def fold_of_row(name: str, seed: int) -> NDArray[np.intp]:
    """Fold of each molecule, 0 to 4, shape (n,).

    Parameters
    ----------
    name
        From `WITHIN`.
    seed
        Of the order of groups or rows.
    """
    data = molecules()
    if name == "random":
        return random_folds(len(data.smiles), seed)
    return group_folds(getattr(data, name), seed)


def keyed_split(name: str, seed: int) -> KeyedSplit:
    """A split with the row numbers of the table, counted from 0."""
    data, folds = molecules(), fold_of_row(name, seed)
    number = {row.smiles: i for i, row in enumerate(shipped_rows())}
    content = files("electrolyte_ml.quantum").joinpath("tables", COMPUTED).read_bytes()
    return KeyedSplit(
        suite="window",
        split=Split(
            name=name,
            folds=tuple(
                (np.flatnonzero(folds != fold), np.flatnonzero(folds == fold))
                for fold in np.unique(folds)
            ),
        ),
        rows=np.array([number[smiles] for smiles in data.smiles], dtype=np.intp),
        table=np.full(len(data.smiles), COMPUTED),
        data={COMPUTED: hashlib.sha256(content).hexdigest()},
    )
