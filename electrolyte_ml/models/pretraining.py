"""Pre-training of the encoder of species; needs torch and DeepChem.

The encoder is pre-trained on viscosity, computed windows and constants of the catalog. None of it
is a conductivity, so that no split of conductivities leaks through it. Constants of solvents and
potentials of anions are those that the default model reads as features, of every species of the
catalog. One head reads computed windows and constants off a species; another pools the species of a
liquid by composition and reads the law of its viscosity. Both are thrown away; the encoder is kept.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from electrolyte_ml.data.catalog import card_of
from electrolyte_ml.data.sources import load_source
from electrolyte_ml.features.graphs import SpeciesGraphs, species_graphs
from electrolyte_ml.files import write_text
from electrolyte_ml.formulation import SolventAmount
from electrolyte_ml.models.conductivity.graph.constants import constants_of
from electrolyte_ml.models.conductivity.graph.encoder_file import (
    FOLDER,
    write_encoder,
)
from electrolyte_ml.models.conductivity.graph.fitting import GraphTorchModel
from electrolyte_ml.models.conductivity.graph.module import Encoder, GraphTensors
from electrolyte_ml.models.conductivity.graph.settings import GraphSettings
from electrolyte_ml.models.ensemble_fit import single_thread
from electrolyte_ml.models.train import Progress
from electrolyte_ml.models.viscosity.law import N_PURE, pure_log10, pure_parameters
from electrolyte_ml.quantum.shipped import shipped_rows
from electrolyte_ml.species.catalog import packaged_catalog

#: Columns of the table of computed limits that are learnt, as they are there.
WINDOW_TARGETS = (
    "oxidation_limit_v",
    "reduction_limit_v",
    "vertical_reduction_v",
    "gas_ionisation_ev",
    "solvation_ev",
    "highest_occupied_ev",
    "lowest_empty_ev",
)
# Beyond this many standard deviations a value is held back: ions among molecules.
_LARGEST_VALUE = 5.0
_VISCOSITY_SOURCE = "chemixhub_logv"
_HIDDEN = 64
_CHECKPOINT_INTERVAL = 500
_VISCOSITY_SCALE = 0.3  # standard deviation of log10 viscosity over liquids, about


def train_encoder(
    *,
    seed: int = 0,
    out: Path | None = None,
    settings: GraphSettings | None = None,
    pretraining: PretrainingSettings | None = None,
    checkpoints: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Pre-train the encoder of species on all data, and write it with its card.

    Parameters
    ----------
    seed
        Same seed, data and machine: same files.
    out
        Folder for the files; the package's own by default.
    settings
        Sizes of the encoder.
    pretraining
        Of the fit.
    checkpoints
        Folder of checkpoints: a run that was killed goes on from there, and ends with the same
        weights as one that was not. None by default. Another seed or other settings need another.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    dict
        Record of the training, as it stands in the file.

    Raises
    ------
    DataNotFoundError
        If a data set is not on this machine.
    MissingDependencyError
        If torch or DeepChem is not installed.
    """
    settings, pretraining = settings or GraphSettings(), pretraining or PretrainingSettings()
    start, folder = time.process_time(), out or FOLDER
    encoder = pretrain(
        pretraining_data(), pretraining, settings, seed=seed, folder=checkpoints, progress=progress
    )
    record = encoder_record(seed, pretraining)
    write_encoder(encoder, record, folder)
    write_text(folder / "MODEL_CARD.md", card(encoder, record))
    return {**record, "cpu_seconds": time.process_time() - start}


def card(encoder: Mapping[str, NDArray[np.float32]], record: Mapping[str, Any]) -> str:
    """The model card, Markdown.

    Parameters
    ----------
    encoder
        Weights by name.
    record
        Record of its training.
    """
    n_weights = sum(weight.size for weight in encoder.values())
    return f"""\
# Encoder of species

- **Is** what describes species to the graph networks of the conductivity model, and to `map`.
- **Made of** message passing on DeepChem's graphs, {n_weights:,} weights (`encoder.safetensors`).
  Loading runs no code. The conductivity model holds its embeddings of the species of the catalog;
  others are embedded with DeepChem.
- **Pre-trained on** {record["data"]}.
- **Made again** by `electrolyte-ml train encoder`, the same file for the same seed
  ({record["seed"]}) on one machine; `--checkpoints FOLDER` survives a kill.
- **Not for** numbers: those are the conductivity model's.
"""


def encoder_record(seed: int, settings: PretrainingSettings) -> dict[str, Any]:
    """How an encoder was pre-trained, for its file."""
    return {
        "data": f"{card_of(_VISCOSITY_SOURCE).citation}; the package's computed limits; "
        "constants of its catalog; no conductivity",
        "seed": seed,
        "settings": settings.to_dict(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingData:
    """Species with their known properties.

    Attributes
    ----------
    graphs
        Of all S species.
    species
        Species that the rows of `targets` are about, shape (r,).
    targets
        Standardised values, NaN where unknown, shape (r, t).
    first, second
        Species of each row of the viscosity set, the same twice in a pure liquid, shape (n,).
    share
        Mole fraction of the first, shape (n,).
    temperature_k, log10_viscosity
        K, and decadic logarithm of mPa s, shape (n,).
    """

    graphs: SpeciesGraphs
    species: NDArray[np.int64]
    targets: NDArray[np.float64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    share: NDArray[np.float64]
    temperature_k: NDArray[np.float64]
    log10_viscosity: NDArray[np.float64]


def pretraining_data() -> PretrainingData:
    """All of it.

    Raises
    ------
    DataNotFoundError
        If the viscosity data set is not on this machine.
    MissingDependencyError
        If DeepChem is not installed.
    """
    known = _windows()
    constants = _constants()
    liquids, _ = load_source(_VISCOSITY_SOURCE)
    liquids = liquids.select(liquids.flag == "")
    ends = [_ends(f.solvents) for f in liquids.formulations]
    names = sorted({*known, *constants, *(s for a, b, _ in ends for s in (a, b))})
    place = {smiles: i for i, smiles in enumerate(names)}
    rows = sorted({*known, *constants})
    first, second, share = (np.array(column) for column in zip(*ends, strict=True))
    of_row = liquids.formulation_index
    return PretrainingData(
        graphs=species_graphs(names),
        species=np.array([place[s] for s in rows]),
        targets=np.column_stack([_table(rows, known), _table(rows, constants)]),
        first=np.array([place[s] for s in first])[of_row],
        second=np.array([place[s] for s in second])[of_row],
        share=share[of_row],
        temperature_k=liquids.temperature_k,
        log10_viscosity=np.log10(liquids.value),
    )


def _ends(parts: Sequence[SolventAmount]) -> tuple[str, str, float]:
    """Both molecules of a liquid and the mole fraction of the first."""
    moles = [p.mass_fraction / p.solvent.molar_mass_g_mol for p in parts]
    return parts[0].solvent.smiles, parts[-1].solvent.smiles, moles[0] / sum(moles)


def _windows() -> dict[str, NDArray[np.float64]]:
    found = {}
    for row in shipped_rows():
        values = [getattr(row, name) for name in WINDOW_TARGETS]
        if not row.failure:
            found[row.smiles] = np.array([np.nan if v is None else v for v in values])
    return found


def _constants() -> dict[str, NDArray[np.float64]]:
    """Constants of solvents, then those of anions; each NaN for the other kind."""
    catalog = packaged_catalog()
    found = {}
    of_solvents = constants_of("solvent", [s.smiles for s in catalog.solvents])
    of_anions = constants_of("anion", [s.smiles for s in catalog.anions])
    for solvent, row in zip(catalog.solvents, of_solvents, strict=True):
        found[solvent.smiles] = np.concatenate([row, np.full(of_anions.shape[1], np.nan)])
    for anion, row in zip(catalog.anions, of_anions, strict=True):
        found[anion.smiles] = np.concatenate([np.full(of_solvents.shape[1], np.nan), row])
    return found


def _table(rows: list[str], known: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Standardised values of the rows, NaN where nothing is known."""
    width = len(next(iter(known.values())))
    raw = np.array([known.get(s, np.full(width, np.nan)) for s in rows])
    scaled = (raw - np.nanmedian(raw, axis=0)) / np.nanstd(raw, axis=0)
    held: NDArray[np.float64] = np.clip(scaled, -_LARGEST_VALUE, _LARGEST_VALUE)
    return held


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
    with single_thread():
        module = _Tasks(graph, data, seed)
        with tempfile.TemporaryDirectory() as scratch:
            place, identity = folder or Path(scratch), f"pre-training, seed {seed}"
            model = GraphTorchModel(module, rates, _loss, [], place, identity=identity)
            draw = _Draw(data, settings, seed, progress)
            interval = _CHECKPOINT_INTERVAL if folder else 0
            model.fit_steps(draw, resume=folder is not None, checkpoint_interval=interval)
        return {n: p.detach().numpy().copy() for n, p in module.encoder.weights.items()}


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
