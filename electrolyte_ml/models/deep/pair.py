"""Two fits of the networks on graphs: one for what was measured, one for new species.

What networks learn in the end about the embeddings of measured species makes them better on those,
and worse on species that nothing was measured with. A recipe with a notable share of such a species
is therefore left to networks whose fit was stopped early.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.deep.mixtures import NOTABLE_SHARE, Mixtures
from electrolyte_ml.models.deep.network import GraphNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPair:
    """Two ensembles of as many members.

    Attributes
    ----------
    settled
        Fitted to the end.
    early
        Stopped early.
    measured
        SMILES of species that were measured in notable amounts.
    """

    settled: GraphNetwork
    early: GraphNetwork
    measured: frozenset[str]

    @property
    def n_members(self) -> int:
        """Members that predict a recipe, E."""
        return self.settled.n_members

    @property
    def smiles(self) -> tuple[str, ...]:
        """Species that it has embeddings of."""
        return self.early.smiles

    def log10_conductivity(
        self, mixtures: Mixtures, temperature_k: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Every member's log10 conductivity, shape (E, n); as of `GraphNetwork`."""
        new = is_new(mixtures, self.measured)
        out = np.empty((self.n_members, len(new)))
        for network, rows in ((self.settled, ~new), (self.early, new)):
            if rows.any():
                part = mixtures.select(np.flatnonzero(rows))
                out[:, rows] = network.log10_conductivity(part, temperature_k[rows])
        return out


def is_new(mixtures: Mixtures, measured: frozenset[str]) -> NDArray[np.bool_]:
    """Which rows hold a notable share of a species that was not measured, shape (n,)."""
    return mixtures.foreign_share(measured) >= NOTABLE_SHARE
