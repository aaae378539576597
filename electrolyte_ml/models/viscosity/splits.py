"""Splits of liquids that do not leak: by pair of molecules, and by molecule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.splits import Split, grouped_split
from electrolyte_ml.models.viscosity.rows import LiquidRows

_WATER = "O"


def pair_split(rows: LiquidRows, name: str = "pair", *, n_folds: int = 5, seed: int = 0) -> Split:
    """Folds in which no pair of molecules is on both sides; every pure liquid is a group too."""
    return grouped_split(name, rows.pair, n_folds=n_folds, seed=seed)


def molecule_split(
    rows: LiquidRows, name: str = "molecule", *, n_folds: int = 5, share: float = 0.1, seed: int = 0
) -> Split:
    """Folds that test every row about some molecules and train on no row about them.

    Water is never held out: nobody needs it predicted from other molecules, and it alone is a
    twentieth of the rows.

    Parameters
    ----------
    rows
        Measurements.
    name
        Of the split.
    n_folds
        Folds, with different molecules held out.
    share
        Of the molecules held out in each.
    seed
        Of the draw.
    """
    molecules = np.array([m for m in rows.molecules() if rows.smiles[m] != _WATER])
    drawn = np.random.default_rng(seed).permutation(molecules)
    size = round(share * len(drawn))
    folds = []
    for fold in range(n_folds):
        tested = held_out(rows, drawn[fold * size : (fold + 1) * size])
        folds.append((np.flatnonzero(~tested), np.flatnonzero(tested)))
    return Split(name=name, folds=tuple(folds))


def held_out(rows: LiquidRows, molecules: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows are about any of some molecules, shape (n,)."""
    out: NDArray[np.bool_] = np.isin(rows.first, molecules) | np.isin(rows.second, molecules)
    return out
