"""Linear laws with normal priors: coefficients by name, and what is not known of them.

A law is a sum of coefficients, each times a factor of the row, with normal priors. Fitted, it is
their mean and covariance; a coefficient that was in no measurement keeps its prior.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

#: What a row is made of: the factor of each coefficient by its name.
Terms = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearLaw:
    """Coefficients by name, with their covariance.

    Attributes
    ----------
    names
        Of the p coefficients.
    mean
        Shape (p,).
    covariance
        Shape (p, p).
    """

    names: tuple[str, ...]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        rows: Sequence[Terms],
        value: NDArray[np.float64],
        noise: NDArray[np.float64],
        prior: Callable[[str], tuple[float, float]],
    ) -> Self:
        """Coefficients that measurements leave likely.

        Parameters
        ----------
        rows
            Terms of each of n measurements.
        value
            Shape (n,).
        noise
            Covariance of their errors, shape (n, n).
        prior
            Mean and standard deviation of a coefficient by its name.
        """
        names = tuple(sorted({name for row in rows for name in row}))
        x = design(rows, names)
        mean = np.array([prior(name)[0] for name in names])
        variance = np.array([prior(name)[1] ** 2 for name in names])
        spread = x * variance
        gain = np.linalg.solve(spread @ x.T + noise, spread).T
        return cls(
            names=names,
            mean=mean + gain @ (value - x @ mean),
            covariance=np.diag(variance) - gain @ spread,
        )


def design(rows: Sequence[Terms], names: Sequence[str]) -> NDArray[np.float64]:
    """Terms as a matrix, shape (n, p); terms that are not named are left out."""
    place = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)))
    for number, row in enumerate(rows):
        for name, factor in row.items():
            if name in place:
                matrix[number, place[name]] = factor
    return matrix


def applied(
    law: LinearLaw, rows: Sequence[Terms], prior: Callable[[str], tuple[float, float]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a law says of rows, shape (n,), and its standard deviation, shape (n,).

    Parameters
    ----------
    law
        Fitted.
    rows
        Terms of each row.
    prior
        Of coefficients that the law does not know.
    """
    x = design(rows, law.names)
    value = x @ law.mean
    variance: NDArray[np.float64] = ((x @ law.covariance) * x).sum(axis=1)
    known = set(law.names)
    for number, row in enumerate(rows):
        for name, factor in row.items():
            if name not in known:
                mean, sd = prior(name)
                value[number] += factor * mean
                variance[number] += (factor * sd) ** 2
    return value, np.sqrt(np.maximum(variance, 0.0))
