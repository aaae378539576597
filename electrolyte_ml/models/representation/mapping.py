r"""Known electrolytes on two axes of the graph network's representation.

A blend stands for the vectors that the members of the network pool of it, one after another, each
member's scaled to unit total variance over the known blends: E members, one space. Its principal
axes are drawn; clusters are Ward's [1]_ in the axes that hold 95 % of the variance. UMAP [2]_ can
stand in for the drawing alone. Everything is deterministic.

References
----------
.. [1] Ward, J. Am. Stat. Assoc. 1963, 58, 236. https://doi.org/10.1080/01621459.1963.10500845
.. [2] McInnes et al., 2018. https://arxiv.org/abs/1802.03426
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import InputError, InputErrors, MissingDependencyError
from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.deep import load, read_encoder
from electrolyte_ml.models.deep.mixtures import Mixtures
from electrolyte_ml.models.deep.network import GraphNetwork
from electrolyte_ml.models.representation.blends import Traits, known_blends, traits
from electrolyte_ml.models.representation.clusters import cluster_names, ward_clusters

METHODS = ("pca", "umap")
_HELD_VARIANCE = 0.95
_NEAREST = 3
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedBlend:
    """A blend on the map.

    Attributes
    ----------
    recipe
        A measured recipe of it, the one nearest to 1 mol/kg; or the one asked about.
    x, y
        Place on the map.
    cluster
        Name of its cluster; of a recipe asked about, that of the blend nearest to it.
    traits
        Its ions and family of solvents.
    dois
        Papers that measured it; empty for a recipe asked about.
    n_points
        Measurements of it.
    nearest
        Known blends most like it, nearest first; empty for a known one.
    """

    recipe: str
    x: float
    y: float
    cluster: str
    traits: Traits
    dois: tuple[str, ...] = ()
    n_points: int = 0
    nearest: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "traits"}
        return {**fields, **asdict(self.traits)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationMap:
    """Known blends, and recipes asked about, on two axes.

    Attributes
    ----------
    method
        ``pca`` or ``umap``.
    variance
        Shares of the variance that the two axes hold; empty for UMAP.
    known, asked
        Blends.
    """

    method: str
    variance: tuple[float, ...]
    known: tuple[MappedBlend, ...]
    asked: tuple[MappedBlend, ...]

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "method": self.method,
            "variance": list(self.variance),
            "known": [b.to_dict() for b in self.known],
            "asked": [b.to_dict() for b in self.asked],
        }


def representation_map(
    recipes: Sequence[Formulation] = (),
    *,
    names: Sequence[str] | None = None,
    method: str = "pca",
    n_clusters: int = 10,
    seed: int = 0,
) -> RepresentationMap:
    """Map all known blends, and recipes among them.

    Parameters
    ----------
    recipes
        To place on the map, each with a salt; their concentration does not matter.
    names
        What to call them; their notation by default.
    method
        One of `METHODS`: how two axes are made of many.
    n_clusters
        How many clusters to name.
    seed
        Of UMAP; principal axes have no chance in them.

    Raises
    ------
    InputError
        If there is no such method, too few or too many clusters, or recipes have no salt.
    MissingDependencyError
        If UMAP is asked for and not installed, or a recipe holds a species that no table has and
        DeepChem is not installed.
    """
    composition, blends = known_blends()
    _require(recipes, method, n_clusters, len(blends))
    rows = np.array([blend.row for blend in blends], dtype=np.intp)
    vectors = [_vectors(composition)[rows]]
    asked = compose(recipes) if recipes else None
    if asked is not None:
        vectors.append(_vectors(asked)[asked.index])
    places, variance = _principal_axes(np.concatenate(vectors), len(blends))
    drawn = places[:, :2] if method == "pca" else _umap(places, len(blends), seed)
    of_known = [traits(composition, row) for row in rows.tolist()]
    labels = ward_clusters(places[: len(blends)], n_clusters)
    cluster = cluster_names(labels, of_known)
    known = [
        MappedBlend(
            recipe=blend.recipe,
            x=float(x),
            y=float(y),
            cluster=cluster[label],
            traits=own,
            dois=blend.dois,
            n_points=blend.n_points,
        )
        for blend, (x, y), label, own in zip(
            blends, drawn[: len(blends)], labels.tolist(), of_known, strict=True
        )
    ]
    placed = []
    called = names or [recipe.notation() for recipe in recipes]
    for number, recipe in enumerate(recipes, start=len(blends)):
        order = np.argsort(np.linalg.norm(places[: len(blends)] - places[number], axis=1))
        placed.append(
            MappedBlend(
                recipe=called[number - len(blends)],
                x=float(drawn[number, 0]),
                y=float(drawn[number, 1]),
                cluster=known[order[0]].cluster,
                traits=_traits_of(recipe),
                nearest=tuple(known[i].recipe for i in order[:_NEAREST].tolist()),
            )
        )
    return RepresentationMap(
        method=method,
        variance=variance if method == "pca" else (),
        known=tuple(known),
        asked=tuple(placed),
    )


def _require(recipes: Sequence[Formulation], method: str, n_clusters: int, n_blends: int) -> None:
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}; there are {', '.join(METHODS)}")
    if not 2 <= n_clusters <= n_blends:
        raise InputError(
            f"clusters must be 2 to {n_blends}, the number of known blends, not {n_clusters}"
        )
    saltless = [r.notation() for r in recipes if not r.salts]
    if saltless:
        raise InputErrors([f"{r}: without a salt it has no place on the map" for r in saltless])


def _traits_of(recipe: Formulation) -> Traits:
    return traits(compose([recipe]), 0)


def _vectors(composition: Composition) -> _Floats:
    """Vectors of formulations, shape (u, E z), of all members one after another."""
    mixtures = Mixtures.of(composition)
    vectors = _network_for(mixtures).vectors(mixtures)
    of_formulation = np.empty(composition.n_formulations, dtype=np.intp)
    of_formulation[composition.index] = mixtures.index
    joined: _Floats = np.concatenate(list(vectors), axis=1)[of_formulation]
    return joined


def _network_for(mixtures: Mixtures) -> GraphNetwork:
    """The shipped network, with embeddings of species that its table lacks."""
    network = load()
    species = (*mixtures.solvents, *mixtures.cations, *mixtures.anions)
    if set(species) <= set(network.smiles):
        return network
    from electrolyte_ml.models.deep.embedding import with_species

    return with_species(network, species, read_encoder())


def _principal_axes(vectors: _Floats, n_known: int) -> tuple[_Floats, tuple[float, ...]]:
    """Places on the axes that hold most of the known blends' variance, and shares of the first."""
    from sklearn.decomposition import PCA

    members = np.split(vectors, load().n_members, axis=1)
    scaled = [_standardised(part, n_known) for part in members]
    joined = np.concatenate(scaled, axis=1)
    kept = min(joined.shape[1], n_known)
    axes = PCA(kept, svd_solver="full").fit(joined[:n_known])
    share = axes.explained_variance_ratio_
    most = max(2, int(np.searchsorted(np.cumsum(share), _HELD_VARIANCE)) + 1)
    return axes.transform(joined)[:, :most], (float(share[0]), float(share[1]))


def _standardised(vectors: _Floats, n_known: int) -> _Floats:
    centred = vectors - vectors[:n_known].mean(axis=0)
    scaled: _Floats = centred / np.sqrt(centred[:n_known].var(axis=0).sum())
    return scaled


def _umap(places: _Floats, n_known: int, seed: int) -> _Floats:
    try:
        import umap
    except ImportError as error:
        raise MissingDependencyError(
            "--method umap needs UMAP: pip install umap-learn; --method pca needs nothing more"
        ) from error
    mapper = umap.UMAP(random_state=seed, n_jobs=1).fit(places[:n_known])
    asked = mapper.transform(places[n_known:]) if len(places) > n_known else np.empty((0, 2))
    drawn: _Floats = np.concatenate([mapper.embedding_, asked])
    return drawn
