"""Fitting the ensemble of networks with torch; nothing else in the package imports torch for it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.measurements import Measurements
from electrolyte_ml.data.sources import calisol23
from electrolyte_ml.features import FEATURE_VIEWS, compose, mixture_features
from electrolyte_ml.models.conductivity.members import TREND_COLUMNS
from electrolyte_ml.models.conductivity.network import CLIP, Network
from electrolyte_ml.models.conductivity_law import (
    N_PARAMETERS,
    N_TRENDS,
    TREND_SLOPES,
    ln_conductivity,
)
from electrolyte_ml.optional import import_optional


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRows:
    """What the networks are fitted to, n rows.

    Attributes
    ----------
    features
        Of each row's composition, shape (n, f).
    molality_mol_kg, temperature_k, conductivity_ms_cm
        Shape (n,), positive.
    trusted
        Whether a row may be learnt from, shape (n,): a row that contradicts every other source is
        predicted and judged, but not fitted to.
    views
        Which features the members of each kind look at, shape (k, f); kinds take turns.
    """

    features: NDArray[np.float64]
    molality_mol_kg: NDArray[np.float64]
    temperature_k: NDArray[np.float64]
    conductivity_ms_cm: NDArray[np.float64]
    trusted: NDArray[np.bool_]
    views: NDArray[np.bool_]

    @classmethod
    def of(cls, measurements: Measurements) -> TrainingRows:
        """Measured conductivities as the networks see them."""
        composition = compose(measurements.row_formulations)
        index = composition.index
        return cls(
            features=mixture_features(composition)[index],
            molality_mol_kg=composition.molality_mol_kg[index],
            temperature_k=measurements.temperature_k,
            conductivity_ms_cm=measurements.value,
            trusted=calisol23.trusted(measurements),
            views=FEATURE_VIEWS,
        )

    def select(self, rows: NDArray[np.intp]) -> TrainingRows:
        """Only some rows."""
        return TrainingRows(
            features=self.features[rows],
            molality_mol_kg=self.molality_mol_kg[rows],
            temperature_k=self.temperature_k[rows],
            conductivity_ms_cm=self.conductivity_ms_cm[rows],
            trusted=self.trusted[rows],
            views=self.views,
        )

    @property
    def log10_conductivity(self) -> NDArray[np.float64]:
        """Decadic logarithm of the conductivity in mS/cm, shape (n,)."""
        return np.log10(self.conductivity_ms_cm)


def fit_network(
    rows: TrainingRows, settings: FitSettings | None = None, *, seed: int = 0
) -> Network:
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
    Network
        In double precision, rounded to single so that a saved copy is the same.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    """
    torch = import_optional("torch")
    settings = settings or FitSettings()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more do not help at this size, and would not be reproducible
    try:
        return _Fit(torch, rows.select(np.flatnonzero(rows.trusted)), settings, seed).run()
    finally:
        torch.set_num_threads(threads)


class _Fit:
    def __init__(self, torch: Any, rows: TrainingRows, settings: FitSettings, seed: int) -> None:
        self.torch, self.settings = torch, settings
        self.generator = torch.Generator().manual_seed(seed)
        distinct, inverse = np.unique(rows.features.round(6), axis=0, return_inverse=True)
        # Over compositions, not rows: a well-measured system must not set the scale.
        self.centre = distinct.mean(axis=0)
        self.scale = distinct.std(axis=0) + 1e-2 * (1e-3 + np.abs(self.centre))
        z = np.clip((distinct - self.centre) / self.scale, -CLIP, CLIP)
        self.z = self._tensor(z).expand(settings.members, -1, -1)
        self.inverse = torch.from_numpy(inverse.ravel().astype(np.int64))
        self.molality = self._tensor(rows.molality_mol_kg)
        self.temperature = self._tensor(rows.temperature_k)
        self.target = self._tensor(np.log(rows.conductivity_ms_cm))
        self.weight = self._tensor(_row_weights(rows.conductivity_ms_cm, settings))
        sizes = (z.shape[1], settings.width, settings.width, N_PARAMETERS)
        self.weights, self.biases = self._layers(sizes)
        self.mask = self._mask(rows.views)
        self.trend = TREND_SLOPES * self.scale[TREND_COLUMNS, None]
        self.trended = self._tensor(z[:, TREND_COLUMNS] @ self.trend)

    def run(self) -> Network:
        s, torch = self.settings, self.torch
        parameters = [*self.weights, *self.biases]
        optimiser = torch.optim.AdamW(parameters, lr=s.learning_rate, weight_decay=s.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, s.learning_rate, total_steps=s.steps, pct_start=0.15
        )
        for _ in range(s.steps):
            optimiser.zero_grad()
            self._loss().backward()
            torch.nn.utils.clip_grad_norm_(parameters, 10.0)
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            self.weights[0].mul_(self.mask.transpose(1, 2))
        return Network(
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
            start = self.torch.randn(shape, generator=self.generator)
            weights.append((start * gain / math.sqrt(inputs)).requires_grad_())
            biases.append(self.torch.zeros(shape[0], 1, outputs).requires_grad_())
        return weights, biases

    def _mask(self, views: NDArray[np.bool_]) -> Any:
        """Which features each member sees, scaled so that its inputs keep their variance."""
        settings = self.settings
        kinds, n_features = views.shape
        view = self._tensor(views[np.arange(settings.members) % kinds])[:, None, :]
        share = self.torch.linspace(settings.least_feature_share, 1.0, settings.members)
        share = share[:, None, None]
        shape = (settings.members, 1, n_features)
        seen = self.torch.rand(shape, generator=self.generator) < share
        return view * seen.float() / share

    def _tensor(self, array: NDArray[np.float64]) -> Any:
        return self.torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _row_weights(conductivity: NDArray[np.float64], s: FitSettings) -> NDArray[np.float64]:
    readable = np.clip(conductivity / (conductivity + s.low_conductivity_ms_cm), 0.1, None)
    weight = readable * np.clip(conductivity, 0.05, None) ** s.conductivity_power
    scaled: NDArray[np.float64] = weight / weight.mean()
    return scaled
