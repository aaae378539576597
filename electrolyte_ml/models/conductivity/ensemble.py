"""The ensemble: three kinds of networks, and the memory of mixtures.

Networks on descriptors read means over the mixture; pooled networks read descriptors of every
species, and networks on graphs embeddings of their molecular graphs, with attention of the ions to
the solvents. All predict parameters of the same law of conductivity, for all cations, and each kind
has the same weight. They differ in their inputs, so that their errors differ, and the interquartile
mean of all members is better than that of any kind. A Gaussian process models the residuals on
measured mixtures and corrects predictions near them. Predicting needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.descriptors import (
    DescriptorNetwork,
    NetworkSettings,
    fit_network,
)
from electrolyte_ml.models.conductivity.graph.encoder_file import read_encoder
from electrolyte_ml.models.conductivity.graph.network import GraphNetwork
from electrolyte_ml.models.conductivity.graph.settings import GRAPHS, POOLED, GraphSettings
from electrolyte_ml.models.conductivity.residual_gp import ResidualGP
from electrolyte_ml.models.conductivity.rows import Described, MixtureRows, RowContent, TrainingRows
from electrolyte_ml.models.conductivity.spread import centre_of
from electrolyte_ml.species.catalog import packaged_catalog

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleSettings:
    """Which kinds of members are fitted, and how.

    Attributes
    ----------
    networks
        Networks on descriptors; None for none.
    pooled
        Pooled networks on descriptors of species; None for none.
    graphs
        Pooled networks on graphs; None for none.
    residuals
        Whether there is a Gaussian process of the residuals.
    """

    networks: NetworkSettings | None = field(default_factory=NetworkSettings)
    pooled: GraphSettings | None = POOLED
    graphs: GraphSettings | None = GRAPHS
    residuals: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, for the record of a training."""
        return {
            "descriptors": self.networks.to_dict() if self.networks else None,
            "pooled": self.pooled.to_dict() if self.pooled else None,
            "graphs": self.graphs.to_dict() if self.graphs else None,
            "residuals": self.residuals,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """Members of up to three kinds, at least one of them.

    Attributes
    ----------
    network
        Networks that read descriptors.
    pooled
        Networks that read descriptors of every species.
    graph
        Networks that read embeddings of the graphs of species; it has those of the catalog.
    residual
        Gaussian process of the members' residuals on measured mixtures.
    """

    network: DescriptorNetwork | None
    pooled: GraphNetwork | None
    graph: GraphNetwork | None
    residual: ResidualGP | None = None

    def members(
        self,
        described: Described,
        index: NDArray[np.intp],
        mixtures: MixtureRows,
        temperature_k: _Floats,
    ) -> _Floats:
        """Every member's prediction of recipes with salt.

        In recipes with a species that no graph was embedded of, networks that read descriptors
        stand for those that read graphs.

        Parameters
        ----------
        described
            The distinct compositions.
        index
            Which of them each of the n rows is about, shape (n,).
        mixtures
            Shares of the species of each row.
        temperature_k
            K, shape (n,).

        Returns
        -------
        ndarray of float, shape (E, n)
            Those of `joined`, all corrected by the process of the residuals; decadic logarithm of
            the conductivity in mS/cm.
        """
        members = []
        content = RowContent.of(described, index)
        if self.network is not None:
            members.append(self.network.log10_conductivity(described, index, temperature_k))
        if self.pooled is not None:
            members.append(self.pooled.log10_conductivity(mixtures, content, temperature_k))
        if self.graph is not None:
            members.append(self._graph_members(self.graph, mixtures, content, temperature_k))
        found = joined(members)
        if self.residual is not None:
            found += self.residual.correction(mixtures, content, temperature_k)
        return found

    def of_rows(self, rows: TrainingRows) -> _Floats:
        """Every member's prediction of measured electrolytes, shape (E, n)."""
        return self.members(rows.described, rows.index, rows.mixtures, rows.temperature_k)

    def only(
        self, *, networks: bool = False, pooled: bool = False, graphs: bool = False
    ) -> Ensemble:
        """Some kinds alone, as they are before the residuals are corrected."""
        return Ensemble(
            network=self.network if networks else None,
            pooled=self.pooled if pooled else None,
            graph=self.graph if graphs else None,
        )

    def _graph_members(
        self,
        graph: GraphNetwork,
        mixtures: MixtureRows,
        content: RowContent,
        temperature_k: _Floats,
    ) -> _Floats:
        """Networks on graphs; NaN for species without embedding, if there are other kinds."""
        if self.network is None and self.pooled is None:
            return graph.log10_conductivity(mixtures, content, temperature_k)
        embedded = mixtures.foreign_share(graph.smiles) == 0.0
        found = np.full((graph.n_members, len(mixtures.index)), np.nan)
        if embedded.any():
            which = np.flatnonzero(embedded)
            part = mixtures.select(which).of_species(graph.smiles)
            found[:, embedded] = graph.log10_conductivity(
                part, content.select(which), temperature_k[which]
            )
        return found


def joined(kinds: Sequence[_Floats]) -> _Floats:
    """Members of several kinds as one ensemble in which each kind has the same weight.

    Parameters
    ----------
    kinds
        Predictions of each kind, shapes (E_i, n); NaN in rows where the first kind stands in.

    Returns
    -------
    ndarray of float, shape (E, n)
        Each kind repeated so that all have as many members.
    """
    n_members = int(np.lcm.reduce([len(kind) for kind in kinds]))
    repeated = [np.repeat(kind, n_members // len(kind), axis=0) for kind in kinds]
    return np.concatenate([np.where(np.isnan(kind), repeated[0], kind) for kind in repeated])


def fit_ensemble(
    rows: TrainingRows, settings: EnsembleSettings | None = None, *, seed: int = 0
) -> Ensemble:
    """Fit all kinds of members, and the Gaussian process of their residuals.

    Networks on graphs know the species of the catalog beside those of the rows.

    Parameters
    ----------
    rows
        Measured electrolytes; those that are not trusted are left out.
    settings
        Which kinds, and how.
    seed
        Same seed, data and machine: same weights.

    Raises
    ------
    MissingDependencyError
        If torch or DeepChem is not installed and a kind needs it.
    """
    settings = settings or EnsembleSettings()
    ensemble = Ensemble(
        network=fit_network(rows, settings.networks, seed=seed) if settings.networks else None,
        pooled=_fit_pooled(rows, settings.pooled, seed) if settings.pooled else None,
        graph=_fit_graphs(rows, settings.graphs, seed) if settings.graphs else None,
    )
    if not settings.residuals:
        return ensemble
    return replace(ensemble, residual=ResidualGP.of(rows, centre_of(ensemble.of_rows(rows))))


def _fit_pooled(rows: TrainingRows, settings: GraphSettings, seed: int) -> GraphNetwork:
    from electrolyte_ml.features.graphs import import_deepchem

    import_deepchem()  # says what to install where torch or DeepChem is missing
    from electrolyte_ml.models.conductivity.graph.fitting import fit_graph

    return fit_graph(rows, settings, seed=seed)


def _fit_graphs(rows: TrainingRows, settings: GraphSettings, seed: int) -> GraphNetwork:
    from electrolyte_ml.features.graphs import import_deepchem

    import_deepchem()
    from electrolyte_ml.models.conductivity.graph.fitting import fit_graph

    catalog = packaged_catalog()
    species = [s.smiles for s in (*catalog.solvents, *catalog.cations, *catalog.anions)]
    # An encoder that learns with the rest starts at random, one that does not is pre-trained.
    pretrained = None if settings.encoder_rate > 0 else read_encoder()
    return fit_graph(rows, settings, seed=seed, pretrained=pretrained, species=species)
