"""Pre-training the encoder on several tasks at once.

One head reads computed windows and constants off a species; another pools the species of a liquid
by composition and reads the law of its viscosity. Both are thrown away; the encoder is kept.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from electrolyte_ml.models.deep.encoder import Encoder, GraphTensors
from electrolyte_ml.models.deep.pretraining_data import PretrainingData
from electrolyte_ml.models.deep.settings import GraphSettings
from electrolyte_ml.models.deep.torch_model import GraphTorchModel
from electrolyte_ml.models.viscosity.law import N_PURE, pure_log10, pure_parameters

_HIDDEN = 64
_CHECKPOINT_INTERVAL = 500
_VISCOSITY_SCALE = 0.3  # standard deviation of log10 viscosity over liquids, about


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingSettings:
    """How the encoder is pre-trained.

    Attributes
    ----------
    steps
        Optimiser steps.
    molecules, liquids
        Species with known values, and rows of the viscosity set, in each step.
    learning_rate, weight_decay
        Of AdamW.
    """

    steps: int = 5000
    molecules: int = 192
    liquids: int = 192
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2

    def to_dict(self) -> dict[str, float]:
        """Plain numbers, for the record of a training."""
        return asdict(self)


def pretrain(
    data: PretrainingData,
    settings: PretrainingSettings | None = None,
    graph: GraphSettings | None = None,
    *,
    seed: int = 0,
    folder: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Weights of a pre-trained encoder by name.

    Parameters
    ----------
    data
        From `pretraining_data`.
    settings
        Of the pre-training.
    graph
        Width, depth and embedding of the encoder.
    seed
        Same seed, data and machine: same weights.
    folder
        Where checkpoints are kept, and taken up if there are any.
    progress
        Called as ``progress("pre-training", step, steps)``.
    """
    settings = settings or PretrainingSettings()
    graph = replace(graph or GraphSettings(), encoders=1, steps=settings.steps)
    rates = replace(graph, learning_rate=settings.learning_rate, encoder_rate=1.0)
    rates = replace(rates, weight_decay=settings.weight_decay)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        module = _Tasks(graph, data, seed)
        with tempfile.TemporaryDirectory() as scratch:
            place, identity = folder or Path(scratch), f"pre-training, seed {seed}"
            model = GraphTorchModel(module, rates, _loss, [], place, identity=identity)
            draw = _Draw(data, settings, seed, progress)
            interval = _CHECKPOINT_INTERVAL if folder else 0
            model.fit_steps(draw, resume=folder is not None, checkpoint_interval=interval)
        return {n: p.detach().numpy().copy() for n, p in module.encoder.weights.items()}
    finally:
        torch.set_num_threads(threads)


class _Tasks(torch.nn.Module):
    def __init__(self, graph: GraphSettings, data: PretrainingData, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.data = data
        n_features = (data.graphs.atoms.shape[1], data.graphs.bonds.shape[1])
        self.encoder = Encoder(graph, *n_features, generator)
        sizes = {"values": data.targets.shape[1], "liquid": N_PURE}
        self.heads = torch.nn.ParameterDict()
        for name, outputs in sizes.items():
            for layer, (i, o) in enumerate(((graph.embedding, _HIDDEN), (_HIDDEN, outputs))):
                start = torch.randn(i, o, generator=generator) / math.sqrt(i)
                self.heads[f"{name}_{layer}"] = torch.nn.Parameter(start * (0.3 if layer else 1.0))
                self.heads[f"{name}_{layer}_bias"] = torch.nn.Parameter(torch.zeros(o))

    def forward(self, inputs: Any) -> list[Any]:
        species, first, second, share, temperature_k = inputs
        wanted, place = np.unique(np.concatenate([species, first, second]), return_inverse=True)
        graphs = GraphTensors(self.data.graphs.take(wanted))
        embedded = self.encoder(graphs)[0]
        of_rows = torch.from_numpy(place)
        values = self._head("values", embedded[of_rows[: len(species)]])
        one, two = torch.split(
            self._hidden("liquid", embedded)[of_rows[len(species) :]], len(first)
        )
        x = share[:, None]
        raw = self._out("liquid", x * one + (1 - x) * two)
        viscosity = pure_log10(*pure_parameters(raw, torch), temperature_k, torch)
        return [values, viscosity]

    def _head(self, name: str, x: Any) -> Any:
        return self._out(name, self._hidden(name, x))

    def _hidden(self, name: str, x: Any) -> Any:
        hidden = x @ self.heads[f"{name}_0"] + self.heads[f"{name}_0_bias"]
        return torch.nn.functional.silu(hidden)

    def _out(self, name: str, hidden: Any) -> Any:
        return hidden @ self.heads[f"{name}_1"] + self.heads[f"{name}_1_bias"]


class _Draw:
    """Species and liquids of each step."""

    def __init__(
        self, data: PretrainingData, settings: PretrainingSettings, seed: int, progress: Any
    ) -> None:
        self.data, self.settings, self.seed, self.progress = data, settings, seed, progress
        # Species of the catalog are few among the table's, and what electrolytes are made of.
        in_catalog = ~np.isnan(data.targets).all(axis=1)
        constants = ~np.isnan(data.targets[:, -1]) | ~np.isnan(data.targets[:, -3])
        weight = np.where(constants, 5.0, 1.0) * in_catalog
        self.chance = weight / weight.sum()

    def __call__(self, step: int) -> Any:
        d, s = self.data, self.settings
        random = np.random.default_rng((self.seed, step))
        rows = random.choice(len(d.species), s.molecules, p=self.chance)
        liquids = random.integers(0, len(d.first), s.liquids)
        if self.progress is not None:
            self.progress("pre-training", step, s.steps)
        inputs: list[Any] = [d.species[rows], d.first[liquids], d.second[liquids]]
        inputs += [d.share[liquids], d.temperature_k[liquids]]
        known = ~np.isnan(d.targets[rows])
        labels = [np.nan_to_num(d.targets[rows]), d.log10_viscosity[liquids]]
        return inputs, labels, [known.astype(np.float64)]


def _loss(outputs: list[Any], labels: list[Any], weights: list[Any]) -> Any:
    huber = torch.nn.functional.smooth_l1_loss
    values = huber(outputs[0], labels[0], beta=0.5, reduction="none") * weights[0]
    viscosity = huber(outputs[1] / _VISCOSITY_SCALE, labels[1] / _VISCOSITY_SCALE, beta=0.3)
    return values.sum() / weights[0].sum() + viscosity
