"""A laboratory that answers at once: a frozen model stands for nature, with noise as a bench has.

It lets search strategies be compared, and a campaign be rehearsed, without weighing anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import Formulation

#: Function of recipes to the true values of each property, positive, shape (n, m).
Nature = Callable[[Sequence[Formulation]], NDArray[np.float64]]


class SimulatedLaboratory:
    """Measures recipes on a frozen model.

    Parameters
    ----------
    nature
        True values of recipes.
    relative_noise
        Standard deviation of a measurement, relative; noise is log-normal, so that a measured
        conductivity stays positive.
    seed
        Of the noise.

    Attributes
    ----------
    n_measured
        Experiments so far.

    Raises
    ------
    InputError
        If the noise is negative.
    """

    def __init__(self, nature: Nature, *, relative_noise: float = 0.05, seed: int = 0) -> None:
        if not 0 <= relative_noise < 1:
            raise InputError(f"relative_noise must be from 0 to below 1, given {relative_noise}")
        self.nature = nature
        self.relative_noise = relative_noise
        self.n_measured = 0
        self._random = np.random.default_rng(seed)

    def measure(self, recipes: Sequence[Formulation]) -> NDArray[np.float64]:
        """Measured values, shape (n, m); a recipe measured twice gives two values."""
        truth = self.nature(recipes)
        self.n_measured += len(recipes)
        scale = np.log1p(self.relative_noise)
        noisy: NDArray[np.float64] = truth * np.exp(scale * self._random.normal(size=truth.shape))
        return noisy
