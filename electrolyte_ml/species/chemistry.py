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
# Nobody writes a single bond between atoms without brackets; a wavy one is any bond.
_WORDS = re.compile(r"[A-Za-z]+(?:[-/\\~][A-Za-z]+)+")
_SMILES_PREFIX = re.compile(r"\s*smiles:\s*", re.IGNORECASE)
# Elements that the charge of an anion is written at, in this order.
_CHARGED = ("O", "S", "N", "C")
# Elements of molecular liquids: the others are metals, noble gases and what no model has seen.
_COVERED_ELEMENTS = frozenset((1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 32, 33, 34, 35, 51, 52, 53))


def is_word(text: str) -> bool:
    """Whether `text` is a word of letters, or several, which are names before they are a SMILES.

    ``PN`` and ``FSI`` are abbreviations to a chemist, and aminophosphine and F-S-I to RDKit; so
    are ``PC-BN`` and ``PC/BN``, whose ratio was left out.

    Examples
    --------
    >>> [is_word(text) for text in ("PN", "Cl", "PC/BN", "C#N", "c1ccccc1", "CCOCCOC")]
    [True, True, True, False, False, False]
    """
    if _CHAIN.fullmatch(text) is not None:
        return False
    return text.isalpha() or _WORDS.fullmatch(text) is not None


def without_prefix(text: str) -> str | None:
    """The SMILES of ``smiles:CCO``; None where `text` has no such prefix."""
    # Nearly every name has no colon, which is quicker to see than to match.
    match = _SMILES_PREFIX.match(text) if ":" in text else None
    return None if match is None else text[match.end() :].strip()


@lru_cache(maxsize=4096)
def one_form(smiles: str) -> str:
    """One SMILES of a molecule: no isotopes, no charges that bonds do away with, no handedness.

    ``C[S+](C)[O-]`` and ``[13CH3]S(C)=O`` are DMSO, ``C[N+](C)=C[O-]`` is DMF. Mirror images, which
    are alike in every property of a liquid, have one SMILES.

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
    if "+" in written and "-" in written:
        molecule = _without_parted_charges(molecule)
    for atom in molecule.GetAtoms():
        _charge_to_nitrogen(atom)
    form = canonical_smiles(Chem.MolToSmiles(Chem.RemoveHs(molecule.GetMol())))
    return _one_hand(form) if "@" in form else form


def _without_parted_charges(molecule: Chem.RWMol) -> Chem.RWMol:
    """Bonds in place of opposite charges, one or three atoms apart."""
    from rdkit.Chem.MolStandardize import rdMolStandardize

    joined = Chem.RWMol(molecule)
    for bond in joined.GetBonds():
        _join_charges(bond)
    with rdBase.BlockLogs():
        form = Chem.MolFromSmiles(Chem.MolToSmiles(joined))
        if form is None:  # an atom without room for the bond
            return molecule
        if all(atom.GetFormalCharge() < 1 for atom in form.GetAtoms()):
            return Chem.RWMol(form)
        # Charges of an amide, [O-]C=[N+], among others.
        joined = Chem.RWMol(rdMolStandardize.Normalizer().normalize(form))
    # It parts the charges of a sulfoxide.
    for bond in joined.GetBonds():
        _join_charges(bond)
    return joined


# Ends of a bond whose opposite charges a further bond does away with. Nitrogen has no room for one.
_POSITIVE = frozenset(("C", "P", "S", "As", "Se", "I"))
_NEGATIVE = frozenset(("C", "N", "O", "S", "Se"))
_NEXT_BOND = {
    Chem.BondType.SINGLE: Chem.BondType.DOUBLE,
    Chem.BondType.DOUBLE: Chem.BondType.TRIPLE,
}


def _join_charges(bond: Chem.Bond) -> None:
    """Make ``S+-O-``, ``P+-O-`` and the like a double bond, and ``N+#N`` a diazo group."""
    centre, other = bond.GetBeginAtom(), bond.GetEndAtom()
    if other.GetFormalCharge() > 0:
        centre, other = other, centre
    if centre.GetFormalCharge() < 1 or other.GetFormalCharge() != -1:
        return
    if bond.GetBondType() not in _NEXT_BOND or other.GetSymbol() not in _NEGATIVE:
        return
    if centre.GetSymbol() in _POSITIVE:
        centre.SetFormalCharge(centre.GetFormalCharge() - 1)
    elif not _opens_diazo(centre, bond):
        return
    bond.SetBondType(_NEXT_BOND[bond.GetBondType()])
    other.SetFormalCharge(0)


def _opens_diazo(centre: Chem.Atom, bond: Chem.Bond) -> bool:
    """Make ``N+#N`` beside a single bond ``N+=N-``; false where there is none."""
    triple = [b for b in centre.GetBonds() if b.GetBondType() is Chem.BondType.TRIPLE]
    ends = [b.GetOtherAtom(centre) for b in triple]
    if centre.GetSymbol() != "N" or bond.GetBondType() is not Chem.BondType.SINGLE:
        return False
    if [(a.GetSymbol(), a.GetFormalCharge()) for a in ends] != [("N", 0)]:
        return False
    triple[0].SetBondType(Chem.BondType.DOUBLE)
    ends[0].SetFormalCharge(-1)
    return True


def _one_hand(smiles: str) -> str:
    """The first in the alphabet of a molecule and its mirror image; no sign for a lone centre."""
    if len(Chem.FindPotentialStereo(Chem.Mol(molecule_of(smiles)))) == 1:
        return without_stereo(smiles)
    mirrored = Chem.RWMol(molecule_of(smiles))
    for atom in mirrored.GetAtoms():
        atom.InvertChirality()
    return min(smiles, canonical_smiles(Chem.MolToSmiles(mirrored)))


@lru_cache(maxsize=4096)
def without_stereo(smiles: str) -> str:
    """Canonical SMILES that says nothing of handedness and of sides of double bonds."""
    return str(Chem.MolToSmiles(molecule_of(smiles), isomericSmiles=False))


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


def best_resonance_form(smiles: str) -> str:
    """SMILES of an ion with its charge where chemists write it: at oxygen, else at nitrogen."""

    def rank(form: str) -> tuple[int, int, str]:
        atoms = list(molecule_of(form).GetAtoms())
        charged = [a.GetSymbol() for a in atoms if a.GetFormalCharge()]
        places = [_CHARGED.index(s) if s in _CHARGED else len(_CHARGED) for s in charged]
        return -sum(a.GetIsAromatic() for a in atoms), max(places, default=0), form

    return min((smiles, *resonance_forms(smiles)), key=rank)


def why_not_covered(smiles: str) -> str | None:
    """Why no model covers a molecule: an open shell, a metal, a bare atom; None if one may.

    Examples
    --------
    >>> why_not_covered("[CH3]")
    'open shell (an unpaired electron)'
    """
    atoms = list(molecule_of(smiles).GetAtoms())
    strange = [a for a in atoms if a.GetAtomicNum() not in _COVERED_ELEMENTS]
    if strange:
        return f"{strange[0].GetSymbol()} (a metal, or another element that no model knows)"
    if len(atoms) == 1 and atoms[0].GetTotalNumHs() == 0:
        return "bare atom"
    if any(a.GetNumRadicalElectrons() for a in atoms):
        return "open shell (an unpaired electron)"
    # A molecule with two unpaired electrons, whatever its formula says.
    return "open shell (two unpaired electrons)" if smiles == "O=O" else None


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
    # RDKit passes over other characters: it would read the footnote of "PC†" as methylphosphine.
    if not (smiles.isascii() and smiles.isprintable()):
        raise SmilesError(f"cannot parse SMILES {smiles!r}")
    with rdBase.BlockLogs():
        # RDKit would read text after a space as a title.
        molecule = None if re.search(r"\s", smiles.strip()) else Chem.MolFromSmiles(smiles)
    if molecule is None or molecule.GetNumAtoms() == 0:
        raise SmilesError(f"cannot parse SMILES {smiles!r}{said_by_rdkit(smiles)}")
    if any(atom.GetAtomicNum() == 0 for atom in molecule.GetAtoms()):
        raise SmilesError(f"SMILES {smiles!r} holds a placeholder atom '*'; name every atom")
    return molecule


def said_by_rdkit(smiles: str) -> str:
    """What RDKit says of an unreadable SMILES, such as ``: unclosed ring (RDKit)``.

    Parameters
    ----------
    smiles
        Text that is no SMILES.
    """
    with rdBase.CaptureErrorLog() as log:
        Chem.MolFromSmiles(smiles)
    first, *others = log.messages.splitlines() or [""]
    said = re.sub(r"^\[[\d:]+\] (SMILES Parse Error: )?| (for input|while parsing): .*", "", first)
    place = next((re.search(r" around position \d+", x) for x in others if "position" in x), None)
    return f": {said}{'' if place is None else place[0]} (RDKit)" if said else ""
