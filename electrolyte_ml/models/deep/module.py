"""The whole network as a torch module: graphs in, conductivities of rows out."""

from __future__ import annotations

import math
from typing import Any

import torch

from electrolyte_ml.features.graphs import species_graphs
from electrolyte_ml.models.deep.constants import CONSTANTS, ROLES, constants_of, trend
from electrolyte_ml.models.deep.encoder import Encoder, GraphTensors
from electrolyte_ml.models.deep.mixtures import Mixtures
from electrolyte_ml.models.deep.pooling import ln_k, mixture_vector, weight_shapes
from electrolyte_ml.models.deep.settings import GraphSettings

# Outputs start near a usual electrolyte.
_OUTPUT_GAIN = 0.1


class ConductivityModule(torch.nn.Module):
    """Encoder, pooling and law over the species and mixtures of a data set.

    Each step encodes every species once; rows pick theirs by number.

    Parameters
    ----------
    settings
        What to build.
    mixtures
        Their species and shares; rows in it are not used.
    seed
        Of weights, masks and noise.
    """

    def __init__(self, settings: GraphSettings, mixtures: Mixtures, seed: int) -> None:
        super().__init__()
        self.settings, self.seed = settings, seed
        generator = torch.Generator().manual_seed(seed)
        smiles = {role: getattr(mixtures, f"{role}s") for role in ROLES}
        graphs = species_graphs([s for role in ROLES for s in smiles[role]])
        self.sizes = [len(smiles[role]) for role in ROLES]
        self.graphs = GraphTensors(graphs)
        n_features = (graphs.atoms.shape[1], graphs.bonds.shape[1])
        self.encoder = Encoder(settings, *n_features, generator)
        self.share = {r: _tensor(getattr(mixtures, f"{r}_share")) for r in ROLES}
        self.constants = {r: _tensor(constants_of(r, smiles[r])) for r in ROLES}
        self.mixing = torch.nn.ParameterDict()
        for name, (inputs, outputs) in weight_shapes(settings).items():
            shape = (settings.members, inputs, outputs)
            if name == "trend":
                given = _tensor(trend()).expand(shape).clone()
                self.mixing[name] = torch.nn.Parameter(given, requires_grad=False)
                continue
            start = torch.randn(shape, generator=generator) * _gain(name) / math.sqrt(inputs)
            self.mixing[name] = torch.nn.Parameter(start)
        self.mask = {role: self._mask(role, generator) for role in ROLES}
        self.frozen: Any = None

    def forward(self, inputs: Any) -> Any:
        """Natural logarithm of the conductivity in mS/cm, shape (b, E).

        Parameters
        ----------
        inputs
            Mixture of each row, molality (mol/kg) and temperature (K), each of shape (b, E), and
            the number of the step, shape (1,), negative for no noise.
        """
        index, molality, temperature_k, step = inputs
        # DeepChem counts rows along the first axis, the network along the second.
        species = self.described(int(step[0]))
        vector = mixture_vector(self.mixing, species, self.share, torch)
        ln = ln_k(
            self.mixing,
            vector,
            index.T,
            molality=molality.T,
            temperature_k=temperature_k.T,
            xp=torch,
        )
        return ln.T

    def embeddings(self) -> Any:
        """Of all species, shape (encoders, S, d); computed once if the encoder is frozen."""
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
            both = embedded
            if self.settings.constants:
                physical = self.constants[role].expand(len(embedded), -1, -1)
                both = torch.cat([embedded, physical], 2)
            if step >= 0 and self.settings.noise > 0:
                shape = (self.settings.members, *both.shape[1:])
                both = both + self.settings.noise * torch.randn(shape, generator=generator)
            found[role] = both * self.mask[role]
        return found

    def masked(self) -> dict[str, Any]:
        """Matrices that take unmasked species: zero for what a member does not see of them."""
        seen = dict(self.mixing.items())
        for name, weight in seen.items():
            role = "solvent" if name in ("mean", "key", "value") else name.split("_", maxsplit=1)[0]
            if role in self.mask and not name.endswith("bias"):
                seen[name] = weight * self.mask[role].swapaxes(1, 2)
        return seen

    def _mask(self, role: str, generator: torch.Generator) -> Any:
        """What each member sees, shape (E, 1, d), scaled so that its inputs keep their variance."""
        s = self.settings
        share = torch.linspace(s.least_share, 1.0, s.members)[:, None]
        mask = (torch.rand(s.members, s.embedding, generator=generator) < share) / share
        if not s.constants:
            return mask[:, None]
        physical = torch.ones(s.members, len(CONSTANTS[role]))
        if role == "anion" and s.views:
            mask[1::2] = 0.0
            physical[::2] = 0.0
        return torch.cat([mask, physical], 1)[:, None]


def _gain(name: str) -> float:
    """Scale of the first weights of a matrix."""
    if name == "out":
        return _OUTPUT_GAIN
    # In lithium data the cation is a constant: what it never varied must do nothing, not anything.
    return 0.0 if name.endswith("_bias") or name.startswith("cation") else 1.0


def _tensor(array: Any) -> Any:
    return torch.from_numpy(array).float()
