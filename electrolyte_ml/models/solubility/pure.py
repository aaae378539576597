r"""Solubility of salts in single solvents, fitted to bounds.

The logarithm of the molality of the saturated solution is a Gaussian process over pairs of salt
and solvent,

.. math:: k = \sum_d s_d^2 x_d x_d' + s_a^2 [a = a'] + s_{ca}^2 [ca = c'a'] + s_s^2 [s = s']
    + s_{af}^2 [af = a'f'] + s_{caf}^2 [caf = c'a'f'] + s_p^2 [p = p']

with descriptors :math:`x`, and shares that equal anions, salts, solvents, families of solvents, and
pairs have in common. Evidence is an interval, from :math:`l` to :math:`h`, seen with noise
:math:`\sigma`: its likelihood is :math:`\Phi((h - f)/\sigma) - \Phi((l - f)/\sigma)`. A measured
solution is the interval from its molality to the most that a solvent can hold; a value is a narrow
interval. The likelihood is concave in logarithms: Newton's steps find the mode, and the curvature
there gives the variance (Laplace's approximation [1]_).

References
----------
.. [1] Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, chapter 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.solubility.descriptors import NAMES, descriptor_rows
from electrolyte_ml.models.solubility.evidence import Evidence, solubility_evidence
from electrolyte_ml.species import Salt, Solvent
from electrolyte_ml.threads import one_thread

#: A pair of salt and solvent.
Pair = tuple[Salt, Solvent]

# Standard deviations in ln(mol/kg), the first of the constant. Smaller shares leave too many values
# outside of the interval of 90 % when their pair, salt, solvent or anion is left out.
_WEIGHT = np.array([4.0, *[1.5] * (len(NAMES) - 1)])
_SHARES = {"anion": 1.2, "salt": 1.6, "solvent": 0.8, "anion_family": 1.2, "salt_family": 1.0}
_PAIR = 1.5
# Of values and measured bounds; and of classes that were not checked, whose ends are soft.
_NOISE, _SOFT = 0.12, 0.6
_STEPS = 60
_CONVERGED = 1e-4
_SMALLEST, _FLATTEST, _FAR = 1e-12, 1e-10, -20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PureSolubility:
    """The fitted process.

    Attributes
    ----------
    pairs
        Pairs of the evidence, length n.
    weights
        Of the pairs in the mean, shape (n,).
    inverse
        Shape (n, n): what the evidence takes from the variance.
    """

    pairs: tuple[Pair, ...]
    weights: NDArray[np.float64]
    inverse: NDArray[np.float64]

    @classmethod
    @one_thread()
    def of(cls, evidence: Sequence[Evidence]) -> PureSolubility:
        """Fit to evidence."""
        pairs = tuple((e.salt, e.solvent) for e in evidence)
        low = np.log([e.low_mol_kg for e in evidence])
        high = np.log([e.high_mol_kg for e in evidence])
        noise = np.array([_NOISE if e.verified else _SOFT for e in evidence])
        prior = _covariance(pairs, pairs)
        weights, curvature = _mode(prior, _Bounds(low=low, high=high, noise=noise))
        root = np.sqrt(curvature)
        inverse = root[:, None] * np.linalg.solve(_inner(prior, root), np.diag(root))
        return cls(pairs=pairs, weights=weights, inverse=inverse)

    @one_thread()
    def predict(self, pairs: Sequence[Pair]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of ln(mol/kg) of pairs, shapes (n,).

        Parameters
        ----------
        pairs
            Salts with solvents.
        """
        cross = _covariance(tuple(pairs), self.pairs)
        variance = _variance(tuple(pairs)) - np.einsum("ij,jk,ik->i", cross, self.inverse, cross)
        # Without linear algebra, whose last digits depend on how many pairs are asked for.
        mean = np.einsum("ij,j->i", cross, self.weights)
        return mean, np.sqrt(np.maximum(variance, _NOISE**2))


@cache
def pure_solubility() -> PureSolubility:
    """The process fitted to everything known."""
    return PureSolubility.of(solubility_evidence())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """Logarithms of the bounds and the noise they are seen with, shapes (n,)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    noise: NDArray[np.float64]

    def slopes(self, mean: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """First derivative, and second with its sign turned, of the logarithmic likelihood."""
        a, b = (self.low - mean) / self.noise, (self.high - mean) / self.noise
        # The tail that holds more is turned to the left, where logarithms of tails are exact.
        turned = a + b > 0
        a, b = np.where(turned, -b, a), np.where(turned, -a, b)
        upper, lower = _log_tail(b), _log_tail(a)
        mass = upper + np.log(np.maximum(-np.expm1(lower - upper), _SMALLEST))
        at_a, at_b = (np.exp(-0.5 * (x**2 + np.log(2 * np.pi)) - mass) for x in (a, b))
        gradient = at_a - at_b
        curvature = gradient**2 + b * at_b - a * at_a
        sign = np.where(turned, -1.0, 1.0)
        return sign * gradient / self.noise, np.maximum(curvature, _FLATTEST) / self.noise**2


def _mode(
    prior: NDArray[np.float64], bounds: _Bounds
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights of the mode, and the curvature of the likelihood there, shapes (n,)."""
    weights = np.zeros(len(prior))
    for _ in range(_STEPS):
        mean = prior @ weights
        slope, curvature = bounds.slopes(mean)
        root = np.sqrt(curvature)
        right = curvature * mean + slope
        solved = np.linalg.solve(_inner(prior, root), root * (prior @ right))
        step = right - root * solved - weights
        weights = weights + step
        if np.max(np.abs(prior @ step)) < _CONVERGED:
            break
    return weights, bounds.slopes(prior @ weights)[1]


def _inner(prior: NDArray[np.float64], root: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.eye(len(root)) + root[:, None] * prior * root)


def _log_tail(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of the normal distribution function; by its asymptote in the far tail."""
    near = np.maximum(x, _FAR)
    exact = np.log([0.5 * math.erfc(-value / math.sqrt(2)) for value in near.tolist()])
    far = np.minimum(x, _FAR)
    asymptote = -0.5 * far**2 - np.log(-far * math.sqrt(2 * math.pi)) - 1 / far**2
    return np.where(x > _FAR, exact, asymptote)


def _covariance(left: tuple[Pair, ...], right: tuple[Pair, ...]) -> NDArray[np.float64]:
    a, b = _scaled(left), _scaled(right)
    total = np.einsum("ik,jk->ij", a, b)
    first, second = _kinds(left), _kinds(right)
    for name, deviation in (*_SHARES.items(), ("pair", _PAIR)):
        total += deviation**2 * _equal(first[name], second[name])
    return total


def _variance(pairs: tuple[Pair, ...]) -> NDArray[np.float64]:
    same = sum(deviation**2 for deviation in (*_SHARES.values(), _PAIR))
    return np.asarray((_scaled(pairs) ** 2).sum(axis=1) + same)


def _scaled(pairs: tuple[Pair, ...]) -> NDArray[np.float64]:
    rows = descriptor_rows(tuple(a for a, _ in pairs), tuple(b for _, b in pairs))
    return rows * _WEIGHT


def _kinds(pairs: tuple[Pair, ...]) -> dict[str, NDArray[np.str_]]:
    anions = [salt.anion.smiles for salt, _ in pairs]
    cations = [salt.cation.smiles for salt, _ in pairs]
    solvents = [solvent.smiles for _, solvent in pairs]
    # A molecule without a family is one of its own.
    families = [solvent.family or solvent.smiles for _, solvent in pairs]
    columns = {
        "anion": (anions,),
        "salt": (cations, anions),
        "solvent": (solvents,),
        "anion_family": (anions, families),
        "salt_family": (cations, anions, families),
        "pair": (cations, anions, solvents),
    }
    return {
        name: np.array([" ".join(parts) for parts in zip(*lists, strict=True)])
        for name, lists in columns.items()
    }


def _equal(left: NDArray[np.str_], right: NDArray[np.str_]) -> NDArray[np.float64]:
    codes = {name: i for i, name in enumerate(dict.fromkeys([*left, *right]))}
    a, b = (np.array([codes[x] for x in side], dtype=np.intp) for side in (left, right))
    return (a[:, None] == b[None]).astype(np.float64)
