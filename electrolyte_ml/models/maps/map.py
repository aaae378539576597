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

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ArtefactError, InputError, InputErrors, MissingDependencyError
from electrolyte_ml.features import Composition, compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.conductivity.graph.embedding import with_species
from electrolyte_ml.models.conductivity.graph.encoder_file import read_encoder
from electrolyte_ml.models.conductivity.graph.network import GraphNetwork
from electrolyte_ml.models.conductivity.model import ConductivityModel
from electrolyte_ml.models.conductivity.rows import MixtureRows
from electrolyte_ml.models.maps.clusters import (
    KnownBlend,
    Traits,
    cluster_names,
    known_blends,
    traits,
    ward_clusters,
)
from electrolyte_ml.models.similarity import anion_similarity, solvent_similarity
from electrolyte_ml.species import Ion, Solvent
from electrolyte_ml.species.catalog import packaged_catalog

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("pca", "umap")
_HELD_VARIANCE = 0.95
_NEAREST = 3
_Floats = NDArray[np.float64]
_Species = TypeVar("_Species", Solvent, Ion)


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedBlend:
    """A blend on the map.

    Attributes
    ----------
    recipe
        A measured recipe of it, the one nearest to 1 mol/kg; or the given recipe.
    x, y
        Place on the map.
    cluster
        Name of its cluster; of a given recipe, that of the blend nearest to it.
    traits
        Its ions and family of solvents.
    dois
        Papers that measured it; empty for a given recipe.
    n_points
        Measurements of it.
    nearest
        Known blends most like it, nearest first; empty for a known one.
    note
        What no blend on the map is like, and species that another one stands for, in words; empty
        where there is neither.
    """

    recipe: str
    x: float
    y: float
    cluster: str
    traits: Traits
    dois: tuple[str, ...] = ()
    n_points: int = 0
    nearest: tuple[str, ...] = ()
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "traits"}
        return {**fields, **asdict(self.traits)}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ElectrolyteMap:
    """Known blends and given recipes on two axes.

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

    def __repr__(self) -> str:
        return f"<ElectrolyteMap, {len(self.known)} known blends and {len(self.asked)} asked about>"

    def to_frame(self) -> pd.DataFrame:
        """One line for each blend, known ones first, with the entries of `MappedBlend.to_dict`."""
        import pandas as pd

        return pd.DataFrame([blend.to_dict() for blend in (*self.known, *self.asked)])

    def to_dict(self) -> dict[str, Any]:
        """Form for JSON."""
        return {
            "method": self.method,
            "variance": list(self.variance),
            "known": [b.to_dict() for b in self.known],
            "asked": [b.to_dict() for b in self.asked],
        }


def electrolyte_map(
    recipes: Sequence[Formulation] = (),
    *,
    names: Sequence[str] | None = None,
    method: str = "pca",
    n_clusters: int = 10,
    seed: int = 0,
) -> ElectrolyteMap:
    """Map all known blends, and recipes among them.

    Parameters
    ----------
    recipes
        To place on the map, each with a salt; their concentration does not matter.
    names
        Their names; their notation by default.
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
        If UMAP is chosen and not installed.
    """
    composition, blends = known_blends()
    _require(recipes, method, n_clusters, len(blends))
    places, variance, notes = _placed(composition, blends, recipes)
    drawn = places[:, :2] if method == "pca" else _umap(places, len(blends), seed)
    known = _known(composition, blends, drawn, ward_clusters(places[: len(blends)], n_clusters))
    called = names or [recipe.notation() for recipe in recipes]
    asked = _asked(recipes, list(zip(called, notes, strict=True)), places, drawn, known)
    return ElectrolyteMap(
        method=method, variance=variance if method == "pca" else (), known=known, asked=asked
    )


def _placed(
    composition: Composition, blends: Sequence[KnownBlend], recipes: Sequence[Formulation]
) -> tuple[_Floats, tuple[float, ...], list[str]]:
    """Places of blends and recipes on the principal axes, shares of variance, notes on recipes."""
    rows = np.array([blend.row for blend in blends], dtype=np.intp)
    vectors, notes = [_vectors(composition, _shipped_network())[rows]], []
    if recipes:
        given = compose(recipes)
        network, stand_ins = _network_for(given)
        vectors.append(_vectors(given, network)[given.index])
        notes = [_note(compose([recipe]), stand_ins) for recipe in recipes]
    places, variance = _principal_axes(np.concatenate(vectors), len(blends))
    return places, variance, notes


def _known(
    composition: Composition,
    blends: Sequence[KnownBlend],
    drawn: _Floats,
    labels: NDArray[np.intp],
) -> tuple[MappedBlend, ...]:
    of_blend = [traits(composition, blend.row) for blend in blends]
    cluster = cluster_names(labels, of_blend)
    return tuple(
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
            blends, drawn[: len(blends)], labels.tolist(), of_blend, strict=True
        )
    )


def _asked(
    recipes: Sequence[Formulation],
    words: Sequence[tuple[str, str]],
    places: _Floats,
    drawn: _Floats,
    known: Sequence[MappedBlend],
) -> tuple[MappedBlend, ...]:
    """Recipes with the blends nearest to them; `words` are their names and notes."""
    placed = []
    for number, recipe in enumerate(recipes):
        at, own = len(known) + number, traits(compose([recipe]), 0)
        order = np.argsort(np.linalg.norm(places[: len(known)] - places[at], axis=1)).tolist()
        placed.append(
            MappedBlend(
                recipe=words[number][0],
                x=float(drawn[at, 0]),
                y=float(drawn[at, 1]),
                cluster=known[order[0]].cluster,
                traits=own,
                nearest=tuple(known[i].recipe for i in order[:_NEAREST]),
                note="; ".join(filter(None, (*_unlike(own, known), words[number][1]))),
            )
        )
    return tuple(placed)


def _unlike(own: Traits, known: Sequence[MappedBlend]) -> Iterator[str]:
    """Traits of a recipe that no blend on the map has, so that the nearest ones are not alike."""
    if own.solvent_family not in {blend.traits.solvent_family for blend in known}:
        yield f"nothing on the map is like it: no blend there is mostly {own.solvent_family}"
    if own.anion not in {blend.traits.anion for blend in known}:
        yield f"no blend on the map has mostly {own.anion}"


def _require(recipes: Sequence[Formulation], method: str, n_clusters: int, n_blends: int) -> None:
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}; there are {', '.join(METHODS)}")
    if not 2 <= n_clusters <= n_blends:
        raise InputError(
            f"clusters must be 2 to {n_blends}, the number of known blends, not {n_clusters}"
        )
    saltless = [r.notation() for r in recipes if not (r.salts or r.ionic_liquids)]
    if saltless:
        raise InputErrors([f"{r}: without a salt it has no place on the map" for r in saltless])


def _vectors(composition: Composition, network: GraphNetwork) -> _Floats:
    """Vectors of formulations, shape (u, E z), of all members one after another."""
    mixtures = MixtureRows.of(composition)
    vectors = network.vectors(mixtures)
    of_formulation = np.empty(composition.n_formulations, dtype=np.intp)
    of_formulation[composition.index] = mixtures.index
    joined: _Floats = np.concatenate(list(vectors), axis=1)[of_formulation]
    return joined


def _shipped_network() -> GraphNetwork:
    """The networks on graphs of the conductivity model."""
    network = ConductivityModel.load().ensemble.graph
    if network is None:
        raise ArtefactError(
            "the conductivity model holds no networks on graphs, which the map draws; train one "
            "with: electrolyte-ml train conductivity"
        )
    return network


def _network_for(composition: Composition) -> tuple[GraphNetwork, dict[str, str]]:
    """The shipped network with embeddings of all species, and names of stand-ins by SMILES.

    A species that the shipped network lacks is embedded by DeepChem; where that is not installed,
    the embedding of the most similar species stands for it.
    """
    network = _shipped_network()
    species = (*composition.solvents, *composition.cations, *composition.anions)
    smiles = [s.smiles for s in species]
    if set(smiles) <= set(network.smiles):
        return network, {}
    try:
        return with_species(network, smiles, read_encoder()), {}
    except MissingDependencyError:
        pass
    catalog = packaged_catalog()
    stand_ins: dict[str, Solvent | Ion] = {
        **_most_similar(composition.solvents, catalog.solvents, network, solvent_similarity),
        **_most_similar(composition.anions, catalog.anions, network, anion_similarity),
        **_most_similar(composition.cations, catalog.cations, network, _cation_similarity),
    }
    columns = [network.smiles.index(found.smiles) for found in stand_ins.values()]
    extended = replace(
        network,
        smiles=(*network.smiles, *stand_ins),
        embeddings=np.concatenate([network.embeddings, network.embeddings[:, columns]], axis=1),
        coordinates=np.pad(network.coordinates, ((0, 0), (0, len(columns)), (0, 0))),
    )
    return extended, {own: found.name for own, found in stand_ins.items()}


def _most_similar(
    species: Sequence[_Species],
    known: Sequence[_Species],
    network: GraphNetwork,
    similarity: Callable[[Sequence[_Species], Sequence[_Species]], _Floats],
) -> dict[str, _Species]:
    """The most similar embedded species of those that have no embedding, by their SMILES."""
    embedded = [s for s in known if s.smiles in network.smiles]
    new = [s for s in species if s.smiles not in network.smiles]
    if not new:
        return {}
    best = similarity(new, embedded).argmax(axis=1).tolist()
    return {s.smiles: embedded[i] for s, i in zip(new, best, strict=True)}


def _cation_similarity(left: Sequence[Ion], right: Sequence[Ion]) -> _Floats:
    """Minus the difference in charge and in radius in nanometres, of which the charge wins."""
    radius, charge = (
        [np.array([of_ion(ion) for ion in ions]) for ions in (left, right)]
        for of_ion in (_radius_nm, lambda ion: ion.charge)
    )
    difference = np.abs(charge[0][:, None] - charge[1]) + np.abs(radius[0][:, None] - radius[1])
    return -difference


def _radius_nm(ion: Ion) -> float:
    # Of unknown radius: of medium size.
    return ion.value("radius_nm") or 0.1


def _note(composition: Composition, stand_ins: Mapping[str, str]) -> str:
    """Which species of a recipe another one stands for; empty if none does."""
    return "; ".join(
        f"{s.name} is placed like {stand_ins[s.smiles]}: it has no embedding of its own "
        "(pip install 'electrolyte_ml[deep]' makes one)"
        for s in (*composition.solvents, *composition.cations, *composition.anions)
        if s.smiles in stand_ins
    )


def _principal_axes(vectors: _Floats, n_known: int) -> tuple[_Floats, tuple[float, ...]]:
    """Places on the axes that hold most of the known blends' variance, and shares of the first."""
    from sklearn.decomposition import PCA

    members = np.split(vectors, _shipped_network().n_members, axis=1)
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
    given = mapper.transform(places[n_known:]) if len(places) > n_known else np.empty((0, 2))
    drawn: _Floats = np.concatenate([mapper.embedding_, given])
    return drawn
