"""Liquids without salt as arrays: who is in them, how much of it, and which pairs meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import Composition


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixtures:
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
    ) -> Mixtures:
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
    def of_composition(cls, composition: Composition) -> Mixtures:
        """The solvents of formulations."""
        smiles = [s.smiles for s in composition.solvents]
        return cls.of_shares(smiles, composition.solvent_mole_fraction)

    @classmethod
    def of_measurements(cls, measurements: Measurements) -> Mixtures:
        """The distinct liquids of measurements; salts, if any, are not looked at."""
        smiles = sorted({s.solvent.smiles for f in measurements.formulations for s in f.solvents})
        place = {name: i for i, name in enumerate(smiles)}
        shares = []
        for formulation in measurements.formulations:
            held = formulation.solvent_mole_fractions
            shares.append(
                {place[s.solvent.smiles]: held[s.solvent.name] for s in formulation.solvents}
            )
        return cls.of_shares(smiles, shares)

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
    for count in np.unique(counts[counts > 1]):
        these = np.flatnonzero(counts == count)
        corners = np.array(list(combinations(range(count), 2)))
        found.append((starts[these, None, None] + corners[None]).reshape(-1, 2))
        found_liquid.append(np.repeat(these, len(corners)))
    return np.concatenate(found_liquid), np.concatenate(found)
