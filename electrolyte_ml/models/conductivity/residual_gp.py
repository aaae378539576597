r"""Hierarchical Gaussian process of the residuals of measured mixtures; numpy only.

The members share their parameters between all mixtures and fit no single mixture exactly: their
residuals on training rows are nearly as large as on unseen formulations of the same mixtures. The
residual of a mixture is modelled as a smooth function of temperature and of the concentration
:math:`c` of positive charge in mol/L,

.. math::

   \delta = \sum_{i + j \le 3} g_{ij}(x)\, u^i v^j, \quad
   u = \frac{\sqrt c - 0.9}{0.6}, \quad
   v = \frac{1}{0.5} \left(\frac{1000\,\mathrm K}{T} - \frac{1000}{298.15}\right),

whose coefficients are Gaussian processes over the composition :math:`x`, the mole fractions of
solvents, cations and anions: measurements of one mixture correct that mixture and its neighbours
alone. Mixtures fall into groups that do not inform each other, and each group is solved by itself.
Readings have the weights of a Cauchy distribution (Student's with one degree of freedom), because
some are outliers [1]_. The correction :math:`\delta` decays to zero away from the measurements of
similar mixtures. It is bounded everywhere, so that it corrects the law and never replaces it.

References
----------
.. [1] Lange, Little, Taylor, J. Am. Stat. Assoc. 1989, 84, 881.
   https://doi.org/10.1080/01621459.1989.10478852
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.rows import MixtureRows, RowContent, TrainingRows
from electrolyte_ml.models.numeric import softplus

_Floats = NDArray[np.float64]

_DEGREE = 3
_POWERS = tuple((i, j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i))
# Prior standard deviation of a coefficient, log10, and its factor for each further power. Larger
# ones, and a narrower kernel, meet the measured points more closely (by 0.004 in log10), but draw
# second maxima between them, and activation energies below zero.
_SD, _DECAY = 0.04, 0.7
# Length scale of the kernel in mole fraction; fractions of ions count twice.
_WIDTH, _ION_WEIGHT = 0.1, 2.0
# Below this value of the kernel there is no correction.
_LEAST_KERNEL = 1e-3
_FARTHEST = _WIDTH * (-2.0 * np.log(_LEAST_KERNEL)) ** 0.5
# Standard deviation of readings, log10, and steps of reweighting.
_READING_SD, _REPEATS = 0.02, 6
# The largest correction, log10, and its reach beyond the measured range, in u and v.
_LARGEST, _REACH = 0.15, 0.6
# Width, in u and v, over which the correction bends to a constant at the end of that range.
_BEND = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualGP:
    """Residuals of M measured mixtures.

    Attributes
    ----------
    solvents, cations, anions
        SMILES of the species that they hold, lengths s, c and a.
    place
        Shares of the species, shape (M, s + c + a + 3), see `_place`.
    weights
        Of each power of the state at each mixture, log10, shape (M, 10).
    low, high
        Of the states u and v that each was measured at, shapes (M, 2).
    """

    solvents: tuple[str, ...]
    cations: tuple[str, ...]
    anions: tuple[str, ...]
    place: _Floats
    weights: _Floats
    low: _Floats
    high: _Floats

    @classmethod
    def of(cls, rows: TrainingRows, predicted: _Floats) -> ResidualGP:
        """Fit to readings; those that are not trusted are left out.

        Parameters
        ----------
        rows
            Of the n readings.
        predicted
            Their log10 conductivity by members that were fitted to them, shape (n,).

        Returns
        -------
        ResidualGP
            Rounded to single precision, so that a saved copy is the same.
        """
        deviation = (rows.log10_value - predicted)[rows.trusted]
        learnt = rows.learnt()
        mixtures, temperature_k = learnt.mixtures, learnt.temperature_k
        places, index = np.unique(mixtures.index, return_inverse=True)
        species = (mixtures.solvents, mixtures.cations, mixtures.anions)
        place = _place(mixtures, *species)[places]
        state = _state(learnt.ln_charge, temperature_k)
        low = np.full((len(places), 2), np.inf)
        np.minimum.at(low, index, state)
        high = np.full((len(places), 2), -np.inf)
        np.maximum.at(high, index, state)
        kernel = squared_exponential(place, place, _WIDTH)
        held, fading = _held(state, low[index], high[index])
        basis = fading[:, None] * _basis(held) * _prior_sd()
        weights = _weights(kernel, index, basis, deviation) * _prior_sd()
        arrays = {"place": place, "weights": weights, "low": low, "high": high}
        return cls(
            solvents=mixtures.solvents,
            cations=mixtures.cations,
            anions=mixtures.anions,
            **{n: array.astype(np.float32).astype(np.float64) for n, array in arrays.items()},
        )

    def arrays(self) -> dict[str, _Floats]:
        """All arrays by name, for a file; `of_arrays` takes them back."""
        return {name: getattr(self, name) for name in ("place", "weights", "low", "high")}

    @classmethod
    def of_arrays(
        cls, arrays: Mapping[str, _Floats], species: Mapping[str, Sequence[str]]
    ) -> ResidualGP:
        """The process from its `arrays` and its species by role, such as ``solvents``."""
        return cls(
            solvents=tuple(species["solvents"]),
            cations=tuple(species["cations"]),
            anions=tuple(species["anions"]),
            **arrays,
        )

    def correction(
        self, mixtures: MixtureRows, content: RowContent, temperature_k: _Floats
    ) -> _Floats:
        """Correction to add to log10 conductivities of the members, shape (n,).

        Parameters
        ----------
        mixtures
            Of the n rows.
        content
            Concentration of their ions.
        temperature_k
            K, shape (n,).
        """
        found = np.zeros(len(mixtures.index))
        place = _place(mixtures, self.solvents, self.cations, self.anions)
        # Known mixtures of other species than these are too far away, whatever their shares.
        species = place.any(axis=0)
        elsewhere = (self.place[:, ~species] ** 2).sum(axis=1)
        known = np.flatnonzero(elsewhere < _FARTHEST**2)
        kernel = squared_exponential(place[:, species], self.place[np.ix_(known, species)], _WIDTH)
        kernel *= np.exp(elsewhere[known] / (-2.0 * _WIDTH**2))
        near = kernel.max(axis=1, initial=0.0) > _LEAST_KERNEL
        rows = np.flatnonzero(near[mixtures.index])
        if not len(rows):
            return found
        of_mixtures = np.flatnonzero(near)
        kernel, of_rows = kernel[of_mixtures], np.searchsorted(of_mixtures, mixtures.index[rows])
        # Of two similar mixtures, with the share of each: no step where the nearest one changes.
        shares = kernel / kernel.sum(axis=1)[:, None]
        low, high = (shares @ bound[known] for bound in (self.low, self.high))
        state = _state(content.ln_charge[rows], temperature_k[rows])
        held, fading = _held(state, low[of_rows], high[of_rows])
        deviation = (_basis(held) * (kernel @ self.weights[known])[of_rows]).sum(axis=1)
        found[rows] = fading * _LARGEST * np.tanh(deviation / _LARGEST)
        return found


def _held(state: _Floats, low: _Floats, high: _Floats) -> tuple[_Floats, _Floats]:
    """States held in a range, shape (n, 2), and how far the correction fades beyond it, (n,).

    Both without a corner, which would be a step of the activation energy.
    """
    raised = low + _BEND * softplus((state - low) / _BEND, np)
    held: _Floats = high - _BEND * softplus((high - raised) / _BEND, np)
    beyond = _BEND * softplus(np.maximum(low - state, state - high) / _BEND, np)
    return held, np.exp(-0.5 * ((beyond / _REACH) ** 2).sum(axis=1))


def squared_exponential(first: _Floats, second: _Floats, width: float) -> _Floats:
    """1 at one place, falling to 0 over a distance of `width`; (n, d), (p, d) to (n, p)."""
    # Expanded and in place: the differences of a hundred thousand recipes fill the memory.
    squared: _Floats = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    squared -= 2.0 * first @ second.T
    np.maximum(squared, 0.0, out=squared)
    squared /= -2.0 * width**2
    return np.exp(squared, out=squared)


def _weights(
    kernel: _Floats, index: NDArray[np.intp], basis: _Floats, deviation: _Floats
) -> _Floats:
    """Posterior weights of scaled coefficients, shape (M, 10), group by group."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n_groups, group = connected_components(csr_array(kernel > _LEAST_KERNEL), directed=False)
    weights = np.zeros((len(kernel), basis.shape[1]))
    of_rows = group[index]
    order = np.argsort(of_rows, kind="stable")
    ends = np.searchsorted(of_rows[order], np.arange(n_groups + 1))
    for number, (start, end) in enumerate(pairwise(ends.tolist())):
        rows, members = order[start:end], np.flatnonzero(group == number)
        weights[members] = _group_weights(
            kernel[np.ix_(members, members)],
            np.searchsorted(members, index[rows]),
            basis[rows],
            deviation[rows],
        )
    return weights


def _group_weights(
    kernel: _Floats, index: NDArray[np.intp], basis: _Floats, deviation: _Floats
) -> _Floats:
    """Posterior weights of one group by reweighted least squares."""
    n_mixtures, n_powers = len(kernel), basis.shape[1]
    size = n_mixtures * n_powers
    left: _Floats = deviation
    weights = np.zeros((n_mixtures, n_powers))
    for _ in range(_REPEATS):
        trust = 1.0 / (_READING_SD**2 + left**2)
        precision = np.zeros((n_mixtures, n_powers, n_powers))
        np.add.at(precision, index, trust[:, None, None] * basis[:, :, None] * basis[:, None, :])
        pulled = np.zeros((n_mixtures, n_powers))
        np.add.at(pulled, index, (trust * deviation)[:, None] * basis)
        system = np.einsum("ikl,ij->ikjl", precision, kernel).reshape(size, size)
        system[np.diag_indices(size)] += 1.0
        weights = np.linalg.solve(system, pulled.ravel()).reshape(n_mixtures, n_powers)
        left = deviation - (basis * (kernel @ weights)[index]).sum(axis=1)
    return weights


def _state(ln_charge: _Floats, temperature_k: _Floats) -> _Floats:
    u = (np.exp(0.5 * ln_charge) - 0.9) / 0.6
    v = (1000.0 / temperature_k - 1000.0 / 298.15) / 0.5
    return np.column_stack([u, v])


def _basis(state: _Floats) -> _Floats:
    powers = np.power(state, np.arange(_DEGREE + 1)[:, None, None])
    return np.column_stack([powers[i, :, 0] * powers[j, :, 1] for i, j in _POWERS])


def _prior_sd() -> _Floats:
    return np.array([_SD * _DECAY ** (i + j) for i, j in _POWERS])


def _place(
    mixtures: MixtureRows, solvents: Sequence[str], cations: Sequence[str], anions: Sequence[str]
) -> _Floats:
    """Places of mixtures among certain species, shape (u, s + c + a + 3).

    Mole fractions of those solvents and of other ones together, and shares of the cations and of
    the anions in the same way, which are weighted.
    """
    parts = []
    for own, share, order, weight in (
        (mixtures.solvents, mixtures.solvent_share, solvents, 1.0),
        (mixtures.cations, mixtures.cation_share, cations, _ION_WEIGHT),
        (mixtures.anions, mixtures.anion_share, anions, _ION_WEIGHT),
    ):
        column = {name: i for i, name in enumerate(order)}
        place = np.zeros((len(share), len(order) + 1))
        for name, values in zip(own, share.T, strict=True):
            place[:, column.get(name, len(order))] += weight * values
        parts.append(place)
    return np.column_stack(parts)
