r"""Law of the rise of viscosity with salt.

With molality :math:`m` of positive charge and the viscosity :math:`\eta_0` of the solvents:

.. math::

   \ln \frac{\eta}{\eta_0} = m \left[\alpha + \beta \tanh \ln \eta_0^{298}
       + \delta_\mathrm{cation} + \delta_\mathrm{anion} + \gamma m \right]
       \left(\frac{\eta_0}{\eta_0^{298}}\right)^\nu,

with :math:`\alpha` to :math:`\delta` at least 0.5 in sum and :math:`\gamma \ge 0`, so that the
viscosity rises with concentration. It is the exponential form of the Jones-Dole equation [1]_ at
concentrations where its root term is small. The rise is steeper in viscous and in cold solvents.

Open data hold many conductivities of battery electrolytes and hardly any viscosity. In PC the
product of molar conductivity and viscosity is almost constant up to 3 mol/L of LiPF6 [2]_. The
coefficients are therefore fitted to the fall of the molar conductivity with molality (Walden's
rule) in solvents that dissociate salts well. Sodium ions make a solution less viscous than lithium
ions do [3]_ and conduct 10 to 20 % better at 0.5 to 2 mol/L, which by the same rule is the number
used.
The term of each cation is a row of ``tables/cations.csv``.

References
----------
.. [1] Jones, Dole, J. Am. Chem. Soc. 1929, 51, 2950. https://doi.org/10.1021/ja01385a012
.. [2] Kondo et al., J. Phys. Chem. B 2000, 104, 5040 (abstract).
.. [3] Kuratani et al., J. Power Sources 2013, 223, 175 (abstract).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition
from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species import Ion
from electrolyte_ml.species.catalog import packaged_catalog

_UNKNOWN_ION_SD = 0.35
# The exponent of Walden's rule, taken as 1, lies between 0.85 and 1.15 for most electrolytes.
_WALDEN_SHARE = 0.15
# Walden's rule says little of thin solvents; NaPF6 and NaOTf thicken DME and diglyme by 0.7 to 0.9
# (1 mol/L, 25 degC; second-hand, read in a public repository that prints no unit).
_LEAST_SLOPE = 0.5
#: Highest molality that the rule was calibrated to, mol/kg.
HIGHEST_MOLALITY = 3.0
FEW_MEASUREMENTS = "viscosity with salt rests on few measurements"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltLaw:
    """Coefficients of the law, natural logarithm by kg/mol.

    Attributes
    ----------
    base, per_solvent
        The law's alpha and beta.
    curvature
        Gamma, kg2/mol2.
    cooling
        The exponent nu of the solvents' thickening by cold.
    anions
        Deviation of anions by SMILES; others deviate by nothing, with a larger standard deviation.
    sd
        Of the bracket, from one solvent, molality and temperature to another.
    """

    base: float
    per_solvent: float
    curvature: float
    cooling: float
    anions: Mapping[str, float]
    sd: float

    def increment(
        self,
        composition: Composition,
        index: NDArray[np.intp],
        ln_solvent: NDArray[np.float64],
        ln_solvent_298: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Logarithm of the viscosity relative to the solvents', and its standard deviation.

        Parameters
        ----------
        composition
            Amounts in u formulations.
        index
            Which of them each row is about, shape (n,).
        ln_solvent, ln_solvent_298
            Natural logarithm of the solvents' viscosity in mPa s at the row's temperature and at
            298.15 K, shape (n,).

        Returns
        -------
        increment, sd
            Natural logarithms, shape (n,); zero without salt.
        """
        anion, anion_sd = _mean(composition.anions, composition.anion_fraction, self._anion)
        cation, cation_sd = _mean(composition.cations, composition.cation_fraction, _cation)
        molality = composition.charge_by_molecules_mol_kg[index]
        slope = self.base + self.per_solvent * np.tanh(ln_solvent_298) + (anion + cation)[index]
        slope = np.maximum(slope, _LEAST_SLOPE) + self.curvature * molality
        ions_sd = np.hypot(anion_sd, cation_sd)[index]
        sd = np.sqrt(self.sd**2 + ions_sd**2 + (_WALDEN_SHARE * slope) ** 2)
        amount = molality * np.exp(self.cooling * (ln_solvent - ln_solvent_298))
        return amount * slope, amount * sd

    def faults(self, formulation: Formulation) -> list[str]:
        """Why the salts of a recipe are outside; empty if they are inside."""
        faults = []
        for part in formulation.salts:
            if part.salt.cation.smiles not in known_cations():
                faults.append(f"no data with the cation {part.salt.cation.name}")
            if part.salt.anion.smiles not in self.anions:
                faults.append(f"no data with the anion {part.salt.anion.name}")
        total = sum(
            s.molality_mol_kg * s.salt.n_cation * s.salt.cation.charge for s in formulation.salts
        )
        if total > HIGHEST_MOLALITY:
            faults.append(f"{total:.2g} mol/kg of salt, above {HIGHEST_MOLALITY:g} mol/kg")
        return faults

    def _anion(self, ion: Ion) -> tuple[float, float]:
        known = self.anions.get(ion.smiles)
        return (0.0, _UNKNOWN_ION_SD) if known is None else (known, 0.0)

    def to_dict(self) -> dict[str, Any]:
        """For the model file."""
        return {
            "base": self.base,
            "per_solvent": self.per_solvent,
            "curvature": self.curvature,
            "cooling": self.cooling,
            "anions": dict(sorted(self.anions.items())),
            "sd": self.sd,
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> SaltLaw:
        """From the model file."""
        return cls(**held)


@cache
def known_cations() -> dict[str, tuple[float, float]]:
    """By SMILES: deviation of a cation from lithium, natural logarithm by kg/mol, and its error."""
    catalog = packaged_catalog()
    return {
        catalog.ion(row["cation"]).smiles: (float(row["shift_kg_mol"]), float(row["sd_kg_mol"]))
        for row in packaged_table("models/viscosity/tables/cations.csv")
    }


def _cation(ion: Ion) -> tuple[float, float]:
    return known_cations().get(ion.smiles, (0.0, _UNKNOWN_ION_SD))


def _mean(
    ions: Sequence[Ion], fraction: NDArray[np.float64], of_ion: Any
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of the ions' deviations in each formulation, and of their standard deviations."""
    values = np.array([of_ion(ion) for ion in ions], dtype=np.float64).reshape(len(ions), 2)
    shift, sd = (fraction @ values).T
    return shift, sd
