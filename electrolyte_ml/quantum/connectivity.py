"""Whether an electron more or less breaks a bond: connectivity of the ion against the neutral."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem

from electrolyte_ml.quantum.geometry import BOHR_ANGSTROM, Molecule

# A bond of a radical ion is weaker and up to a fifth longer; one that has grown by a third is gone.
_BROKEN, _FORMED = 1.35, 1.25


def changed_bonds(
    subject: Molecule, before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[str, ...]:
    """Bonds that break or form between two structures.

    Parameters
    ----------
    subject
        The molecule.
    before, after
        Positions, bohr, shape (a, 3).

    Returns
    -------
    tuple of str
        Such as ``C-O broken`` or ``H-F formed``, sorted; empty if nothing changes. A bond is broken
        when it has grown by more than 35 %; one is formed when two atoms without a bond come
        closer than 1.25 times the sum of their covalent radii.
    """
    if len(subject.numbers) < 2:
        return ()
    old, new = _distances(before), _distances(after)
    first, second = subject.bonds.T
    bonded = np.zeros_like(old, dtype=bool)
    bonded[first, second] = bonded[second, first] = True
    table = Chem.GetPeriodicTable()
    radii = np.array([table.GetRcovalent(int(z)) for z in subject.numbers]) / BOHR_ANGSTROM
    near = _FORMED * (radii[:, None] + radii[None, :])
    upper = np.triu(np.ones_like(bonded), 1).astype(bool)
    broken = upper & bonded & (new > _BROKEN * old)
    formed = upper & ~bonded & (new < near) & (old > near)
    return tuple(sorted([*_named(subject, broken, "broken"), *_named(subject, formed, "formed")]))


def _named(subject: Molecule, pairs: NDArray[np.bool_], what: str) -> list[str]:
    table = Chem.GetPeriodicTable()
    symbols = [table.GetElementSymbol(int(z)) for z in subject.numbers]
    return [f"{'-'.join(sorted((symbols[i], symbols[j])))} {what}" for i, j in np.argwhere(pairs)]


def _distances(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.linalg.norm(positions[:, None] - positions[None, :], axis=-1)
