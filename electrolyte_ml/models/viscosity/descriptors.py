"""Descriptors of molecules for the viscosity model: a list that training chooses and freezes.

RDKit's alone, so that a molecule which the model file does not hold is described without Mordred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.species.chemistry import molecule_of

# Ipc grows without bound with the size of the molecule.
_LEFT_OUT = frozenset({"Ipc", "AvgIpc"})
_HIGHEST_CORRELATION = 0.95
_LEAST_VARYING_SHARE = 0.01
_LARGEST = 1e6


@cache
def _functions() -> dict[str, Callable[[Any], float]]:
    from rdkit.Chem import Descriptors

    listed = Descriptors._descList  # made at run time
    return {name: function for name, function in listed if name not in _LEFT_OUT}


def all_names() -> tuple[str, ...]:
    """Names of every descriptor that could be chosen."""
    return tuple(_functions())


def describe(smiles: Sequence[str], names: Sequence[str]) -> NDArray[np.float64]:
    """Descriptors of molecules, calculated now.

    Parameters
    ----------
    smiles
        Of M molecules.
    names
        Of RDKit's descriptors.

    Returns
    -------
    ndarray of float, shape (M, len(names))
        NaN where a descriptor is undefined for a molecule.
    """
    functions = [_functions()[name] for name in names]
    rows = [[float(f(molecule_of(s))) for f in functions] for s in smiles]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(functions))
    # Single precision, as the model file holds them: a molecule is one whether it is held or not.
    single = np.where(np.abs(table) < _LARGEST, table, np.nan).astype(np.float32)
    return single.astype(np.float64)


def choose(names: Sequence[str], table: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which descriptors to use: defined for all molecules, varying, not repeating an earlier one.

    Parameters
    ----------
    names
        Of the columns.
    table
        Of the molecules that training knows, shape (M, len(names)).

    Returns
    -------
    ndarray of int
        Columns.
    """
    kept: list[int] = []
    standard: list[NDArray[np.float64]] = []
    for column in range(len(names)):
        values = table[:, column]
        usual = np.median(values)
        if not np.isfinite(usual) or (values != usual).mean() < _LEAST_VARYING_SHARE:
            continue
        z = (values - values.mean()) / values.std()
        if all(abs(float(z @ other)) < _HIGHEST_CORRELATION * len(z) for other in standard):
            kept.append(column)
            standard.append(z)
    return np.array(kept, dtype=np.intp)
