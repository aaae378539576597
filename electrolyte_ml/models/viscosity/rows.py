"""Rows that the model of liquids is fitted to: one or two molecules, a temperature, a viscosity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.models.viscosity.mixtures import Mixtures


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidRows:
    """Measured viscosities of pure and binary liquids, n rows on M molecules.

    Attributes
    ----------
    smiles
        Of the molecules, sorted, length M.
    first, second
        Molecules of each row by number, ``first <= second``, equal for a pure liquid, shape (n,).
    share
        Mole fraction of `first`, 1 for a pure liquid, shape (n,).
    temperature_k, log10_viscosity
        K, and the decadic logarithm of mPa s, shape (n,).
    weight
        Of each row in the fit, shape (n,).
    """

    smiles: tuple[str, ...]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    share: NDArray[np.float64]
    temperature_k: NDArray[np.float64]
    log10_viscosity: NDArray[np.float64]
    weight: NDArray[np.float64]

    @classmethod
    def of(
        cls, parts: Sequence[tuple[Measurements, float]], also: Sequence[str] = ()
    ) -> LiquidRows:
        """Rows of tables of pure and binary liquids.

        Parameters
        ----------
        parts
            Tables, each with the weight of its rows.
        also
            SMILES of molecules to number although no row may be about them.

        Raises
        ------
        ValueError
            If a liquid holds more than two molecules.
        """
        mixtures = [Mixtures.of_measurements(m) for m, _ in parts]
        smiles = tuple(sorted({*also, *(s for mixture in mixtures for s in mixture.smiles)}))
        place = {s: i for i, s in enumerate(smiles)}
        columns = [
            _binary(mixture, np.array([place[s] for s in mixture.smiles], dtype=np.intp))
            for mixture in mixtures
        ]
        index = [m.formulation_index for m, _ in parts]
        first, second, share = (
            np.concatenate([column[k][i] for column, i in zip(columns, index, strict=True)])
            for k in range(3)
        )
        return cls(
            smiles=smiles,
            first=first.astype(np.intp),
            second=second.astype(np.intp),
            share=share,
            temperature_k=np.concatenate([m.temperature_k for m, _ in parts]),
            log10_viscosity=np.log10(np.concatenate([m.value for m, _ in parts])),
            weight=np.concatenate([np.full(len(m), weight) for m, weight in parts]),
        )

    def __len__(self) -> int:
        return len(self.share)

    @property
    def is_pure(self) -> NDArray[np.bool_]:
        """Which rows are of one molecule, shape (n,)."""
        return self.first == self.second

    @property
    def pair(self) -> NDArray[np.intp]:
        """Number of each row's pair of molecules (or single molecule), shape (n,)."""
        return self.first * len(self.smiles) + self.second

    def molecules(self) -> NDArray[np.intp]:
        """Molecules that any row is about, sorted."""
        return np.unique(np.concatenate([self.first, self.second]))

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> LiquidRows:
        """Only some rows, by mask or index; the molecules keep their numbers."""
        return LiquidRows(
            smiles=self.smiles,
            first=self.first[rows],
            second=self.second[rows],
            share=self.share[rows],
            temperature_k=self.temperature_k[rows],
            log10_viscosity=self.log10_viscosity[rows],
            weight=self.weight[rows],
        )

    def mixtures(self) -> Mixtures:
        """Every row as a liquid of its own."""
        both = np.column_stack([self.share, 1.0 - self.share])
        held = [
            {i: 1.0} if i == j else {i: x, j: y}
            for i, j, (x, y) in zip(
                self.first.tolist(), self.second.tolist(), both.tolist(), strict=True
            )
        ]
        return Mixtures.of_shares(self.smiles, held)


def _binary(
    mixture: Mixtures, place: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """First and second molecule of each liquid, renumbered, and the share of the first."""
    counts = np.bincount(mixture.liquid, minlength=mixture.n_liquids)
    if counts.max(initial=0) > 2:
        raise ValueError("rows to fit to hold one or two molecules")
    start = np.r_[0, np.cumsum(counts)[:-1]]
    end = np.cumsum(counts) - 1
    share = np.where(start == end, 1.0, mixture.share[start])
    return place[mixture.molecule[start]], place[mixture.molecule[end]], share
