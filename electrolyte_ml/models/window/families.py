"""Chemical family of a molecule, from its functional groups."""

from __future__ import annotations

from functools import cache

from rdkit import Chem

# The first pattern that matches names the family, so that the group that takes part in the
# chemistry of the window comes before ethers and fluorine.
_PATTERNS = (
    ("phosphazene", "[#15]=[#7]"),
    ("phosphate", "[#15](=O)([OX2])([OX2,F])[OX2,F]"),
    ("phosphonate and phosphine oxide", "[#15]=O"),
    ("phosphite", "[#15]"),
    ("sulfate", "[#16](=O)(=O)([OX2])[OX2]"),
    ("sulfonate and sultone", "[#16](=O)(=O)[OX2]"),
    ("sulfonyl halide", "[#16](=O)(=O)[F,Cl]"),
    ("sulfonamide", "[#16](=O)(=O)[#7]"),
    ("sulfone", "[#16](=O)(=O)"),
    ("sulfite", "[#16X3](=O)([OX2])[OX2]"),
    ("sulfoxide", "[#16X3]=O"),
    ("carbonate", "[OX2,o][CX3,c](=O)[OX2,o]"),
    ("anhydride", "[CX3](=O)[OX2][CX3]=O"),
    ("amide, urea and carbamate", "[CX3](=O)[#7]"),
    ("lactone", "[CX3;R](=O)[OX2;R]"),
    ("ester", "[CX3](=O)[OX2]"),
    ("nitrile", "C#N"),
    ("isocyanate", "N=C=O"),
    ("nitro compound", "[N+](=O)[O-]"),
    ("silicon", "[#14]"),
    ("boron", "[#5]"),
    ("carbonyl", "[CX3]=O"),
    ("sulfide and thiophene", "[#16]"),
    ("aromatic", "c1ccccc1"),
    ("amine and heteroaromatic", "[#7]"),
    ("furan and vinyl ether", "[OX2,o][C,c]=,:[C,c]"),
    ("fluorinated ether", "[#6][OX2]([#6]).[F]"),
    ("cyclic ether", "[OX2;R]"),
    ("glyme and acetal", "[OX2;H0].[OX2;H0]"),
    ("linear ether", "[#6][OX2][#6]"),
    ("alcohol", "[OX2H]"),
)
OTHER = "hydrocarbon and halocarbon"


@cache
def _queries() -> tuple[tuple[str, Chem.Mol], ...]:
    return tuple((name, Chem.MolFromSmarts(smarts)) for name, smarts in _PATTERNS)


def family_of(molecule: Chem.Mol) -> str:
    """Name of the family of a neutral molecule."""
    for name, query in _queries():
        if molecule.HasSubstructMatch(query):
            return name
    return OTHER


def has_double_bond(molecule: Chem.Mol) -> bool:
    """Whether two carbons share a double bond, other than in an aromatic ring of six.

    Not counted in molecules with a double bond beside a carbonyl, nitrile or sulfonyl group, which
    takes electrons from it: it is not the first to be oxidised.
    """
    return bool(
        molecule.HasSubstructMatch(_double_bond()) and not molecule.HasSubstructMatch(_poor_bond())
    )


@cache
def _double_bond() -> Chem.Mol:
    return Chem.MolFromSmarts("[#6;!$(c1aaaaa1)]=,:[#6;!$(c1aaaaa1)]")


@cache
def _poor_bond() -> Chem.Mol:
    return Chem.MolFromSmarts("[CX3]=[CX3][$(C#N),$(C=O),$(S=O)]")


def has_soft_lone_pair(molecule: Chem.Mol) -> bool:
    """Whether there is an amine or amide, a sulfide or a sulfoxide."""
    return bool(molecule.HasSubstructMatch(_soft_lone_pair()))


@cache
def _soft_lone_pair() -> Chem.Mol:
    # Of sulfonamides and of nitrogen in rings of six the lone pair is not the first to go.
    return Chem.MolFromSmarts("[$([NX3;!$(N=*);!$(NS=O)]),$([SX2]),$([SX3](=O)([#6])[#6])]")
