"""Ionic liquids that stand in the place of a solvent: a pair of ions as one component.

A molality needs something that it is counted by. In a solution of a salt in an ionic liquid that is
the ionic liquid: it becomes a `Solvent` whose SMILES is ``cation.anion``, named like the salt of
both. Its ions stay readable (`ions_of`), so that a species is the same species whether it came as a
salt or as the liquid.
"""

from __future__ import annotations

from functools import cache, lru_cache

from electrolyte_ml.species.chemistry import formal_charge, fragments, molecule_of
from electrolyte_ml.species.entities import Ion, Salt, Solvent
from electrolyte_ml.species.tables import read_ionic_liquids

#: Family of such components.
FAMILY = "ionic liquid"


def may_be_liquid(salt: Salt) -> bool:
    """Whether a salt is of a kind that is liquid near room temperature.

    Its cation is organic. Ammonium and phosphonium ions with four equal arms are left out: their
    salts, such as TEABF4, are solids that are dissolved.
    """
    return makes_liquids(salt.cation.smiles)


@cache
def makes_liquids(cation: str) -> bool:
    """Whether salts of a cation, given by its SMILES, are of that kind."""
    from rdkit import Chem

    molecule = molecule_of(cation)
    if not any(atom.GetSymbol() == "C" for atom in molecule.GetAtoms()):
        return False
    rank = list(Chem.CanonicalRankAtoms(molecule, breakTies=False))
    return not any(
        atom.GetFormalCharge() == 1
        and atom.GetDegree() == 4
        and len({rank[arm.GetIdx()] for arm in atom.GetNeighbors()}) == 1
        for atom in molecule.GetAtoms()
    )


@lru_cache(maxsize=4096)
def ionic_liquid(salt: Salt) -> Solvent:
    """The liquid that a salt is when it is molten, as a component in the place of a solvent."""
    ions = [salt.cation.smiles] * salt.n_cation + [salt.anion.smiles] * salt.n_anion
    smiles = ".".join(ions)
    in_catalog = salt.cation.in_catalog and salt.anion.in_catalog
    return Solvent(
        name=salt.name if in_catalog else smiles,
        smiles=smiles,
        family=FAMILY,
        in_catalog=in_catalog,
        properties=read_ionic_liquids().get(smiles, {}),
    )


def ions_of(solvent: Solvent) -> tuple[str, ...]:
    """Canonical SMILES of the ions of an ionic liquid, each once; none of a molecule."""
    if "." not in solvent.smiles:
        return ()
    return tuple(dict.fromkeys(fragments(solvent.smiles)))


def pair_of(solvent: Solvent) -> Salt | None:
    """The salt that an ionic liquid is made of; None for a molecule."""
    return None if "." not in solvent.smiles else _pair(solvent.smiles)


@cache
def _pair(smiles: str) -> Salt:
    ions = [Ion(name=one, smiles=one) for one in dict.fromkeys(fragments(smiles))]
    cation, anion = sorted(ions, key=lambda ion: formal_charge(ion.smiles), reverse=True)
    return Salt(cation=cation, anion=anion)
