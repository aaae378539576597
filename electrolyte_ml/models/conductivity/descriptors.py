r"""Networks that turn descriptors of a composition into parameters of the law, and their fit.

Each of E members maps standardised features :math:`z` (see `electrolyte_ml.features`) and learnt
coordinates of the species to :math:`W_3\,\sigma(W_2\,\sigma(W_1 [z, \bar e] + b_1) + b_2) + b_3`
with :math:`\sigma(x) = x / (1 + e^{-x})`, and these three numbers to a conductivity by
`electrolyte_ml.models.conductivity.law`. :math:`\bar e = \sum_i x_i e_i` are the coordinates
:math:`e_i` of the species, which descriptors do not explain, averaged with their shares. They are
zero for species that were never measured; in the fit, each species is hidden at random, so that
descriptors alone must do as well as they can. Prediction needs numpy alone; the fit needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import FEATURE_NAMES
from electrolyte_ml.features.concentration import CONCENTRATION_FEATURES
from electrolyte_ml.models.conductivity.law import N_PARAMETERS, ln_conductivity
from electrolyte_ml.models.conductivity.rows import Described, TrainingRows, components
from electrolyte_ml.models.ensemble_fit import (
    Schedule,
    as_tensor,
    feature_mask,
    minimise,
    single_thread,
    start_weights,
)
from electrolyte_ml.models.numeric import LN10, silu

_Floats = NDArray[np.float64]

# Standardised features are held within this, so that an odd species cannot blow up a member.
CLIP = 4.0
# Compositions at a time: few enough for a processor's cache.
_CHUNK = 512
# Every member sees the concentration, and without noise.
_CONCENTRATION = [FEATURE_NAMES.index(name) for name in CONCENTRATION_FEATURES]
# Spread of the coordinates of species at the start of a fit.
_FIRST_COORDINATE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptorNetwork:
    """Weights of E members.

    Attributes
    ----------
    centre, scale
        Standardisation of the f features, shape (f,).
    weights
        Of each layer, shapes (E, inputs, outputs).
    biases
        Of each layer, shapes (E, 1, outputs).
    species
        SMILES of the species that have coordinates, length S.
    coordinates
        Of the species, shape (E, S, k).
    """

    centre: _Floats
    scale: _Floats
    weights: tuple[_Floats, ...]
    biases: tuple[_Floats, ...]
    species: tuple[str, ...]
    coordinates: _Floats

    @property
    def n_members(self) -> int:
        """Number of members, E."""
        return len(self.weights[0])

    def arrays(self) -> dict[str, _Floats]:
        """All arrays by name, for a file; `of_arrays` takes them back."""
        held = {"centre": self.centre, "scale": self.scale, "coordinates": self.coordinates}
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            held |= {f"weight_{layer}": weight, f"bias_{layer}": bias}
        return held

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, _Floats], species: Sequence[str]) -> DescriptorNetwork:
        """Networks from their `arrays` and the names of their species."""
        layers = range(sum(name.startswith("weight_") for name in arrays))
        return cls(
            centre=arrays["centre"],
            scale=arrays["scale"],
            weights=tuple(arrays[f"weight_{i}"] for i in layers),
            biases=tuple(arrays[f"bias_{i}"] for i in layers),
            species=tuple(species),
            coordinates=arrays["coordinates"],
        )

    def log10_conductivity(
        self, described: Described, index: NDArray[np.intp], temperature_k: _Floats
    ) -> _Floats:
        """Every member's prediction.

        Parameters
        ----------
        described
            The u distinct compositions.
        index
            Which of them each row is about, shape (n,).
        temperature_k
            K, shape (n,).

        Returns
        -------
        ndarray of float, shape (E, n)
            Decadic logarithm of the conductivity in mS/cm.
        """
        parameters = self.parameters(described)
        ln_charge = described.ln_charge[index]
        out = np.empty((self.n_members, len(index)))
        for member, of_compositions in enumerate(parameters):
            of_rows = of_compositions[index]
            out[member] = ln_conductivity(of_rows, ln_charge, temperature_k, np) / LN10
        return out

    def parameters(self, described: Described) -> _Floats:
        """Raw outputs for the u compositions, parameters of a law, shape (E, u, outputs)."""
        known, column = {s: i for i, s in enumerate(self.species)}, []
        for i, smiles in enumerate(described.species):
            if smiles in known:
                column.append((i, known[smiles]))
        own, held = np.array(column, dtype=np.intp).reshape(-1, 2).T
        share = described.share[:, own].astype(np.float32)
        coordinates = self.coordinates[:, held].astype(np.float32)
        weights = [weight.astype(np.float32) for weight in self.weights]
        biases = [bias.astype(np.float32) for bias in self.biases]
        out = np.empty((self.n_members, len(share), self.biases[-1].shape[-1]))
        for start in range(0, len(share), _CHUNK):
            rows = slice(start, start + _CHUNK)
            z = np.clip((described.features[rows] - self.centre) / self.scale, -CLIP, CLIP)
            # In single precision, as the members were fitted: four times as fast.
            parts = np.broadcast_to(z.astype(np.float32), (self.n_members, *z.shape))
            hidden = np.concatenate([parts, share[rows] @ coordinates], axis=-1)
            for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
                hidden = silu(hidden @ weight + bias)
            out[:, rows] = hidden @ weights[-1] + biases[-1]
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """Settings of the fit, chosen on folds of the split by series.

    Attributes
    ----------
    members
        Networks in the ensemble.
    width
        Units of each of the two hidden layers.
    coordinates
        Learnt numbers of each species.
    steps, batch
        Optimiser steps, and rows in each.
    learning_rate, weight_decay
        Of AdamW with a one-cycle schedule.
    least_feature_share
        Share of the features that the first member sees; it rises to all of them for the last.
        Members that look at different things disagree where the data do not decide, and their
        median extrapolates better.
    feature_noise
        Standard deviation of the noise added to standardised features, but not to those of the
        concentration.
    hidden_species
        Share of the species whose coordinates are hidden in a step.
    huber_width
        Error in ln k from which on it counts linearly: many rows are misread or mistyped.
    """

    members: int = 16
    width: int = 64
    coordinates: int = 8
    steps: int = 2500
    batch: int = 256
    learning_rate: float = 6e-3
    weight_decay: float = 0.1
    least_feature_share: float = 0.6
    feature_noise: float = 0.1
    hidden_species: float = 0.3
    huber_width: float = 0.15

    def to_dict(self) -> dict[str, float]:
        """Plain numbers, for the record of a training."""
        return asdict(self)


def fit_network(
    rows: TrainingRows, settings: NetworkSettings | None = None, *, seed: int = 0
) -> DescriptorNetwork:
    """Fit all members at once.

    Parameters
    ----------
    rows
        Measurements to fit to.
    settings
        Of the fit.
    seed
        Same seed, data and machine: same weights.

    Returns
    -------
    DescriptorNetwork
        In double precision, rounded to single so that a saved copy is the same.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    """
    with single_thread() as torch:
        return _fit(torch, rows.learnt(), settings or NetworkSettings(), seed)


def _fit(torch: Any, rows: TrainingRows, settings: NetworkSettings, seed: int) -> DescriptorNetwork:
    fit = DescriptorFit(
        torch,
        rows.described,
        rows.index,
        settings,
        views=rows.views,
        n_outputs=N_PARAMETERS,
        generator=torch.Generator().manual_seed(seed),
    )
    ln_charge, temperature_k = as_tensor(rows.ln_charge), as_tensor(rows.temperature_k)
    ln_value, weight = as_tensor(np.log(rows.value)), as_tensor(rows.fit_weight())

    def loss() -> Any:
        drawn = fit.draw(weight, settings.batch)
        parameters = fit.outputs(drawn)
        predicted = ln_conductivity(parameters, ln_charge[drawn], temperature_k[drawn], torch)
        return fit.huber(predicted, ln_value[drawn])

    return fit.run(loss)


class DescriptorFit:
    """Fit of networks with any outputs; what they mean is the caller's loss.

    Parameters
    ----------
    torch
        The module, from `single_thread`.
    described
        The distinct compositions.
    index
        Composition of each row, shape (n,).
    settings
        Of the fit.
    views
        Which features the members of each kind look at, shape (k, f); kinds take turns.
    n_outputs
        Numbers that a network gives for a composition.
    generator
        Of torch's random numbers.
    """

    def __init__(
        self,
        torch: Any,
        described: Described,
        index: NDArray[np.intp],
        settings: NetworkSettings,
        *,
        views: NDArray[np.bool_],
        n_outputs: int,
        generator: Any,
    ) -> None:
        self.torch, self.settings, self.generator = torch, settings, generator
        used, inverse = np.unique(index, return_inverse=True)
        features, share = described.features[used], described.share[used]
        # Over compositions, not rows: a well-measured system must not set the scale.
        self.centre = features.mean(axis=0)
        self.scale = features.std(axis=0) + 1e-2 * (1e-3 + np.abs(self.centre))
        z = np.clip((features - self.centre) / self.scale, -CLIP, CLIP)
        self.z = as_tensor(z)
        self.inverse = torch.from_numpy(inverse.ravel().astype(np.int64))
        seen = np.flatnonzero(share.max(axis=0) > 0)
        self.species = tuple(described.species[i] for i in seen)
        place, weight = components(share[:, seen])
        self.place, self.share = torch.from_numpy(place), as_tensor(weight)
        n_inputs = z.shape[1] + settings.coordinates
        sizes = (n_inputs, settings.width, settings.width, n_outputs)
        self.weights, self.biases = self._layers(sizes)
        self.mask = self._mask(z.shape[1], views)
        shape = (settings.members, len(self.species), settings.coordinates)
        drawn = torch.randn(shape, generator=self.generator)
        self.coordinates = (_FIRST_COORDINATE * drawn).requires_grad_()
        noise = np.full(z.shape[1], settings.feature_noise)
        noise[_CONCENTRATION] = 0.0
        self.noise = as_tensor(noise)

    def run(self, loss: Callable[[], Any], also: Sequence[Any] = ()) -> DescriptorNetwork:
        """Minimise a loss of random rows, also in other parameters, and give the networks."""
        s = self.settings
        minimise(
            loss,
            [*self.weights, *self.biases, self.coordinates, *also],
            Schedule(steps=s.steps, learning_rate=s.learning_rate, weight_decay=s.weight_decay),
        )
        with self.torch.no_grad():
            self.weights[0].mul_(self.mask.transpose(1, 2))
        return DescriptorNetwork(
            centre=self.centre,
            scale=self.scale,
            weights=tuple(_array(w) for w in self.weights),
            biases=tuple(_array(b) for b in self.biases),
            species=self.species,
            coordinates=_array(self.coordinates),
        )

    def draw(self, weight: Any, n: int) -> Any:
        """Numbers of n random rows, by their weights."""
        return self.torch.multinomial(weight, n, replacement=True, generator=self.generator)

    def outputs(self, rows: Any) -> Any:
        """Raw outputs of all members for rows, shape (E, n, outputs), under noise."""
        s, torch = self.settings, self.torch
        of_composition = self.inverse[rows]
        z = self.z[of_composition]
        z = z + self.noise * torch.randn(z.shape, generator=self.generator)
        shown = torch.rand(s.members, len(self.species), 1, generator=self.generator)
        coordinates = self.coordinates * (shown >= s.hidden_species)
        members = torch.arange(s.members)[:, None, None]
        held = coordinates[members, self.place[of_composition]]
        pooled = (held * self.share[of_composition][..., None]).sum(-2)
        return self._forward(torch.cat([z.expand(s.members, -1, -1), pooled], -1) * self.mask)

    def huber(self, predicted: Any, measured: Any) -> Any:
        """Loss of all members: natural logarithms of shapes (E, n) and (n,)."""
        s = self.settings
        error = self.torch.nn.functional.smooth_l1_loss(
            predicted, measured.expand(s.members, -1), beta=s.huber_width, reduction="none"
        )
        return 4.0 * error.sum(0).mean()

    def _mask(self, n_features: int, views: NDArray[np.bool_]) -> Any:
        """Which inputs each member sees, shape (E, 1, f + k): it sees all coordinates."""
        s, torch = self.settings, self.torch
        of_features = feature_mask(
            s.least_feature_share, s.members, n_features, self.generator, views
        )
        of_features[..., _CONCENTRATION] = 1.0
        return torch.cat([of_features, torch.ones(s.members, 1, s.coordinates)], -1)

    def _forward(self, hidden: Any) -> Any:
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = self.torch.nn.functional.silu(self.torch.baddbmm(bias, hidden, weight))
        return self.torch.baddbmm(self.biases[-1], hidden, self.weights[-1])

    def _layers(self, sizes: tuple[int, ...]) -> tuple[list[Any], list[Any]]:
        weights, biases = [], []
        last = len(sizes) - 2
        for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
            # A small last layer starts every member at a sensible law.
            gain = 0.1 if layer == last else 1.0
            shape = (self.settings.members, inputs, outputs)
            weights.append(start_weights(shape, self.generator, gain).requires_grad_())
            biases.append(self.torch.zeros(shape[0], 1, outputs).requires_grad_())
        return weights, biases


def _array(tensor: Any) -> _Floats:
    found: _Floats = tensor.detach().numpy().astype(np.float64)
    return found
