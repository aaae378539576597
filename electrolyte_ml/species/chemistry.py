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


# A word of letters that is read as a SMILES all the same: a chain of C, N and O, which no
# abbreviation of the field looks like (CCOCCOC).
_CHAIN = re.compile(r"[CNO]{5,}")
_SMILES_PREFIX = re.compile(r"\s*smiles:\s*", re.IGNORECASE)
# Elements of molecular liquids: the others are metals, noble gases and what no model has seen.
_COVERED_ELEMENTS = frozenset((1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 33, 34, 35, 51, 53))


def is_word(text: str) -> bool:
    """Whether `text` is a word of letters, which is a name before it is a SMILES.

    ``PN`` and ``FSI`` are abbreviations to a chemist, and aminophosphine and F-S-I to RDKit.

    Examples
    --------
    >>> [is_word(text) for text in ("PN", "Cl", "C#N", "c1ccccc1", "CCOCCOC")]
    [True, True, False, False, False]
    """
    return text.isalpha() and _CHAIN.fullmatch(text) is None


def without_prefix(text: str) -> str | None:
    """The SMILES of ``smiles:CCO``; None where `text` has no such prefix."""
    # Nearly every name has no colon, which is quicker to see than to match.
    match = _SMILES_PREFIX.match(text) if ":" in text else None
    return None if match is None else text[match.end() :].strip()


@lru_cache(maxsize=4096)
def one_form(smiles: str) -> str:
    """One SMILES of a molecule: no isotopes, no charges that a double bond does away with.

    ``C[S+](C)[O-]`` and ``[13CH3]S(C)=O`` are DMSO.

    Parameters
    ----------
    smiles
        SMILES of one species.

    Raises
    ------
    SmilesError
        If it cannot be parsed or holds several fragments.
    """
    written = canonical_smiles(smiles)
    if "[" not in written:
        return written
    molecule = Chem.RWMol(molecule_of(written))
    for atom in molecule.GetAtoms():
        atom.SetIsotope(0)
    for bond in molecule.GetBonds():
        _join_charges(bond)
    for atom in molecule.GetAtoms():
        _charge_to_nitrogen(atom)
    return canonical_smiles(Chem.MolToSmiles(Chem.RemoveHs(molecule.GetMol())))


def _join_charges(bond: Chem.Bond) -> None:
    """Make ``S+-O-`` and ``P+-O-`` a double bond."""
    centre, other = bond.GetBeginAtom(), bond.GetEndAtom()
    if other.GetFormalCharge() > 0:
        centre, other = other, centre
    charges = centre.GetFormalCharge() > 0 and other.GetFormalCharge() == -1
    elements = centre.GetSymbol() in ("S", "P") and other.GetSymbol() in ("O", "S", "N")
    if charges and elements and bond.GetBondType() is Chem.BondType.SINGLE:
        bond.SetBondType(Chem.BondType.DOUBLE)
        centre.SetFormalCharge(centre.GetFormalCharge() - 1)
        other.SetFormalCharge(0)


def _charge_to_nitrogen(sulfur: Chem.Atom) -> None:
    """Write the charge of a sulfonyl imide, ``[O-]S(=O)=N``, at its nitrogen."""
    if sulfur.GetSymbol() != "S":
        return
    double, single = Chem.BondType.DOUBLE, Chem.BondType.SINGLE
    ends = [(bond, bond.GetOtherAtom(sulfur)) for bond in sulfur.GetBonds()]
    imides = [(b, a) for b, a in ends if a.GetSymbol() == "N" and b.GetBondType() is double]
    oxides = [(b, a) for b, a in ends if a.GetSymbol() == "O" and a.GetFormalCharge() == -1]
    if imides and oxides and imides[0][1].GetFormalCharge() == 0:
        (to_nitrogen, nitrogen), (to_oxygen, oxygen) = imides[0], oxides[0]
        to_nitrogen.SetBondType(single)
        nitrogen.SetFormalCharge(-1)
        to_oxygen.SetBondType(double)
        oxygen.SetFormalCharge(0)


@lru_cache(maxsize=4096)
def resonance_forms(smiles: str) -> tuple[str, ...]:
    """Canonical SMILES of an ion with its charge at each of the places that share it."""
    forms = Chem.ResonanceMolSupplier(molecule_of(smiles), 0, _MOST_FORMS)
    return tuple(dict.fromkeys(canonical_smiles(Chem.MolToSmiles(f)) for f in forms if f))


def why_not_covered(smiles: str) -> str | None:
    """Why no model covers a molecule: an open shell, a metal, a bare atom; None if one may.

    Examples
    --------
    >>> why_not_covered("[CH3]")
    'has an unpaired electron (open shell), which is not covered'
    """
    atoms = list(molecule_of(smiles).GetAtoms())
    strange = [a.GetSymbol() for a in atoms if a.GetAtomicNum() not in _COVERED_ELEMENTS]
    if strange:
        return f"holds {strange[0]}, a metal or another element that is not covered as a solvent"
    if len(atoms) == 1 and atoms[0].GetTotalNumHs() == 0:
        return "is a bare atom, which is not covered"
    if any(a.GetNumRadicalElectrons() for a in atoms):
        return "has an unpaired electron (open shell), which is not covered"
    return None


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
