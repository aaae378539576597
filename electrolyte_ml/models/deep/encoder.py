r"""The message-passing encoder of species, shared by ions and solvents (torch).

Messages go along directed bonds [1]_: with atom features :math:`x` and bond features :math:`e`,
:math:`h^0_{vw} = \sigma(W_i [x_v, e_{vw}])`, then :math:`h^{t+1}_{vw} = \sigma(h^0_{vw} + W_m
(\sum_k h^t_{kv} - h^t_{wv}))`. Atoms are :math:`\sigma(W_a [x_v, \sum_u h_{uv}])`, and a species
is :math:`W_r` of their mean and of their sum, which tells a large molecule from a small one of the
same groups, normalised to zero mean and unit variance. A single atom has no bonds, and is its own
features.

References
----------
.. [1] Yang et al., J. Chem. Inf. Model. 2019, 59, 3370. https://doi.org/10.1021/acs.jcim.9b00237
"""

from __future__ import annotations

import math
from typing import Any

import torch

from electrolyte_ml.features.graphs import SpeciesGraphs, n_elements
from electrolyte_ml.models.deep.settings import GraphSettings

_USUAL_ATOMS = 8.0


class Encoder(torch.nn.Module):
    """E encoders side by side.

    Parameters
    ----------
    settings
        Width, depth, embedding and number of encoders.
    n_atom, n_bond
        Features of an atom and of a bond.
    generator
        Of the first weights.
    """

    def __init__(
        self, settings: GraphSettings, n_atom: int, n_bond: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        width, self.depth = settings.width, settings.depth
        shapes = {
            "bond": (n_atom + n_bond, width),
            "message": (width, width),
            "atom": (n_atom + width, width),
            "read": (2 * width, settings.embedding),
        }
        self.weights = torch.nn.ParameterDict()
        for name, (inputs, outputs) in shapes.items():
            start = torch.randn(settings.encoders, inputs, outputs, generator=generator)
            start /= math.sqrt(inputs)
            if name in ("bond", "atom"):
                # An element that no training row has must add nothing, rather than noise.
                start[:, : n_elements()] = 0.0
            self.weights[name] = torch.nn.Parameter(start)
            self.weights[f"{name}_bias"] = torch.nn.Parameter(
                torch.zeros(settings.encoders, 1, outputs)
            )

    def forward(self, graphs: GraphTensors) -> Any:
        """Descriptions of species, shape (E, S, embedding)."""
        w, act = self.weights, torch.nn.functional.silu
        start = act(_linear(w, "bond", torch.cat([graphs.atoms[graphs.source], graphs.bonds], 1)))
        bond = start
        for _ in range(self.depth):
            reached = self._sum(bond, graphs.target, len(graphs.atoms))
            arriving = reached[:, graphs.source] - bond[:, graphs.reverse]
            bond = act(start + _linear(w, "message", arriving))
        reached = self._sum(bond, graphs.target, len(graphs.atoms))
        own = graphs.atoms.expand(len(reached), -1, -1)
        atom = act(_linear(w, "atom", torch.cat([own, reached], 2)))
        total = self._sum(atom, graphs.atom_species, graphs.n_species)
        pooled = torch.cat([total / graphs.size[:, None], total / _USUAL_ATOMS], 2)
        described = _linear(w, "read", pooled)
        return torch.nn.functional.layer_norm(described, described.shape[-1:])

    def _sum(self, values: Any, place: Any, size: int) -> Any:
        zeros = values.new_zeros(values.shape[0], size, values.shape[2])
        return zeros.index_add(1, place, values)


class GraphTensors:
    """Graphs as tensors.

    Parameters
    ----------
    graphs
        Of S species.
    """

    def __init__(self, graphs: SpeciesGraphs) -> None:
        self.atoms = torch.from_numpy(graphs.atoms)
        self.bonds = torch.from_numpy(graphs.bonds)
        self.source = torch.from_numpy(graphs.source)
        self.target = torch.from_numpy(graphs.target)
        self.reverse = torch.from_numpy(graphs.reverse)
        self.atom_species = torch.from_numpy(graphs.atom_species)
        self.n_species = graphs.n_species
        self.size = torch.bincount(self.atom_species, minlength=graphs.n_species).float()


def _linear(weights: Any, name: str, x: Any) -> Any:
    return x @ weights[name] + weights[f"{name}_bias"]
