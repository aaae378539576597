"""Fitting the network to measured conductivities, with DeepChem's machinery.

Checkpoints hold arrays alone, so that reading one runs no code.
"""

from __future__ import annotations

import json
import math
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from electrolyte_ml.errors import InputError
from electrolyte_ml.features.graphs import has_graph, import_deepchem, species_graphs
from electrolyte_ml.files import write_atomically
from electrolyte_ml.models.conductivity.graph.constants import ROLES
from electrolyte_ml.models.conductivity.graph.module import ConductivityModule, GraphTensors
from electrolyte_ml.models.conductivity.graph.network import GraphNetwork
from electrolyte_ml.models.conductivity.graph.settings import GraphSettings
from electrolyte_ml.models.conductivity.rows import MixtureRows, TrainingRows
from electrolyte_ml.models.ensemble_fit import single_thread

_deepchem = import_deepchem()
# By name, so that the type checker, which knows nothing of DeepChem, lets them be inherited from.
_Schedule: Any = _deepchem.models.optimizers.LearningRateSchedule
_AdamW: Any = _deepchem.models.optimizers.AdamW
_TorchModel: Any = _deepchem.models.TorchModel
_WARM_UP = 0.15
_LARGEST_GRADIENT = 10.0
_CHECKPOINT = "checkpoint.npz"
_CHECKPOINT_INTERVAL = 250


def fit_graph(
    rows: TrainingRows,
    settings: GraphSettings | None = None,
    *,
    seed: int = 0,
    pretrained: Mapping[str, NDArray[np.float32]] | None = None,
    species: Sequence[str] = (),
    folder: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> GraphNetwork:
    """Fit the ensemble.

    Parameters
    ----------
    rows
        Measurements to fit to; those that are not trusted are left out, and where networks read
        graphs, those with a species that has none. Every other species of their mixtures is
        embedded, also ones of rows that were taken out.
    settings
        Of network and fit.
    seed
        Same seed, data and machine: same weights.
    pretrained
        Weights of the encoder by name, from `electrolyte_ml.models.pretraining`.
    species
        Canonical SMILES of further species to embed; those without a graph are left out.
    folder
        Where checkpoints are kept, and taken up if there are any; none by default.
    progress
        Called as ``progress("fitting", step, steps)``.

    Returns
    -------
    GraphNetwork
        With embeddings of these species and all of the mixtures, rounded to single precision.
    """
    settings = settings or GraphSettings()
    rows = rows.learnt()
    if settings.embedded:
        rows, species = with_graphs(rows), [s for s in species if has_graph(s)]
    with single_thread():
        module = ConductivityModule(settings, rows.mixtures, seed)
        if pretrained is not None and settings.embedded:
            load_encoder(module.encoder, pretrained)
        with tempfile.TemporaryDirectory() as scratch:
            model = GraphTorchModel(
                module,
                settings,
                _huber(settings),
                list(module.encoder.parameters()) if module.encoder is not None else [],
                folder or Path(scratch),
                identity=f"conductivity, seed {seed}, {len(rows.trusted)} rows",
            )
            model.fit_steps(
                _Batches(rows, settings, seed, progress),
                resume=folder is not None,
                checkpoint_interval=_CHECKPOINT_INTERVAL if folder else 0,
            )
        return exported(module, rows.mixtures, species)


def with_graphs(rows: TrainingRows) -> TrainingRows:
    """Only rows whose species all have graphs."""
    mixtures = rows.mixtures
    held = (*mixtures.solvents, *mixtures.cations, *mixtures.anions)
    drawn = frozenset(smiles for smiles in held if has_graph(smiles))
    rows = rows.select(np.flatnonzero(mixtures.foreign_share(drawn) == 0.0))
    return replace(rows, mixtures=rows.mixtures.of_species(drawn))


def load_encoder(encoder: Any, weights: Mapping[str, NDArray[np.float32]]) -> None:
    """Start an encoder from pre-trained weights; each of several encoders from the same."""
    with torch.no_grad():
        for name, parameter in encoder.weights.items():
            parameter.copy_(torch.from_numpy(np.array(weights[name])).expand_as(parameter))


def exported(
    module: ConductivityModule, mixtures: MixtureRows, species: Sequence[str] = ()
) -> GraphNetwork:
    """The network as arrays, with embeddings of the species of the mixtures and of others."""
    known = (*mixtures.solvents, *mixtures.cations, *mixtures.anions)
    new = [s for s in dict.fromkeys(species) if s not in known and module.encoder is not None]
    with torch.no_grad():
        embeddings = module.embeddings()
        held = torch.cat([module.known_coordinates(role) for role in ROLES], 1)
        coordinates = torch.nn.functional.pad(held, (0, 0, 0, len(new)))
        if new:
            others = module.encoder(GraphTensors(species_graphs(new)))
            embeddings = torch.cat([embeddings, others], 1)
        weights = {n: w.detach().numpy().astype(np.float64) for n, w in module.masked().items()}
    return GraphNetwork(
        weights=weights,
        smiles=(*known, *new),
        embeddings=embeddings.numpy().astype(np.float64),
        coordinates=coordinates.numpy().astype(np.float64),
        standard=module.standard,
    )


class _Batches:
    """The batch of each step: rows drawn for all members, the same each time for a given step."""

    def __init__(
        self, rows: TrainingRows, settings: GraphSettings, seed: int, progress: Any
    ) -> None:
        self.seed, self.size, self.members = seed, settings.batch, settings.members
        self.steps, self.progress = settings.steps, progress
        self.index = rows.mixtures.index.astype(np.int64)
        content = rows.content
        self.state = content.state.astype(np.float32)
        self.ln_charge = content.ln_charge.astype(np.float32)
        self.temperature = rows.temperature_k.astype(np.float32)
        self.target = np.log(rows.value).astype(np.float32)
        weight = rows.fit_weight()
        self.upto = np.cumsum(weight) / weight.sum()

    def __call__(self, step: int) -> Any:
        if self.progress is not None:
            self.progress("fitting", step, self.steps)
        # With a probability in proportion to its weight, so that every drawn row counts the same.
        position = np.random.default_rng((self.seed, step)).random(self.size)
        drawn = np.minimum(np.searchsorted(self.upto, position), len(self.upto) - 1)
        inputs = [self.index[drawn], self.state[drawn], self.ln_charge[drawn]]
        inputs += [self.temperature[drawn], np.array([step], dtype=np.int64)]
        target = np.repeat(self.target[drawn][:, None], self.members, axis=1)
        return inputs, [target], [np.ones_like(target)]


def _huber(settings: GraphSettings) -> Any:
    def loss(outputs: list[Any], labels: list[Any], weights: list[Any]) -> Any:
        error = torch.nn.functional.smooth_l1_loss(
            outputs[0], labels[0], beta=settings.huber_width, reduction="none"
        )
        # Members do not share what they learn: each has the same gradient as alone.
        return 4.0 * (error * weights[0]).sum(1).mean()

    return loss


class _WarmUpCosine(_Schedule):
    """Linear rise, then a cosine to zero at the last step."""

    def __init__(self, rate: float, steps: int) -> None:
        self.initial_rate, self.steps = rate, steps

    def _create_pytorch_schedule(self, optimizer: Any) -> Any:
        return torch.optim.lr_scheduler.LambdaLR(optimizer, self.share)

    def share(self, step: int) -> float:
        """Learning rate at a step as a share of the highest."""
        rise = _WARM_UP * self.steps
        if step < rise:
            return (step + 1.0) / (rise + 1.0)
        return 0.5 * (1.0 + math.cos(math.pi * min(1.0, (step - rise) / (self.steps - rise))))


class _TwoRates(_AdamW):
    """AdamW with a lower rate for some parameters, and gradients of bounded norm."""

    def __init__(
        self, schedule: _WarmUpCosine, decay: float, slow: list[Any], share: float
    ) -> None:
        super().__init__(schedule, weight_decay=decay)
        self.slow, self.share = slow, share

    def _create_pytorch_optimizer(self, params: Any) -> Any:
        slow = {id(p) for p in self.slow}
        fast = [p for p in params if id(p) not in slow]
        rate = self.learning_rate.initial_rate
        groups = [{"params": fast}]
        if self.share > 0 and self.slow:
            groups.append({"params": self.slow, "lr": rate * self.share})
        optimizer = torch.optim.AdamW(
            groups, rate, (self.beta1, self.beta2), self.epsilon, self.weight_decay, foreach=True
        )
        every = [p for group in groups for p in group["params"]]

        def clip(*_: Any) -> None:
            torch.nn.utils.clip_grad_norm_(every, _LARGEST_GRADIENT)

        optimizer.register_step_pre_hook(clip)
        return optimizer


class GraphTorchModel(_TorchModel):
    """A module of ours in DeepChem's training machinery.

    Parameters
    ----------
    module
        Module to train.
    settings
        Steps, rates and weight decay.
    loss
        ``loss(outputs, labels, weights)``, lists of tensors, to a number.
    slow
        Parameters that learn at ``settings.encoder_rate`` of the rate.
    folder
        For checkpoints.
    identity
        Entries that identify this fit, such as its seed: checkpoints of another fit are refused.
    """

    def __init__(
        self,
        module: Any,
        settings: GraphSettings,
        loss: Any,
        slow: list[Any],
        folder: Path,
        *,
        identity: str = "",
    ) -> None:
        schedule = _WarmUpCosine(settings.learning_rate, settings.steps)
        super().__init__(
            module,
            loss,
            optimizer=_TwoRates(schedule, settings.weight_decay, slow, settings.encoder_rate),
            batch_size=settings.batch,
            model_dir=str(folder),
            device=torch.device("cpu"),
        )
        self.steps = settings.steps
        self.identity = f"{identity} {json.dumps(settings.to_dict(), sort_keys=True)}"

    def fit_steps(self, batches: Any, *, resume: bool, checkpoint_interval: int) -> None:
        """Fit from the last checkpoint, if there is one and it is wanted, to the last step.

        Parameters
        ----------
        batches
            Function of a step to its batch: the same batch each time for a given step.
        resume
            Whether to go on from a checkpoint.
        checkpoint_interval
            Steps between checkpoints; 0 for none.
        """
        self._ensure_built()
        if resume and self.get_checkpoints():
            self.restore()
        remaining: Iterator[Any] = (batches(step) for step in range(self._global_step, self.steps))
        with warnings.catch_warnings():
            # DeepChem sums losses up with their gradients, of which torch warns.
            warnings.filterwarnings("ignore", message="Converting a tensor with requires_grad")
            self.fit_generator(remaining, checkpoint_interval=checkpoint_interval)

    def get_checkpoints(self, model_dir: str | None = None) -> list[str]:
        """The checkpoint, if there is one."""
        path = Path(model_dir or self.model_dir) / _CHECKPOINT
        return [str(path)] if path.is_file() else []

    def save_checkpoint(
        self, max_checkpoints_to_keep: int = 1, model_dir: str | None = None
    ) -> None:
        """Write weights, the optimiser's moments and the step, whole or not at all."""
        if max_checkpoints_to_keep == 0:
            return
        self._ensure_built()
        folder = Path(model_dir or self.model_dir)
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"weight.{n}": p.numpy() for n, p in self.model.state_dict().items()}
        for number, state in self._pytorch_optimizer.state_dict()["state"].items():
            arrays |= {f"moment.{number}.{n}": np.asarray(v) for n, v in state.items()}
        record = np.array(json.dumps({"step": self._global_step, "of": self.identity}))

        def write(path: Path) -> None:
            with path.open("wb") as stream:
                np.savez(stream, record=record, **arrays)

        write_atomically(folder / _CHECKPOINT, write)

    def restore(
        self,
        checkpoint: str | None = None,
        model_dir: str | None = None,
        strict: bool | None = True,
    ) -> None:
        """Take up weights, moments, step and schedule of a checkpoint.

        Raises
        ------
        InputError
            If there is no checkpoint, or it is of another fit.
        """
        self._ensure_built()
        found = [checkpoint] if checkpoint else self.get_checkpoints(model_dir)
        if not found:
            raise InputError(f"no checkpoint in {model_dir or self.model_dir}")
        with np.load(found[0], allow_pickle=False) as held:
            arrays = {name: torch.from_numpy(np.array(held[name])) for name in held.files[1:]}
            record = json.loads(str(held["record"]))
        if record["of"] != self.identity:
            raise InputError(
                f"{found[0]} is of another fit (seed, data or settings); name another folder"
            )
        self._global_step = record["step"]
        weights = {n[7:]: a for n, a in arrays.items() if n.startswith("weight.")}
        self.model.load_state_dict(weights, strict=bool(strict))
        optimiser = self._pytorch_optimizer.state_dict()
        optimiser["state"] = {}
        for name, array in arrays.items():
            if name.startswith("moment."):
                _, number, moment = name.split(".")
                optimiser["state"].setdefault(int(number), {})[moment] = array
        rates = self._lr_schedule.base_lrs
        for group, rate in zip(optimiser["param_groups"], rates, strict=True):
            group["lr"] = rate * self.optimizer.learning_rate.share(self._global_step)
        self._pytorch_optimizer.load_state_dict(optimiser)
        self._lr_schedule.last_epoch = self._global_step
