"""Viscosity of liquids without salt: networks, and corrections from measured residuals.

A measured molecule has corrections of its level and of its slope, a measured pair of its six excess
coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition
from electrolyte_ml.models.viscosity.law import (
    N_PAIR,
    excess_basis,
    pure_log10,
    pure_parameters,
)
from electrolyte_ml.models.viscosity.network import MoleculeTable, ViscosityNetwork

_Pure = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquids:
    """Compositions of u liquids of M distinct molecules.

    Attributes
    ----------
    smiles
        Of the molecules, sorted, length M.
    liquid, molecule, share
        Of every component: its liquid, its molecule and its mole fraction, shape (c,).
    pair_liquid
        Of every pair that meets in a liquid: that liquid, shape (p,).
    pair_components
        Positions of its two components in `molecule` and `share`, the molecule that is first in
        `smiles` first, shape (p, 2).
    n_liquids
        u.
    """

    smiles: tuple[str, ...]
    liquid: NDArray[np.intp]
    molecule: NDArray[np.intp]
    share: NDArray[np.float64]
    pair_liquid: NDArray[np.intp]
    pair_components: NDArray[np.intp]
    n_liquids: int

    @classmethod
    def of_shares(
        cls, smiles: Sequence[str], shares: Sequence[Mapping[int, float]] | NDArray[np.float64]
    ) -> Liquids:
        """From mole fractions.

        Parameters
        ----------
        smiles
            Of the molecules, sorted.
        shares
            Of each liquid: mole fraction by number of the molecule; or a matrix (u, M).
        """
        if isinstance(shares, np.ndarray):
            rows, columns = np.nonzero(shares)
            amounts = shares[rows, columns].tolist()
            listed = list(zip(rows.tolist(), columns.tolist(), amounts, strict=True))
        else:
            listed = [(u, m, x) for u, held in enumerate(shares) for m, x in sorted(held.items())]
        liquid = np.array([u for u, _, _ in listed], dtype=np.intp)
        molecule = np.array([m for _, m, _ in listed], dtype=np.intp)
        share = np.array([x for _, _, x in listed], dtype=np.float64)
        pair_liquid, pair_components = _pairs(liquid, len(shares))
        return cls(
            smiles=tuple(smiles),
            liquid=liquid,
            molecule=molecule,
            share=share,
            pair_liquid=pair_liquid,
            pair_components=pair_components,
            n_liquids=len(shares),
        )

    @classmethod
    def of_composition(cls, composition: Composition) -> Liquids:
        """The solvents of formulations."""
        smiles = [s.smiles for s in composition.solvents]
        return cls.of_shares(smiles, composition.solvent_mole_fraction)

    def distinct_pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Distinct pairs of molecules, shape (q, 2), and which of them each pair is, shape (p,)."""
        molecules = self.molecule[self.pair_components].reshape(-1, 2)
        distinct, inverse = np.unique(molecules, axis=0, return_inverse=True)
        return distinct.astype(np.intp), inverse.ravel().astype(np.intp)

    def sum_components(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of the components' values of each liquid, shape (u,)."""
        total = np.bincount(self.liquid, weights=values, minlength=self.n_liquids)
        return total.astype(np.float64)


def _pairs(liquid: NDArray[np.intp], n_liquids: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Liquid and positions of the two components of each pair, for sorted `liquid`."""
    counts = np.bincount(liquid, minlength=n_liquids)
    starts = np.r_[0, np.cumsum(counts)[:-1]]
    found_liquid, found = [np.empty(0, np.intp)], [np.empty((0, 2), np.intp)]
    # Not np.unique, which imports numpy.ma: 4 % of a first score.
    for count in sorted({*counts[counts > 1].tolist()}):
        these = np.flatnonzero(counts == count)
        corners = np.array(list(combinations(range(count), 2)))
        found.append((starts[these, None, None] + corners[None]).reshape(-1, 2))
        found_liquid.append(np.repeat(these, len(corners)))
    return np.concatenate(found_liquid), np.concatenate(found)


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
        wanted = pairs @ np.array([width, 1])
        at = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
        return np.where(held[at] == wanted, at, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidModel:
    """Networks, with corrections for measured molecules and pairs.

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
    network: ViscosityNetwork
    coordinates: NDArray[np.float64]
    corrections: Corrections

    def slopes(self) -> NDArray[np.float64]:
        """Slope b of every molecule of the table and every member, shape (E, M)."""
        return self._pure(self.table.smiles, self._states(self.table.smiles))[1]

    def was_trained(self, smiles: Sequence[str]) -> NDArray[np.bool_]:
        """Which molecules were trained on, shape (len(smiles),)."""
        place = self.table.place(smiles)
        return (place >= 0) & self.trained[place]

    def pair_was_trained(self, liquids: Liquids) -> NDArray[np.bool_]:
        """Which of the liquids' distinct pairs were measured, shape (q,)."""
        pairs, _ = liquids.distinct_pairs()
        return self._correction_of(liquids.smiles, pairs)[0] >= 0

    def pure(
        self, smiles: Sequence[str], temperature_k: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Every member's log10 viscosity of pure liquids, each at its temperature, (E, M)."""
        parameters = self._pure(smiles, self._states(smiles))
        log10: NDArray[np.float64] = pure_log10(*parameters, temperature_k, np)
        return log10

    def predict(
        self,
        liquids: Liquids,
        index: NDArray[np.intp],
        temperature_k: NDArray[np.float64],
        offset: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Every member's prediction.

        Parameters
        ----------
        liquids
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
        # Each liquid is evaluated once at each temperature, however many rows hold it.
        distinct, back = _distinct(index, temperature_k)
        at_k = temperature_k[distinct]
        places = _expand(liquids, index[distinct])
        states = self._states(liquids.smiles)
        a, b, vogel = self._pure(liquids.smiles, states)
        if offset is not None:
            a = a + offset
        pairs, which = liquids.distinct_pairs()
        coefficients = self._pair_coefficients(liquids.smiles, states, pairs)
        row, component = places.component_row, places.component
        molecule, share = liquids.molecule[component], liquids.share[component]
        pair_row, pair = places.pair_row, places.pair
        shares = liquids.share[liquids.pair_components[pair]].reshape(-1, 2)
        basis = np.array(excess_basis(shares[:, 0], shares[:, 1], at_k[pair_row], np))
        out = np.empty((self.network.n_members, len(distinct)))
        for e in range(len(out)):
            ideal = share * pure_log10(
                a[e, molecule], b[e, molecule], vogel[e, molecule], at_k[row], np
            )
            excess = (coefficients[e, which[pair]] * basis.T).sum(axis=1)
            out[e] = np.bincount(row, ideal, minlength=len(distinct))
            out[e] += np.bincount(pair_row, excess, minlength=len(distinct))
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


@dataclass(frozen=True, slots=True)
class _Places:
    component_row: NDArray[np.intp]
    component: NDArray[np.intp]
    pair_row: NDArray[np.intp]
    pair: NDArray[np.intp]


def _expand(liquids: Liquids, index: NDArray[np.intp]) -> _Places:
    """Components and pairs of the liquid of every row."""
    component_row, component = _ragged(liquids.liquid, liquids.n_liquids, index)
    pair_row, pair = _ragged(liquids.pair_liquid, liquids.n_liquids, index)
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
