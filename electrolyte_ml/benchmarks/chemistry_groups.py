"""Groups of electrolytes by their chemistry: cation, family of solvents, anion.

Every electrolyte is in one group of each kind: that of its metal ion, that of the molecules or
ionic liquids which are more than half of the liquid by mass, and that of more than half of its
anions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.chemistry import molecule_of

IONIC_LIQUIDS = "ionic liquids"
OTHER_SOLVENTS, MIXED_SOLVENTS = "other solvents", "mixed families"
OTHER_CATIONS, OTHER_ANIONS = "other cations", "other anions"
#: Metals that are groups of their own; an electrolyte of another metal, or of several, is in
#: `OTHER_METALS`.
METALS = {"[Li+]": "lithium", "[Na+]": "sodium", "[K+]": "potassium"}
OTHER_METALS = "other metals"
ANIONS = ("FSI", "TFSI", "PF6", "BF4", "ClO4", "OTf", "BOB", "DFOB")
# Of organic cations; the first pattern that one holds is its group.
_CATIONS = {
    "imidazolium": "[n+]1c[n]cc1",
    "pyridinium": "[n+]1ccccc1",
    "pyrrolidinium": "[NX4+;r5]([#6])([#6])([#6])[#6]",
    "tetraalkylammonium": "[NX4+;!R]([#6])([#6])([#6])[#6]",
}
# Of molecules likewise: what binds ions most stands first.
_SOLVENTS = {
    "carbonates": "[#6][#8][#6](=O)[#8][#6]",
    "phosphates": "P(=O)([#8])[#8]",
    "sulfones": "[#6]S(=O)(=O)[#6]",
    "nitriles": "C#N",
    "esters": "[#6X3;!$([#6](=O)([#8,#7])[#8,#7])](=O)[OX2][#6]",
    "fluoroethers": "[#6;!$([#6]=O)][OX2][#6;!$([#6]=O)]",
    "ethers": "[#6;!$([#6]=O)][OX2][#6;!$([#6]=O)]",
}
# Ethers with other elements than these are of no family: silanes and borates are not ethers.
_OF_ETHERS = {"C", "O", "F"}
_MAJORITY = 0.5


@cache
def family_of_solvent(smiles: str) -> str:
    """Family of a molecule or ionic liquid; a molecule of several functions is in the first."""
    if "." in smiles:
        return IONIC_LIQUIDS
    molecule = molecule_of(smiles)
    elements = {atom.GetSymbol() for atom in molecule.GetAtoms()}
    for name, smarts in _SOLVENTS.items():
        if name.endswith("ethers") and not elements <= _OF_ETHERS:
            continue
        if name == "fluoroethers" and "F" not in elements:
            continue
        if molecule.HasSubstructMatch(_pattern(smarts)):
            return name
    return OTHER_SOLVENTS


@cache
def group_of_cation(smiles: str) -> str:
    """Group of a cation."""
    molecule = molecule_of(smiles)
    if molecule.GetNumAtoms() == 1 and molecule.GetAtomWithIdx(0).GetTotalNumHs() == 0:
        return METALS.get(smiles, OTHER_METALS)
    for name, smarts in _CATIONS.items():
        if molecule.HasSubstructMatch(_pattern(smarts)):
            return name
    return OTHER_CATIONS


def solvent_family(formulation: Formulation) -> str:
    """Family of more than half of the liquid by mass; a salt without a metal counts as liquid."""
    masses: dict[str, float] = {}
    for part in formulation.solvents:
        family = family_of_solvent(part.solvent.smiles)
        masses[family] = masses.get(family, 0.0) + part.mass_fraction
    for amount in formulation.salts:
        if group_of_cation(amount.salt.cation.smiles) not in {*METALS.values(), OTHER_METALS}:
            grams_per_g = amount.molality_mol_kg * amount.salt.molar_mass_g_mol / 1000.0
            masses[IONIC_LIQUIDS] = masses.get(IONIC_LIQUIDS, 0.0) + grams_per_g
    most = max(masses, key=masses.__getitem__)
    return most if masses[most] > _MAJORITY * sum(masses.values()) else MIXED_SOLVENTS


def cation_groups(formulations: Sequence[Formulation]) -> list[str]:
    """Group of the metal ion of each; without a metal, of more than half of the cations."""
    composition = compose(formulations)
    groups = [group_of_cation(ion.smiles) for ion in composition.cations]
    metals = np.array([g in {*METALS.values(), OTHER_METALS} for g in groups])
    found = []
    for share in composition.cation_fraction[composition.index]:
        of_metals = {groups[i] for i in np.flatnonzero((share > 0) & metals)}
        if of_metals:
            found.append(of_metals.pop() if len(of_metals) == 1 else OTHER_METALS)
        else:
            found.append(_majority(groups, share, OTHER_CATIONS))
    return found


def anion_groups(formulations: Sequence[Formulation]) -> list[str]:
    """Name of the anion that is more than half of the anions of each, if it is of `ANIONS`."""
    composition, catalog = compose(formulations), default_catalog()
    names = [catalog.ion(ion.smiles).name for ion in composition.anions]
    groups = [name if name in ANIONS else OTHER_ANIONS for name in names]
    shares = composition.anion_fraction[composition.index]
    return [_majority(groups, share, OTHER_ANIONS) for share in shares]


def _majority(groups: Sequence[str], share: NDArray[np.float64], otherwise: str) -> str:
    sums: dict[str, float] = {}
    for place in np.flatnonzero(share > 0).tolist():
        sums[groups[place]] = sums.get(groups[place], 0.0) + share[place]
    return next((name for name, part in sums.items() if part > _MAJORITY), otherwise)


#: Kinds of groups, each with its groups in the order of tables and how electrolytes are assigned.
KINDS: Mapping[str, tuple[tuple[str, ...], Callable[[Sequence[Formulation]], list[str]]]] = {
    "cation": (
        (*METALS.values(), OTHER_METALS, *reversed(_CATIONS), OTHER_CATIONS),
        cation_groups,
    ),
    "solvents": (
        (*_SOLVENTS, IONIC_LIQUIDS, MIXED_SOLVENTS, OTHER_SOLVENTS),
        lambda formulations: [solvent_family(f) for f in formulations],
    ),
    "anion": ((*ANIONS, OTHER_ANIONS), anion_groups),
}


def chemistry_groups(formulations: Sequence[Formulation]) -> dict[str, NDArray[np.bool_]]:
    """Which of n electrolytes are in each group, by names such as ``cation sodium``.

    Parameters
    ----------
    formulations
        Length n.

    Returns
    -------
    dict
        Masks of shape (n,), in the order of `KINDS`, empty groups included.
    """
    found: dict[str, NDArray[np.bool_]] = {}
    for kind, (names, assign) in KINDS.items():
        groups = np.array(assign(formulations))
        found |= {f"{kind} {name}": groups == name for name in names}
    return found


@cache
def _pattern(smarts: str) -> Any:
    return Chem.MolFromSmarts(smarts)
