"""Amounts in any bases as one linear system.

Unknowns are the mass of the base solvents and of each additive (kg by kg of all solvents) and the
moles of each salt (by kg of all solvents). The first equation says that the solvents sum to 1 kg;
each given amount is one more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import AmountError
from electrolyte_ml.formulation.bases import AdditiveBasis, SaltBasis
from electrolyte_ml.formulation.density import density_g_cm3, salt_volume_cm3_mol

if TYPE_CHECKING:
    from electrolyte_ml.formulation.amounts import Amounts

# Beyond the most concentrated liquid electrolytes known (aqueous "water in salt", 60 mol/kg).
_HIGHEST_MOLALITY = 100.0


class LinearSystem:
    """Linear equations in (kg of base solvents, kg of additives, mol of salts) per kg solvents."""

    def __init__(
        self, amounts: Amounts, parts: NDArray[np.float64], ratio_units_per_kg: float
    ) -> None:
        self.amounts = amounts
        self.ratio_units_per_kg = ratio_units_per_kg
        solvents = [s for s, _ in amounts.blend]
        additives = [s for s, _, _ in amounts.additives]
        salts = [s for s, _, _ in amounts.all_salts]
        size = 1 + len(additives) + len(salts)
        base_volume = sum(p / density_g_cm3(s).value for s, p in zip(solvents, parts, strict=True))
        base_moles = sum(
            p * 1000 / s.molar_mass_g_mol for s, p in zip(solvents, parts, strict=True)
        )
        self.solvent_mass = np.array([1.0] * (1 + len(additives)) + [0.0] * len(salts))
        self.salt_mass = np.array(
            [0.0] * (1 + len(additives)) + [s.molar_mass_g_mol / 1000 for s in salts]
        )
        self.solvent_volume = np.array(
            [base_volume, *(1 / density_g_cm3(s).value for s in additives)] + [0.0] * len(salts)
        )
        self.volume = self.solvent_volume.copy()
        self.volume[1 + len(additives) :] = [salt_volume_cm3_mol(s).value / 1000 for s in salts]
        self.moles = np.array(
            [base_moles, *(1000 / s.molar_mass_g_mol for s in additives)] + [1.0] * len(salts)
        )
        self.unit = np.eye(size)
        # Picks what stands in the bottle before anything is added to the base electrolyte.
        self.in_base = np.zeros(size)
        self.in_base[[0, *range(1 + len(additives), 1 + len(additives) + len(amounts.salts))]] = 1

    def solve(self) -> NDArray[np.float64]:
        """Kilograms of base solvents and additives, then moles of salts, by kg of all solvents.

        Raises
        ------
        AmountError
            If no solution has these amounts.
        """
        n_additives = len(self.amounts.additives)
        rows = [self.solvent_mass]
        rows += [
            self._additive_row(1 + j, amount, basis)
            for j, (_, amount, basis) in enumerate(self.amounts.additives)
        ]
        rows += [
            self._salt_row(1 + n_additives + k, amount, basis)
            for k, (_, amount, basis) in enumerate(self.amounts.all_salts)
        ]
        try:
            # Amounts beyond all measure overflow; what comes out is then refused below.
            with np.errstate(all="ignore"):
                solution = np.linalg.solve(np.array(rows), self.unit[0])
        except np.linalg.LinAlgError:
            solution = np.full(len(rows), np.nan)
        molalities = solution[1 + n_additives :]
        if not (np.all(solution > 0) and np.all(molalities < _HIGHEST_MOLALITY)):
            raise AmountError(
                "no solution has these amounts: salts and additives leave no room for the solvents"
            )
        return solution

    def _additive_row(
        self, index: int, percent: float, basis: AdditiveBasis
    ) -> NDArray[np.float64]:
        share = percent / 100
        if basis is AdditiveBasis.VOLUME_PERCENT:
            return self.unit[index] * self.solvent_volume[index] - share * self.solvent_volume
        whole = {
            AdditiveBasis.MASS_PERCENT: self.solvent_mass + self.salt_mass,
            AdditiveBasis.MASS_PERCENT_OF_BASE: (self.solvent_mass + self.salt_mass) * self.in_base,
            AdditiveBasis.MASS_PERCENT_OF_SOLVENTS: self.solvent_mass,
        }[basis]
        return self.unit[index] - share * whole

    def _salt_row(self, index: int, amount: float, basis: SaltBasis) -> NDArray[np.float64]:
        added = self.in_base[index] == 0
        counted = np.ones_like(self.in_base) if added else self.in_base
        mass = (self.solvent_mass + self.salt_mass) * counted
        if basis is SaltBasis.MASS_PERCENT:
            return self.unit[index] * self.salt_mass[index] - amount / 100 * mass
        if basis is SaltBasis.MOLE_PERCENT:
            return self.unit[index] - amount / 100 * self.moles * counted
        whole = {
            SaltBasis.MOLARITY: self.volume * counted,
            SaltBasis.MOLALITY: self.solvent_mass * counted,
            SaltBasis.MOL_PER_KG_SOLUTION: mass,
            SaltBasis.RATIO: self.unit[0] * self.ratio_units_per_kg,
        }[basis]
        return self.unit[index] - amount * whole
