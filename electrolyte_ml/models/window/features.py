"""What the model sees of a molecule: fragments as bits, and a few descriptors that take no time."""

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

# Neighbours of an atom and no more, and bits enough that few fragments share one: of families left
# out both tell more than larger fragments in fewer bits.
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
class MoleculeFeatures:
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

    def select(self, rows: NDArray[np.intp]) -> MoleculeFeatures:
        """Some of the molecules."""
        return MoleculeFeatures(
            bits=self.bits[rows],
            descriptors=self.descriptors[rows],
        )


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
def _queries() -> tuple[Chem.Mol, ...]:
    return tuple(Chem.MolFromSmarts(smarts) for smarts in _GROUPS)


def _descriptors(molecule: Chem.Mol) -> list[float]:
    # Hydrogen has no heavy atom, and is far from everything by its other features.
    heavy = max(molecule.GetNumHeavyAtoms(), 1)
    states = EStateIndices(molecule)  # type: ignore[no-untyped-call]
    charges, polar = _charges(molecule)
    fluorine = sum(atom.GetAtomicNum() == 9 for atom in molecule.GetAtoms())
    log_partition, refractivity = rdMolDescriptors.CalcCrippenDescriptors(molecule)
    return [
        *(len(molecule.GetSubstructMatches(query)) for query in _queries()),
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
