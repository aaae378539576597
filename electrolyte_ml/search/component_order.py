"""Order of components on a coordinate of the search: similar ones next to each other.

Samplers treat a coordinate as a scale and search near good values. A coordinate that picks a
component is such a scale only if its neighbours are similar. Optuna 5 has no distance between
categories, so the order of the components carries the similarity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.similarity import anion_similarity, solvent_similarity
from electrolyte_ml.species import Salt, Solvent

_FEWEST_TO_ORDER = 3


def solvents_by_similarity(solvents: Sequence[Solvent]) -> list[Solvent]:
    """Solvents ordered so that similar ones are neighbours.

    Leaves of average-linkage clustering on 1 - similarity, in the optimal leaf ordering [1]_.

    Parameters
    ----------
    solvents
        Solvents; the result does not depend on their order.

    References
    ----------
    .. [1] Bar-Joseph, Gifford and Jaakkola, Bioinformatics 2001, 17, S22.
       https://doi.org/10.1093/bioinformatics/17.suppl_1.S22
    """
    items = sorted(solvents, key=lambda s: s.name)
    return [items[i] for i in _leaves(solvent_similarity(items, items))]


def salts_by_similarity(salts: Sequence[Salt]) -> list[Salt]:
    """Salts of one cation, ordered by similarity of anions as in `solvents_by_similarity`."""
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
