"""Clusters of blends, and what a chemist would call them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.representation.blends import Traits

# A trait names a cluster if this share of its blends has it.
_MAJORITY = 0.6


def ward_clusters(places: NDArray[np.float64], n_clusters: int) -> NDArray[np.intp]:
    """Cluster of each blend, 0 to n_clusters - 1, shape (k,), of places of shape (k, p)."""
    from scipy.cluster.hierarchy import fcluster, linkage

    labels: NDArray[np.intp] = fcluster(linkage(places, "ward"), n_clusters, "maxclust") - 1
    return labels


def cluster_names(labels: NDArray[np.intp], traits: Sequence[Traits]) -> dict[int, str]:
    """Name of each cluster: its anion in its family of solvents, where a majority has them.

    Parameters
    ----------
    labels
        Cluster of each blend, shape (k,).
    traits
        Of each blend, length k.

    Returns
    -------
    dict
        Distinct names; clusters that would share one are numbered, the largest first.
    """
    names: dict[int, str] = {}
    sizes = Counter(labels.tolist())
    for label, _ in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        members = [t for t, own in zip(traits, labels.tolist(), strict=True) if own == label]
        anion = _majority([t.anion for t in members], "anions")
        family = _majority([t.solvent_family for t in members], "solvents")
        name = f"{anion} in {family}"
        taken = sum(n == name or n.startswith(f"{name} (") for n in names.values())
        names[label] = f"{name} ({taken + 1})" if taken else name
    return names


def _majority(values: Sequence[str], plural: str) -> str:
    """The value that most have; the two commonest, or that they are mixed, if none does."""
    (first, count), *others = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    if count >= _MAJORITY * len(values):
        return first
    second, more = others[0]
    if count + more >= _MAJORITY * len(values):
        return f"{first} and {second}"
    return f"mixed {plural}"
