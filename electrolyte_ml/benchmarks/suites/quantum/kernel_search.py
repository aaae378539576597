"""Kernels with equal chances: one nested search, with as many candidates for each.

A kernel learns from standardised principal components of descriptors, by ridge regression. Its
width and the ridge are chosen by four folds within the training rows, which keep groups whole as
the outer folds do; tested rows take no part in it. Every kernel has 60 candidates: ten widths and
six ridges, or, where there is no width, sixty ridges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.splits import grouped_split
from electrolyte_ml.features.quantum_kernel import (
    FidelityKernel,
    ProjectedKernel,
    principal_components,
)
from electrolyte_ml.threads import one_thread

Floats = NDArray[np.float64]

#: Candidates of every kernel.
N_CANDIDATES = 60
#: Inner folds, fewer where there are fewer groups.
INNER_FOLDS = 4
# From kernels that are nearly constant to ones that are nearly zero between any two rows.
_WIDTHS = tuple(np.geomspace(0.03, 2.0, 10).tolist())
_RIDGES = (1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)
_LINEAR_RIDGES = tuple(np.geomspace(1e-3, 1e3, N_CANDIDATES).tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelCandidates:
    """A kind of kernel and what its search may choose.

    Attributes
    ----------
    make
        Kernel of a factor of the components and of a number of shots, if it knows any.
    widths, ridges
        Choices of the factor and of the ridge.
    quantum
        Whether shots can be asked for.
    """

    make: Callable[[float, int | None], Any]
    widths: tuple[float, ...] = _WIDTHS
    ridges: tuple[float, ...] = _RIDGES
    quantum: bool = False


def _linear(width: float, shots: int | None) -> Any:
    from sklearn.gaussian_process.kernels import DotProduct

    del width, shots
    return DotProduct(0.0, "fixed")


def _rbf(width: float, shots: int | None) -> Any:
    from sklearn.gaussian_process.kernels import RBF

    del shots
    return RBF(1 / width, "fixed")


def _matern(width: float, shots: int | None) -> Any:
    from sklearn.gaussian_process.kernels import Matern

    del shots
    return Matern(1 / width, "fixed", nu=1.5)


def _fidelity(width: float, shots: int | None) -> Any:
    return FidelityKernel(width, "fixed", shots=shots)


def _projected(width: float, shots: int | None) -> Any:
    return ProjectedKernel(width, "fixed", shots=shots)


LINEAR, RBF_KERNEL, MATERN, FIDELITY, PROJECTED = (
    "linear",
    "RBF",
    "Matern",
    "fidelity",
    "projected",
)
#: Kernels by their names in the leaderboard.
KERNELS: dict[str, KernelCandidates] = {
    LINEAR: KernelCandidates(make=_linear, widths=(1.0,), ridges=_LINEAR_RIDGES),
    RBF_KERNEL: KernelCandidates(make=_rbf),
    MATERN: KernelCandidates(make=_matern),
    FIDELITY: KernelCandidates(make=_fidelity, quantum=True),
    PROJECTED: KernelCandidates(make=_projected, quantum=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSearch:
    """The nested search of one kernel.

    Attributes
    ----------
    kernel
        A key of `KERNELS`.
    n_components
        Principal components, for quantum kernels the number of qubits.
    seed
        Of the inner folds and of shots.
    shots
        Runs of each circuit; exact values if None.
    """

    kernel: str
    n_components: int = 6
    seed: int = 0
    shots: int | None = None

    @one_thread()
    def predict(
        self, inputs: Floats, values: Floats, groups: NDArray[np.intp], asked: Floats
    ) -> Floats:
        """Values of rows by the best candidate, fitted to other rows.

        Parameters
        ----------
        inputs, values, groups
            Descriptors, values and groups of the rows to learn from, shapes (n, p), (n,), (n,).
        asked
            Descriptors of the rows to predict, shape (m, p).

        Returns
        -------
        ndarray of float, shape (m,)
        """
        components = principal_components(self.n_components).fit(inputs)
        rows = components.transform(inputs)
        kernel, matrix, ridge = self._best(rows, values, groups)
        mean = values.mean()
        system = matrix + ridge * np.eye(len(values))
        weights = np.linalg.solve(system, values - mean)
        found: Floats = mean + kernel(components.transform(asked), rows) @ weights
        return found

    def _best(
        self, rows: Floats, values: Floats, groups: NDArray[np.intp]
    ) -> tuple[Any, Floats, float]:
        """Kernel, its matrix, and ridge, of the smallest squared error on the inner folds."""
        candidates = KERNELS[self.kernel]
        folds = inner_folds(groups, self.seed)
        best: list[tuple[float, Any, Floats, float]] = []
        for width in candidates.widths:
            kernel = candidates.make(width, self.shots)
            if candidates.quantum:
                kernel.set_params(random_state=self.seed)
            matrix = kernel(rows)
            errors = np.zeros(len(candidates.ridges))
            for train, test in folds:
                # Each block is counted by itself, as those of the tested rows will be: the matrix
                # of all training rows is smoothed to be positive where it is counted.
                counted = self.shots is not None
                own = kernel(rows[train]) if counted else matrix[np.ix_(train, train)]
                cross = kernel(rows[test], rows[train]) if counted else matrix[np.ix_(test, train)]
                found = _ridge_predictions(own, cross, values[train], candidates.ridges)
                errors += ((values[test][:, None] - found) ** 2).sum(axis=0)
            place = int(np.argmin(errors))
            best.append((float(errors[place]), kernel, matrix, candidates.ridges[place]))
        return min(best, key=lambda one: one[0])[1:]


def inner_folds(
    groups: NDArray[np.intp], seed: int
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]:
    """Folds within training rows that keep groups whole.

    Parameters
    ----------
    groups
        Group of each row, at least two of them, shape (n,).
    seed
        Of the shuffle.
    """
    n_folds = min(INNER_FOLDS, len(np.unique(groups)))
    return grouped_split("inner", groups, n_folds=n_folds, seed=seed).folds


def _ridge_predictions(
    own: Floats, cross: Floats, values: Floats, ridges: tuple[float, ...]
) -> Floats:
    """Predictions of m rows by ridge regression on n, for each of r ridges, shape (m, r)."""
    mean = values.mean()
    spectrum, vectors = np.linalg.eigh(own)
    along = vectors.T @ (values - mean)
    damped = along[:, None] / (np.maximum(spectrum, 0.0)[:, None] + np.array(ridges))
    found: Floats = mean + cross @ vectors @ damped
    return found
