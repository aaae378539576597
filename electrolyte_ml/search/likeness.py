"""Putting alike species beside each other.

Samplers take a coordinate for a scale: they look near what was good. A coordinate that picks a
component is only such a scale if neighbours on it are alike. Optuna 5 has no distance between
categories any more, so the order of the categories carries it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.species import Salt, Solvent

_S = TypeVar("_S", bound=Solvent | Salt)
_RADIUS = 2  # Morgan fingerprints of this radius are the usual ECFP4
_BITS = 2048
_FEWEST_TO_ORDER = 3


def ordered_by_likeness(species: Sequence[_S]) -> list[_S]:
    """The same species, alike ones beside each other.

    Leaves of the tree of average linkage over Tanimoto distances of fingerprints, in the order
    that makes the sum of distances between neighbours least [1]_.

    Parameters
    ----------
    species
        Solvents or salts.

    Returns
    -------
    list
        Does not depend on the order given.

    References
    ----------
    .. [1] Bar-Joseph, Gifford and Jaakkola, Bioinformatics 2001, 17, S22.
       https://doi.org/10.1093/bioinformatics/17.suppl_1.S22
    """
    items = sorted(species, key=lambda s: s.name)
    if len(items) < _FEWEST_TO_ORDER:
        return items
    from scipy.cluster.hierarchy import leaves_list, linkage

    condensed = distances(items)[np.triu_indices(len(items), k=1)]
    tree = linkage(condensed, method="average", optimal_ordering=True)
    return [items[i] for i in leaves_list(tree)]


def distances(species: Sequence[Solvent | Salt]) -> NDArray[np.float64]:
    """One minus Tanimoto similarity of fingerprints, shape (n, n), 0 to 1."""
    from rdkit.DataStructs import BulkTanimotoSimilarity

    prints = [_fingerprint(_smiles(s)) for s in species]
    return 1.0 - np.array([BulkTanimotoSimilarity(p, prints) for p in prints])


def _smiles(species: Solvent | Salt) -> str:
    if isinstance(species, Salt):
        return f"{species.cation.smiles}.{species.anion.smiles}"
    return species.smiles


@lru_cache(maxsize=4096)
def _fingerprint(smiles: str) -> Any:
    from rdkit import Chem
    from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator

    generator = GetMorganGenerator(radius=_RADIUS, fpSize=_BITS)
    return generator.GetFingerprint(Chem.MolFromSmiles(smiles))
