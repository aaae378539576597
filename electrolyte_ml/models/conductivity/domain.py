"""Applicability domain of the conductivity model, with reasons why a recipe is outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.formulation import Formulation, SolventAmount
from electrolyte_ml.models.domain import NOTABLE_SHARE, temperature_fault
from electrolyte_ml.species import Salt
from electrolyte_ml.species.ionic_liquids import pair_of

# How far beyond the measured share of a solvent with an anion the model is trusted: errors on pairs
# that were never measured together are twice those on known pairs.
_SHARE_MARGIN = 0.2
_MOLALITY_MARGIN = 1.1
_TEMPERATURE_MARGIN_K = 5.0
# Solvents with at least this mass fraction are the main ones of a mixture.
_MAIN_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductivityDomain:
    """Applicability domain: range of the training data.

    Attributes
    ----------
    highest_share
        By SMILES of the anion, then of the solvent: highest mass fraction measured.
    highest_molality
        By SMILES of the anion, mol/kg.
    cations
        SMILES of the cations that were measured, in salts or ionic liquids.
    range_k
        By SMILES of the solvent: lowest and highest temperature, K, that a mixture of mostly it
        was measured at.
    """

    highest_share: Mapping[str, Mapping[str, float]]
    highest_molality: Mapping[str, float]
    cations: frozenset[str]
    range_k: Mapping[str, tuple[float, float]]
    _measured_share: Mapping[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        highest: dict[str, float] = {}
        for shares in self.highest_share.values():
            for smiles, share in shares.items():
                highest[smiles] = max(highest.get(smiles, 0.0), share)
        object.__setattr__(self, "_measured_share", highest)

    @classmethod
    def of(cls, measurements: Measurements) -> ConductivityDomain:
        """The domain of measurements that were trained on; those not trusted are left out."""
        measurements = measurements.select(measurements.trusted)
        formulations = measurements.formulations
        highest: dict[str, float] = {}
        shares: dict[str, dict[str, float]] = {}
        cations: set[str] = set()
        for formulation in formulations:
            for salt, molality in _ion_pairs(formulation):
                anion = salt.anion.smiles
                cations.add(salt.cation.smiles)
                highest[anion] = max(highest.get(anion, 0.0), molality)
                of_anion = shares.setdefault(anion, {})
                for s in formulation.solvents:
                    held = of_anion.get(s.solvent.smiles, 0.0)
                    of_anion[s.solvent.smiles] = max(held, s.mass_fraction)
        return cls(
            highest_share=shares,
            highest_molality=highest,
            cations=frozenset(cations),
            range_k=_ranges(measurements),
        )

    def faults(self, formulation: Formulation) -> list[str]:
        """Why a recipe is outside, whatever its temperature; empty if it is inside."""
        faults, pairs = [], _ion_pairs(formulation)
        for salt, molality in pairs:
            if salt.cation.smiles not in self.cations:
                faults.append(f"no training data with the cation {salt.cation.name}")
            highest = self.highest_molality.get(salt.anion.smiles)
            if highest is None:
                faults.append(f"no training data with the anion {salt.anion.name}")
            elif molality > _MOLALITY_MARGIN * highest:
                faults.append(
                    f"{molality:.2g} mol/kg is above the highest measured with "
                    f"{salt.anion.name}, {highest:.2g} mol/kg"
                )
        return [
            *faults,
            *(f for s in formulation.solvents if (f := self._solvent_fault(s, pairs))),
        ]

    def _solvent_fault(
        self, part: SolventAmount, pairs: Sequence[tuple[Salt, float]]
    ) -> str | None:
        """Why a solvent in a recipe is outside; None if it is inside."""
        smiles, share = part.solvent.smiles, part.mass_fraction
        if share >= NOTABLE_SHARE and self._measured_share.get(smiles, 0.0) < NOTABLE_SHARE:
            return f"no training data with the solvent {part.solvent.name} ({100 * share:.0f} wt%)"
        for salt, _ in pairs:
            anion = salt.anion
            of_anion = self.highest_share.get(anion.smiles)
            if of_anion is None:
                continue
            highest = of_anion.get(smiles, 0.0)
            if share > highest + _SHARE_MARGIN:
                measured = f"at most {100 * highest:.0f} wt%" if highest else "no"
                return (
                    f"{anion.name} was measured with {measured} {part.solvent.name}, "
                    f"here {100 * share:.0f} wt%"
                )
        return None

    def temperature_fault(self, formulation: Formulation, temperature_k: float) -> str | None:
        """Why a temperature is outside for mixtures like this one; None if it is inside."""
        main = _main(formulation)
        ranges = [r for p in main if (r := self.range_k.get(p.solvent.smiles))]
        coldest, hottest = _span(ranges or self.range_k.values())
        mostly = " or ".join(p.solvent.name for p in main if p.solvent.smiles in self.range_k)
        return temperature_fault(
            temperature_k,
            coldest,
            hottest,
            margin_k=_TEMPERATURE_MARGIN_K,
            measured=f" of mixtures of mostly {mostly}" if mostly else "",
        )

    def to_dict(self) -> dict[str, Any]:
        """For the model file."""
        return {
            "highest_share": {
                anion: dict(sorted(shares.items()))
                for anion, shares in sorted(self.highest_share.items())
            },
            "highest_molality": dict(sorted(self.highest_molality.items())),
            "cations": sorted(self.cations),
            "range_k": {smiles: list(held) for smiles, held in sorted(self.range_k.items())},
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> ConductivityDomain:
        """From the model file."""
        return cls(
            highest_share={a: dict(shares) for a, shares in held["highest_share"].items()},
            highest_molality=dict(held["highest_molality"]),
            cations=frozenset(held["cations"]),
            range_k={smiles: (low, high) for smiles, (low, high) in held["range_k"].items()},
        )


def _ion_pairs(formulation: Formulation) -> list[tuple[Salt, float]]:
    """Salts with their molality, and the pairs of ionic liquids, whose molality is no limit: 0."""
    pairs = [(part.salt, part.molality_mol_kg) for part in formulation.salts]
    for part in formulation.solvents:
        pair = pair_of(part.solvent)
        if pair is not None:
            pairs.append((pair, 0.0))
    return pairs


def _main(formulation: Formulation) -> list[SolventAmount]:
    """The solvents that make up most of a mixture; the largest where none does."""
    parts = formulation.solvents
    least = min(_MAIN_SHARE, max((part.mass_fraction for part in parts), default=0.0))
    return [part for part in parts if part.mass_fraction >= least]


def _span(ranges: Iterable[tuple[float, float]]) -> tuple[float, float]:
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def _ranges(measurements: Measurements) -> dict[str, tuple[float, float]]:
    """Temperatures that mixtures of mostly each solvent were measured at."""
    lowest = np.full(len(measurements.formulations), np.inf)
    np.minimum.at(lowest, measurements.formulation_index, measurements.temperature_k)
    highest = np.full(len(measurements.formulations), -np.inf)
    np.maximum.at(highest, measurements.formulation_index, measurements.temperature_k)
    ranges: dict[str, tuple[float, float]] = {}
    for formulation, coldest, hottest in zip(
        measurements.formulations, lowest.tolist(), highest.tolist(), strict=True
    ):
        for part in _main(formulation) if coldest <= hottest else ():
            low, high = ranges.get(part.solvent.smiles, (np.inf, -np.inf))
            ranges[part.solvent.smiles] = min(low, coldest), max(high, hottest)
    return ranges
