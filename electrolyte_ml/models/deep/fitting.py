"""Fitting the network to measured conductivities, with DeepChem's machinery."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from electrolyte_ml.models.deep.mixtures import GraphRows, Mixtures
from electrolyte_ml.models.deep.module import ConductivityModule
from electrolyte_ml.models.deep.network import GraphNetwork
from electrolyte_ml.models.deep.pair import GraphPair
from electrolyte_ml.models.deep.settings import GraphSettings
from electrolyte_ml.models.deep.torch_model import GraphTorchModel

_CHECKPOINT_INTERVAL = 250


def fit_graph(
    rows: GraphRows,
    settings: GraphSettings | None = None,
    *,
    seed: int = 0,
    pretrained: Mapping[str, NDArray[np.float32]] | None = None,
    folder: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> GraphNetwork:
    """Fit the ensemble.

    Parameters
    ----------
    rows
        Measurements to fit to; those that are not trusted are left out. Every species of their
        mixtures is embedded, also ones of rows that were taken out.
    settings
        Of network and fit.
    seed
        Same seed, data and machine: same weights.
    pretrained
        Weights of the encoder by name, from `electrolyte_ml.models.deep.pretraining`.
    folder
        Where checkpoints are kept, and taken up if there are any; none by default.
    progress
        Called as ``progress("fitting", step, steps)``.

    Returns
    -------
    GraphNetwork
        With embeddings of all species of the mixtures, rounded to single precision.
    """
    settings = settings or GraphSettings()
    rows = rows.select(np.flatnonzero(rows.trusted))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more would not be reproducible
    try:
        module = ConductivityModule(settings, rows.mixtures, seed)
        if pretrained is not None:
            load_encoder(module.encoder, pretrained)
        with tempfile.TemporaryDirectory() as scratch:
            model = GraphTorchModel(
                module,
                settings,
                _huber(settings),
                list(module.encoder.parameters()),
                folder or Path(scratch),
                identity=f"conductivity, seed {seed}, {len(rows.trusted)} rows",
            )
            model.fit_steps(
                _Batches(rows, settings, seed, progress),
                resume=folder is not None,
                checkpoint_interval=_CHECKPOINT_INTERVAL if folder else 0,
            )
        return exported(module, rows.mixtures)
    finally:
        torch.set_num_threads(threads)


def fit_pair(
    rows: GraphRows,
    settings: GraphSettings | None = None,
    *,
    seed: int = 0,
    pretrained: Mapping[str, NDArray[np.float32]] | None = None,
) -> GraphPair:
    """Fit the ensemble for measured species and the one for new ones.

    Parameters
    ----------
    rows, settings, seed, pretrained
        As in `fit_graph`.
    """
    settings = settings or GraphSettings()
    early = replace(settings, steps=settings.early_steps)
    return GraphPair(
        settled=fit_graph(rows, settings, seed=seed, pretrained=pretrained),
        early=fit_graph(rows, early, seed=seed, pretrained=pretrained),
        measured=rows.measured_species,
    )


def load_encoder(encoder: Any, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Start an encoder from pre-trained weights; each of several encoders from the same."""
    with torch.no_grad():
        for name, parameter in encoder.weights.items():
            parameter.copy_(torch.from_numpy(np.array(weights[name])).expand_as(parameter))


def exported(module: ConductivityModule, mixtures: Mixtures) -> GraphNetwork:
    """The network as arrays."""
    with torch.no_grad():
        embeddings = module.embeddings().numpy().astype(np.float64)
        weights = {n: w.detach().numpy().astype(np.float64) for n, w in module.masked().items()}
    return GraphNetwork(
        weights=weights,
        smiles=(*mixtures.solvents, *mixtures.cations, *mixtures.anions),
        embeddings=embeddings,
        constants=module.settings.constants,
    )


class _Batches:
    """The batch of each step: rows drawn for each member, the same whenever the step is asked."""

    def __init__(self, rows: GraphRows, settings: GraphSettings, seed: int, progress: Any) -> None:
        self.seed, self.shape = seed, (settings.batch, settings.members)
        self.steps, self.progress = settings.steps, progress
        self.index = rows.mixtures.index.astype(np.int64)
        self.molality = rows.mixtures.molality_mol_kg.astype(np.float32)
        self.temperature = rows.temperature_k.astype(np.float32)
        self.target = np.log(rows.conductivity_ms_cm).astype(np.float32)
        self.weight = _row_weights(rows.conductivity_ms_cm, settings).astype(np.float32)

    def __call__(self, step: int) -> Any:
        if self.progress is not None:
            self.progress("fitting", step, self.steps)
        drawn = np.random.default_rng((self.seed, step)).integers(0, len(self.index), self.shape)
        inputs = [self.index[drawn], self.molality[drawn], self.temperature[drawn]]
        number = np.array([step], dtype=np.int64)
        return [*inputs, number], [self.target[drawn]], [self.weight[drawn]]


def _huber(settings: GraphSettings) -> Any:
    def loss(outputs: list[Any], labels: list[Any], weights: list[Any]) -> Any:
        error = torch.nn.functional.smooth_l1_loss(
            outputs[0], labels[0], beta=settings.huber_width, reduction="none"
        )
        # Members do not share what they learn: each has the same gradient as alone.
        return 4.0 * (error * weights[0]).sum(1).mean()

    return loss


def _row_weights(conductivity: NDArray[np.float64], s: GraphSettings) -> NDArray[np.float64]:
    readable = np.clip(conductivity / (conductivity + s.low_conductivity_ms_cm), 0.1, None)
    weight = readable * np.clip(conductivity, 0.05, None) ** s.conductivity_power
    scaled: NDArray[np.float64] = weight / weight.mean()
    return scaled
