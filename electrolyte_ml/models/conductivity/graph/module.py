r"""The graph network as torch modules: an encoder of species, and a head for conductivity.

The encoder passes messages, and ions and solvents share it.

Messages go along directed bonds [1]_: with atom features :math:`x` and bond features :math:`e`,
:math:`h^0_{vw} = \sigma(W_i [x_v, e_{vw}])`, then :math:`h^{t+1}_{vw} = \sigma(h^0_{vw} + W_m
(\sum_k h^t_{kv} - h^t_{wv}))`. Atoms are :math:`\sigma(W_a [x_v, \sum_u h_{uv}])`, and a species
is :math:`W_r` of their mean and of their sum, which differs between a large molecule and a small
one of the same groups, normalised to zero mean and unit variance. A single atom has no bonds, and
is its own features.

References
----------
.. [1] Yang et al., J. Chem. Inf. Model. 2019, 59, 3370. https://doi.org/10.1021/acs.jcim.9b00237
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from electrolyte_ml.features.concentration import CONCENTRATION_FEATURES
from electrolyte_ml.features.graphs import SpeciesGraphs, n_elements, species_graphs
from electrolyte_ml.models.conductivity.graph.constants import CONSTANTS, ROLES
from electrolyte_ml.models.conductivity.graph.descriptions import descriptors_of, standard_of
from electrolyte_ml.models.conductivity.graph.network import (
    beside,
    ln_k,
    mixture_vector,
    n_inputs,
    parts_of,
    species_inputs,
    weight_shapes,
)
from electrolyte_ml.models.conductivity.graph.settings import GraphSettings
from electrolyte_ml.models.conductivity.rows import MixtureRows

_USUAL_ATOMS = 8.0
# Outputs start near a usual electrolyte.
_OUTPUT_GAIN = 0.1
# Spread of the coordinates of species at the start of a fit.
_FIRST_COORDINATE = 0.1


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


class ConductivityModule(torch.nn.Module):
    """Encoder, pooling and law over the species and mixtures of a data set.

    Each step encodes every species once; rows pick theirs by number.

    Parameters
    ----------
    settings
        Sizes and parts of the network.
    mixtures
        Their species and shares; rows in it are not used.
    seed
        Of weights, masks and noise.
    """

    def __init__(self, settings: GraphSettings, mixtures: MixtureRows, seed: int) -> None:
        super().__init__()
        self.settings, self.seed = settings, seed
        generator = self.generator = torch.Generator().manual_seed(seed)
        smiles = {role: getattr(mixtures, f"{role}s") for role in ROLES}
        self.sizes = [len(smiles[role]) for role in ROLES]
        self.encoder, self.graphs = self._graphs([s for role in ROLES for s in smiles[role]])
        self.parts = {
            role: (torch.from_numpy(place), _tensor(share))
            for role, (place, share) in parts_of(mixtures).items()
        }
        # Species that no row is about have no coordinates and do not standardise descriptors.
        used = np.unique(mixtures.index)
        self.measured = {
            role: torch.from_numpy(getattr(mixtures, f"{role}_share")[used].max(axis=0) > 0)
            for role in ROLES
        }
        self.standard = {
            role: _standard(role, _chosen(smiles[role], self.measured[role]), settings)
            for role in ROLES
            if settings.constants
        }
        self.beside = {r: _tensor(beside(r, smiles[r], self.standard.get(r))) for r in ROLES}
        self.coordinates = torch.nn.ParameterDict()
        for role in ROLES:
            shape = (settings.members, len(smiles[role]), settings.coordinates)
            drawn = _FIRST_COORDINATE * torch.randn(shape, generator=generator)
            self.coordinates[role] = torch.nn.Parameter(drawn)
        self.mixing = torch.nn.ParameterDict()
        for name, (inputs, outputs) in weight_shapes(settings).items():
            shape = (settings.members, inputs, outputs)
            start = torch.randn(shape, generator=generator) * _gain(name) / math.sqrt(inputs)
            self.mixing[name] = torch.nn.Parameter(start)
        self.mask = {role: self._mask(role, generator) for role in ROLES}
        self.frozen: Any = None

    def forward(self, inputs: Any) -> Any:
        """Natural logarithm of the conductivity in mS/cm, shape (b, E).

        Parameters
        ----------
        inputs
            Mixture of each row, shape (b,); state (b, 12) and logarithm of the concentration of
            charge (b,), see `RowContent`; temperature (K), shape (b,); and the number of the step,
            shape (1,), negative for no noise.
        """
        index, state, ln_charge, temperature_k, step = inputs
        species = self.described(int(step[0]))
        drawn, row = torch.unique(index, return_inverse=True)
        parts = {role: (place[drawn], share[drawn]) for role, (place, share) in self.parts.items()}
        vector = mixture_vector(self.mixing, species, parts, torch)
        members = self.settings.members
        ln = ln_k(
            self.mixing,
            vector,
            row.expand(members, -1),
            state=self._noisy(state, int(step[0])).expand(members, -1, -1),
            ln_charge=ln_charge,
            temperature_k=temperature_k.expand(members, -1),
            xp=torch,
        )
        # DeepChem counts rows along the first axis, the network along the second.
        return ln.T

    def _noisy(self, state: Any, step: int) -> Any:
        """State of rows, with noise on the constants of the mixture if ``step >= 0``."""
        if step < 0 or self.settings.noise <= 0:
            return state
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + step + 1) % 2**63)
        noise = self.settings.noise * torch.randn(state.shape, generator=generator)
        noise[:, : len(CONCENTRATION_FEATURES)] = 0.0
        return state + noise

    def _graphs(self, smiles: list[str]) -> tuple[Any, Any]:
        """Encoder and graphs of the species; neither where networks read no graphs."""
        if not self.settings.embedded:
            return None, None
        graphs = species_graphs(smiles)
        n_features = (graphs.atoms.shape[1], graphs.bonds.shape[1])
        return Encoder(self.settings, *n_features, self.generator), GraphTensors(graphs)

    def embeddings(self) -> Any:
        """Of all species, shape (encoders, S, d); computed once if the encoder is frozen."""
        if self.encoder is None:
            return torch.zeros(1, sum(self.sizes), 0)
        if self.settings.encoder_rate > 0:
            return self.encoder(self.graphs)
        if self.frozen is None:
            with torch.no_grad():
                self.frozen = self.encoder(self.graphs)
        return self.frozen

    def described(self, step: int) -> dict[str, Any]:
        """Species of each role as the mixture network sees them, with noise if ``step >= 0``."""
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + step) % 2**63)
        found = {}
        of_roles = torch.split(self.embeddings(), self.sizes, dim=1)
        for role, embedded in zip(ROLES, of_roles, strict=True):
            coordinates = self.known_coordinates(role)
            if step >= 0:
                drawn = torch.rand(*coordinates.shape[:2], 1, generator=generator)
                coordinates = coordinates * (drawn >= self.settings.hidden_species)
            both = species_inputs(embedded, coordinates, self.beside[role], torch)
            if step >= 0 and self.settings.noise > 0:
                both = both + self.settings.noise * torch.randn(both.shape, generator=generator)
            found[role] = both * self.mask[role]
        return found

    def known_coordinates(self, role: str) -> Any:
        """Coordinates of the species of a role, zero where no row is about one, (E, s, k)."""
        return self.coordinates[role] * self.measured[role][:, None]

    def masked(self) -> dict[str, Any]:
        """Matrices for unmasked species: zero at the inputs that a member's mask hides."""
        seen = dict(self.mixing.items())
        for name, weight in seen.items():
            role = "solvent" if name in ("mean", "key", "value") else name.split("_", maxsplit=1)[0]
            if role in self.mask and not name.endswith("bias"):
                seen[name] = weight * self.mask[role].swapaxes(1, 2)
        return seen

    def _mask(self, role: str, generator: torch.Generator) -> Any:
        """Mask of each member's inputs, shape (E, 1, d), scaled to keep their variance."""
        s = self.settings
        share = torch.linspace(s.least_share, 1.0, s.members)[:, None]
        seen = torch.rand(s.members, n_inputs(s, role), generator=generator) < share
        mask = seen.float() / share
        first = s.embedding if s.embedded else 0
        always = s.coordinates + (len(CONSTANTS[role]) if s.constants else 0)
        mask[:, first : first + always] = 1.0
        return mask[:, None]


def _chosen(smiles: Sequence[str], which: Any) -> list[str]:
    return [one for one, chosen in zip(smiles, which.tolist(), strict=True) if chosen]


def _standard(role: str, smiles: Sequence[str], settings: GraphSettings) -> Any:
    """Centre and scale of the descriptors of species; of none if they are not described."""
    raw = descriptors_of(role, smiles)
    return standard_of(raw if settings.described else raw[:, :0])


def _gain(name: str) -> float:
    """Scale of the first weights of a matrix."""
    if name == "out":
        return _OUTPUT_GAIN
    return 0.0 if name.endswith("_bias") else 1.0


def _tensor(array: Any) -> Any:
    return torch.from_numpy(array).float()
