"""Canonical SMILES, fragments, formal charge and molar mass, by RDKit."""

from __future__ import annotations

import re
from functools import lru_cache

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors

from electrolyte_ml.errors import SmilesError

# Two and a half times the longest of the catalog.
_LONGEST_SMILES = 250
# Of an aromatic cation; an imidazolium has a handful.
_MOST_FORMS = 64
_BRACKET_ATOM = re.compile(r"\[[^\[\]]*\]")


@lru_cache(maxsize=4096)
def canonical_smiles(smiles: str) -> str:
    """Canonical SMILES of one species.

    Parameters
    ----------
    smiles
        SMILES of one molecule or one ion.

    Returns
    -------
    str
        RDKit's canonical form.

    Raises
    ------
    SmilesError
        If it cannot be parsed, or holds several fragments.
    """
    molecule = molecule_of(smiles)
    if len(Chem.GetMolFrags(molecule)) != 1:
        raise SmilesError(
            f"SMILES {smiles!r} holds several fragments; a solvent or an ion is one fragment, "
            "a salt is written cation.anion where a salt is expected"
        )
    return str(Chem.MolToSmiles(molecule))


@lru_cache(maxsize=4096)
def one_resonance_form(smiles: str) -> str:
    """One SMILES of an ion, whichever aromatic nitrogen its charge was written at.

    Imidazolium is written with the charge at either nitrogen, and each way has a canonical SMILES
    of its own; the first in the alphabet is taken.

    Parameters
    ----------
    smiles
        SMILES of one ion.

    Raises
    ------
    SmilesError
        If it cannot be parsed or holds several fragments.
    """
    written = canonical_smiles(smiles)
    charge = formal_charge(written)
    if "[n+]" not in written or charge < 1:
        return written
    found = {written}
    for form in Chem.ResonanceMolSupplier(molecule_of(written), 0, _MOST_FORMS):
        charged = [a for a in form.GetAtoms() if a.GetFormalCharge()]
        if len(charged) == charge and all(a.GetSymbol() == "N" for a in charged):
            found.add(canonical_smiles(Chem.MolToSmiles(form)))
    return min(found)


@lru_cache(maxsize=4096)
def explicit_smiles(smiles: str) -> str:
    """SMILES with every atom in brackets, ``[CH3][OH]``, which cannot be mistaken for a name."""
    return str(Chem.MolToSmiles(molecule_of(smiles), allHsExplicit=True))


@lru_cache(maxsize=4096)
def fragments(smiles: str) -> tuple[str, ...]:
    """Canonical SMILES of every fragment, in the order written.

    Raises
    ------
    SmilesError
        If it cannot be parsed.
    """
    return tuple(
        Chem.MolToSmiles(part) for part in Chem.GetMolFrags(molecule_of(smiles), asMols=True)
    )


@lru_cache(maxsize=4096)
def formal_charge(smiles: str) -> int:
    """Formal charge in units of e."""
    return int(Chem.GetFormalCharge(molecule_of(smiles)))


@lru_cache(maxsize=4096)
def molar_mass_g_mol(smiles: str) -> float:
    """Average molar mass, g/mol (RDKit's atomic masses)."""
    # The function behind `Descriptors.MolWt`, without a dozen modules of descriptors.
    return float(rdMolDescriptors._CalcMolWt(molecule_of(smiles)))


@lru_cache(maxsize=4096)
def is_smiles(text: str) -> bool:
    """Whether RDKit reads `text` as a SMILES with at least one atom."""
    try:
        molecule_of(text)
    except SmilesError:
        return False
    return True


@lru_cache(maxsize=4096)
def molecule_of(smiles: str) -> Chem.Mol:
    """RDKit molecule of a SMILES; shared, so it must not be changed.

    Raises
    ------
    SmilesError
        If it cannot be parsed or holds no atom.
    """
    if len(smiles) > _LONGEST_SMILES:
        raise SmilesError(
            f"SMILES has {len(smiles)} characters, at most {_LONGEST_SMILES} are read: a component "
            "of a liquid electrolyte is a small molecule"
        )
    # A colon separates the names of a ratio. Nobody writes it as a bond: aromatic atoms are in
    # lower case.
    if ":" in _BRACKET_ATOM.sub("", smiles):
        raise SmilesError(f"SMILES {smiles!r} holds a colon outside brackets")
    with rdBase.BlockLogs():
        # RDKit would read text after a space as a title.
        molecule = None if re.search(r"\s", smiles.strip()) else Chem.MolFromSmiles(smiles)
    if molecule is None or molecule.GetNumAtoms() == 0:
        raise SmilesError(f"cannot parse SMILES {smiles!r}")
    if any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms()):
        raise SmilesError(f"SMILES {smiles!r} holds a placeholder atom '*'; name every atom")
    return molecule
