"""Quantum kernels of a ZZ feature map, simulated exactly: fidelity and projected.

A row of q numbers x, best standardised principal components (`principal_components`), is scaled and
becomes a state of q qubits. With all Hadamard gates H and

    D(x) = exp(-i/2 (sum_i x_i Z_i + sum_(i<j) x_i x_j Z_i Z_j)),

each repeat of the circuit is H, then D(x), from the state of zeros [1]_. Every pair of qubits is
entangled, and not a chain of neighbours, so that the order of the components changes nothing. With
two repeats or more their signs matter; those of `principal_components` are fixed. The circuit is
that of PennyLane's ``IQPEmbedding`` with all pairs. States are vectors of 2^q numbers, all rows at
once; no quantum library is needed.

`FidelityKernel` is the overlap of two states [1]_, `ProjectedKernel` a Gaussian of the distances
between the states of single qubits [2]_. Both are kernels of scikit-learn: they go as they are into
``GaussianProcessRegressor``, ``KernelRidge(kernel=...)`` and ``SVR(kernel=...)``, alone or in sums.

Noise, if asked for, is a depolarising channel on each qubit after each repeat: with the probability
p one of the three Pauli errors happens. Density matrices stand for states then. Shots, if asked
for, stand for the finite number of times that a real device would run each circuit. They are drawn
from the seed and the rows: the same call gives the same matrix. The matrix of rows with themselves
is then the positive semi-definite one that is nearest to what was counted.

References
----------
.. [1] Havlicek et al., Nature 2019, 567, 209. https://doi.org/10.1038/s41586-019-0980-2
.. [2] Huang et al., Nature Communications 2021, 12, 2631.
   https://doi.org/10.1038/s41467-021-22539-9
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from sklearn.gaussian_process.kernels import Hyperparameter, Kernel

from electrolyte_ml.errors import InputError

_Floats = NDArray[np.float64]
_States = NDArray[np.complex128]
_Bounds = tuple[float, float] | str

#: Most components: states have 2^q numbers, density matrices 4^q.
MOST_QUBITS, MOST_NOISY_QUBITS = 16, 8
_BASES = ("X", "Y", "Z")
# Beyond this probability a qubit is more than wholly depolarised.
_LARGEST_ERROR = 0.75
_STEP = 1e-5


def principal_components(n_components: int) -> Any:
    """A scikit-learn pipeline that makes standardised principal components of descriptors.

    Columns are standardised, projected on their principal components, and these are divided by
    their standard deviations.

    Parameters
    ----------
    n_components
        Number of components, one a qubit; fewer than rows to fit on.
    """
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), PCA(n_components, whiten=True, svd_solver="full"))


def feature_states(x: _Floats, *, repeats: int = 2) -> _States:
    """States of rows, shape (n, 2^q); the first component is the first qubit, of the highest bit.

    Parameters
    ----------
    x
        Scaled components, shape (n, q).
    repeats
        How often the circuit is repeated.
    """
    phases = _phases(x)
    states = phases / np.sqrt(phases.shape[1])
    for _ in range(repeats - 1):
        states = phases * _hadamard(states)
    return states


def feature_densities(x: _Floats, *, repeats: int = 2, depolarising: float = 0.0) -> _States:
    """Density matrices of rows with noise, shape (n, 2^q, 2^q).

    Parameters
    ----------
    x, repeats
        As of `feature_states`.
    depolarising
        Probability p of an error of each qubit after each repeat.
    """
    phases, qubits = _phases(x), x.shape[1]
    both = phases[:, :, None] * phases[:, None, :].conj()
    densities = both / phases.shape[1]
    for repeat in range(repeats):
        if repeat:
            densities = both * _hadamard(_hadamard(densities).swapaxes(1, 2)).swapaxes(1, 2)
        for qubit in range(qubits):
            densities = _depolarised(densities, qubit, qubits, depolarising)
    return densities


def _phases(x: _Floats) -> _States:
    """Diagonal of D(x), shape (n, 2^q): twice the sum over pairs is a square less its diagonal."""
    along = x @ _signs(x.shape[1]).T
    pairs = (along**2 - (x**2).sum(axis=1, keepdims=True)) / 2
    phases: _States = np.exp(-0.5j * (along + pairs))
    return phases


@lru_cache(maxsize=MOST_QUBITS)
def _signs(qubits: int) -> _Floats:
    """Value of Z of each qubit in each basis state, shape (2^q, q)."""
    bits = np.arange(2**qubits)[:, None] >> np.arange(qubits)[::-1] & 1
    return np.asarray(1 - 2 * bits, dtype=np.float64)


def _hadamard(states: _States) -> _States:
    """Hadamard gates on all qubits of the last axis."""
    shape, size = states.shape, states.shape[-1]
    for qubit in range(size.bit_length() - 1):
        halves = states.reshape(*shape[:-1], 2**qubit, 2, -1)
        zero, one = halves[..., 0, :], halves[..., 1, :]
        states = np.stack([zero + one, zero - one], axis=-2)
    return states.reshape(shape) / np.sqrt(size)


def _depolarised(densities: _States, qubit: int, qubits: int, probability: float) -> _States:
    """Three Pauli errors, each with a third of the probability, of one qubit."""
    lost = 4 * probability / 3
    outer, inner = 2**qubit, 2 ** (qubits - qubit - 1)
    parts = densities.reshape(-1, outer, 2, inner, outer, 2, inner)
    rest = parts[:, :, 0, :, :, 0, :] + parts[:, :, 1, :, :, 1, :]
    kept = (1 - lost) * parts
    for bit in (0, 1):
        kept[:, :, bit, :, :, bit, :] += lost / 2 * rest
    return kept.reshape(densities.shape)


class _FeatureMapKernel(Kernel):
    """What both kernels share: the circuit, its checks, and numeric gradients."""

    scale: float
    scale_bounds: _Bounds
    repeats: int
    depolarising: float
    shots: int | None
    random_state: int

    @property
    def hyperparameter_scale(self) -> Hyperparameter:
        """Factor of the components, as scikit-learn tunes it."""
        return Hyperparameter("scale", "numeric", self.scale_bounds)

    def __repr__(self) -> str:
        held = sorted(self.hyperparameters, key=lambda h: h.name != "scale")
        tuned = ", ".join(f"{h.name}={getattr(self, h.name):.3g}" for h in held)
        return f"{type(self).__name__}({tuned})"

    def is_stationary(self) -> bool:
        """Whether the kernel depends on differences of rows alone: it does not."""
        return False

    def __call__(
        self, X: ArrayLike, Y: ArrayLike | None = None, eval_gradient: bool = False
    ) -> Any:
        """Kernel of rows with others, or with themselves.

        Parameters
        ----------
        X, Y
            Components, shapes (n, q) and (m, q); without `Y`, `X` stands for it.
        eval_gradient
            Whether the gradient with respect to the logarithms of hyperparameters is asked for.

        Returns
        -------
        ndarray of shape (n, m), or (n, n) and the gradient of shape (n, n, hyperparameters)

        Raises
        ------
        InputError
            If the rows or settings cannot be used.
        """
        first = self._rows(X)
        if not eval_gradient:
            return self._matrix(first, None if Y is None else self._rows(Y))
        if Y is not None:
            raise InputError("the gradient is of rows with themselves: leave Y out")
        return self._matrix(first, None), self._gradient(first)

    def _matrix(self, first: _Floats, second: _Floats | None) -> _Floats:
        raise NotImplementedError

    def _gradient(self, rows: _Floats) -> _Floats:
        gradient = np.empty((len(rows), len(rows), self.n_dims))
        if self.shots is not None and self.n_dims:
            raise InputError(
                "counts of shots have no gradient: fix the hyperparameters (scale_bounds='fixed'"
                " and, if there is one, gamma_bounds='fixed'), or leave shots out"
            )
        for number in range(self.n_dims):
            ends = []
            for sign in (1, -1):
                theta = self.theta.copy()
                theta[number] += sign * _STEP
                ends.append(self.clone_with_theta(theta)(rows))
            gradient[:, :, number] = (ends[0] - ends[1]) / (2 * _STEP)
        return gradient

    def _rows(self, given: ArrayLike) -> _Floats:
        """Rows as an array, after all checks: scikit-learn sets parameters without any."""
        rows = np.atleast_2d(np.asarray(given, dtype=np.float64))
        most = MOST_NOISY_QUBITS if self.depolarising else MOST_QUBITS
        if rows.ndim != 2 or not 1 <= rows.shape[1] <= most:
            raise InputError(
                f"rows of shape {rows.shape}: a kernel takes (rows, components) with 1 to {most} "
                f"components{' where there is noise' if self.depolarising else ''}; reduce them "
                "with principal_components"
            )
        if not np.isfinite(rows).all():
            raise InputError("rows hold numbers that are not finite; leave such rows out")
        if not self.scale > 0:
            raise InputError(f"scale {self.scale} is not positive")
        if self.repeats < 1:
            raise InputError(f"repeats {self.repeats}: the circuit is run at least once")
        if not 0 <= self.depolarising <= _LARGEST_ERROR:
            raise InputError(
                f"depolarising {self.depolarising}: a probability of an error is from 0 to "
                f"{_LARGEST_ERROR}"
            )
        if self.shots is not None and self.shots < 1:
            raise InputError(f"shots {self.shots}: at least 1, or None for exact values")
        return rows

    def _generator(self, *rows: _Floats) -> np.random.Generator:
        return np.random.default_rng([self.random_state, *(crc32(r.tobytes()) for r in rows)])

    def _densities(self, rows: _Floats) -> _States:
        return feature_densities(
            self.scale * rows, repeats=self.repeats, depolarising=self.depolarising
        )

    def _states(self, rows: _Floats) -> _States:
        return feature_states(self.scale * rows, repeats=self.repeats)


class FidelityKernel(_FeatureMapKernel):
    """Overlap of two states, ``|<x|y>|^2``; with noise the trace of the product of densities.

    Parameters
    ----------
    scale, scale_bounds
        Factor of the components before they become angles, rad, and its bounds, or ``"fixed"``.
    repeats
        Of the circuit.
    depolarising
        Probability of an error of each qubit after each repeat.
    shots
        Runs that each value is counted from; exact values by default.
    random_state
        Seed of the shots.

    Examples
    --------
    >>> import numpy as np
    >>> kernel = FidelityKernel(scale=0.5)
    >>> kernel(np.zeros((1, 2)), np.array([[0.0, 0.0], [1.0, 0.0]])).round(3)
    array([[1.   , 0.939]])
    """

    def __init__(
        self,
        scale: float = 1.0,
        scale_bounds: _Bounds = (1e-2, 1e1),
        repeats: int = 2,
        depolarising: float = 0.0,
        shots: int | None = None,
        random_state: int = 0,
    ) -> None:
        self.scale = scale
        self.scale_bounds = scale_bounds
        self.repeats = repeats
        self.depolarising = depolarising
        self.shots = shots
        self.random_state = random_state

    def diag(self, X: ArrayLike) -> _Floats:
        """Kernel of each row with itself, shape (n,): 1, or with noise the purity of its state."""
        rows = self._rows(X)
        if not self.depolarising:
            return np.ones(len(rows))
        purity: _Floats = (np.abs(self._densities(rows)) ** 2).sum(axis=(1, 2))
        return purity

    def _matrix(self, first: _Floats, second: _Floats | None) -> _Floats:
        exact = self._exact(first, second)
        if self.shots is None:
            return exact
        rng = self._generator(first, *([] if second is None else [second]))
        counted = rng.binomial(self.shots, np.clip(exact, 0.0, 1.0)) / self.shots
        if second is not None:
            return counted
        upper = np.triu(counted)
        return nearest_positive(upper + np.triu(counted, 1).T)

    def _exact(self, first: _Floats, second: _Floats | None) -> _Floats:
        if self.depolarising:
            one = self._densities(first).reshape(len(first), -1)
            two = one if second is None else self._densities(second).reshape(len(second), -1)
            return (one @ two.conj().T).real
        one = self._states(first)
        two = one if second is None else self._states(second)
        overlap: _Floats = np.abs(one @ two.conj().T) ** 2
        return overlap


class ProjectedKernel(_FeatureMapKernel):
    """Gaussian of how far the states of single qubits are apart.

    With the density matrix of qubit k of a row, ``rho_k``, this is
    ``exp(-gamma sum_k |rho_k(x) - rho_k(y)|^2)``, where the bars are the Frobenius norm. Three
    measurements of all qubits of a row, in X, Y and Z, tell it: their number grows with the rows
    and not with the pairs of rows.

    Parameters
    ----------
    scale, scale_bounds, repeats, depolarising, random_state
        As of `FidelityKernel`.
    gamma, gamma_bounds
        Factor of the squared distances, and its bounds, or ``"fixed"``.
    shots
        Runs of each of the three measurements of a row; exact values by default.

    Examples
    --------
    >>> import numpy as np
    >>> kernel = ProjectedKernel(scale=0.5)
    >>> kernel(np.zeros((1, 2)), np.array([[0.0, 0.0], [1.0, 0.0]])).round(3)
    array([[1.   , 0.885]])
    """

    def __init__(
        self,
        scale: float = 1.0,
        scale_bounds: _Bounds = (1e-2, 1e1),
        gamma: float = 1.0,
        gamma_bounds: _Bounds = "fixed",
        repeats: int = 2,
        depolarising: float = 0.0,
        shots: int | None = None,
        random_state: int = 0,
    ) -> None:
        self.scale = scale
        self.scale_bounds = scale_bounds
        self.gamma = gamma
        self.gamma_bounds = gamma_bounds
        self.repeats = repeats
        self.depolarising = depolarising
        self.shots = shots
        self.random_state = random_state

    @property
    def hyperparameter_gamma(self) -> Hyperparameter:
        """Factor of the squared distances, as scikit-learn tunes it."""
        return Hyperparameter("gamma", "numeric", self.gamma_bounds)

    def diag(self, X: ArrayLike) -> _Floats:
        """Kernel of each row with itself, 1, shape (n,)."""
        return np.ones(len(self._rows(X)))

    def bloch_vectors(self, X: ArrayLike) -> _Floats:
        """Mean values of X, Y and Z of each qubit, shape (n, q, 3); from shots, if there are any.

        Parameters
        ----------
        X
            Components, shape (n, q).
        """
        rows = self._rows(X)
        rng = self._generator(rows)
        means = []
        for basis in _BASES:
            probability = self._probabilities(rows, basis)
            if self.shots is not None:
                probability = rng.multinomial(self.shots, probability) / self.shots
            means.append(probability @ _signs(rows.shape[1]))
        return np.stack(means, axis=2)

    def _probabilities(self, rows: _Floats, basis: str) -> _Floats:
        """Of each outcome of a measurement of all qubits in a basis, shape (n, 2^q)."""
        ones = ((1 - _signs(rows.shape[1])) / 2).sum(axis=1)
        turn = (-1j if basis == "Y" else 1.0 + 0j) ** ones
        if self.depolarising:
            densities = self._densities(rows)
            if basis != "Z":
                turned = densities * np.outer(turn, turn.conj())
                densities = _hadamard(_hadamard(turned).swapaxes(1, 2)).swapaxes(1, 2)
            found = np.einsum("nii->ni", densities).real
        else:
            states = self._states(rows)
            found = np.abs(states if basis == "Z" else _hadamard(turn * states)) ** 2
        found = np.maximum(found, 0.0)
        probabilities: _Floats = found / found.sum(axis=1, keepdims=True)
        return probabilities

    def _matrix(self, first: _Floats, second: _Floats | None) -> _Floats:
        if not self.gamma > 0:
            raise InputError(f"gamma {self.gamma} is not positive")
        one = self.bloch_vectors(first).reshape(len(first), -1)
        two = one if second is None else self.bloch_vectors(second).reshape(len(second), -1)
        # The squared norm of a difference of density matrices is half that of Bloch vectors.
        kernel: _Floats = np.exp(-self.gamma / 2 * cdist(one, two, "sqeuclidean"))
        return kernel


def nearest_positive(matrix: _Floats) -> _Floats:
    """The positive semi-definite matrix nearest to a symmetric one, in the Frobenius norm [1]_.

    Parameters
    ----------
    matrix
        Symmetric, shape (n, n).

    References
    ----------
    .. [1] Higham, Linear Algebra and its Applications 1988, 103, 103.
       https://doi.org/10.1016/0024-3795(88)90223-6
    """
    values, vectors = np.linalg.eigh(matrix)
    nearest: _Floats = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return (nearest + nearest.T) / 2
