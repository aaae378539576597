"""Intervals of the viscosity of liquids: spread and doubts, scaled until they hold the unseen.

The scale of an error joins the ensemble's spread with what the ensemble cannot know: a molecule or
a pair that nobody measured, a value from memory, a temperature far from the measurements. It is
multiplied by the conformal quantile [1]_ of held-out errors in units of it, one for each of three
cases: everything measured, a pair new, a molecule new.

References
----------
.. [1] Lei et al., J. Am. Stat. Assoc. 2018, 113, 1094.
   https://doi.org/10.1080/01621459.2017.1307116
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.intervals import COVERAGE, conformal_factor
from electrolyte_ml.models.viscosity.anchors import Anchors
from electrolyte_ml.models.viscosity.law import inverse_temperature
from electrolyte_ml.models.viscosity.liquid import LiquidModel
from electrolyte_ml.models.viscosity.mixtures import Mixtures

# Repeated measurements of one liquid differ by this, log10.
_FLOOR = 0.006
_NEW_MOLECULE, _NEW_PAIR, _UNVERIFIED = 0.03, 0.02, 0.04
# Per 1/K of 1000/T beyond the temperatures of most measurements, 293 to 323 K.
_PER_INVERSE_K = 0.04
_MEASURED_INVERSE_K = 0.17
# Shares below these hardly move the prediction.
_NOTABLE_SHARE = 0.02
_NOTABLE_PRODUCT = 0.01


class Novelty(IntEnum):
    """What of a liquid was not measured."""

    NOTHING = 0
    PAIR = 1
    MOLECULE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What speaks against the prediction of u liquids.

    Attributes
    ----------
    novelty
        A `Novelty` for each, shape (u,).
    size
        Error that the ensemble cannot know of, log10, shape (u,).
    """

    novelty: NDArray[np.intp]
    size: NDArray[np.float64]


def doubts(model: LiquidModel, mixtures: Mixtures, anchors: Anchors | None = None) -> Doubt:
    """What of liquids the model did not see.

    Parameters
    ----------
    model
        The model.
    mixtures
        The liquids.
    anchors
        Known viscosities of their pure molecules, if any are used.
    """
    new = ~model.was_trained(mixtures.smiles)
    of_molecule = np.zeros(len(new))
    if anchors is not None:
        # Where a known value and the measurements trained on differ, one of them is wrong.
        of_molecule = np.where(new, 0.0, np.abs(anchors.offset.mean(axis=0)))
        of_molecule += _UNVERIFIED * (anchors.used & ~anchors.verified)
        new &= ~anchors.used
    share, molecule = mixtures.share, mixtures.molecule
    new_share = mixtures.sum_components(share * new[molecule])
    of_components = mixtures.sum_components(share * of_molecule[molecule])
    _, which = mixtures.distinct_pairs()
    product = share[mixtures.pair_components].reshape(-1, 2).prod(axis=1)
    new_pair = product * ~model.pair_was_trained(mixtures)[which]
    products = np.bincount(mixtures.pair_liquid, new_pair, minlength=mixtures.n_liquids)
    novelty = np.where(products > _NOTABLE_PRODUCT, Novelty.PAIR, Novelty.NOTHING)
    novelty = np.where(new_share > _NOTABLE_SHARE, Novelty.MOLECULE, novelty)
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
    squared = _FLOOR**2 + members.var(axis=0) + doubt.size[index] ** 2 + cold_or_hot**2
    scale: NDArray[np.float64] = np.sqrt(squared)
    return scale


__all__ = ["COVERAGE", "Doubt", "Novelty", "conformal_factor", "doubts", "scale_of"]
