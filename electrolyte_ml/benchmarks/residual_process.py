r"""A Gaussian process on what a belief got wrong, small enough to be fitted after every batch.

With the logarithm of what was measured :math:`y`, a belief :math:`b` and descriptors :math:`z`,

.. math::

   y - b \sim \mathcal N\bigl(0,\; \tau^2 + \rho^2 \tilde b \tilde b' + v\, k_{5/2}(|z - z'| / \ell)
       + \sigma^2 \delta\bigr)

where :math:`\tilde b` is the belief less its mean. The second term lets the data take back a part
of the belief, or all of it; :math:`k_{5/2}` is Matern's kernel. The variance :math:`v` and the
length :math:`\ell` maximise the marginal likelihood over a grid [1]_.

References
----------
.. [1] Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

# Of log10: offset of a whole belief, share of it that may be wrong, noise of a measurement.
_OFFSET_SD = 0.3
_SLOPE_SD = 0.5
_NOISE_SD = 0.025
_VARIANCES = (0.01, 0.03, 0.1)
# In units of the typical distance of two recipes.
_LENGTHS = (0.25, 0.5, 1.0, 2.0)
_USUAL = (0.03, 0.5)
_ENOUGH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the process sees of n recipes: descriptors (n, p) and centred belief (n,)."""

    descriptors: NDArray[np.float64]
    belief: NDArray[np.float64]

    def rows(self, rows: NDArray[np.intp] | slice) -> Inputs:
        """Some of them."""
        return Inputs(descriptors=self.descriptors[rows], belief=self.belief[rows])

    def joined(self, others: Inputs) -> Inputs:
        """These, then others."""
        return Inputs(
            descriptors=np.concatenate([self.descriptors, others.descriptors]),
            belief=np.concatenate([self.belief, others.belief]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualProcess:
    """The process with its two parameters settled."""

    variance: float
    length: float

    @classmethod
    def tuned(cls, known: Inputs, residual: NDArray[np.float64]) -> ResidualProcess:
        """Parameters that make what was measured most likely; usual ones for few data."""
        variance, length = _USUAL
        if len(residual) >= _ENOUGH:
            grid = [cls(variance=v, length=s) for v, s in product(_VARIANCES, _LENGTHS)]
            return max(grid, key=lambda process: process.evidence(known, residual))
        return cls(variance=variance, length=length)

    def evidence(self, known: Inputs, residual: NDArray[np.float64]) -> float:
        """Logarithm of the marginal likelihood, without its constant."""
        factor = cholesky(self._noisy(known), lower=True)
        white = solve_triangular(factor, residual, lower=True)
        return float(-0.5 * white @ white - np.log(np.diag(factor)).sum())

    def posterior(
        self, known: Inputs, residual: NDArray[np.float64], at: Inputs
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Expected residual at recipes and its standard deviation, shapes (n,)."""
        own = self.variance + _OFFSET_SD**2 + _SLOPE_SD**2 * at.belief**2
        if not len(residual):
            return np.zeros(len(own)), np.sqrt(own)
        factor = cho_factor(self._noisy(known), lower=True)
        across = self._kernel(at, known)
        explained = np.einsum("nk,kn->n", across, cho_solve(factor, across.T))
        # Rounding can take away a little more than there is.
        doubt = np.sqrt(np.maximum(own - explained, 1e-12))
        return across @ cho_solve(factor, residual), doubt

    def _noisy(self, known: Inputs) -> NDArray[np.float64]:
        return self._kernel(known, known) + _NOISE_SD**2 * np.eye(len(known.belief))

    def _kernel(self, left: Inputs, right: Inputs) -> NDArray[np.float64]:
        a, b = left.descriptors, right.descriptors
        square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
        scaled = np.sqrt(5 * np.maximum(square, 0.0)) / self.length
        matern = (1 + scaled + scaled**2 / 3) * np.exp(-scaled)
        slope = _SLOPE_SD**2 * np.outer(left.belief, right.belief)
        return _OFFSET_SD**2 + slope + self.variance * matern
