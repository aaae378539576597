"""Estimates for species that the catalog knows by SMILES only.

Straight lines in the McGowan characteristic volume [1]_, fitted to the catalog's own values; a test
repeats the fits.

References
----------
.. [1] Abraham, McGowan, Chromatographia 1987, 23, 243. https://doi.org/10.1007/BF02311772
.. [2] Ye, Shreeve, J. Phys. Chem. A 2007, 111, 1456. https://doi.org/10.1021/jp066202k
"""

from __future__ import annotations

from functools import cache

from electrolyte_ml.species.chemistry import fragments, molar_mass_g_mol, molecule_of

# Molar volume of 140 catalog liquids at 298.15 K: mean error 5 %, 90 % within 10 %.
_LIQUID_SLOPE = 1.255
_LIQUID_PER_FLUORINE_CM3_MOL = 3.77
_LIQUID_OFFSET_CM3_MOL = -1.5
# Partial molar volume of anions: through PF6-, OTf- and TFSI- from measured sodium solutions
# (arXiv:2603.20183).
_ION_SLOPE = 1.329
_ION_OFFSET_CM3_MOL = -5.5
# Molar volume of 12 measured ionic liquids at 298.15 K (``ionic_liquid_properties.csv``) from the
# volumes of their ions; leaving each out in turn, mean error 0.6 %, largest 1.4 %.
_IONIC_LIQUID_SLOPE = 1.159
_IONIC_LIQUID_PER_FLUORINE_CM3_MOL = 3.76
_IONIC_LIQUID_OFFSET_CM3_MOL = -10.3


@cache
def mcgowan_volume_cm3_mol(smiles: str) -> float:
    """McGowan characteristic volume, cm3/mol.

    Raises
    ------
    ValueError
        If an element has no increment.
    """
    from mordred.McGowanVolume import McGowanVolume
    from rdkit import Chem

    return float(McGowanVolume()(Chem.AddHs(molecule_of(smiles))))


@cache
def liquid_density_g_cm3(smiles: str) -> float:
    """Density of a molecular liquid at 298.15 K, g/cm3; 90 % of known liquids lie within 10 %."""
    volume = (
        _LIQUID_SLOPE * mcgowan_volume_cm3_mol(smiles)
        + _LIQUID_PER_FLUORINE_CM3_MOL * _fluorines(smiles)
        + _LIQUID_OFFSET_CM3_MOL
    )
    return molar_mass_g_mol(smiles) / volume


@cache
def ionic_liquid_density_g_cm3(smiles: str) -> float:
    """Density of an ionic liquid, ``cation.anion``, at 298.15 K, g/cm3.

    The molar volume is that of its ions together, as Ye and Shreeve have it [2]_.
    """
    volume = (
        _IONIC_LIQUID_SLOPE * sum(map(mcgowan_volume_cm3_mol, fragments(smiles)))
        + _IONIC_LIQUID_PER_FLUORINE_CM3_MOL * _fluorines(smiles)
        + _IONIC_LIQUID_OFFSET_CM3_MOL
    )
    return molar_mass_g_mol(smiles) / volume


def _fluorines(smiles: str) -> int:
    return sum(atom.GetAtomicNum() == 9 for atom in molecule_of(smiles).GetAtoms())


@cache
def ion_volume_cm3_mol(smiles: str) -> float:
    """Partial molar volume of an ion in an organic solvent, cm3/mol."""
    return _ION_SLOPE * mcgowan_volume_cm3_mol(smiles) + _ION_OFFSET_CM3_MOL
