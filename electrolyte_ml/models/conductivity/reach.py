r"""How far an electrolyte lies beyond all that was measured, as an addition to the scale of errors.

The members of the ensemble agree too well where none of them was taught. What is added, in
quadrature, to the scale of their errors in log10 is

.. math::

   r^2 = \Big(0.3 \sum_a x_a \ln^+ \frac{q}{q_a}\Big)^2
       + (0.12\, x_\mathrm{new\ anions})^2
       + (0.10\, x_\mathrm{new\ cations})^2
       + (0.08\, x_\mathrm{new\ solvents})^2

with the shares :math:`x` of the species in their role, the concentration :math:`q` of charge in
mol/L, and the highest concentration :math:`q_a` of the anion :math:`a` that was measured with
cations of the same kind, metals or organic ones; :math:`\ln^+` is the logarithm held between 0
and 2. The four numbers were chosen on the splits by concentration, anion and solvent of the suite
``chemistry``, that of cations by analogy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.rows import MixtureRows, TrainingRows

_PER_LN_CHARGE = 0.3
_NEW_ANION, _NEW_CATION, _NEW_SOLVENT = 0.12, 0.10, 0.08
_FARTHEST_LN = 2.0
_METALS, _ORGANIC = "with metals", "with organic cations"
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What was measured, as far as the scale of errors depends on it.

    Attributes
    ----------
    solvents, cations
        SMILES of the species that were measured.
    highest_charge_mol_l
        By ``with metals`` or ``with organic cations``, then by SMILES of the anion: its highest
        concentration of charge, mol/L.
    """

    solvents: frozenset[str]
    cations: frozenset[str]
    highest_charge_mol_l: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, rows: TrainingRows) -> Reach:
        """Reach of measured electrolytes; those that are not trusted are left out."""
        rows = rows.learnt()
        mixtures, charge = rows.mixtures, np.exp(rows.ln_charge)
        of_anion = charge[:, None] * mixtures.anion_share[mixtures.index]
        with_metal = mixtures.holds_metal()
        return cls(
            solvents=_measured(mixtures, "solvent"),
            cations=_measured(mixtures, "cation"),
            highest_charge_mol_l={
                kind: {
                    name: float(highest)
                    for name, highest in zip(
                        mixtures.anions, of_anion[held].max(axis=0, initial=0.0), strict=True
                    )
                    if highest > 0
                }
                for kind, held in ((_METALS, with_metal), (_ORGANIC, ~with_metal))
            },
        )

    def beyond(self, mixtures: MixtureRows, ln_charge: _Floats) -> _Floats:
        """Addition to the scale of errors in log10, shape (n,).

        Parameters
        ----------
        mixtures
            Species of n electrolytes.
        ln_charge
            Natural logarithm of their concentration of positive charge in mol/L, shape (n,).
        """
        anions = {name for held in self.highest_charge_mol_l.values() for name in held}
        squared = (_PER_LN_CHARGE * self._ln_excess(mixtures, ln_charge)) ** 2
        for role, known, size in (
            ("anion", anions, _NEW_ANION),
            ("cation", self.cations, _NEW_CATION),
            ("solvent", self.solvents, _NEW_SOLVENT),
        ):
            squared += (size * mixtures.foreign_share(known, roles=(role,))) ** 2
        return np.sqrt(squared)

    def _ln_excess(self, mixtures: MixtureRows, ln_charge: _Floats) -> _Floats:
        """Mean over the anions of how far the charge is above the highest measured, shape (n,)."""
        with_metal = mixtures.holds_metal()
        excess = np.zeros(len(ln_charge))
        for own, others, held in (
            (_METALS, _ORGANIC, with_metal),
            (_ORGANIC, _METALS, ~with_metal),
        ):
            # An anion that was never measured with such cations counts as with the others.
            highest = {**self.highest_charge_mol_l[others], **self.highest_charge_mol_l[own]}
            for name, share in zip(mixtures.anions, mixtures.anion_share.T, strict=True):
                if name in highest:
                    above = np.clip(ln_charge - np.log(highest[name]), 0.0, _FARTHEST_LN)
                    excess += np.where(held, share[mixtures.index] * above, 0.0)
        return excess

    def to_dict(self) -> dict[str, Any]:
        """For the model file."""
        return {
            "solvents": sorted(self.solvents),
            "cations": sorted(self.cations),
            "highest_charge_mol_l": {
                kind: dict(sorted(held.items())) for kind, held in self.highest_charge_mol_l.items()
            },
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Self:
        """From the model file."""
        return cls(
            solvents=frozenset(held["solvents"]),
            cations=frozenset(held["cations"]),
            highest_charge_mol_l={k: dict(v) for k, v in held["highest_charge_mol_l"].items()},
        )


def _measured(mixtures: MixtureRows, role: str) -> frozenset[str]:
    """SMILES of the species of a role that some row holds."""
    names: tuple[str, ...] = getattr(mixtures, f"{role}s")
    held = getattr(mixtures, f"{role}_share")[np.unique(mixtures.index)].max(axis=0, initial=0.0)
    return frozenset(name for name, share in zip(names, held, strict=True) if share > 0)
