"""Applicability domain of the viscosity model, and the scale of its errors.

The scale of an error combines the ensemble's spread with errors that the spread does not show: of
molecules or pairs without measurements, of catalog values not checked against their source, of
temperatures far from the measurements. The scale is multiplied by the conformal quantile of
held-out errors in units of it (`electrolyte_ml.models.intervals`). There is one quantile for each
`Novelty`: everything measured, a new pair, a new molecule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.domain import NOTABLE_SHARE, temperature_fault
from electrolyte_ml.models.numeric import squared_distance
from electrolyte_ml.models.viscosity.law import REPEATABILITY, inverse_temperature
from electrolyte_ml.models.viscosity.liquid import LiquidModel, Liquids
from electrolyte_ml.models.viscosity.pure_liquids import PROPERTY, PureLiquids
from electrolyte_ml.species import Solvent

#: Temperatures of the pure liquids that are trained on, K.
COLDEST_K, HOTTEST_K = 228.0, 400.0
_NEW_MOLECULE, _NEW_PAIR, _UNVERIFIED = 0.03, 0.02, 0.04
# Per 1/K of 1000/T beyond the temperatures of most measurements, 293 to 323 K.
_PER_INVERSE_K = 0.04
_MEASURED_INVERSE_K = 0.17
# Shares below these hardly move the prediction.
_NOTABLE_NEW_SHARE = 0.02
_NOTABLE_PRODUCT = 0.01
# Nearly a pure liquid: whether it is supercooled matters to the reader.
_PURE_SHARE = 0.95
# Of the trained molecules, this share has another one within the distance that counts as like it.
_LIKE_QUANTILE = 0.95


class Novelty(IntEnum):
    """Part of a liquid without measurements."""

    NOTHING = 0
    PAIR = 1
    MOLECULE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Novelty of u liquids, and the error that comes with it.

    Attributes
    ----------
    novelty
        A `Novelty` for each, shape (u,).
    size
        Error that the ensemble's spread does not show, log10, shape (u,).
    """

    novelty: NDArray[np.intp]
    size: NDArray[np.float64]


def doubts(model: LiquidModel, liquids: Liquids, known: PureLiquids | None = None) -> Doubt:
    """Novelty of liquids, and the error that comes with it.

    Parameters
    ----------
    model
        The model.
    liquids
        The liquids.
    known
        Known viscosities of their pure molecules, if any are used.
    """
    new = ~model.was_trained(liquids.smiles)
    of_molecule = np.zeros(len(new))
    if known is not None:
        # Where a known value and the measurements trained on differ, one of them is wrong.
        of_molecule = np.where(new, 0.0, np.abs(known.offset.mean(axis=0)))
        of_molecule += _UNVERIFIED * (known.used & ~known.verified)
        new &= ~known.used
    share, molecule = liquids.share, liquids.molecule
    new_share = liquids.sum_components(share * new[molecule])
    of_components = liquids.sum_components(share * of_molecule[molecule])
    _, which = liquids.distinct_pairs()
    product = share[liquids.pair_components].reshape(-1, 2).prod(axis=1)
    new_pair = product * ~model.pair_was_trained(liquids)[which]
    products = np.bincount(liquids.pair_liquid, new_pair, minlength=liquids.n_liquids)
    novelty = np.where(products > _NOTABLE_PRODUCT, Novelty.PAIR, Novelty.NOTHING)
    novelty = np.where(new_share > _NOTABLE_NEW_SHARE, Novelty.MOLECULE, novelty)
    size = np.sqrt(
        (_NEW_MOLECULE * new_share) ** 2 + (_NEW_PAIR * 4 * products) ** 2 + of_components**2
    )
    return Doubt(novelty=novelty.astype(np.intp), size=size)


def scale_of(
    members: NDArray[np.float64],
    doubt: Doubt,
    index: NDArray[np.intp],
    temperature_k: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Uncalibrated scale of the error in log10.

    Parameters
    ----------
    members
        Predictions, shape (E, n).
    doubt
        Of the u liquids.
    index
        Liquid of each row, shape (n,).
    temperature_k
        K, shape (n,).

    Returns
    -------
    ndarray of float, shape (n,)
    """
    far = np.abs(inverse_temperature(temperature_k)) - _MEASURED_INVERSE_K
    cold_or_hot = _PER_INVERSE_K * np.maximum(far, 0.0)
    squared = REPEATABILITY**2 + members.var(axis=0) + doubt.size[index] ** 2 + cold_or_hot**2
    scale: NDArray[np.float64] = np.sqrt(squared)
    return scale


@dataclass(frozen=True, slots=True, kw_only=True)
class ViscosityDomain:
    """Applicability domain: range of the training data.

    Attributes
    ----------
    farthest
        Distance in standardised descriptors beyond which a molecule is unlike all trained ones.
    coldest_k, hottest_k
        Range of temperature of the pure liquids trained on, K.
    """

    farthest: float
    coldest_k: float
    hottest_k: float

    @classmethod
    def of(cls, model: LiquidModel) -> ViscosityDomain:
        """Domain of a model of liquids."""
        trained = model.network.standardised(model.table.descriptors[model.trained])
        # Without the distance of each to itself.
        nearest = np.concatenate(
            [
                np.delete(squared_distance(trained[row, None], trained), row).min(keepdims=True)
                for row in range(len(trained))
            ]
        )
        return cls(
            farthest=float(np.quantile(np.sqrt(nearest), _LIKE_QUANTILE)),
            coldest_k=COLDEST_K,
            hottest_k=HOTTEST_K,
        )

    def temperature_fault(self, temperature_k: float) -> str | None:
        """Why a temperature is outside; None if it is inside."""
        return temperature_fault(temperature_k, self.coldest_k, self.hottest_k, measured=" used")

    def strangers(self, solvents: Sequence[Solvent], model: LiquidModel) -> frozenset[str]:
        """SMILES of the solvents that are unlike all trained ones and of unknown viscosity."""
        trained = model.was_trained([s.smiles for s in solvents])
        untrained = [
            s.smiles
            for s, seen in zip(solvents, trained, strict=True)
            if not seen and s.value(PROPERTY) is None
        ]
        if not untrained:
            return frozenset()
        places = model.network.standardised(model.table.describe(untrained))
        others = model.network.standardised(model.table.descriptors[model.trained])
        far = np.sqrt(squared_distance(places, others).min(axis=1)) > self.farthest
        return frozenset(s for s, away in zip(untrained, far, strict=True) if away)

    def to_dict(self) -> dict[str, Any]:
        """For the model file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> ViscosityDomain:
        """From the model file."""
        return cls(**{name: float(value) for name, value in held.items()})


def stranger_faults(formulation: Formulation, strangers: frozenset[str]) -> list[str]:
    """Why the solvents of a recipe are outside the domain; empty if they are inside."""
    return [
        f"no molecule like {part.solvent.name} was trained on"
        for part in formulation.solvents
        if part.solvent.smiles in strangers and part.mass_fraction >= NOTABLE_SHARE
    ]


def supercooled(formulation: Formulation, temperature_k: float) -> str | None:
    """Remark on a liquid below its melting point; None for any other."""
    for part in formulation.solvents:
        melting = part.solvent.value("melting_point_k")
        if part.mass_fraction >= _PURE_SHARE and melting and temperature_k < melting:
            return f"{part.solvent.name} melts at {melting:.0f} K: value of the supercooled liquid"
    return None
