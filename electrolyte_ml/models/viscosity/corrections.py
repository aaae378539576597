"""What the networks leave over for molecules and pairs that were measured, as ridge regression.

A molecule that was measured gets a level and a slope of its own, a measured pair six coefficients,
each with a Gaussian prior around the networks' value. Rows that stay far off weigh less, as under
Student's t distribution with three degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.viscosity.law import (
    LEAST_SLOPE,
    N_PAIR,
    excess_basis,
    inverse_temperature,
)
from electrolyte_ml.models.viscosity.mixtures import Mixtures
from electrolyte_ml.models.viscosity.rows import LiquidRows

# Repeated measurements of one liquid differ by this, log10.
_NOISE = 0.006
_LEVEL_SD, _SLOPE_SD = 0.05, 0.05
_PAIR_SD = (0.48, 0.32, 0.32, 0.4, 0.24, 0.2)
_DEGREES_OF_FREEDOM = 3.0
_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """Corrections to the networks' parameters.

    Attributes
    ----------
    level, slope
        Of molecules, to a and to b, shape (M,); zero for those that were not measured.
    pairs
        Molecules of the corrected pairs, sorted by row, shape (q, 2).
    coefficients
        To the coefficients of their excess, shape (q, 6).
    """

    level: NDArray[np.float64]
    slope: NDArray[np.float64]
    pairs: NDArray[np.intp]
    coefficients: NDArray[np.float64]

    def place(self, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where pairs, shape (p, 2), stand in `pairs`; -1 for those that are not there."""
        if not len(self.pairs):
            return np.full(len(pairs), -1)
        width = len(self.level)
        held = self.pairs @ np.array([width, 1])
        asked = pairs @ np.array([width, 1])
        at = np.minimum(np.searchsorted(held, asked), len(held) - 1)
        return np.where(held[at] == asked, at, -1)


def fit_corrections(
    rows: LiquidRows, left_over: NDArray[np.float64], lowest_slope: NDArray[np.float64]
) -> Corrections:
    """Fit corrections.

    Parameters
    ----------
    rows
        Measurements.
    left_over
        Measured less predicted log10 viscosity, shape (n,).
    lowest_slope
        The least of the members' slopes b of each molecule, shape (M,): corrected, it must stay
        that of a liquid.

    Returns
    -------
    Corrections
    """
    from scipy import sparse
    from scipy.sparse.linalg import lsmr

    mixed = np.unique(np.column_stack([rows.first, rows.second])[~rows.is_pure], axis=0)
    n = len(rows.smiles)
    empty = Corrections(
        level=np.zeros(n),
        slope=np.zeros(n),
        pairs=mixed.reshape(-1, 2),
        coefficients=np.zeros((len(mixed), N_PAIR)),
    )
    design = _design(rows, empty)
    sd = np.concatenate(
        [np.full(n, _LEVEL_SD), np.full(n, _SLOPE_SD), np.tile(_PAIR_SD, len(mixed))]
    )
    weight = rows.weight
    found = np.zeros(len(sd))
    for _ in range(_ROUNDS):
        root = np.sqrt(weight) / _NOISE
        matrix = sparse.vstack(
            [sparse.diags(root) @ design @ sparse.diags(sd), sparse.eye(len(sd))]
        )
        target = np.concatenate([root * left_over, np.zeros(len(sd))])
        found = sd * lsmr(matrix.tocsr(), target, atol=1e-6, btol=1e-6, maxiter=400)[0]
        error = (left_over - design @ found) / (1.5 * _NOISE)
        weight = rows.weight * (_DEGREES_OF_FREEDOM + 1) / (_DEGREES_OF_FREEDOM + error**2)
    return Corrections(
        level=found[:n],
        slope=np.maximum(found[n : 2 * n], LEAST_SLOPE - lowest_slope),
        pairs=empty.pairs,
        coefficients=found[2 * n :].reshape(-1, N_PAIR),
    )


def _design(rows: LiquidRows, corrections: Corrections) -> Any:
    """Sparse matrix from corrections, in the order level, slope, pairs, to log10 viscosity."""
    from scipy import sparse

    n = len(rows.smiles)
    mixtures: Mixtures = rows.mixtures()
    t = inverse_temperature(rows.temperature_k)
    values = [mixtures.share, mixtures.share * t[mixtures.liquid]]
    at = [mixtures.liquid, mixtures.liquid]
    columns = [mixtures.molecule, n + mixtures.molecule]
    pairs = mixtures.molecule[mixtures.pair_components].reshape(-1, 2)
    place = corrections.place(pairs)
    shares = mixtures.share[mixtures.pair_components].reshape(-1, 2)
    at_k = rows.temperature_k[mixtures.pair_liquid]
    basis = excess_basis(shares[:, 0], shares[:, 1], at_k, np)
    for k, term in enumerate(basis):
        values.append(term)
        at.append(mixtures.pair_liquid)
        columns.append(2 * n + N_PAIR * place + k)
    shape = (len(rows), 2 * n + N_PAIR * len(corrections.pairs))
    entries = (np.concatenate(values), (np.concatenate(at), np.concatenate(columns)))
    return sparse.csr_matrix(entries, shape=shape)
