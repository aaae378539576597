"""Which liquids only dilute: they dissolve no salt by themselves."""

from __future__ import annotations

from functools import cache

from electrolyte_ml.species import Solvent
from electrolyte_ml.species.chemistry import molecule_of

_WEAK_FAMILIES = frozenset({"aromatic", "fluorinated aromatic", "alkane", "halocarbon"})
# Fluorine atoms by donor atom from which an unknown molecule is taken for a diluent: TTE has 8,
# BTFE 6; the fluorinated ethers that dissolve salts alone have up to 2.5.
_FLUORINES_BY_DONOR = 2.9
_DONORS = frozenset({"O", "N", "S"})


def is_diluent(solvent: Solvent) -> bool:
    """Whether a liquid does not dissolve salts: by its role or family, else by its structure.

    Parameters
    ----------
    solvent
        Catalog solvent, or a molecule known by SMILES only.
    """
    if solvent.in_catalog:
        return solvent.role == "diluent" or solvent.family in _WEAK_FAMILIES
    return _looks_like_a_diluent(solvent.smiles)


@cache
def _looks_like_a_diluent(smiles: str) -> bool:
    symbols = [atom.GetSymbol() for atom in molecule_of(smiles).GetAtoms()]
    donors = sum(symbol in _DONORS for symbol in symbols)
    return donors == 0 or symbols.count("F") > _FLUORINES_BY_DONOR * donors
