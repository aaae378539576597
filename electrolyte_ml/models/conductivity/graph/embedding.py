"""Embedding species that a fitted network has no embedding of; this needs torch and DeepChem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.graph.network import GraphNetwork


def with_species(
    network: GraphNetwork, smiles: Sequence[str], encoder: Mapping[str, NDArray[np.float32]]
) -> GraphNetwork:
    """The network with embeddings of further species.

    Parameters
    ----------
    network
        Whose members share the encoder.
    smiles
        Canonical SMILES; those that it knows cost nothing.
    encoder
        Weights of the encoder that the network was fitted on, from `read_encoder`.

    Raises
    ------
    InputError
        If DeepChem cannot make a graph of one.
    MissingDependencyError
        If DeepChem is not installed and there are new species.
    """
    new = [s for s in dict.fromkeys(smiles) if s not in network.smiles]
    if not new:
        return network
    embedded = embed(new, encoder)
    return replace(
        network,
        smiles=(*network.smiles, *new),
        embeddings=np.concatenate([network.embeddings, embedded], axis=1),
        coordinates=np.pad(network.coordinates, ((0, 0), (0, len(new)), (0, 0))),
    )


def embed(smiles: Sequence[str], encoder: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float64]:
    """Embeddings of species, shape (1, S, d).

    Parameters
    ----------
    smiles
        Canonical SMILES, length S.
    encoder
        Weights from `read_encoder`.

    Raises
    ------
    InputError
        If DeepChem cannot make a graph of one.
    MissingDependencyError
        If DeepChem is not installed.
    """
    from electrolyte_ml.features.graphs import species_graphs

    graphs = species_graphs(smiles)
    import torch

    from electrolyte_ml.models.conductivity.graph.fitting import load_encoder
    from electrolyte_ml.models.conductivity.graph.module import Encoder, GraphTensors
    from electrolyte_ml.models.conductivity.graph.settings import GraphSettings

    width = encoder["message"].shape[-1]
    settings = GraphSettings(width=width, embedding=encoder["read"].shape[-1])
    module = Encoder(
        settings, graphs.atoms.shape[1], graphs.bonds.shape[1], torch.Generator().manual_seed(0)
    )
    load_encoder(module, encoder)
    with torch.no_grad():
        found: NDArray[np.float64] = module(GraphTensors(graphs)).numpy().astype(np.float64)
    return found
