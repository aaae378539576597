"""The order of components on a coordinate of the search: alike ones beside each other.

Samplers take a coordinate for a scale: they look near what was good. A coordinate that picks a
component is only such a scale if neighbours on it are alike. Optuna 5 has no distance between
categories any more, so the order of the categories carries it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.similarity import anion_similarity, solvent_similarity
from electrolyte_ml.species import Salt, Solvent

_FEWEST_TO_ORDER = 3


def solvents_by_likeness(solvents: Sequence[Solvent]) -> list[Solvent]:
    """The same solvents, alike ones beside each other.

    Leaves of the tree of average linkage over unlikenesses, in the order that makes the sum over
    neighbours least [1]_.

    Parameters
    ----------
    solvents
        In any order; the result does not depend on it.

    References
    ----------
    .. [1] Bar-Joseph, Gifford and Jaakkola, Bioinformatics 2001, 17, S22.
       https://doi.org/10.1093/bioinformatics/17.suppl_1.S22
    """
    items = sorted(solvents, key=lambda s: s.name)
    return [items[i] for i in _leaves(solvent_similarity(items, items))]


def salts_by_likeness(salts: Sequence[Salt]) -> list[Salt]:
    """The same salts of one cation, alike anions beside each other, as `solvents_by_likeness`."""
    items = sorted(salts, key=lambda s: s.name)
    anions = [s.anion for s in items]
    return [items[i] for i in _leaves(anion_similarity(anions, anions))]


def _leaves(similarity: NDArray[np.float64]) -> list[int]:
    n = len(similarity)
    if n < _FEWEST_TO_ORDER:
        return list(range(n))
    from scipy.cluster.hierarchy import leaves_list, linkage

    # Rounding leaves 1 + 1e-16 between equal species.
    condensed = np.maximum(1.0 - similarity[np.triu_indices(n, k=1)], 0.0)
    tree = linkage(condensed, method="average", optimal_ordering=True)
    leaves: list[int] = leaves_list(tree).tolist()
    return leaves
