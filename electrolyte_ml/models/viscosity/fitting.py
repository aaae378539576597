"""Fitting the ensemble of networks with torch; nothing else in the package imports torch for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.viscosity.law import (
    N_PAIR,
    N_PURE,
    excess_basis,
    pure_log10,
    pure_parameters,
)
from electrolyte_ml.models.viscosity.network import CLIP, N_EVEN, Network
from electrolyte_ml.models.viscosity.rows import LiquidRows
from electrolyte_ml.optional import import_optional


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """Settings of the fit.

    Attributes
    ----------
    members
        Networks in the ensemble.
    hidden, state, pair
        Units of the encoder's layers and of the layer that joins two molecules.
    coordinates
        Learnt numbers of each molecule beside its descriptors.
    coordinates_left_out
        Share of the molecules whose coordinates are zero in a step, so that the descriptors learn
        to do without: a new molecule has none.
    steps, pairs
        Optimiser steps, and pairs of molecules with all their rows in each.
    learning_rate, weight_decay
        Of AdamW with a one-cycle schedule.
    coordinates_decay
        Weight of the coordinates' mean square in the loss.
    least_feature_share
        Share of the descriptors that the first member sees; it rises to all of them for the last.
    feature_noise
        Standard deviation of the noise added to standardised descriptors.
    huber_width
        Error in log10 from which on it counts linearly: a few rows are grossly wrong.
    """

    members: int = 6
    hidden: int = 64
    state: int = 32
    pair: int = 48
    coordinates: int = 8
    coordinates_left_out: float = 0.4
    steps: int = 800
    pairs: int = 400
    learning_rate: float = 6e-3
    weight_decay: float = 1e-3
    coordinates_decay: float = 3e-3
    least_feature_share: float = 0.5
    feature_noise: float = 0.03
    huber_width: float = 0.02

    def to_dict(self) -> dict[str, float]:
        """Plain numbers, for the record of a training."""
        return asdict(self)


def fit_network(
    rows: LiquidRows,
    descriptors: NDArray[np.float64],
    settings: FitSettings | None = None,
    *,
    seed: int = 0,
) -> tuple[Network, NDArray[np.float64]]:
    """Fit all members at once.

    Parameters
    ----------
    rows
        Measurements to fit to.
    descriptors
        Of their molecules, shape (M, D).
    settings
        Of the fit.
    seed
        Same seed, data and machine: same weights.

    Returns
    -------
    network
        In double precision, rounded to single so that a saved copy is the same.
    coordinates
        Of the molecules, shape (E, M, k); zeros for those no row is about.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    """
    torch = import_optional("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more do not help at this size, and would not be reproducible
    try:
        return _Fit(torch, rows, descriptors, settings or FitSettings(), seed).run()
    finally:
        torch.set_num_threads(threads)


class _Fit:
    """One fit: data as tensors, weights, and the loop."""

    def __init__(
        self,
        torch: Any,
        rows: LiquidRows,
        descriptors: NDArray[np.float64],
        settings: FitSettings,
        seed: int,
    ) -> None:
        self.torch, self.settings = torch, settings
        self.generator = torch.Generator().manual_seed(seed)
        known = rows.molecules()
        seen = descriptors[known]
        self.centre = np.nanmean(seen, axis=0)
        self.scale = np.nanstd(seen, axis=0) + 1e-6 + 1e-2 * np.abs(self.centre)
        z = np.clip((descriptors - self.centre) / self.scale, -CLIP, CLIP)
        self.z = self._tensor(np.nan_to_num(z))
        self.known = known
        self.groups = _Groups(torch, rows)
        self.share, self.temperature = self._tensor(rows.share), self._tensor(rows.temperature_k)
        self.target, self.row_weight = self._tensor(rows.log10_viscosity), self._tensor(rows.weight)
        self.mask = self._mask(self.z.shape[1])
        self.weights = self._start(*self.z.shape)

    def run(self) -> tuple[Network, NDArray[np.float64]]:
        s, torch = self.settings, self.torch
        decayed = [w for name, w in self.weights.items() if name != "coordinates"]
        free = [self.weights["coordinates"]]
        optimiser = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": s.weight_decay},
                {"params": free, "weight_decay": 0.0},
            ],
            lr=s.learning_rate,
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, s.learning_rate, total_steps=s.steps, pct_start=0.15
        )
        batches = self.groups.batches(s.pairs, self.generator)
        for _ in range(s.steps):
            optimiser.zero_grad()
            self._loss(next(batches)).backward()
            torch.nn.utils.clip_grad_norm_(decayed, 10.0)
            optimiser.step()
            schedule.step()
        return self._network()

    def _loss(self, batch: Any) -> Any:
        s, torch = self.settings, self.torch
        first, second, rows, group = self.groups.rows_of(batch)
        molecules, place = torch.unique(torch.cat([first, second]), return_inverse=True)
        i, j = place[: len(batch)], place[len(batch) :]
        coordinates = self.weights["coordinates"][:, molecules]
        kept = torch.rand((s.members, len(molecules), 1), generator=self.generator)
        states = self._states(molecules, coordinates * (kept >= s.coordinates_left_out))
        predicted = self._predict(states, i, j, rows, group)
        error = torch.nn.functional.smooth_l1_loss(
            predicted,
            self.target[rows].expand(s.members, -1),
            beta=s.huber_width,
            reduction="none",
        )
        misfit = 10.0 * (error * self.row_weight[rows]).mean(1).sum()
        return misfit + s.coordinates_decay * (coordinates**2).mean((1, 2)).sum()

    def _states(self, molecules: Any, coordinates: Any) -> Any:
        torch, w = self.torch, self.weights
        noise = torch.randn((len(molecules), self.z.shape[1]), generator=self.generator)
        z = (self.z[molecules] + self.settings.feature_noise * noise)[None] * self.mask
        silu = torch.nn.functional.silu
        hidden = silu(torch.baddbmm(w["encoder_1_bias"], z, w["encoder_1"]))
        state = silu(torch.baddbmm(w["encoder_2_bias"], hidden, w["encoder_2"]))
        return torch.cat([state, coordinates], 2)

    def _predict(self, states: Any, i: Any, j: Any, rows: Any, group: Any) -> Any:
        torch, w = self.torch, self.weights
        a, b, vogel = pure_parameters(torch.baddbmm(w["pure_bias"], states, w["pure"]), torch)
        share, temperature = self.share[rows], self.temperature[rows]

        def pure(molecule: Any) -> Any:
            at = molecule[group]
            return pure_log10(a[:, at], b[:, at], vogel[:, at], temperature, torch)

        there, back = self._pair(states[:, i], states[:, j]), self._pair(states[:, j], states[:, i])
        even, odd = (there + back)[..., :N_EVEN] / 2, (there - back)[..., N_EVEN:] / 2
        coefficients = torch.cat([even, odd], 2)[:, group]
        basis = torch.stack(excess_basis(share, 1.0 - share, temperature, torch), -1)
        ideal = share * pure(i) + (1.0 - share) * pure(j)
        return ideal + (coefficients * basis).sum(-1)

    def _pair(self, first: Any, second: Any) -> Any:
        torch, w = self.torch, self.weights
        inputs = torch.bmm(first, w["pair_first"]) + torch.bmm(second, w["pair_second"])
        hidden = torch.nn.functional.silu(inputs + w["pair_bias"])
        return torch.baddbmm(w["pair_out_bias"], hidden, w["pair_out"])

    def _start(self, n_molecules: int, n_descriptors: int) -> dict[str, Any]:
        s = self.settings
        q = s.state + s.coordinates
        shapes = {
            "encoder_1": (n_descriptors, s.hidden),
            "encoder_2": (s.hidden, s.state),
            "pure": (q, N_PURE),
            "pair_first": (q, s.pair),
            "pair_second": (q, s.pair),
            "pair_out": (s.pair, N_PAIR),
        }
        weights = {}
        for name, shape in shapes.items():
            # Small last layers start every member at a usual liquid without excess.
            gain = 0.1 if name in {"pure", "pair_out"} else 1.0
            start = self.torch.randn((s.members, *shape), generator=self.generator)
            weights[name] = start * gain / math.sqrt(shape[0])
        for name, width in (
            ("encoder_1_bias", s.hidden),
            ("encoder_2_bias", s.state),
            ("pure_bias", N_PURE),
            ("pair_bias", s.pair),
            ("pair_out_bias", N_PAIR),
        ):
            weights[name] = self.torch.zeros(s.members, 1, width)
        own = (s.members, n_molecules, s.coordinates)
        weights["coordinates"] = 0.1 * self.torch.randn(own, generator=self.generator)
        return {name: w.requires_grad_() for name, w in weights.items()}

    def _mask(self, n_descriptors: int) -> Any:
        """Which descriptors each member sees, scaled so that its inputs keep their variance."""
        s = self.settings
        share = self.torch.linspace(s.least_feature_share, 1.0, s.members)[:, None, None]
        drawn = self.torch.rand((s.members, 1, n_descriptors), generator=self.generator)
        return (drawn < share).float() / share

    def _network(self) -> tuple[Network, NDArray[np.float64]]:
        with self.torch.no_grad():
            self.weights["encoder_1"].mul_(self.mask.transpose(1, 2))
        arrays = {name: w.detach().numpy().astype(np.float64) for name, w in self.weights.items()}
        learnt = arrays.pop("coordinates")
        coordinates = np.zeros_like(learnt)
        coordinates[:, self.known] = learnt[:, self.known]
        return Network(centre=self.centre, scale=self.scale, **arrays), coordinates

    def _tensor(self, array: NDArray[np.float64]) -> Any:
        return self.torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


class _Groups:
    """Rows by the pair of molecules they are about."""

    def __init__(self, torch: Any, rows: LiquidRows) -> None:
        self.torch = torch
        order = np.argsort(rows.pair, kind="stable")
        _, start, count = np.unique(rows.pair[order], return_index=True, return_counts=True)
        self.order = torch.from_numpy(order)
        self.start, self.count = torch.from_numpy(start), torch.from_numpy(count)
        self.first = torch.from_numpy(rows.first[order][start])
        self.second = torch.from_numpy(rows.second[order][start])

    def batches(self, size: int, generator: Any) -> Iterator[Any]:
        """Numbers of pairs, all of them once before any comes again."""
        size = min(size, len(self.start))
        while True:
            shuffled = self.torch.randperm(len(self.start), generator=generator)
            for at in range(0, len(shuffled) - size + 1, size):
                yield shuffled[at : at + size]

    def rows_of(self, batch: Any) -> tuple[Any, Any, Any, Any]:
        """First and second molecules of pairs, their rows, and which pair each row is of."""
        torch = self.torch
        count = self.count[batch]
        group = torch.repeat_interleave(torch.arange(len(batch)), count)
        within = torch.arange(len(group)) - (torch.cumsum(count, 0) - count)[group]
        rows = self.order[self.start[batch][group] + within]
        return self.first[batch], self.second[batch], rows, group
