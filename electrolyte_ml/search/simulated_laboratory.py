"""A simulated laboratory: a frozen model as ground truth, with experimental noise.

It serves to compare search strategies and to rehearse campaigns.
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
    """Simulated measurements of recipes.

    Parameters
    ----------
    nature
        True values of recipes.
    relative_noise
        Standard deviation of a measurement, relative; noise is log-normal, so that a measured
        conductivity stays positive.
    seed
        Seed of the noise.

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
