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

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import FEATURE_VIEWS, Composition, compose, mixture_features
from electrolyte_ml.models.domain import NOTABLE_SHARE

_DECIMALS = 6
_ROLES = ("solvent", "cation", "anion")


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
    molality_mol_kg
        Of each row, positive, shape (n,).
    """

    solvents: tuple[str, ...]
    cations: tuple[str, ...]
    anions: tuple[str, ...]
    solvent_share: NDArray[np.float64]
    cation_share: NDArray[np.float64]
    anion_share: NDArray[np.float64]
    index: NDArray[np.intp]
    molality_mol_kg: NDArray[np.float64]

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
            molality_mol_kg=composition.molality_mol_kg[composition.index],
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
            molality_mol_kg=self.molality_mol_kg[rows],
        )

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

    def notable_species(self, rows: NDArray[np.intp]) -> frozenset[str]:
        """Species with a notable share in any of some rows."""
        mixtures = np.unique(self.index[rows])
        return frozenset(
            name
            for role in _ROLES
            for name, share in zip(
                getattr(self, f"{role}s"), getattr(self, f"{role}_share")[mixtures].T, strict=True
            )
            if share.max(initial=0.0) >= NOTABLE_SHARE
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRows:
    """Measurements for the fit and the evaluation of all kinds of members, n rows.

    Attributes
    ----------
    features
        Descriptors of u compositions, shape (u, f).
    index
        Composition of each row, shape (n,).
    mixtures
        Shares of the species, and molality, of each row.
    temperature_k, conductivity_ms_cm
        Shape (n,), positive.
    trusted
        Whether a row may be learnt from, shape (n,): a row that contradicts every other source is
        predicted and judged, but not fitted to.
    views
        Which features the members of each kind look at, shape (k, f); kinds take turns.
    """

    features: NDArray[np.float64]
    index: NDArray[np.intp]
    mixtures: MixtureRows
    temperature_k: NDArray[np.float64]
    conductivity_ms_cm: NDArray[np.float64]
    trusted: NDArray[np.bool_]
    views: NDArray[np.bool_]

    @classmethod
    def of(cls, measurements: Measurements) -> TrainingRows:
        """Measured conductivities, mS/cm."""
        composition = compose(measurements.row_formulations)
        return cls(
            features=mixture_features(composition),
            index=composition.index,
            mixtures=MixtureRows.of(composition),
            temperature_k=measurements.temperature_k,
            conductivity_ms_cm=measurements.value,
            trusted=measurements.trusted,
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
            conductivity_ms_cm=self.conductivity_ms_cm[rows],
            trusted=self.trusted[rows],
        )

    def learnt(self) -> TrainingRows:
        """Only rows that may be learnt from."""
        return self.select(np.flatnonzero(self.trusted))

    @property
    def molality_mol_kg(self) -> NDArray[np.float64]:
        """Moles of salt by kilogram of solvents, shape (n,)."""
        return self.mixtures.molality_mol_kg

    @property
    def log10_conductivity(self) -> NDArray[np.float64]:
        """Decadic logarithm of the conductivity in mS/cm, shape (n,)."""
        return np.log10(self.conductivity_ms_cm)

    @property
    def measured_species(self) -> frozenset[str]:
        """Species with a notable share in rows that may be learnt from."""
        return self.mixtures.notable_species(np.flatnonzero(self.trusted))
