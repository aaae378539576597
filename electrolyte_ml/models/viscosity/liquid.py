"""Viscosity of liquids without salt: networks, corrections of what was measured, and anchors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.viscosity.corrections import Corrections
from electrolyte_ml.models.viscosity.descriptors import describe
from electrolyte_ml.models.viscosity.law import (
    N_PAIR,
    excess_basis,
    pure_log10,
    pure_parameters,
)
from electrolyte_ml.models.viscosity.mixtures import Mixtures
from electrolyte_ml.models.viscosity.network import Network
from electrolyte_ml.models.viscosity.rows import LiquidRows

_Pure = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeTable:
    """Molecules that the model file describes.

    Attributes
    ----------
    smiles
        Canonical, sorted, length M.
    names
        Of the descriptors.
    descriptors
        Shape (M, D).
    """

    smiles: tuple[str, ...]
    names: tuple[str, ...]
    descriptors: NDArray[np.float64]

    def place(self, smiles: Sequence[str]) -> NDArray[np.intp]:
        """Where molecules stand in the table; -1 for those that are not there."""
        places = _places(self.smiles)
        return np.array([places.get(s, -1) for s in smiles], dtype=np.intp)

    def describe(self, smiles: Sequence[str]) -> NDArray[np.float64]:
        """Descriptors of molecules, looked up or calculated now, shape (len(smiles), D)."""
        place = self.place(smiles)
        out = self.descriptors[place]
        unknown = np.flatnonzero(place < 0)
        if len(unknown):
            out[unknown] = describe([smiles[i] for i in unknown.tolist()], self.names)
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidModel:
    """Networks with corrections of what was measured.

    Attributes
    ----------
    table
        Molecules of the model file, some of which were trained on.
    trained
        Which of them were, shape (M,).
    network
        The ensemble.
    coordinates
        Learnt numbers of the molecules, shape (E, M, k).
    corrections
        Of molecules and pairs, numbered as in `table`.
    """

    table: MoleculeTable
    trained: NDArray[np.bool_]
    network: Network
    coordinates: NDArray[np.float64]
    corrections: Corrections

    def slopes(self) -> NDArray[np.float64]:
        """Slope b of every molecule of the table and every member, shape (E, M)."""
        return self._pure(self.table.smiles, self._states(self.table.smiles))[1]

    def was_trained(self, smiles: Sequence[str]) -> NDArray[np.bool_]:
        """Which molecules were trained on, shape (len(smiles),)."""
        place = self.table.place(smiles)
        return (place >= 0) & self.trained[place]

    def pair_was_trained(self, mixtures: Mixtures) -> NDArray[np.bool_]:
        """Which of the mixtures' distinct pairs were measured, shape (q,)."""
        pairs, _ = mixtures.distinct_pairs()
        return self._correction_of(mixtures.smiles, pairs)[0] >= 0

    def pure(
        self, smiles: Sequence[str], temperature_k: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Every member's log10 viscosity of pure liquids, each at its temperature, (E, M)."""
        parameters = self._pure(smiles, self._states(smiles))
        log10: NDArray[np.float64] = pure_log10(*parameters, temperature_k, np)
        return log10

    def predict(
        self,
        mixtures: Mixtures,
        index: NDArray[np.intp],
        temperature_k: NDArray[np.float64],
        offset: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Every member's prediction.

        Parameters
        ----------
        mixtures
            The distinct liquids.
        index
            Which of them each row is about, shape (n,).
        temperature_k
            K, shape (n,).
        offset
            Added to every member's log10 viscosity of each pure molecule, shape (M,).

        Returns
        -------
        ndarray of float, shape (E, n)
            Decadic logarithm of the viscosity in mPa s.
        """
        # Liquids at one temperature are evaluated once, however many rows ask for them.
        asked, back = _distinct(index, temperature_k)
        at_k = temperature_k[asked]
        places = _expand(mixtures, index[asked])
        states = self._states(mixtures.smiles)
        a, b, vogel = self._pure(mixtures.smiles, states)
        if offset is not None:
            a = a + offset
        pairs, which = mixtures.distinct_pairs()
        coefficients = self._pair_coefficients(mixtures.smiles, states, pairs)
        row, component = places.component_row, places.component
        molecule, share = mixtures.molecule[component], mixtures.share[component]
        pair_row, pair = places.pair_row, places.pair
        shares = mixtures.share[mixtures.pair_components[pair]].reshape(-1, 2)
        basis = np.array(excess_basis(shares[:, 0], shares[:, 1], at_k[pair_row], np))
        out = np.empty((self.network.n_members, len(asked)))
        for e in range(len(out)):
            ideal = share * pure_log10(
                a[e, molecule], b[e, molecule], vogel[e, molecule], at_k[row], np
            )
            excess = (coefficients[e, which[pair]] * basis.T).sum(axis=1)
            out[e] = np.bincount(row, ideal, minlength=len(asked))
            out[e] += np.bincount(pair_row, excess, minlength=len(asked))
        return out[:, back]

    def _states(self, smiles: Sequence[str]) -> NDArray[np.float64]:
        place = self.table.place(smiles)
        coordinates = np.where((place >= 0)[None, :, None], self.coordinates[:, place], 0.0)
        return self.network.states(self.table.describe(smiles), coordinates)

    def _pure(self, smiles: Sequence[str], states: NDArray[np.float64]) -> _Pure:
        """Level, slope and Vogel temperature of molecules, each of shape (E, M)."""
        a, b, vogel = pure_parameters(self.network.pure_raw(states), np)
        place = self.table.place(smiles)
        known = place >= 0
        level = np.where(known, self.corrections.level[place], 0.0)
        slope = np.where(known, self.corrections.slope[place], 0.0)
        return a + level, b + slope, vogel

    def _pair_coefficients(
        self, smiles: Sequence[str], states: NDArray[np.float64], pairs: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        coefficients = self.network.pair_coefficients(states, pairs)
        place, correction = self._correction_of(smiles, pairs)
        coefficients[:, place >= 0] += correction[place >= 0]
        return coefficients

    def _correction_of(
        self, smiles: Sequence[str], pairs: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Where pairs stand among the corrected ones, -1 for nowhere, and their corrections."""
        held = self.table.place(smiles)[pairs].reshape(-1, 2)
        place = np.where((held >= 0).all(axis=1), self.corrections.place(held), -1)
        if not len(self.corrections.coefficients):
            return place, np.zeros((len(pairs), N_PAIR))
        return place, self.corrections.coefficients[place]


def predict_rows(model: LiquidModel, rows: LiquidRows) -> NDArray[np.float64]:
    """Every member's log10 viscosity of the rows, shape (E, n)."""
    return model.predict(rows.mixtures(), np.arange(len(rows)), rows.temperature_k)


@cache
def _places(smiles: tuple[str, ...]) -> dict[str, int]:
    return {s: i for i, s in enumerate(smiles)}


@dataclass(frozen=True, slots=True)
class _Places:
    component_row: NDArray[np.intp]
    component: NDArray[np.intp]
    pair_row: NDArray[np.intp]
    pair: NDArray[np.intp]


def _expand(mixtures: Mixtures, index: NDArray[np.intp]) -> _Places:
    """Components and pairs of the liquid of every row."""
    component_row, component = _ragged(mixtures.liquid, mixtures.n_liquids, index)
    pair_row, pair = _ragged(mixtures.pair_liquid, mixtures.n_liquids, index)
    return _Places(component_row, component, pair_row, pair)


def _ragged(
    owner: NDArray[np.intp], n_owners: int, index: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For every row, the positions in `owner` that belong to ``index[row]``."""
    order = np.argsort(owner, kind="stable")
    counts = np.bincount(owner, minlength=n_owners)
    starts = np.r_[0, np.cumsum(counts)[:-1]]
    of_row = counts[index]
    row = np.repeat(np.arange(len(index)), of_row)
    within = np.arange(len(row)) - np.repeat(np.cumsum(of_row) - of_row, of_row)
    return row, order[starts[index][row] + within]


def _distinct(
    index: NDArray[np.intp], temperature_k: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows that differ in liquid or temperature, and which of them every row is."""
    both = np.column_stack([index.astype(np.float64), temperature_k])
    _, first, inverse = np.unique(both, axis=0, return_index=True, return_inverse=True)
    return first, inverse.ravel()
