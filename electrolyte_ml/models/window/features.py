"""Features of a molecule: fragments, quick descriptors, and its chemical family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdFingerprintGenerator, rdMolDescriptors, rdPartialCharges
from rdkit.Chem.EState import EStateIndices

from electrolyte_ml.row_table import RowTable

# Fragments of radius 1, and bits enough that few fragments share one: on held-out families both are
# better than larger fragments in fewer bits.
N_BITS, _RADIUS = 8192, 1
_GROUPS = (
    "[CX3](=O)[OX2]", "[OX2][CX3](=O)[OX2]", "[CX3](=O)[#7]", "[#16](=O)(=O)", "[#16X3]=O",
    "[#15]=O", "[OX2]([#6])[#6]", "[OX2][CX4][OX2]", "C#N", "C=C", "C#C", "c", "[CX4;H3]",
    "[CX4;H2]", "[CX4;H1]", "[CX4;H0]", "[CX4]F", "[CX4](F)F", "[CX4](F)(F)F", "[CX4]Cl",
    "[#16,#15,#14]F", "[#14]", "[#5]", "[#7X3;!$([#7]-C=O);!$([#7]-S=O)]", "[CX3]=O", "[R]",
    "[r3,r4]", "[r5]", "[r6]", "[#16X2]", "[N+](=O)[O-]", "[OX2H]",
)  # fmt: skip
DESCRIPTORS = (
    *(f"count {smarts}" for smarts in _GROUPS),
    "heavy atoms",
    "inverse of heavy atoms",
    "Crippen logP",
    "Crippen refractivity by heavy atom",
    "topological polar surface by heavy atom",
    "fluorine by heavy atom",
    "fraction of sp3 carbon",
    "largest electrotopological state",
    "smallest electrotopological state",
    "largest Gasteiger charge",
    "smallest Gasteiger charge",
    "largest Gasteiger charge of oxygen and nitrogen",
    "rotors",
)
# RDKit has no Gasteiger parameters for a few elements; their charges are taken as neutral, and
# such molecules are far from the others by their counts.
_NO_CHARGE = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeFeatures(RowTable):
    """Features of n molecules.

    Attributes
    ----------
    bits
        Circular fragments by their counts, 0 or 1, shape (n, 8192).
    descriptors
        `DESCRIPTORS`, shape (n, d).
    """

    bits: NDArray[np.uint8]
    descriptors: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.descriptors)


def molecule_features(smiles: Sequence[str]) -> MoleculeFeatures:
    """Features of molecules, some milliseconds each.

    Parameters
    ----------
    smiles
        SMILES that RDKit can read, length n.

    Returns
    -------
    MoleculeFeatures
        Of n molecules, in their order.
    """
    with rdBase.BlockLogs():
        molecules = [Chem.MolFromSmiles(text) for text in smiles]
    bits = np.zeros((len(molecules), N_BITS), dtype=np.uint8)
    for row, molecule in enumerate(molecules):
        bits[row] = _generator().GetFingerprintAsNumPy(molecule)
    return MoleculeFeatures(
        bits=bits,
        descriptors=np.array([_descriptors(m) for m in molecules]).reshape(-1, len(DESCRIPTORS)),
    )


@cache
def _generator() -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(
        radius=_RADIUS, fpSize=N_BITS, countSimulation=True
    )


@cache
def _group_queries() -> tuple[Chem.Mol, ...]:
    return tuple(Chem.MolFromSmarts(smarts) for smarts in _GROUPS)


def _descriptors(molecule: Chem.Mol) -> list[float]:
    # Hydrogen has no heavy atom, and is far from everything by its other features.
    heavy = max(molecule.GetNumHeavyAtoms(), 1)
    states = EStateIndices(molecule)  # type: ignore[no-untyped-call]
    charges, polar = _charges(molecule)
    fluorine = sum(atom.GetAtomicNum() == 9 for atom in molecule.GetAtoms())
    log_partition, refractivity = rdMolDescriptors.CalcCrippenDescriptors(molecule)
    return [
        *(len(molecule.GetSubstructMatches(query)) for query in _group_queries()),
        heavy,
        1 / heavy,
        log_partition,
        refractivity / heavy,
        rdMolDescriptors.CalcTPSA(molecule, includeSandP=True) / heavy,
        fluorine / heavy,
        rdMolDescriptors.CalcFractionCSP3(molecule),
        float(max(states)),
        float(min(states)),
        max(charges),
        min(charges),
        max(polar, default=min(charges)),
        rdMolDescriptors.CalcNumRotatableBonds(molecule),
    ]


def _charges(molecule: Chem.Mol) -> tuple[list[float], list[float]]:
    """Gasteiger charges of all heavy atoms, and of oxygen and nitrogen."""
    rdPartialCharges.ComputeGasteigerCharges(molecule)
    pairs = [
        (atom.GetAtomicNum(), atom.GetDoubleProp("_GasteigerCharge"))
        for atom in molecule.GetAtoms()
    ]
    known = [(z, q if np.isfinite(q) else _NO_CHARGE) for z, q in pairs]
    return [q for _, q in known], [q for z, q in known if z in {7, 8}]


# The first pattern that matches names the family, so that the group that takes part in the
# chemistry of the window comes before ethers and fluorine.
_FAMILIES = (
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
OTHER_FAMILY = "hydrocarbon and halocarbon"


@cache
def _family_queries() -> tuple[tuple[str, Chem.Mol], ...]:
    return tuple((name, Chem.MolFromSmarts(smarts)) for name, smarts in _FAMILIES)


def family_of(molecule: Chem.Mol) -> str:
    """Name of the family of a neutral molecule."""
    for name, query in _family_queries():
        if molecule.HasSubstructMatch(query):
            return name
    return OTHER_FAMILY


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
