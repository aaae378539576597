"""A limit of a species: a value, its interval, and where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from electrolyte_ml.quantum.electrodes import ReferenceElectrode

OXIDATION, REDUCTION = "oxidation_limit_v", "reduction_limit_v"
TABLE, CALCULATION, MODEL = "table", "calculation", "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesLimit:
    """One limit of one species, V against Li/Li+.

    Attributes
    ----------
    value, low, high
        V against Li/Li+; `low` and `high` hold 90 % of limits by density functional theory.
    tier
        ``table``, ``calculation`` or ``model``.
    in_domain
        Whether the value is computed, or the model knows such molecules.
    reason
        Remark on the value; None if there is none.
    """

    value: float
    low: float
    high: float
    tier: str
    in_domain: bool = True
    reason: str | None = None

    def against(
        self, electrode: ReferenceElectrode, lowered_v: float = 0.0
    ) -> tuple[float, float, float]:
        """Value, low and high counted from an electrode, whose uncertainty widens the interval.

        Parameters
        ----------
        electrode
            The reference.
        lowered_v
            How much further down the interval reaches, V.
        """
        value = electrode.from_lithium(self.value)
        below, above = self.value - self.low + lowered_v, self.high - self.value
        return (
            value,
            value - math.hypot(below, electrode.uncertainty_v),
            value + math.hypot(above, electrode.uncertainty_v),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesWindow:
    """Both limits of one species; None where there is no value, and why.

    Attributes
    ----------
    smiles
        The species.
    oxidation, reduction
        The limits.
    missing
        Why a limit is missing; None if both are there.
    """

    smiles: str
    oxidation: SpeciesLimit | None
    reduction: SpeciesLimit | None
    missing: str | None = None
