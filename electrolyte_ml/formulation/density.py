r"""Density of mixtures and solutions: ideal mixing of volumes.

The volume of a solution that holds one kilogram of solvents is

.. math:: V = \sum_i w_i / \rho_i(T) + \sum_s m_s (\nu_+ V_+ + \nu_- V_-)

with mass fractions :math:`w_i`, pure densities :math:`\rho_i`, molalities :math:`m_s` and
conventional partial molar volumes of the ions :math:`V_\pm`. Where the catalog lacks a number it is
estimated from the McGowan volume [1]_ and the estimate is reported as an assumption.

References
----------
.. [1] Abraham, McGowan, Chromatographia 1987, 23, 243. https://doi.org/10.1007/BF02311772
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from electrolyte_ml.species import Ion, Salt, Solvent
from electrolyte_ml.species.estimates import (
    ion_volume_cm3_mol,
    ionic_liquid_density_g_cm3,
    liquid_density_g_cm3,
)
from electrolyte_ml.species.ionic_liquids import ions_of
from electrolyte_ml.units import ROOM_TEMPERATURE_K

# Typical isobaric expansivity of organic liquids near room temperature, for solvents of
# unknown slope: DMC 1.3e-3, PC 0.9e-3, diglyme 1.1e-3 per K.
_EXPANSIVITY_PER_K = 1.1e-3
# Of 12 measured ionic liquids: 5.4e-4 to 6.7e-4 per K.
_IONIC_LIQUID_EXPANSIVITY_PER_K = 6.2e-4
# Below this share of the 25 degC density the linear law no longer describes a liquid.
_LOWEST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Estimated:
    """A number, and the assumption behind it, if any.

    Attributes
    ----------
    value
        The number; its unit is that of the function that returned it.
    assumption
        One line for the user, or an empty string.
    """

    value: float
    assumption: str = ""


@cache
def density_g_cm3(solvent: Solvent, temperature_k: float = ROOM_TEMPERATURE_K) -> Estimated:
    """Density of a pure liquid, linear in temperature.

    Parameters
    ----------
    solvent
        Catalog solvent, a molecule known by SMILES only, or an ionic liquid.
    temperature_k
        Temperature, K.

    Returns
    -------
    Estimated
        Density, g/cm3.
    """
    held = solvent.properties.get("density_g_cm3")
    is_ionic = bool(ions_of(solvent))
    if held is None:
        estimate = ionic_liquid_density_g_cm3 if is_ionic else liquid_density_g_cm3
        density = estimate(solvent.smiles)
        at_k = ROOM_TEMPERATURE_K
        source = "the volumes of its ions" if is_ionic else "its SMILES"
        assumption = f"density of {solvent.name} estimated from {source}: {density:.2f} g/cm3"
    else:
        density, at_k, assumption = held.value, held.temperature_k or ROOM_TEMPERATURE_K, ""
    slope = solvent.value("density_slope_g_cm3_k")
    if slope is None:
        expansivity = _IONIC_LIQUID_EXPANSIVITY_PER_K if is_ionic else _EXPANSIVITY_PER_K
        slope = -expansivity * density
    at_temperature = density + slope * (temperature_k - at_k)
    return Estimated(max(at_temperature, _LOWEST_SHARE * density), assumption)


@cache
def salt_volume_cm3_mol(salt: Salt) -> Estimated:
    """Partial molar volume of a formula unit, from its ions.

    Returns
    -------
    Estimated
        Volume, cm3/mol.
    """
    cation, anion = _ion_volume(salt.cation), _ion_volume(salt.anion)
    notes = [part.assumption for part in (cation, anion) if part.assumption]
    volume = salt.n_cation * cation.value + salt.n_anion * anion.value
    return Estimated(volume, "; ".join(notes))


def _ion_volume(ion: Ion) -> Estimated:
    held = ion.value("partial_molar_volume_cm3_mol")
    if held is not None:
        return Estimated(held)
    volume = ion_volume_cm3_mol(ion.smiles)
    return Estimated(
        volume, f"volume of {ion.name} estimated from its SMILES: {volume:.0f} cm3/mol"
    )
