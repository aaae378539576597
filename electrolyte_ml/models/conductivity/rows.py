"""Measured conductivities as models read them: species as shares, ions and solvents apart.

Concentration is no part of a mixture here: rows that differ in molality and temperature alone are
of one mixture, so that a data set of thousands of rows has a few hundred.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.copies import series_groups
from electrolyte_ml.data.measurements import Measurements, Trust
from electrolyte_ml.data.union import CONDUCTIVITY
from electrolyte_ml.features import (
    FEATURE_NAMES,
    FEATURE_VIEWS,
    Composition,
    compose,
    ion_content_of,
    mixture_features,
)
from electrolyte_ml.features.concentration import CONCENTRATION_FEATURES
from electrolyte_ml.features.ions import is_monatomic

#: Classes of electrolytes by their cations; metals other than lithium have few measurements.
LITHIUM, OTHER_METAL, MIXED, ORGANIC = CATION_CLASSES = (
    "lithium",
    "other metal",
    "metal and organic",
    "organic",
)
_LITHIUM = "[Li+]"
_DECIMALS = 6
# Shares are rounded to so many decimals; sums of them differ from one by less than this.
_NO_SHARE = 1e-4
_ROLES = ("solvent", "cation", "anion")
#: Concentration of the ions and constants of the mixture that pooled networks read, in this order.
STATE_FEATURES = (
    *CONCENTRATION_FEATURES,
    "solvent.ln_viscosity",
    "solvent.ln_permittivity",
    "solvent.donor_number_kcal_mol",
    "solvent.volume_mean.permittivity",
    "solvent.spread.ln_permittivity",
    "solvent.spread.ln_viscosity",
)
_STATE = [FEATURE_NAMES.index(name) for name in STATE_FEATURES]
# Mean and spread of these over usual electrolytes, in their order.
_CENTRE = np.array([0.9, 0.15, 0.8, -0.6, 2.5, -0.3, 0.2, 2.8, 15.0, 30.0, 0.5, 0.3])
_CLIP = 4.0
_SCALE = np.array([0.5, 0.2, 0.2, 1.5, 1.5, 1.5, 0.6, 1.1, 6.0, 25.0, 0.5, 0.3])
# Weight of a row in a fit by its trust; full trust is 1.
_TRUST_WEIGHT = {Trust.COMPILED: 0.7, Trust.DOUBTFUL: 0.2, Trust.SECOND_HAND: 0.5}
# Exponent of the number of rows of a series in the weight of each.
_SERIES_POWER = 0.3
# Exponent of the number of rows of a class of cations in the weight of each.
_CATION_POWER = 0.25
# Rows well below this weigh in proportion to their conductivity.
_HARDLY_READABLE_MS_CM = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureRows:
    """Shares in u distinct mixtures, and which of them n rows are about.

    Attributes
    ----------
    solvents, cations, anions
        SMILES of the distinct species, in alphabetical order; lengths s, c, a.
    solvent_share
        Mole fractions among the solvents, shape (u, s).
    cation_share, anion_share
        By number of ions of that sign, shapes (u, c) and (u, a).
    index
        Mixture of each row, shape (n,).
    """

    solvents: tuple[str, ...]
    cations: tuple[str, ...]
    anions: tuple[str, ...]
    solvent_share: NDArray[np.float64]
    cation_share: NDArray[np.float64]
    anion_share: NDArray[np.float64]
    index: NDArray[np.intp]

    @classmethod
    def of(cls, composition: Composition) -> MixtureRows:
        """MixtureRows of formulations.

        Parameters
        ----------
        composition
            From `electrolyte_ml.features.compose`.
        """
        parts = [
            composition.solvent_mole_fraction,
            composition.cation_fraction,
            composition.anion_fraction,
        ]
        distinct, place = np.unique(
            np.column_stack(parts).round(_DECIMALS), axis=0, return_inverse=True
        )
        ends = np.cumsum([part.shape[1] for part in parts])
        solvent, cation, anion, _ = np.split(distinct, ends, axis=1)
        return cls(
            solvents=tuple(s.smiles for s in composition.solvents),
            cations=tuple(s.smiles for s in composition.cations),
            anions=tuple(s.smiles for s in composition.anions),
            solvent_share=solvent,
            cation_share=cation,
            anion_share=anion,
            index=place.ravel()[composition.index],
        )

    def select(self, rows: NDArray[np.intp]) -> MixtureRows:
        """Only some rows; mixtures that no row is about stay."""
        return MixtureRows(
            solvents=self.solvents,
            cations=self.cations,
            anions=self.anions,
            solvent_share=self.solvent_share,
            cation_share=self.cation_share,
            anion_share=self.anion_share,
            index=self.index[rows],
        )

    def cation_kinds(self) -> NDArray[np.intp]:
        """Class of the cations of each row, shape (n,).

        A metal alone, a metal with organic cations, or organic cations alone. Of several metals,
        the first in alphabetical order counts that is not lithium, if there is one.
        """
        metals = [smiles for smiles in self.cations if is_monatomic(smiles)]
        order = sorted(metals, key=lambda smiles: (smiles == _LITHIUM, smiles))
        kinds = np.zeros(len(self.solvent_share), dtype=np.intp)
        for number, smiles in reversed(list(enumerate(order, start=1))):
            kinds[self.cation_share[:, self.cations.index(smiles)] > 0] = number
        organic = (self.cation_share @ [not is_monatomic(c) for c in self.cations]) > 0
        return (2 * kinds + organic)[self.index]

    def cation_classes(self) -> NDArray[np.str_]:
        """One of `CATION_CLASSES` for each row, by its cations, shape (n,)."""
        lithium = self.cation_share @ [c == _LITHIUM for c in self.cations]
        metal = self.cation_share @ self._bare()
        of_metals = np.where(metal - lithium > _NO_SHARE, OTHER_METAL, LITHIUM)
        with_metal = np.where(metal < 1.0 - _NO_SHARE, MIXED, of_metals)
        classes: NDArray[np.str_] = np.where(metal > 0, with_metal, ORGANIC)
        return classes[self.index]

    def holds_metal(self) -> NDArray[np.bool_]:
        """Whether a cation of each row is a metal, shape (n,)."""
        held: NDArray[np.bool_] = (self.cation_share @ self._bare() > 0)[self.index]
        return held

    def _bare(self) -> NDArray[np.float64]:
        """1 for cations that are metals, 0 for organic ones, shape (c,)."""
        return np.array([is_monatomic(smiles) for smiles in self.cations], dtype=np.float64)

    def foreign_share(
        self, smiles: Collection[str], roles: Sequence[str] = _ROLES
    ) -> NDArray[np.float64]:
        """How much of each row is other species than certain ones.

        Parameters
        ----------
        smiles
            Of those species.
        roles
            Of ``solvent``, ``cation`` and ``anion``.

        Returns
        -------
        ndarray of float, shape (n,)
            The largest of the shares among the species of each role.
        """
        shares = [
            getattr(self, f"{role}_share")[
                :, [name not in smiles for name in getattr(self, f"{role}s")]
            ].sum(axis=1)
            for role in roles
        ]
        foreign: NDArray[np.float64] = np.max(shares, axis=0)[self.index]
        return foreign

    def of_species(self, smiles: Collection[str]) -> MixtureRows:
        """The same rows without columns of other species than certain ones, of which they are."""
        kept: dict[str, Any] = {}
        for role in _ROLES:
            names, share = getattr(self, f"{role}s"), getattr(self, f"{role}_share")
            own = [i for i, name in enumerate(names) if name in smiles]
            kept |= {f"{role}s": tuple(names[i] for i in own), f"{role}_share": share[:, own]}
        return replace(self, **kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Descriptions of u distinct compositions, as members of all kinds read them.

    Attributes
    ----------
    features
        Descriptors, concentration of the ions included, shape (u, f).
    ln_charge
        Natural logarithm of the concentration of positive charge in mol/L, shape (u,).
    species
        SMILES of the solvents, cations and anions, length S.
    share
        Of each of them in its role, shape (u, S).
    """

    features: NDArray[np.float64]
    ln_charge: NDArray[np.float64]
    species: tuple[str, ...]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, composition: Composition) -> Described:
        """Descriptions of the distinct formulations of a composition."""
        roles = (composition.solvents, composition.cations, composition.anions)
        return cls(
            features=mixture_features(composition),
            ln_charge=ion_content_of(composition).ln_charge,
            species=tuple(one.smiles for role in roles for one in role),
            share=np.column_stack(
                [
                    composition.solvent_mole_fraction,
                    composition.cation_fraction,
                    composition.anion_fraction,
                ]
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContent:
    """Concentration of the ions, and constants of the mixture, of n rows.

    Attributes
    ----------
    ln_charge
        Natural logarithm of the concentration of positive charge in mol/L, shape (n,).
    state
        `STATE_FEATURES`, of order one, held within 4 of zero, shape (n, 12).
    """

    ln_charge: NDArray[np.float64]
    state: NDArray[np.float64]

    @classmethod
    def of(cls, described: Described, index: NDArray[np.intp]) -> RowContent:
        """Of rows that are about certain compositions."""
        state = np.clip((described.features[:, _STATE] - _CENTRE) / _SCALE, -_CLIP, _CLIP)
        return cls(ln_charge=described.ln_charge[index], state=state[index])

    def select(self, rows: NDArray[np.intp]) -> RowContent:
        """Only some rows."""
        return RowContent(ln_charge=self.ln_charge[rows], state=self.state[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRows:
    """Measurements for the fit and the evaluation of all kinds of members, n rows.

    Attributes
    ----------
    described
        The u distinct compositions.
    index
        Composition of each row, shape (n,).
    mixtures
        Shares of the species of each row.
    temperature_k, value
        Temperatures, K, and measured values in the unit of their property, shape (n,), positive.
    trusted
        Whether a row may be learnt from, shape (n,): a row that contradicts every other source is
        predicted and judged, but not fitted to.
    weight
        How much a row counts in a fit, shape (n,): by trust, and less where a conductivity is so
        low that its relative error grows.
    series
        Number of the set of species of each row, shape (n,).
    views
        Which features the members of each kind look at, shape (k, f); kinds take turns.
    """

    described: Described
    index: NDArray[np.intp]
    mixtures: MixtureRows
    temperature_k: NDArray[np.float64]
    value: NDArray[np.float64]
    trusted: NDArray[np.bool_]
    weight: NDArray[np.float64]
    series: NDArray[np.intp]
    views: NDArray[np.bool_]

    @classmethod
    def of(cls, measurements: Measurements) -> TrainingRows:
        """Measured conductivities or other positive values."""
        composition = compose(measurements.row_formulations)
        return cls(
            described=Described.of(composition),
            index=composition.index,
            mixtures=MixtureRows.of(composition),
            temperature_k=measurements.temperature_k,
            value=measurements.value,
            trusted=measurements.trusted,
            weight=_trust_weight(measurements) * _readability(measurements),
            series=series_groups(measurements),
            views=FEATURE_VIEWS,
        )

    def __len__(self) -> int:
        return len(self.temperature_k)

    def select(self, rows: NDArray[np.intp]) -> TrainingRows:
        """Only some rows; compositions that no row is about stay."""
        return replace(
            self,
            index=self.index[rows],
            mixtures=self.mixtures.select(rows),
            temperature_k=self.temperature_k[rows],
            value=self.value[rows],
            trusted=self.trusted[rows],
            weight=self.weight[rows],
            series=self.series[rows],
        )

    def learnt(self) -> TrainingRows:
        """Only rows that may be learnt from."""
        return self.select(np.flatnonzero(self.trusted))

    def fit_weight(self) -> NDArray[np.float64]:
        """Weight of each row in a fit, mean 1, shape (n,).

        By `weight`; less for each row of a long series, because a series tells of one chemistry,
        however many its rows; and less for each row of a class of cations with many rows, so that
        lithium does not drown sodium.
        """
        n_rows = np.bincount(self.series)[self.series]
        kinds = self.mixtures.cation_kinds()
        n_kind = np.bincount(kinds)[kinds]
        weight: NDArray[np.float64] = self.weight * n_rows**-_SERIES_POWER * n_kind**-_CATION_POWER
        return weight / weight.mean()

    @property
    def content(self) -> RowContent:
        """Concentration of the ions and constants of the mixture of each row."""
        return RowContent.of(self.described, self.index)

    @property
    def ln_charge(self) -> NDArray[np.float64]:
        """Natural logarithm of the concentration of charge of each row, mol/L, shape (n,)."""
        return self.described.ln_charge[self.index]

    @property
    def log10_value(self) -> NDArray[np.float64]:
        """Decadic logarithm of the measured values, shape (n,)."""
        return np.log10(self.value)


def components(share: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Columns of the largest shares of each row and the shares, shapes (u, most components)."""
    most = int((share > 0).sum(axis=1).max(initial=1))
    place = np.argsort(-share, axis=1, kind="stable")[:, :most].astype(np.int64)
    return place, np.take_along_axis(share, place, axis=1)


def _readability(measurements: Measurements) -> NDArray[np.float64]:
    """Less than 1 where a conductivity is hard to read, shape (n,); 1 for other properties."""
    k = measurements.value
    if measurements.property_name != CONDUCTIVITY:
        return np.ones(len(k))
    return np.clip(k / (k + _HARDLY_READABLE_MS_CM), 0.1, None)


def _trust_weight(measurements: Measurements) -> NDArray[np.float64]:
    """Weight of rows by how far they are trusted, shape (n,)."""
    weight = np.ones(len(measurements))
    if measurements.trust is not None:
        for trust, held in _TRUST_WEIGHT.items():
            weight[measurements.trust == trust.value] = held
    return weight
