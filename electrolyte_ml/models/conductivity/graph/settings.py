"""Settings of the graph network; the defaults were chosen on folds other than the reported ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSettings:
    """Parts and sizes of the network, and settings of its fit.

    Attributes
    ----------
    members
        Mixture networks in the ensemble.
    encoders
        Message-passing encoders: one that all members share, or one a member.
    width, depth, embedding
        Units of a bond, rounds of messages, and numbers that describe a species.
    mixing, hidden
        Units of the pooled vectors, and of each of the two hidden layers behind them.
    coordinates
        Learnt numbers of each species.
    hidden_species
        Share of the species whose coordinates are hidden in a step.
    embedded
        Whether embeddings of graphs describe the species.
    constants
        Whether physical constants of species (permittivity, computed potential of the anion, ...)
        stand beside, and those of the mixture beside the concentration.
    described
        Whether descriptors of RDKit and Mordred stand beside.
    interactions
        Attention of ions to solvents, and products of ions and solvents.
    physics
        Whether the output is parameters of the law of conductivity, or its logarithm itself.
    steps, batch
        Optimiser steps, and rows in each.
    learning_rate, weight_decay
        Of AdamW, with a warm-up and a cosine to zero.
    encoder_rate
        Learning rate of the encoder as a share of that of the rest; 0 freezes it.
    least_share
        Share of embedding and descriptors that the first member sees; it rises to all of them for
        the last.
    noise
        Standard deviation of the noise on embeddings, descriptors and constants.
    huber_width
        Error in ln k from which on it counts linearly.
    """

    members: int = 8
    encoders: int = 1
    width: int = 64
    depth: int = 3
    embedding: int = 32
    coordinates: int = 8
    hidden_species: float = 0.3
    mixing: int = 24
    hidden: int = 48
    embedded: bool = True
    constants: bool = True
    described: bool = True
    interactions: bool = True
    physics: bool = True
    steps: int = 2000
    batch: int = 256
    learning_rate: float = 6e-3
    weight_decay: float = 0.05
    encoder_rate: float = 0.0
    least_share: float = 0.5
    noise: float = 0.05
    huber_width: float = 0.15

    def to_dict(self) -> dict[str, float]:
        """Plain numbers, for the record of a training."""
        return asdict(self)


#: Pooled networks of the ensemble: one kind reads descriptors, the other graphs.
POOLED = GraphSettings(embedded=False)
GRAPHS = GraphSettings(described=False)
#: A usual mixture model on graphs of the literature (CheMixHub, 2025, arXiv:2506.12231): message
#: passing, a mean by composition, and no law, constants, attention or pre-training.
PLAIN = GraphSettings(
    coordinates=0,
    constants=False,
    described=False,
    interactions=False,
    physics=False,
    encoder_rate=0.3,
    least_share=1.0,
)
