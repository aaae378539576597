"""Where the viscosity model knows its way, and in words why not elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.viscosity.anchors import PROPERTY
from electrolyte_ml.models.viscosity.liquid import LiquidModel
from electrolyte_ml.species import Solvent

# Shares below this hardly move the prediction.
_NOTABLE_SHARE = 0.05
# Nearly a pure liquid: whether it is supercooled matters to the reader.
_PURE_SHARE = 0.95
# Of the trained molecules, this share has another one within the distance that counts as like it.
_LIKE_QUANTILE = 0.95
_CHUNK = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What the training data hold.

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
    def of(cls, model: LiquidModel, coldest_k: float, hottest_k: float) -> Domain:
        """The domain of a model of liquids that was trained within a range of temperature."""
        trained = standardised(model, model.table.descriptors[model.trained])
        nearest = nearest_distance(trained, trained, skip_itself=True)
        return cls(
            farthest=float(np.quantile(nearest, _LIKE_QUANTILE)),
            coldest_k=coldest_k,
            hottest_k=hottest_k,
        )

    def temperature_fault(self, temperature_k: float) -> str | None:
        """Why a temperature is outside; None if it is inside."""
        if temperature_k < self.coldest_k:
            return f"{self.coldest_k - temperature_k:.0f} K below the coldest measurement used"
        if temperature_k > self.hottest_k:
            return f"{temperature_k - self.hottest_k:.0f} K above the hottest measurement used"
        return None

    def strangers(self, solvents: Sequence[Solvent], model: LiquidModel) -> frozenset[str]:
        """SMILES of the solvents that are unlike all trained ones and of unknown viscosity."""
        trained = model.was_trained([s.smiles for s in solvents])
        asked = [
            s.smiles
            for s, seen in zip(solvents, trained, strict=True)
            if not seen and s.value(PROPERTY) is None
        ]
        if not asked:
            return frozenset()
        places = standardised(model, model.table.describe(asked))
        others = standardised(model, model.table.descriptors[model.trained])
        far = nearest_distance(places, others) > self.farthest
        return frozenset(s for s, away in zip(asked, far, strict=True) if away)

    def to_dict(self) -> dict[str, Any]:
        """For the model file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Domain:
        """From the model file."""
        return cls(**{name: float(value) for name, value in held.items()})


def stranger_faults(formulation: Formulation, strangers: frozenset[str]) -> list[str]:
    """Why the solvents of a recipe are outside the domain; empty if they are inside."""
    return [
        f"no molecule like {part.solvent.name} was trained on"
        for part in formulation.solvents
        if part.solvent.smiles in strangers and part.mass_fraction >= _NOTABLE_SHARE
    ]


def supercooled(formulation: Formulation, temperature_k: float) -> str | None:
    """What to know of a liquid below its melting point; None if there is nothing."""
    for part in formulation.solvents:
        melting = part.solvent.value("melting_point_k")
        if part.mass_fraction >= _PURE_SHARE and melting and temperature_k < melting:
            return f"{part.solvent.name} melts at {melting:.0f} K: value of the supercooled liquid"
    return None


def standardised(model: LiquidModel, descriptors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Descriptors as the networks see them, shape (M, D)."""
    return model.network.standardised(descriptors)


def nearest_distance(
    places: NDArray[np.float64], others: NDArray[np.float64], *, skip_itself: bool = False
) -> NDArray[np.float64]:
    """Distance from each place to the nearest of the others, shape (M,).

    Parameters
    ----------
    places, others
        Shapes (M, D) and (N, D).
    skip_itself
        Whether the two are one set, in which each is nearest to itself.
    """
    nearest = np.empty(len(places))
    for start in range(0, len(places), _CHUNK):
        rows = places[start : start + _CHUNK]
        squared = (rows**2).sum(1)[:, None] - 2 * rows @ others.T + (others**2).sum(1)[None]
        if skip_itself:
            squared[np.arange(len(rows)), start + np.arange(len(rows))] = np.inf
        nearest[start : start + _CHUNK] = np.sqrt(np.maximum(squared.min(axis=1), 0.0))
    return nearest
