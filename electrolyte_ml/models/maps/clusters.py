"""Blends of measured electrolytes, and their clusters with names.

A blend is the ions and solvents of an electrolyte, whatever the concentration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition
from electrolyte_ml.models.conductivity.rows import MixtureRows
from electrolyte_ml.models.neighbours import Neighbour, measured_compositions
from electrolyte_ml.species.ionic_liquids import FAMILY

_USUAL_MOLALITY = 1.0
_UNKNOWN_FAMILY = "other solvents"
# A trait names a cluster if this share of its blends has it.
_MAJORITY = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """Chemical traits of a blend, which name its cluster.

    Attributes
    ----------
    cation, anion
        The most frequent ion of each sign.
    solvent_family
        Family that most of the solvent molecules are of; that of ionic liquids where there are
        none.
    """

    cation: str
    anion: str
    solvent_family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBlend:
    """A blend that papers measured.

    Attributes
    ----------
    recipe
        Of its measured recipes, the one nearest to 1 mol/kg.
    dois
        Papers that measured it.
    n_points
        Measurements of it, at any concentration and temperature.
    row
        A row of the composition it is from.
    """

    recipe: str
    dois: tuple[str, ...]
    n_points: int
    row: int


def known_blends() -> tuple[Composition, tuple[KnownBlend, ...]]:
    """Measured blends in the order of their recipes, and the composition their rows are of.

    Raises
    ------
    ArtefactError
        If the table of measured recipes is missing.
    """
    composition, recipes = measured_compositions()
    mixture = MixtureRows.of(composition).index
    found = [_blend(composition, recipes, np.flatnonzero(mixture == m)) for m in np.unique(mixture)]
    return composition, tuple(sorted(found, key=lambda blend: blend.recipe))


def _blend(
    composition: Composition, recipes: Sequence[Neighbour], rows: NDArray[np.intp]
) -> KnownBlend:
    away = np.abs(np.log(composition.molality_mol_kg[rows] / _USUAL_MOLALITY))
    row = int(rows[np.argmin(away)])
    return KnownBlend(
        recipe=recipes[row].recipe,
        dois=tuple(sorted({recipes[i].doi for i in rows})),
        n_points=sum(recipes[i].n_points for i in rows),
        row=row,
    )


def traits(composition: Composition, row: int) -> Traits:
    """Chemical traits of the blend of a row."""
    shares = composition.solvent_mole_fraction[row].tolist()
    families = {} if any(shares) else {FAMILY: 1.0}
    for solvent, share in zip(composition.solvents, shares, strict=True):
        family = solvent.family or _UNKNOWN_FAMILY
        families[family] = families.get(family, 0.0) + share
    return Traits(
        cation=composition.cations[int(composition.cation_fraction[row].argmax())].name,
        anion=composition.anions[int(composition.anion_fraction[row].argmax())].name,
        solvent_family=max(sorted(families), key=families.__getitem__),
    )


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
