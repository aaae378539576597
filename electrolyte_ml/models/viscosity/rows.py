"""Measured viscosities of pure and binary liquids, and splits of them that do not leak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import ai4chems_viscosity, chemixhub_logv, thermoml_viscosity_pure
from electrolyte_ml.data.splits import Split, grouped_split
from electrolyte_ml.models.viscosity.domain import COLDEST_K, HOTTEST_K
from electrolyte_ml.models.viscosity.liquid import Liquids
from electrolyte_ml.row_table import RowTable
from electrolyte_ml.species.catalog import packaged_catalog

_HIGHEST_MPA_S = 1000.0
# A row of the collections of pure liquids: they repeat each other, and name fewer papers.
_PURE_WEIGHT = 0.5
_WATER = "O"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidRows(RowTable):
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

    SHARED: ClassVar[frozenset[str]] = frozenset({"smiles"})

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
        mixtures = [liquids_of(m) for m, _ in parts]
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

    def liquids(self) -> Liquids:
        """Every row as a liquid of its own."""
        both = np.column_stack([self.share, 1.0 - self.share])
        held = [
            {i: 1.0} if i == j else {i: x, j: y}
            for i, j, (x, y) in zip(
                self.first.tolist(), self.second.tolist(), both.tolist(), strict=True
            )
        ]
        return Liquids.of_shares(self.smiles, held)


def liquids_of(measurements: Measurements) -> Liquids:
    """The distinct liquids of measurements; salts, if any, are not looked at."""
    smiles = sorted({s.solvent.smiles for f in measurements.formulations for s in f.solvents})
    place = {name: i for i, name in enumerate(smiles)}
    shares = []
    for formulation in measurements.formulations:
        held = formulation.solvent_mole_fractions
        shares.append({place[s.solvent.smiles]: held[s.solvent.name] for s in formulation.solvents})
    return Liquids.of_shares(smiles, shares)


def mixture_rows() -> Measurements:
    """Pure and binary liquids of CheMixHub's set.

    Raises
    ------
    DataNotFoundError
        If the data set is not on this machine.
    """
    return chemixhub_logv.load()[0]


def pure_rows() -> list[Measurements]:
    """The collections of pure liquids, in the range of temperature and viscosity of electrolytes.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    MissingDependencyError
        If openpyxl is not installed.
    """
    tables = [source.load()[0] for source in (thermoml_viscosity_pure, ai4chems_viscosity)]
    return [
        table.select(
            (table.flag == "")
            & (table.temperature_k >= COLDEST_K)
            & (table.temperature_k <= HOTTEST_K)
            & (table.value <= _HIGHEST_MPA_S)
        )
        for table in tables
    ]


def training_rows() -> LiquidRows:
    """All rows that the shipped model is trained on, with the catalog's solvents numbered.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    MissingDependencyError
        If openpyxl is not installed.
    """
    mixtures = mixture_rows()
    parts = [(mixtures.select(mixtures.flag == ""), 1.0)]
    parts += [(table, _PURE_WEIGHT) for table in pure_rows()]
    return LiquidRows.of(parts, also=[s.smiles for s in packaged_catalog().solvents])


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


def _binary(
    mixture: Liquids, place: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """First and second molecule of each liquid, renumbered, and the share of the first."""
    counts = np.bincount(mixture.liquid, minlength=mixture.n_liquids)
    if counts.max(initial=0) > 2:
        raise ValueError("rows to fit to hold one or two molecules")
    start = np.r_[0, np.cumsum(counts)[:-1]]
    end = np.cumsum(counts) - 1
    share = np.where(start == end, 1.0, mixture.share[start])
    return place[mixture.molecule[start]], place[mixture.molecule[end]], share
