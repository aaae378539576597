"""The ensemble for lithium: networks on descriptors, networks on graphs, and Gaussian processes.

All three kinds end in the same law of conductivity and have the same weight. They see different
things of a molecule, or learn in different ways, so that they are wrong about different
electrolytes, and the middle of all of them is better than that of any kind. What they leave of
measured mixtures is remembered. Predicts with numpy alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import Composition, mixture_features
from electrolyte_ml.models.conductivity.memory import Memory
from electrolyte_ml.models.conductivity.network import Network
from electrolyte_ml.models.conductivity.process import LawProcess
from electrolyte_ml.models.deep.mixtures import Mixtures
from electrolyte_ml.models.deep.pair import GraphPair

LITHIUM = "[Li+]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """All kinds of members.

    Attributes
    ----------
    network
        Networks that read descriptors.
    graph
        Networks that read embeddings of the graphs of species; it has those of the catalog.
    process
        Gaussian processes that read descriptors.
    memory
        What measured mixtures deviate from the members; None before it is known.
    """

    network: Network
    graph: GraphPair
    process: LawProcess
    memory: Memory | None = None

    def log10_conductivity(
        self,
        composition: Composition,
        temperature_k: NDArray[np.float64],
        rows: NDArray[np.intp] | None = None,
    ) -> NDArray[np.float64]:
        """Every member's prediction of recipes with salt, as if their cations were lithium.

        In recipes with a species that no graph was embedded of, networks that read descriptors
        stand for those that read graphs.

        Parameters
        ----------
        composition
            From `electrolyte_ml.features.compose`.
        temperature_k
            Of the n rows, K.
        rows
            Which rows of the composition; all by default.

        Returns
        -------
        ndarray of float, shape (E, n)
            Those of `joined`, all corrected by what is remembered; decadic logarithm of the
            conductivity in mS/cm.
        """
        taken = np.arange(len(composition.index)) if rows is None else rows
        index = composition.index[taken]
        features, molality = mixture_features(composition), composition.molality_mol_kg[index]
        described, processed = (
            kind.log10_conductivity(features, index, molality, temperature_k)
            for kind in (self.network, self.process)
        )
        mixtures, graph = lithium_twins(composition).select(taken), self.graph
        told = mixtures.foreign_share(graph.smiles) == 0.0
        graphed = np.full((graph.n_members, len(taken)), np.nan)
        if told.any():
            part = mixtures.select(np.flatnonzero(told)).of_species(graph.smiles)
            graphed[:, told] = graph.log10_conductivity(part, temperature_k[told])
        members = joined(described, graphed, processed)
        if self.memory is not None:
            members += self.memory.correction(mixtures, temperature_k)
        return members


def joined(
    described: NDArray[np.float64], graphed: NDArray[np.float64], processed: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Members of all kinds as one ensemble in which each kind has a third of the weight.

    Parameters
    ----------
    described
        Predictions of networks that read descriptors, shape (D, n).
    graphed
        Of networks that read graphs, shape (G, n), of which D is a multiple; NaN in rows that are
        left to the former.
    processed
        Of Gaussian processes, shape (P, n), of which D is a multiple.

    Returns
    -------
    ndarray of float, shape (3 D, n)
    """
    graphed, processed = (
        np.repeat(kind, len(described) // len(kind), axis=0) for kind in (graphed, processed)
    )
    graphed = np.where(np.isnan(graphed), described, graphed)
    return np.concatenate([described, graphed, processed])


def lithium_twins(composition: Composition) -> Mixtures:
    """The mixtures of a composition with lithium in the place of its cations."""
    mixtures = Mixtures.of(composition)
    return replace(
        mixtures, cations=(LITHIUM,), cation_share=np.ones((len(mixtures.cation_share), 1))
    )
