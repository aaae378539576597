"""Applicability domain of the conductivity model, with reasons why a recipe is outside.

Shares and molalities are by mass of molecules and liquid salts together, whether a liquid salt was
written as a solvent or as a salt (`electrolyte_ml.features.Composition`). A liquid salt is known by
its cation, beside the solvents. Its own amount has no limit, since it may be pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.features import Composition, compose
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
# Where a text names a share.
_WT = "{:.0f} wt%"


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
        composition = compose(measurements.formulations)
        contents = _Contents.of(composition)
        of_anions = zip(contents.anions, contents.charge.T, contents.holds_anion.T, strict=True)
        shares: dict[str, dict[str, float]] = {}
        highest: dict[str, float] = {}
        for anion, charge, held in of_anions:
            most = contents.share[held].max(axis=0, initial=0.0).tolist()
            shares[anion.smiles] = {
                part.smiles: share
                for part, share in zip(contents.parts, most, strict=True)
                if share > 0
            }
            if charge.any():
                highest[anion.smiles] = float(charge.max())
        return cls(
            highest_share=shares,
            highest_molality=highest,
            cations=frozenset(ion.smiles for ion in contents.cations),
            range_k=_ranges(
                contents,
                composition.index[measurements.formulation_index],
                measurements.temperature_k,
            ),
        )

    def faults(self, composition: Composition) -> list[list[str]]:
        """Why each of u recipes is outside, whatever its temperature; empty if it is inside."""
        contents = _Contents.of(composition)
        faults: list[list[str]] = [[] for _ in range(composition.n_formulations)]
        for ion, held in zip(contents.cations, contents.holds_cation.T, strict=True):
            if ion.smiles not in self.cations:
                for row in np.flatnonzero(held).tolist():
                    faults[row].append(f"no training data with the cation {ion.name}")
        for ion, held, charge in zip(
            contents.anions, contents.holds_anion.T, contents.charge.T, strict=True
        ):
            for row in np.flatnonzero(held & self._is_beyond(ion, charge)).tolist():
                faults[row].append(self._anion_fault(ion, float(charge[row])))
        most = contents.share.max(axis=0, initial=0.0)
        # Those with the largest share first, so that what matters most is read first.
        found: list[tuple[int, float, str]] = []
        for column in np.flatnonzero(most > 0).tolist():
            found += self._share_faults(contents, column)
        for row, _, text in sorted(found, key=lambda fault: (fault[0], -fault[1])):
            faults[row].append(text)
        return faults

    def _is_beyond(self, anion: Ion, charge: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether an anion was not measured with so much charge, or not at all, shape (u,)."""
        if anion.smiles not in self.highest_share:
            return np.ones(len(charge), dtype=np.bool_)
        return charge > _MOLALITY_MARGIN * self.highest_molality.get(anion.smiles, 0.0)

    def _anion_fault(self, anion: Ion, molality: float) -> str:
        if anion.smiles not in self.highest_share:
            return f"no training data with the anion {anion.name}"
        highest = self.highest_molality.get(anion.smiles)
        if highest is None:
            return f"{anion.name} was measured in ionic liquids alone"
        return (
            f"{molality:.2g} mol/kg is above the highest measured with "
            f"{anion.name}, {highest:.2g} mol/kg"
        )

    def _share_faults(self, contents: _Contents, column: int) -> list[tuple[int, float, str]]:
        """Row, share and text of the recipes that hold too much of a solvent or liquid salt."""
        part, share = contents.parts[column], contents.share[:, column]
        told = np.zeros(len(share), dtype=np.bool_)
        found: list[tuple[int, float, str]] = []

        def tell(which: NDArray[np.bool_], text: str) -> None:
            rows = np.flatnonzero(which & ~told).tolist()
            shares = share[rows].tolist()
            found.extend(
                (row, held, text.format(100 * held)) for row, held in zip(rows, shares, strict=True)
            )
            told[rows] = True

        if self._measured_share.get(part.smiles, 0.0) < NOTABLE_SHARE:
            if not part.is_salt:
                tell(
                    share >= NOTABLE_SHARE, f"no training data with the solvent {part.name} ({_WT})"
                )
            elif part.smiles in self.cations:  # others are told among the cations
                tell(share >= NOTABLE_SHARE, f"no training data with liquids of {part.name}")
            else:
                told |= share >= NOTABLE_SHARE
        for anion, held in zip(contents.anions, contents.holds_anion.T, strict=True):
            if anion.smiles in self.highest_share:
                highest = self.highest_share[anion.smiles].get(part.smiles, 0.0)
                measured = f"at most {100 * highest:.0f} wt%" if highest else "no"
                tell(
                    held & (share > highest + _SHARE_MARGIN),
                    f"{anion.name} was measured with {measured} {part.name}, here {_WT}",
                )
        return found

    def temperature_faults(
        self, composition: Composition, temperature_k: NDArray[np.float64]
    ) -> list[str | None]:
        """Why temperatures are outside for mixtures like these; None where they are inside.

        Parameters
        ----------
        composition
            Of n rows.
        temperature_k
            K, shape (n,).
        """
        contents = _Contents.of(composition)
        coldest, hottest = self._spans(contents)
        low, high = coldest[composition.index], hottest[composition.index]
        margin = _TEMPERATURE_MARGIN_K
        outside = (temperature_k < low - margin) | (temperature_k > high + margin)
        faults: list[str | None] = [None] * len(temperature_k)
        for row in np.flatnonzero(outside):
            at = composition.index[row]
            mostly = " or ".join(
                contents.parts[column].name
                for column in np.argsort(-contents.share[at], kind="stable")
                if contents.main[at, column] and contents.parts[column].smiles in self.range_k
            )
            faults[row] = temperature_fault(
                float(temperature_k[row]),
                float(low[row]),
                float(high[row]),
                margin_k=margin,
                measured=f" of mixtures of mostly {mostly}" if mostly else "",
            )
        return faults

    def _spans(self, contents: _Contents) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coldest and hottest measurement of mixtures like each of u recipes, K, shapes (u,).

        Of everything that was measured where nothing was with its main parts.
        """
        known = [self.range_k.get(part.smiles, (np.inf, -np.inf)) for part in contents.parts]
        lows, highs = np.array(known).reshape(-1, 2).T
        coldest = np.where(contents.main, lows, np.inf).min(axis=1, initial=np.inf)
        hottest = np.where(contents.main, highs, -np.inf).max(axis=1, initial=-np.inf)
        lowest, highest = zip(*self.range_k.values(), strict=True)
        coldest = np.where(np.isfinite(coldest), coldest, min(lowest))
        return coldest, np.where(np.isfinite(hottest), hottest, max(highest))

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
    """A solvent, or the liquid salts of one cation."""

    smiles: str
    name: str
    is_salt: bool


class _Contents(NamedTuple):
    """What u recipes hold, however they are written.

    Attributes
    ----------
    parts
        Solvents, and liquid salts by their cation, length p.
    share
        Their shares of the mass of them all, shape (u, p).
    cations, anions
        Ions, lengths c and a.
    holds_cation, holds_anion
        Which ions a recipe has, shapes (u, c) and (u, a).
    charge
        Charge of cations that make no liquids, as shared by the anions, mol/kg, shape (u, a).
    """

    parts: Sequence[_Part]
    share: NDArray[np.float64]
    cations: Sequence[Ion]
    holds_cation: NDArray[np.bool_]
    anions: Sequence[Ion]
    holds_anion: NDArray[np.bool_]
    charge: NDArray[np.float64]

    @classmethod
    def of(cls, composition: Composition) -> _Contents:
        liquid = [i for i, ion in enumerate(composition.cations) if makes_liquids(ion.smiles)]
        cations = [composition.cations[i] for i in liquid]
        molecules = composition.solvent_mole_fraction * composition.molecules_mol_kg[:, None]
        masses = [s.molar_mass_g_mol / _G_PER_KG for s in composition.solvents]
        of_molecules = molecules * np.array(masses, dtype=np.float64)
        of_salts = composition.cation_fraction[:, liquid] * np.array(
            [ion.molar_mass_g_mol for ion in cations], dtype=np.float64
        )
        total = of_salts.sum(axis=1)
        rest = np.divide(
            1.0 - of_molecules.sum(axis=1), total, out=np.zeros_like(total), where=total > 0
        )
        return cls(
            parts=(
                *(_Part(s.smiles, s.name, False) for s in composition.solvents),
                *(_Part(ion.smiles, ion.name, True) for ion in cations),
            ),
            share=np.hstack([of_molecules, rest[:, None] * of_salts]),
            cations=composition.cations,
            holds_cation=composition.cation_fraction > 0,
            anions=composition.anions,
            holds_anion=composition.anion_fraction > 0,
            charge=_by_anion(composition),
        )

    @property
    def main(self) -> NDArray[np.bool_]:
        """Parts that make up most of a mixture, or the largest where none does, shape (u, p)."""
        least = np.minimum(_MAIN_SHARE, self.share.max(axis=1, initial=0.0))
        main: NDArray[np.bool_] = (self.share > 0) & (self.share >= least[:, None])
        return main


def _by_anion(composition: Composition) -> NDArray[np.float64]:
    """Charge of cations that make no liquids, as shared by the anions, mol/kg, shape (u, a)."""
    charge = composition.anion_fraction * [-ion.charge for ion in composition.anions]
    total = charge.sum(axis=1, keepdims=True)
    share = np.divide(charge, total, out=np.zeros_like(charge), where=total > 0)
    return composition.solute_mol_kg[:, None] * share


def _ranges(
    contents: _Contents, index: NDArray[np.intp], kelvin: NDArray[np.float64]
) -> dict[str, tuple[float, float]]:
    """Temperatures that mixtures of mostly each solvent or liquid salt were measured at."""
    main = contents.main[index]
    return {
        part.smiles: (float(kelvin[of_part].min()), float(kelvin[of_part].max()))
        for part, of_part in zip(contents.parts, main.T, strict=True)
        if of_part.any()
    }
