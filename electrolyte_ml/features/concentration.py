r"""How concentrated the ions of an electrolyte are, from dilute solutions to molten salts.

Molality has no end: it is infinite in a molten salt. Concentration and the share of the volume that
ions take have one. Volumes add up: molar volumes of solvents at 25 degC, and for ions 1.25 times
their McGowan volume [1]_ (of monatomic ions, the volume of a sphere of their ionic radius). That is
within a few percent of measured densities of ionic liquids, and the models learn what is left.

References
----------
.. [1] Abraham, McGowan, Chromatographia 1987, 23, 243. https://doi.org/10.1007/BF02311772
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features.ions import ion_volume_cm3_mol

_Floats = NDArray[np.float64]

#: Names of the columns of `IonContent.features`.
CONCENTRATION_FEATURES = (
    "concentration.root_charge",
    "concentration.ion_volume_fraction",
    "concentration.molecule_fraction",
    "concentration.ln_charge_by_mass",
    "concentration.ln_molecules_by_charge",
    "concentration.ln_charge",
)
# Packing of ions in a liquid: volume that an ion takes over its McGowan volume.
_PACKING = 1.25
_CM3_PER_L = 1000.0
# Less than any measured electrolyte; without salt the logarithm must stay finite.
_LEAST_CHARGE_MOL_L = 1e-7
_MOST_MOLECULES = 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class IonContent:
    """Concentration of ions in u formulations.

    Attributes
    ----------
    charge_mol_l
        Positive charge, mol/L at 25 degC, shape (u,).
    ion_volume_fraction
        Share of the volume that ions take, 0 to 1, shape (u,).
    molecule_fraction
        Share of the molecules among all particles, 0 to 1, shape (u,).
    charge_mol_kg
        Positive charge by kilogram of the whole electrolyte, shape (u,).
    molecules_by_charge
        Molecules for each positive charge, shape (u,); infinite without salt.
    """

    charge_mol_l: _Floats
    ion_volume_fraction: _Floats
    molecule_fraction: _Floats
    charge_mol_kg: _Floats
    molecules_by_charge: _Floats

    @property
    def ln_charge(self) -> _Floats:
        """Natural logarithm of `charge_mol_l`, finite without salt, shape (u,)."""
        return np.log(np.maximum(self.charge_mol_l, _LEAST_CHARGE_MOL_L))

    def features(self) -> _Floats:
        """Columns for models, shape (u, 6)."""
        return np.column_stack(
            [
                np.sqrt(self.charge_mol_l),
                self.ion_volume_fraction,
                self.molecule_fraction,
                np.log(np.maximum(self.charge_mol_kg, _LEAST_CHARGE_MOL_L)),
                np.log1p(np.minimum(self.molecules_by_charge, _MOST_MOLECULES)),
                self.ln_charge,
            ]
        )


def ion_content(
    *,
    mass_kg: _Floats,
    molecules_cm3_kg: _Floats,
    molecules_mol_kg: _Floats,
    molality_mol_kg: _Floats,
    cations_mol_kg: _Floats,
    anions_mol_kg: _Floats,
    cations: tuple[str, ...],
    anions: tuple[str, ...],
) -> IonContent:
    """Concentration of ions from amounts by kilogram of molecules and liquid salts.

    Parameters
    ----------
    mass_kg
        Of the whole electrolyte, by kilogram of molecules and liquid salts, shape (u,).
    molecules_cm3_kg
        Volume of the molecules, cm3/kg, shape (u,).
    molecules_mol_kg, molality_mol_kg
        Moles of molecules and of positive charge, mol/kg, shape (u,).
    cations_mol_kg, anions_mol_kg
        Of each ion, mol/kg, shapes (u, c) and (u, a).
    cations, anions
        SMILES of the ions, lengths c and a.
    """
    ions = np.zeros(len(molality_mol_kg))
    for amounts, smiles in ((cations_mol_kg, cations), (anions_mol_kg, anions)):
        volumes = np.array([ion_volume_cm3_mol(one) for one in smiles])
        ions += _PACKING * amounts @ volumes if len(smiles) else 0.0
    volume = molecules_cm3_kg + ions
    particles = molecules_mol_kg + cations_mol_kg.sum(axis=1) + anions_mol_kg.sum(axis=1)
    with np.errstate(divide="ignore"):
        by_charge = np.where(molality_mol_kg > 0, molecules_mol_kg / molality_mol_kg, np.inf)
    return IonContent(
        charge_mol_l=_CM3_PER_L * molality_mol_kg / volume,
        ion_volume_fraction=ions / volume,
        molecule_fraction=molecules_mol_kg / particles,
        charge_mol_kg=molality_mol_kg / mass_kg,
        molecules_by_charge=by_charge,
    )
