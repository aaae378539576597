r"""Phase-change constants of pure solvents: from the catalog, estimated where a rule allows it.

Rules, each fitted to the catalog's own values (a test repeats the fits):

- entropy of fusion :math:`\Delta S = 41.5 + 5.1\,n_{rot}` J/mol/K, with the number of bonds that
  turn; Walden's constant is 56.5 [1]_. Standard deviation 8.8 over 43 solvents; those below
  20 J/mol/K, mostly plastic crystals, left out;
- entropy of vaporisation at the boiling point :math:`-50.9 + 24.2 \ln T_b` J/mol/K, a form of
  Trouton's rule. Standard deviation 6.9;
- flash point :math:`11.8 + 0.727\,T_b` K, standard deviation 15 K, without fluorinated solvents.

References
----------
.. [1] Walden, Z. Elektrochem. 1908, 14, 713.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.species import Solvent
from electrolyte_ml.species.chemistry import canonical_smiles, molecule_of

GAS_CONSTANT = 8.314462618
REFERENCE_K = 298.15
# Change of the heat capacity when a liquid boils: mean of 39 catalog solvents whose enthalpy of
# vaporisation is known at 298 K and at the boiling point; standard deviation 10.
VAPORISATION_HEAT_CAPACITY_J_MOL_K = -58.0
FUSION_ENTROPY = (41.5, 5.13)
VAPORISATION_ENTROPY = (-50.9, 24.2)
FLASH_FROM_BOILING = (11.8, 0.727)
# Of solvents without any of the numbers it follows from: the catalog's median.
_SOLUBILITY_PARAMETER_MPA05 = 20.0
_TABLES = files("electrolyte_ml.models.liquid.tables")


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
    return at_boiling - VAPORISATION_HEAT_CAPACITY_J_MOL_K * (boiling_k - REFERENCE_K)


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
    import csv

    text = (_TABLES / "no_flash_point.csv").read_text(encoding="utf-8")
    return frozenset(canonical_smiles(row["smiles"]) for row in csv.DictReader(text.splitlines()))


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
    energy = vaporisation_j_mol - GAS_CONSTANT * REFERENCE_K
    known = ~np.isnan(energy)
    parameter = np.full(len(energy), _SOLUBILITY_PARAMETER_MPA05)
    parameter[known] = np.sqrt(energy[known] / volume_cm3_mol[known])
    return parameter
