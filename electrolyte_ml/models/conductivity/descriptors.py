r"""Networks that turn descriptors of a composition into parameters of the law, and their fit.

Each of E members maps standardised features :math:`z` (see `electrolyte_ml.features`) to
:math:`W_3\,\sigma(W_2\,\sigma(W_1 z + b_1) + b_2) + b_3` with
:math:`\sigma(x) = x / (1 + e^{-x})`, and these seven numbers to a conductivity by
`electrolyte_ml.models.conductivity.law`. To the first two of them the trend of the law with
viscosity and permittivity of the solvents is added, which is given, not learned. Prediction needs
numpy alone; the fit needs torch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.features import FEATURE_NAMES
from electrolyte_ml.models.conductivity.law import (
    N_PARAMETERS,
    N_TRENDS,
    TREND_SLOPES,
    TRENDING,
    ln_conductivity,
)
from electrolyte_ml.models.conductivity.rows import TrainingRows
from electrolyte_ml.models.ensemble_fit import (
    Schedule,
    as_tensor,
    feature_mask,
    minimise,
    single_thread,
    start_weights,
)
from electrolyte_ml.models.numeric import LN10, silu

#: Columns of the features that the law has a trend with.
TREND_COLUMNS = [FEATURE_NAMES.index(f"solvent.{name}") for name in TRENDING]
# Standardised features are held within this, so that an odd species cannot blow up a member.
CLIP = 4.0
# Compositions at a time: few enough for a processor's cache.
_CHUNK = 512


class LawMembers(ABC):
    """E members, each of which gives the parameters of `electrolyte_ml.models.conductivity.law`."""

    __slots__ = ()

    @abstractmethod
    def parameters(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Parameters of the law, shape (E, u, 7), of features of shape (u, f)."""

    def log10_conductivity(
        self,
        features: NDArray[np.float64],
        index: NDArray[np.intp],
        molality: NDArray[np.float64],
        temperature_k: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Every member's prediction.

        Parameters
        ----------
        features
            Of u distinct compositions, shape (u, f).
        index
            Which of them each row is about, shape (n,).
        molality
            mol/kg, positive, shape (n,).
        temperature_k
            K, shape (n,).

        Returns
        -------
        ndarray of float, shape (E, n)
            Decadic logarithm of the conductivity in mS/cm.
        """
        parameters = self.parameters(features)
        out = np.empty((len(parameters), len(index)))
        for member, of_compositions in enumerate(parameters):
            out[member] = (
                ln_conductivity(of_compositions[index], molality, temperature_k, np) / LN10
            )
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptorNetwork(LawMembers):
    """Weights of E members.

    Attributes
    ----------
    centre, scale
        Standardisation of the f features, shape (f,).
    weights
        Of each layer, shapes (E, inputs, outputs).
    biases
        Of each layer, shapes (E, 1, outputs).
    trend
        Slopes of the first parameters with each of the standardised features that the law has a
        trend with, shape (2, 2).
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: tuple[NDArray[np.float64], ...]
    biases: tuple[NDArray[np.float64], ...]
    trend: NDArray[np.float64]

    @property
    def n_members(self) -> int:
        """Number of members, E."""
        return len(self.weights[0])

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """All arrays by name, for a file; `of_arrays` takes them back."""
        held = {"centre": self.centre, "scale": self.scale, "trend": self.trend}
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            held |= {f"weight_{layer}": weight, f"bias_{layer}": bias}
        return held

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.float64]]) -> DescriptorNetwork:
        """Networks from their `arrays`."""
        layers = range(sum(name.startswith("weight_") for name in arrays))
        return cls(
            centre=arrays["centre"],
            scale=arrays["scale"],
            weights=tuple(arrays[f"weight_{i}"] for i in layers),
            biases=tuple(arrays[f"bias_{i}"] for i in layers),
            trend=arrays["trend"],
        )

    def standardised(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features as the members see them, shape (u, f)."""
        held: NDArray[np.float64] = np.clip((features - self.centre) / self.scale, -CLIP, CLIP)
        return held

    def parameters(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Parameters of the law, shape (E, u, 7), of features of shape (u, f)."""
        out = np.empty((self.n_members, len(features), N_PARAMETERS))
        for start in range(0, len(features), _CHUNK):
            rows = slice(start, start + _CHUNK)
            out[:, rows] = self._forward(self.standardised(features[rows]))
        return out

    def _forward(self, z: NDArray[np.float64]) -> NDArray[np.float32]:
        # In single precision, as the members were fitted: four times as fast.
        weights = [weight.astype(np.float32) for weight in self.weights]
        biases = [bias.astype(np.float32) for bias in self.biases]
        hidden = np.broadcast_to(z.astype(np.float32), (self.n_members, *z.shape))
        for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
            hidden = silu(hidden @ weight + bias)
        out: NDArray[np.float32] = hidden @ weights[-1] + biases[-1]
        out[..., :N_TRENDS] += z[:, TREND_COLUMNS].astype(np.float32) @ self.trend.astype(
            np.float32
        )
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """Settings of the fit, chosen on partitions other than the reported ones.

    Attributes
    ----------
    members
        Networks in the ensemble.
    width
        Units of each of the two hidden layers.
    steps, batch
        Optimiser steps, and rows in each.
    learning_rate, weight_decay
        Of AdamW with a one-cycle schedule.
    least_feature_share
        Share of the features that the first member sees; it rises to all of them for the last.
        Members that look at different things disagree where the data do not decide, and their
        median extrapolates better.
    feature_noise
        Standard deviation of the noise added to standardised features.
    huber_width
        Error in ln k from which on it counts linearly: many rows are misread or mistyped.
    low_conductivity_ms_cm
        Rows well below this weigh in proportion to their conductivity: their relative error grows.
    conductivity_power
        Exponent of the conductivity in the weight of a row: errors in mS/cm matter to the user.
    """

    members: int = 24
    width: int = 32
    steps: int = 2500
    batch: int = 1024
    learning_rate: float = 8e-3
    weight_decay: float = 1e-2
    least_feature_share: float = 0.4
    feature_noise: float = 0.03
    huber_width: float = 0.1
    low_conductivity_ms_cm: float = 0.03
    conductivity_power: float = 0.3

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
        return _Fit(torch, rows.learnt(), settings or NetworkSettings(), seed).run()


class _Fit:
    def __init__(
        self, torch: Any, rows: TrainingRows, settings: NetworkSettings, seed: int
    ) -> None:
        self.torch, self.settings = torch, settings
        self.generator = torch.Generator().manual_seed(seed)
        distinct, inverse = np.unique(
            rows.features[rows.index].round(6), axis=0, return_inverse=True
        )
        # Over compositions, not rows: a well-measured system must not set the scale.
        self.centre = distinct.mean(axis=0)
        self.scale = distinct.std(axis=0) + 1e-2 * (1e-3 + np.abs(self.centre))
        z = np.clip((distinct - self.centre) / self.scale, -CLIP, CLIP)
        self.z = as_tensor(z).expand(settings.members, -1, -1)
        self.inverse = torch.from_numpy(inverse.ravel().astype(np.int64))
        self.molality = as_tensor(rows.molality_mol_kg)
        self.temperature = as_tensor(rows.temperature_k)
        self.target = as_tensor(np.log(rows.conductivity_ms_cm))
        self.weight = as_tensor(_row_weights(rows.conductivity_ms_cm, settings))
        sizes = (z.shape[1], settings.width, settings.width, N_PARAMETERS)
        self.weights, self.biases = self._layers(sizes)
        self.mask = feature_mask(
            settings.least_feature_share,
            settings.members,
            z.shape[1],
            self.generator,
            rows.views,
        )
        self.trend = TREND_SLOPES * self.scale[TREND_COLUMNS, None]
        self.trended = as_tensor(z[:, TREND_COLUMNS] @ self.trend)

    def run(self) -> DescriptorNetwork:
        s = self.settings
        minimise(
            self._loss,
            [*self.weights, *self.biases],
            Schedule(steps=s.steps, learning_rate=s.learning_rate, weight_decay=s.weight_decay),
        )
        with self.torch.no_grad():
            self.weights[0].mul_(self.mask.transpose(1, 2))
        return DescriptorNetwork(
            centre=self.centre,
            scale=self.scale,
            weights=tuple(w.detach().numpy().astype(np.float64) for w in self.weights),
            biases=tuple(b.detach().numpy().astype(np.float64) for b in self.biases),
            trend=self.trend,
        )

    def _loss(self) -> Any:
        s, torch = self.settings, self.torch
        shape = (s.members, s.batch)
        drawn = torch.randint(0, len(self.target), shape, generator=self.generator)
        noise = s.feature_noise * torch.randn(self.z.shape, generator=self.generator)
        of_compositions = self._forward((self.z + noise) * self.mask)
        members = torch.arange(s.members)[:, None]
        predicted = ln_conductivity(
            of_compositions[members, self.inverse[drawn]],
            self.molality[drawn],
            self.temperature[drawn],
            torch,
        )
        error = torch.nn.functional.smooth_l1_loss(
            predicted, self.target[drawn], beta=s.huber_width, reduction="none"
        )
        return 4.0 * (error * self.weight[drawn]).sum(0).mean()

    def _forward(self, z: Any) -> Any:
        hidden = z
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = self.torch.nn.functional.silu(self.torch.baddbmm(bias, hidden, weight))
        out = self.torch.baddbmm(self.biases[-1], hidden, self.weights[-1])
        return self.torch.cat([out[..., :N_TRENDS] + self.trended, out[..., N_TRENDS:]], -1)

    def _layers(self, sizes: tuple[int, ...]) -> tuple[list[Any], list[Any]]:
        weights, biases = [], []
        for inputs, outputs in pairwise(sizes):
            # A small last layer starts every member at a sensible law.
            gain = 0.1 if outputs == N_PARAMETERS else 1.0
            shape = (self.settings.members, inputs, outputs)
            weights.append(start_weights(shape, self.generator, gain).requires_grad_())
            biases.append(self.torch.zeros(shape[0], 1, outputs).requires_grad_())
        return weights, biases


def _row_weights(conductivity: NDArray[np.float64], s: NetworkSettings) -> NDArray[np.float64]:
    readable = np.clip(conductivity / (conductivity + s.low_conductivity_ms_cm), 0.1, None)
    weight = readable * np.clip(conductivity, 0.05, None) ** s.conductivity_power
    scaled: NDArray[np.float64] = weight / weight.mean()
    return scaled
