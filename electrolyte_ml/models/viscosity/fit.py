"""Fitting the model of liquids: networks with torch, then corrections by ridge regression.

The networks' residuals of measured molecules and pairs are fitted by corrections with a Gaussian
prior around zero. Outliers weigh less, as under Student's t distribution with three degrees of
freedom.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.ensemble_fit import (
    Schedule,
    as_tensor,
    feature_mask,
    minimise,
    single_thread,
    start_weights,
)
from electrolyte_ml.models.viscosity.law import (
    LEAST_SLOPE,
    N_PAIR,
    N_PURE,
    REPEATABILITY,
    excess_basis,
    inverse_temperature,
    pure_log10,
    pure_parameters,
)
from electrolyte_ml.models.viscosity.liquid import Corrections, LiquidModel
from electrolyte_ml.models.viscosity.network import (
    CLIP,
    N_EVEN,
    MoleculeTable,
    ViscosityNetwork,
)
from electrolyte_ml.models.viscosity.rows import LiquidRows

_LEVEL_SD, _SLOPE_SD = 0.05, 0.05
_PAIR_SD = (0.48, 0.32, 0.32, 0.4, 0.24, 0.2)
_DEGREES_OF_FREEDOM = 3.0
_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidFitSettings:
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


def fit_liquids(
    rows: LiquidRows,
    table: MoleculeTable,
    settings: LiquidFitSettings | None = None,
    *,
    seed: int = 0,
) -> LiquidModel:
    """Fit networks, then corrections.

    Parameters
    ----------
    rows
        Measurements; their molecules are those of `table`, in its order.
    table
        Descriptors of the molecules.
    settings
        Of the networks' fit.
    seed
        Same seed, data and machine: same model.

    Raises
    ------
    ValueError
        If `table` describes other molecules.
    MissingDependencyError
        If torch is not installed.
    """
    if rows.smiles != table.smiles:
        raise ValueError("rows and table must be of the same molecules in the same order")
    network, coordinates = fit_network(rows, table.descriptors, settings, seed=seed)
    n = len(rows.smiles)
    trained = np.zeros(n, dtype=bool)
    trained[rows.molecules()] = True
    nothing = Corrections(
        level=np.zeros(n),
        slope=np.zeros(n),
        pairs=np.empty((0, 2), dtype=np.intp),
        coefficients=np.empty((0, N_PAIR)),
    )
    plain = LiquidModel(
        table=table,
        trained=trained,
        network=network,
        coordinates=coordinates,
        corrections=nothing,
    )
    residual = rows.log10_viscosity - predict_rows(plain, rows).mean(axis=0)
    corrections = fit_corrections(rows, residual, plain.slopes().min(axis=0))
    return replace(plain, corrections=corrections)


def predict_rows(model: LiquidModel, rows: LiquidRows) -> NDArray[np.float64]:
    """Every member's log10 viscosity of the rows, shape (E, n)."""
    return model.predict(rows.liquids(), np.arange(len(rows)), rows.temperature_k)


def fit_network(
    rows: LiquidRows,
    descriptors: NDArray[np.float64],
    settings: LiquidFitSettings | None = None,
    *,
    seed: int = 0,
) -> tuple[ViscosityNetwork, NDArray[np.float64]]:
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
    with single_thread() as torch:
        return _Fit(torch, rows, descriptors, settings or LiquidFitSettings(), seed).run()


class _Fit:
    """One fit: data as tensors, weights, and the loop."""

    def __init__(
        self,
        torch: Any,
        rows: LiquidRows,
        descriptors: NDArray[np.float64],
        settings: LiquidFitSettings,
        seed: int,
    ) -> None:
        self.torch, self.settings = torch, settings
        self.generator = torch.Generator().manual_seed(seed)
        known = rows.molecules()
        seen = descriptors[known]
        self.centre = np.nanmean(seen, axis=0)
        self.scale = np.nanstd(seen, axis=0) + 1e-6 + 1e-2 * np.abs(self.centre)
        z = np.clip((descriptors - self.centre) / self.scale, -CLIP, CLIP)
        self.z = as_tensor(np.nan_to_num(z))
        self.known = known
        self.groups = _Groups(torch, rows)
        self.share, self.temperature = as_tensor(rows.share), as_tensor(rows.temperature_k)
        self.target, self.row_weight = as_tensor(rows.log10_viscosity), as_tensor(rows.weight)
        self.mask = feature_mask(
            settings.least_feature_share, settings.members, self.z.shape[1], self.generator
        )
        self.weights = self._start(*self.z.shape)

    def run(self) -> tuple[ViscosityNetwork, NDArray[np.float64]]:
        s = self.settings
        decayed = [w for name, w in self.weights.items() if name != "coordinates"]
        batches = self.groups.batches(s.pairs, self.generator)
        minimise(
            lambda: self._loss(next(batches)),
            decayed,
            Schedule(steps=s.steps, learning_rate=s.learning_rate, weight_decay=s.weight_decay),
            undecayed=[self.weights["coordinates"]],
        )
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
            weights[name] = start_weights((s.members, *shape), self.generator, gain)
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

    def _network(self) -> tuple[ViscosityNetwork, NDArray[np.float64]]:
        with self.torch.no_grad():
            self.weights["encoder_1"].mul_(self.mask.transpose(1, 2))
        arrays = {name: w.detach().numpy().astype(np.float64) for name, w in self.weights.items()}
        learnt = arrays.pop("coordinates")
        coordinates = np.zeros_like(learnt)
        coordinates[:, self.known] = learnt[:, self.known]
        return ViscosityNetwork(centre=self.centre, scale=self.scale, **arrays), coordinates


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


def fit_corrections(
    rows: LiquidRows, residual: NDArray[np.float64], lowest_slope: NDArray[np.float64]
) -> Corrections:
    """Fit corrections to the residuals of the networks.

    Parameters
    ----------
    rows
        Measurements.
    residual
        Measured less predicted log10 viscosity, shape (n,).
    lowest_slope
        The least of the members' slopes b of each molecule, shape (M,): corrected, it must stay
        that of a liquid.

    Returns
    -------
    Corrections
    """
    from scipy import sparse
    from scipy.sparse.linalg import lsmr

    mixed = np.unique(np.column_stack([rows.first, rows.second])[~rows.is_pure], axis=0)
    n = len(rows.smiles)
    empty = Corrections(
        level=np.zeros(n),
        slope=np.zeros(n),
        pairs=mixed.reshape(-1, 2),
        coefficients=np.zeros((len(mixed), N_PAIR)),
    )
    design = _design(rows, empty)
    sd = np.concatenate(
        [np.full(n, _LEVEL_SD), np.full(n, _SLOPE_SD), np.tile(_PAIR_SD, len(mixed))]
    )
    weight = rows.weight
    found = np.zeros(len(sd))
    for _ in range(_ROUNDS):
        root = np.sqrt(weight) / REPEATABILITY
        matrix = sparse.vstack(
            [sparse.diags(root) @ design @ sparse.diags(sd), sparse.eye(len(sd))]
        )
        target = np.concatenate([root * residual, np.zeros(len(sd))])
        found = sd * lsmr(matrix.tocsr(), target, atol=1e-6, btol=1e-6, maxiter=400)[0]
        error = (residual - design @ found) / (1.5 * REPEATABILITY)
        weight = rows.weight * (_DEGREES_OF_FREEDOM + 1) / (_DEGREES_OF_FREEDOM + error**2)
    return Corrections(
        level=found[:n],
        slope=np.maximum(found[n : 2 * n], LEAST_SLOPE - lowest_slope),
        pairs=empty.pairs,
        coefficients=found[2 * n :].reshape(-1, N_PAIR),
    )


def _design(rows: LiquidRows, corrections: Corrections) -> Any:
    """Sparse matrix from corrections, in the order level, slope, pairs, to log10 viscosity."""
    from scipy import sparse

    n = len(rows.smiles)
    liquids = rows.liquids()
    t = inverse_temperature(rows.temperature_k)
    values = [liquids.share, liquids.share * t[liquids.liquid]]
    at = [liquids.liquid, liquids.liquid]
    columns = [liquids.molecule, n + liquids.molecule]
    pairs = liquids.molecule[liquids.pair_components].reshape(-1, 2)
    place = corrections.place(pairs)
    shares = liquids.share[liquids.pair_components].reshape(-1, 2)
    at_k = rows.temperature_k[liquids.pair_liquid]
    basis = excess_basis(shares[:, 0], shares[:, 1], at_k, np)
    for k, term in enumerate(basis):
        values.append(term)
        at.append(liquids.pair_liquid)
        columns.append(2 * n + N_PAIR * place + k)
    shape = (len(rows), 2 * n + N_PAIR * len(corrections.pairs))
    entries = (np.concatenate(values), (np.concatenate(at), np.concatenate(columns)))
    return sparse.csr_matrix(entries, shape=shape)
