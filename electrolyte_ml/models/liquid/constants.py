r"""Phase-change constants of pure solvents, and mixtures of them as mole fractions.

Constants are from the catalog, or estimated by rules, each fitted to the catalog's own values (a
test repeats the fits):

- entropy of fusion :math:`\Delta S = 41.5 + 5.1\,n_{rot}` J/mol/K, with the number of bonds that
  turn; Walden's constant is 56.5 [1]_. Standard deviation 8.8 over 43 solvents; those below
  20 J/mol/K, mostly plastic crystals, left out;
- entropy of vaporisation at the boiling point :math:`-50.9 + 24.2 \ln T_b` J/mol/K, a form of
  Trouton's rule. Standard deviation 6.9;
- flash point :math:`11.8 + 0.727\,T_b` K, standard deviation 15 K, without fluorinated solvents.

Deviations from ideal mixing follow Hildebrand's regular solution with a factor,

.. math:: RT \ln\gamma_i = k\,V_i\,(\delta_i - \bar\delta)^2

with solubility parameters :math:`\delta` and their mean by volume :math:`\bar\delta`. Cohesion
overstates the deviation of polar liquids; with :math:`k = 1/4` EC:DMC 1:1 by weight freezes at
9 °C, as mapped by calorimetry [2]_ (read from memory, not checked).

References
----------
.. [1] Walden, Z. Elektrochem. 1908, 14, 713.
.. [2] Ding, Xu, Jow, J. Electrochem. Soc. 2000, 147, 1688. https://doi.org/10.1149/1.1393419
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition
from electrolyte_ml.files import packaged_table
from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.species import Solvent
from electrolyte_ml.species.chemistry import canonical_smiles, molecule_of
from electrolyte_ml.units import GAS_CONSTANT_J_MOL_K, ROOM_TEMPERATURE_K

# Change of the heat capacity when a liquid boils: mean of 39 catalog solvents whose enthalpy of
# vaporisation is known at 298 K and at the boiling point; standard deviation 10.
VAPORISATION_HEAT_CAPACITY_J_MOL_K = -58.0
FUSION_ENTROPY = (41.5, 5.13)
VAPORISATION_ENTROPY = (-50.9, 24.2)
FLASH_FROM_BOILING = (11.8, 0.727)
# Of solvents without any of the numbers it follows from: the catalog's median.
_SOLUBILITY_PARAMETER_MPA05 = 20.0
# Ions by formula unit: free ions in the middle of the band, pairs at one end. At the other end
# each unit counts twice as much, for the solvent that the ions bind. Salts of more than two ions
# are counted as if of two: a divalent cation keeps an anion with it.
PARTICLES_BY_UNIT = 2.0
FEWEST_PARTICLES_BY_UNIT = 1.0
MOST_PARTICLES_BY_UNIT = 4.0
DEVIATION = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseConstants:
    """Constants of s solvents as arrays, shape (s,); NaN where nothing is known.

    Attributes
    ----------
    names
        Names of the solvents.
    melting_k, boiling_k, flash_k
        Melting point, boiling point at 1 atm, flash point, K.
    fusion_j_mol
        Enthalpy of fusion, J/mol.
    vaporisation_j_mol
        Enthalpy of vaporisation at 298.15 K, J/mol.
    molar_volume_cm3_mol
        Of the liquid at 298.15 K.
    solubility_parameter_mpa05
        Hildebrand's, MPa^0.5.
    burns
        False where the solvent is known to have no flash point.
    fusion_is_estimated, vaporisation_is_estimated, flash_is_estimated
        Whether the value comes from a rule of this module.
    is_protic
        Whether a hydrogen on O or N binds the liquid, which no rule here describes.
    """

    names: tuple[str, ...]
    melting_k: NDArray[np.float64]
    boiling_k: NDArray[np.float64]
    flash_k: NDArray[np.float64]
    fusion_j_mol: NDArray[np.float64]
    vaporisation_j_mol: NDArray[np.float64]
    molar_volume_cm3_mol: NDArray[np.float64]
    solubility_parameter_mpa05: NDArray[np.float64]
    burns: NDArray[np.bool_]
    fusion_is_estimated: NDArray[np.bool_]
    vaporisation_is_estimated: NDArray[np.bool_]
    flash_is_estimated: NDArray[np.bool_]
    is_protic: NDArray[np.bool_]


def phase_constants(solvents: Sequence[Solvent]) -> PhaseConstants:
    """Constants of solvents, in their order.

    Parameters
    ----------
    solvents
        Length s; from the catalog or known by SMILES only.
    """
    melting, boiling, flash, fusion, vaporisation = (
        _known(solvents, name)
        for name in (
            "melting_point_k",
            "boiling_point_k",
            "flash_point_k",
            "fusion_enthalpy_kj_mol",
            "vaporisation_enthalpy_kj_mol",
        )
    )
    entropy = FUSION_ENTROPY[0] + FUSION_ENTROPY[1] * np.array(
        [turning_bonds(s.smiles) for s in solvents], dtype=np.float64
    )
    no_fusion, no_vaporisation, no_flash = (
        np.isnan(array) for array in (fusion, vaporisation, flash)
    )
    a, b = FLASH_FROM_BOILING
    # A solvent of known flash point boils where the rule, turned round, says; only the slope of
    # its vapour pressure is taken from that.
    boils_about = np.where(np.isnan(boiling), (flash - a) / b, boiling)
    heat = np.where(no_vaporisation, vaporisation_rule_j_mol(boils_about), 1000 * vaporisation)
    volume = np.array([s.molar_mass_g_mol / density_g_cm3(s).value for s in solvents])
    burns = np.array([s.smiles not in without_flash_point() for s in solvents], dtype=np.bool_)
    return PhaseConstants(
        names=tuple(s.name for s in solvents),
        melting_k=melting,
        boiling_k=boiling,
        flash_k=np.where(burns, np.where(no_flash, a + b * boiling, flash), np.nan),
        fusion_j_mol=np.where(no_fusion, entropy * melting, 1000 * fusion),
        vaporisation_j_mol=heat,
        molar_volume_cm3_mol=volume,
        solubility_parameter_mpa05=_solubility_parameter(heat, volume),
        burns=burns,
        fusion_is_estimated=no_fusion,
        vaporisation_is_estimated=no_vaporisation,
        flash_is_estimated=no_flash & burns,
        is_protic=np.array([_is_protic(s.smiles) for s in solvents], dtype=np.bool_),
    )


def vaporisation_rule_j_mol(boiling_k: NDArray[np.float64]) -> NDArray[np.float64]:
    """Enthalpy of vaporisation at 298.15 K from the boiling point, J/mol."""
    offset, slope = VAPORISATION_ENTROPY
    at_boiling = boiling_k * (offset + slope * np.log(boiling_k))
    return at_boiling - VAPORISATION_HEAT_CAPACITY_J_MOL_K * (boiling_k - ROOM_TEMPERATURE_K)


@cache
def turning_bonds(smiles: str) -> int:
    """Single bonds outside rings between atoms that both hold more than one heavy atom."""
    return sum(
        bond.GetBondTypeAsDouble() == 1
        and not bond.IsInRing()
        and bond.GetBeginAtom().GetDegree() > 1
        and bond.GetEndAtom().GetDegree() > 1
        for bond in molecule_of(smiles).GetBonds()
    )


@cache
def without_flash_point() -> frozenset[str]:
    """SMILES of liquids whose vapour does not burn in the test."""
    rows = packaged_table("models/liquid/tables/no_flash_point.csv")
    return frozenset(canonical_smiles(row["smiles"]) for row in rows)


@cache
def _is_protic(smiles: str) -> bool:
    return any(
        atom.GetSymbol() in {"O", "N"} and atom.GetTotalNumHs() > 0
        for atom in molecule_of(smiles).GetAtoms()
    )


def _known(solvents: Sequence[Solvent], name: str) -> NDArray[np.float64]:
    values = (s.value(name) for s in solvents)
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _solubility_parameter(
    vaporisation_j_mol: NDArray[np.float64], volume_cm3_mol: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Hildebrand's parameter from the cohesive energy; J/cm3 is MPa."""
    energy = vaporisation_j_mol - GAS_CONSTANT_J_MOL_K * ROOM_TEMPERATURE_K
    known = ~np.isnan(energy)
    parameter = np.full(len(energy), _SOLUBILITY_PARAMETER_MPA05)
    parameter[known] = np.sqrt(energy[known] / volume_cm3_mol[known])
    return parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """u recipes of s distinct solvents.

    Attributes
    ----------
    constants
        Of the solvents, arrays of shape (s,).
    among_solvents
        Mole fraction among the solvents, shape (u, s).
    units_by_solvent
        Formula units of salt by molecule of solvent, shape (u,).
    """

    constants: PhaseConstants
    among_solvents: NDArray[np.float64]
    units_by_solvent: NDArray[np.float64]

    @classmethod
    def of(cls, composition: Composition) -> Solution:
        """The solution of a composition."""
        x = composition.solvent_mole_fraction
        # A formula unit holds the smaller of the numbers of cations and anions.
        charges = np.ones(len(x))
        for ions, fraction in (
            (composition.cations, composition.cation_fraction),
            (composition.anions, composition.anion_fraction),
        ):
            mean = fraction @ np.array([abs(ion.charge) for ion in ions], dtype=np.float64)
            charges = np.maximum(charges, mean)
        return cls(
            constants=phase_constants(composition.solvents),
            among_solvents=x,
            units_by_solvent=composition.molality_mol_kg / charges / composition.molecules_mol_kg,
        )

    def mole_fraction(self, particles_by_unit: float = PARTICLES_BY_UNIT) -> NDArray[np.float64]:
        """Mole fraction of each solvent, ions counted as particles, shape (u, s)."""
        return self.among_solvents / (1 + particles_by_unit * self.units_by_solvent)[:, None]

    def mixing_j_mol(self, deviation: float = DEVIATION) -> NDArray[np.float64]:
        """``RT ln gamma`` of each solvent, J/mol, shape (u, s); `deviation` is the factor ``k``."""
        c = self.constants
        volume = self.among_solvents * c.molar_volume_cm3_mol
        volume /= volume.sum(axis=1, keepdims=True)
        mean = volume @ c.solubility_parameter_mpa05
        difference = c.solubility_parameter_mpa05[None] - mean[:, None]
        return deviation * c.molar_volume_cm3_mol * difference**2
