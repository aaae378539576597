"""Ionic liquids that stand in the place of a solvent: a pair of ions as one component.

A molality needs something that it is counted by. In a solution of a salt in an ionic liquid that is
the ionic liquid: it becomes a `Solvent` whose SMILES is ``cation.anion``, named like the salt of
both. Its ions stay readable (`ions_of`), so that a species is the same species whether it came as a
salt or as the liquid.
"""

from __future__ import annotations

from functools import cache

from electrolyte_ml.species.chemistry import formal_charge, fragments
from electrolyte_ml.species.entities import Ion, Salt, Solvent

#: Family of such components.
FAMILY = "ionic liquid"


def ionic_liquid(salt: Salt) -> Solvent:
    """The liquid that a salt is when it is molten, as a component in the place of a solvent."""
    ions = [salt.cation.smiles] * salt.n_cation + [salt.anion.smiles] * salt.n_anion
    return Solvent(name=salt.name, smiles=".".join(ions), family=FAMILY, in_catalog=False)


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
