"""Where the conductivity model knows its way, and in words why not elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import Formulation, SolventAmount

# Shares below this hardly move the prediction.
_NOTABLE_SHARE = 0.05
# How far beyond the measured share of a solvent with an anion the model is trusted: errors on pairs
# that were never measured together are twice those on known pairs.
_SHARE_MARGIN = 0.2
_MOLALITY_MARGIN = 1.1
_TEMPERATURE_MARGIN_K = 5.0
# Half width of the interval in log10 beyond which a number says little: a factor of 4 each way.
WIDEST_HALF_WIDTH = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What the training data hold.

    Attributes
    ----------
    highest_share
        By SMILES of the anion, then of the solvent: highest mass fraction measured.
    highest_molality
        By SMILES of the anion, mol/kg.
    cations
        SMILES of cations whose shift was measured, and lithium.
    coldest_k, hottest_k
        Range of temperature, K.
    """

    highest_share: Mapping[str, Mapping[str, float]]
    highest_molality: Mapping[str, float]
    cations: frozenset[str]
    coldest_k: float
    hottest_k: float

    @classmethod
    def of(cls, lithium: Measurements, others: Measurements) -> Domain:
        """The domain of measurements that were trained on."""
        formulations = [*lithium.formulations, *others.formulations]
        highest: dict[str, float] = {}
        shares: dict[str, dict[str, float]] = {}
        for formulation in formulations:
            for salt in formulation.salts:
                anion = salt.salt.anion.smiles
                highest[anion] = max(highest.get(anion, 0.0), salt.molality_mol_kg)
                of_anion = shares.setdefault(anion, {})
                for s in formulation.solvents:
                    held = of_anion.get(s.solvent.smiles, 0.0)
                    of_anion[s.solvent.smiles] = max(held, s.mass_fraction)
        return cls(
            highest_share=shares,
            highest_molality=highest,
            cations=frozenset(s.salt.cation.smiles for f in formulations for s in f.salts),
            coldest_k=float(lithium.temperature_k.min()),
            hottest_k=float(lithium.temperature_k.max()),
        )

    def faults(self, formulation: Formulation) -> list[str]:
        """Why a recipe is outside, whatever its temperature; empty if it is inside."""
        faults = []
        for s in formulation.salts:
            if s.salt.cation.smiles not in self.cations:
                faults.append(f"no training data with the cation {s.salt.cation.name}")
            highest = self.highest_molality.get(s.salt.anion.smiles)
            if highest is None:
                faults.append(f"no training data with the anion {s.salt.anion.name}")
            elif s.molality_mol_kg > _MOLALITY_MARGIN * highest:
                faults.append(
                    f"{s.molality_mol_kg:.2g} mol/kg is above the highest measured with "
                    f"{s.salt.anion.name}, {highest:.2g} mol/kg"
                )
        return [
            *faults,
            *(f for s in formulation.solvents if (f := self._solvent_fault(s, formulation))),
        ]

    def _solvent_fault(self, part: SolventAmount, formulation: Formulation) -> str | None:
        """Why a solvent in a recipe is outside; None if it is inside."""
        smiles, share = part.solvent.smiles, part.mass_fraction
        known = {a: held[smiles] for a, held in self.highest_share.items() if smiles in held}
        if share >= _NOTABLE_SHARE and max(known.values(), default=0.0) < _NOTABLE_SHARE:
            return f"no training data with the solvent {part.solvent.name} ({100 * share:.0f} wt%)"
        for s in formulation.salts:
            anion = s.salt.anion
            highest = known.get(anion.smiles, 0.0)
            if anion.smiles in self.highest_share and share > highest + _SHARE_MARGIN:
                measured = f"at most {100 * highest:.0f} wt%" if highest else "no"
                return (
                    f"{anion.name} was measured with {measured} {part.solvent.name}, "
                    f"here {100 * share:.0f} wt%"
                )
        return None

    def temperature_fault(self, temperature_k: float) -> str | None:
        """Why a temperature is outside; None if it is inside."""
        if temperature_k < self.coldest_k - _TEMPERATURE_MARGIN_K:
            return f"{self.coldest_k - temperature_k:.0f} K below the coldest measurement"
        if temperature_k > self.hottest_k + _TEMPERATURE_MARGIN_K:
            return f"{temperature_k - self.hottest_k:.0f} K above the hottest measurement"
        return None

    def to_dict(self) -> dict[str, Any]:
        """For the model file."""
        return {
            "highest_share": {
                anion: dict(sorted(shares.items()))
                for anion, shares in sorted(self.highest_share.items())
            },
            "highest_molality": dict(sorted(self.highest_molality.items())),
            "cations": sorted(self.cations),
            "coldest_k": self.coldest_k,
            "hottest_k": self.hottest_k,
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Domain:
        """From the model file."""
        return cls(
            highest_share={a: dict(shares) for a, shares in held["highest_share"].items()},
            highest_molality=dict(held["highest_molality"]),
            cations=frozenset(held["cations"]),
            coldest_k=float(held["coldest_k"]),
            hottest_k=float(held["hottest_k"]),
        )


def join_faults(faults: Sequence[str]) -> str | None:
    """One line of several faults; None for none."""
    return "; ".join(faults) or None


def wide(half_width: float) -> str | None:
    """Why an interval is too wide to be believed; None if it is not."""
    if half_width <= WIDEST_HALF_WIDTH:
        return None
    return f"uncertain by a factor of {np.power(10.0, min(half_width, 3.0)):.0f}"
