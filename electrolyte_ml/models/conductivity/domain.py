"""Applicability domain of the conductivity model, with reasons why a recipe is outside.

Shares and molalities are by mass of molecules and liquid salts together, whether a liquid salt was
written as a solvent or as a salt (`electrolyte_ml.features.Composition`). A liquid salt is known by
its cation, beside the solvents. Its own amount has no limit, since it may be pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.domain import NOTABLE_SHARE, temperature_fault
from electrolyte_ml.species import Ion
from electrolyte_ml.species.ionic_liquids import makes_liquids

# How far beyond the measured share of a solvent with an anion the model is trusted: errors on pairs
# that were never measured together are twice those on known pairs.
_SHARE_MARGIN = 0.2
_MOLALITY_MARGIN = 1.1
_TEMPERATURE_MARGIN_K = 5.0
# Solvents with at least this mass fraction are the main ones of a mixture.
_MAIN_SHARE = 0.4
_G_PER_KG = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductivityDomain:
    """Applicability domain: range of the training data.

    Attributes
    ----------
    highest_share
        By SMILES of the anion, then of the solvent or of the cation of a liquid salt: highest mass
        fraction measured.
    highest_molality
        By SMILES of the anion: highest charge of cations that make no liquids, mol/kg; anions
        that were measured in liquid salts alone have none.
    cations
        SMILES of the cations that were measured.
    range_k
        By SMILES of the solvent or of the cation of a liquid salt: lowest and highest temperature,
        K, that a mixture of mostly it was measured at.
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
        highest: dict[str, float] = {}
        shares: dict[str, dict[str, float]] = {}
        contents = [_content(f) for f in measurements.formulations]
        for content in contents:
            for anion, molality in content.anions.items():
                if molality > 0:
                    highest[anion.smiles] = max(highest.get(anion.smiles, 0.0), molality)
                of_anion = shares.setdefault(anion.smiles, {})
                for part in content.parts:
                    of_anion[part.smiles] = max(of_anion.get(part.smiles, 0.0), part.share)
        return cls(
            highest_share=shares,
            highest_molality=highest,
            cations=frozenset(ion.smiles for content in contents for ion in content.cations),
            range_k=_ranges(measurements, contents),
        )

    def faults(self, formulation: Formulation) -> list[str]:
        """Why a recipe is outside, whatever its temperature; empty if it is inside."""
        content = _content(formulation)
        faults = [
            f"no training data with the cation {ion.name}"
            for ion in content.cations
            if ion.smiles not in self.cations
        ]
        for anion, molality in content.anions.items():
            if anion.smiles not in self.highest_share:
                faults.append(f"no training data with the anion {anion.name}")
                continue
            highest = self.highest_molality.get(anion.smiles)
            if highest is None and molality > 0:
                faults.append(f"{anion.name} was measured in ionic liquids alone")
            elif highest is not None and molality > _MOLALITY_MARGIN * highest:
                faults.append(
                    f"{molality:.2g} mol/kg is above the highest measured with "
                    f"{anion.name}, {highest:.2g} mol/kg"
                )
        return [
            *faults,
            *(f for part in content.parts if (f := self._share_fault(part, content.anions))),
        ]

    def _share_fault(self, part: _Part, anions: Mapping[Ion, float]) -> str | None:
        """Why a solvent or liquid salt in a recipe is outside; None if it is inside."""
        smiles, share = part.smiles, part.share
        known = self._measured_share.get(smiles, 0.0) >= NOTABLE_SHARE
        if share >= NOTABLE_SHARE and not known:
            if part.is_salt:
                # A cation that was never measured at all is said to be so.
                known_as_solute = smiles in self.cations
                return f"no training data with liquids of {part.name}" if known_as_solute else None
            return f"no training data with the solvent {part.name} ({100 * share:.0f} wt%)"
        for anion in anions:
            of_anion = self.highest_share.get(anion.smiles)
            if of_anion is None:
                continue
            highest = of_anion.get(smiles, 0.0)
            if share > highest + _SHARE_MARGIN:
                measured = f"at most {100 * highest:.0f} wt%" if highest else "no"
                return (
                    f"{anion.name} was measured with {measured} {part.name}, "
                    f"here {100 * share:.0f} wt%"
                )
        return None

    def temperature_fault(self, formulation: Formulation, temperature_k: float) -> str | None:
        """Why a temperature is outside for mixtures like this one; None if it is inside."""
        main = _main(_parts(formulation))
        ranges = [r for p in main if (r := self.range_k.get(p.smiles))]
        coldest, hottest = _span(ranges or self.range_k.values())
        mostly = " or ".join(p.name for p in main if p.smiles in self.range_k)
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


class _Part(NamedTuple):
    """A solvent, or the liquid salts of one cation, with its share of the mass of them all."""

    smiles: str
    name: str
    share: float
    is_salt: bool = False


class _Content(NamedTuple):
    """What a recipe holds, however it is written; of anions the charge by `_by_anion`, mol/kg."""

    parts: Sequence[_Part]
    cations: Sequence[Ion]
    anions: Mapping[Ion, float]


def _content(formulation: Formulation) -> _Content:
    if _has_liquid_salts(formulation):
        composition = compose([formulation])
        of_anions = _by_anion(composition)[0].tolist()
        anions = dict(zip(composition.anions, of_anions, strict=True))
        return _Content(_parts_with_liquid_salts(composition), composition.cations, anions)
    anions = {}
    for part in formulation.salts:
        charge = part.molality_mol_kg * part.salt.n_cation * part.salt.cation.charge
        anions[part.salt.anion] = anions.get(part.salt.anion, 0.0) + charge
    cations = list(dict.fromkeys(part.salt.cation for part in formulation.salts))
    return _Content(_parts(formulation), cations, anions)


def _parts(formulation: Formulation) -> list[_Part]:
    if _has_liquid_salts(formulation):
        return _parts_with_liquid_salts(compose([formulation]))
    return [_Part(s.solvent.smiles, s.solvent.name, s.mass_fraction) for s in formulation.solvents]


def _has_liquid_salts(formulation: Formulation) -> bool:
    salts = any(makes_liquids(part.salt.cation.smiles) for part in formulation.salts)
    return salts or bool(formulation.ionic_liquids)


def _parts_with_liquid_salts(composition: Composition) -> list[_Part]:
    """Of a single recipe."""
    molecules = composition.solvent_mole_fraction[0] * composition.molecules_mol_kg
    parts = [
        _Part(s.smiles, s.name, n * s.molar_mass_g_mol / _G_PER_KG)
        for s, n in zip(composition.solvents, molecules.tolist(), strict=True)
    ]
    fraction = composition.cation_fraction[0].tolist()
    weighed = [
        (ion, share * ion.molar_mass_g_mol)
        for ion, share in zip(composition.cations, fraction, strict=True)
        if makes_liquids(ion.smiles)
    ]
    liquid, total = 1.0 - sum(part.share for part in parts), sum(mass for _, mass in weighed)
    return [
        *parts,
        *(_Part(ion.smiles, ion.name, liquid * mass / total, True) for ion, mass in weighed),
    ]


def _main(parts: Sequence[_Part]) -> list[_Part]:
    """Parts that make up most of a mixture; the largest where none does."""
    least = min(_MAIN_SHARE, max((part.share for part in parts), default=0.0))
    return [part for part in parts if part.share >= least]


def _by_anion(composition: Composition) -> NDArray[np.float64]:
    """Charge of cations that make no liquids, as shared by the anions, mol/kg, shape (u, a)."""
    charge = composition.anion_fraction * [-ion.charge for ion in composition.anions]
    total = charge.sum(axis=1, keepdims=True)
    share = np.divide(charge, total, out=np.zeros_like(charge), where=total > 0)
    return composition.solute_mol_kg[:, None] * share


def _span(ranges: Iterable[tuple[float, float]]) -> tuple[float, float]:
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def _ranges(
    measurements: Measurements, contents: Sequence[_Content]
) -> dict[str, tuple[float, float]]:
    """Temperatures that mixtures of mostly each solvent or liquid salt were measured at."""
    lowest = np.full(len(contents), np.inf)
    np.minimum.at(lowest, measurements.formulation_index, measurements.temperature_k)
    highest = np.full(len(contents), -np.inf)
    np.maximum.at(highest, measurements.formulation_index, measurements.temperature_k)
    ranges: dict[str, tuple[float, float]] = {}
    for content, coldest, hottest in zip(contents, lowest.tolist(), highest.tolist(), strict=True):
        for part in _main(content.parts) if coldest <= hottest else ():
            low, high = ranges.get(part.smiles, (np.inf, -np.inf))
            ranges[part.smiles] = min(low, coldest), max(high, hottest)
    return ranges
