r"""Choosing what to measure so that a model knows a whole space better, not its best recipe.

The space is that of the problem, as a random sample of recipes that satisfy its constraints. What
is not known of it is the sum of the variances of all predictions in the sample. Measuring a recipe
at all temperatures of the problem takes away

.. math:: \Delta = \operatorname{tr}\left[C_{\cdot b} (C_{bb} + N)^{-1} C_{b \cdot}\right]

with the covariance :math:`C` of the errors after all that is measured or pending, the rows
:math:`b` of that recipe, and the noise :math:`N`: the integrated variance reduction [1]_. Recipes
are picked one after another, each as if those before were measured. A recipe that is far from all
others is uncertain but tells nothing of them, which is why those are a poor choice.

References
----------
.. [1] Cohn, Ghahramani and Jordan, J. Artif. Intell. Res. 1996, 4, 129.
   https://doi.org/10.1613/jair.295
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.state import LearningGain
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A recipe that is worth measuring for what it tells of others.

    Attributes
    ----------
    row
        Number of the recipe in the sample.
    share
        Share of what was not known of the sample at first that it takes away, 0 to 1.
    """

    row: int
    share: float


class Ignorance:
    """What is not known of a sample of recipes: covariances of the errors by property.

    Parameters
    ----------
    scorer
        Scorer, fine-tuned on the measurements; it may hold pending experiments.
    predictions
        Of the sample by its base: recipe 0 at every temperature, then recipe 1...
    formulations
        Recipes of the sample, length n.
    temperatures_k
        Temperatures of the problem, K.
    names
        Measured properties that count.
    """

    def __init__(
        self,
        scorer: TunedScorer,
        predictions: Mapping[str, Prediction],
        formulations: Sequence[Formulation],
        temperatures_k: Sequence[float],
        names: Sequence[str],
    ) -> None:
        self._n_temperatures = len(temperatures_k)
        rows = [f for f in formulations for _ in temperatures_k]
        kelvin = np.tile(np.asarray(temperatures_k, dtype=np.float64), len(formulations))
        self._covariances: dict[str, _Floats] = {}
        self._noise: dict[str, float] = {}
        for name in names:
            known = scorer.error_covariance(name, predictions[name], rows, kelvin)
            self._covariances[name], self._noise[name] = known
        self._first = {name: _trace(c) for name, c in self._covariances.items()}
        self._before = self._errors()

    @property
    def gain(self) -> LearningGain:
        """What was gained by all recipes taken."""
        return LearningGain(before=self._before, after=self._errors())

    def shares(self) -> _Floats:
        """Share of what was not known at first that each recipe takes away, shape (n,)."""
        return np.mean(
            [
                self._reductions(covariance, self._noise[name]) / (self._first[name] or 1.0)
                for name, covariance in self._covariances.items()
            ],
            axis=0,
        )

    def take(self, row: int) -> None:
        """Take a recipe as measured."""
        own = self._block(row)
        for name, covariance in self._covariances.items():
            cross = covariance[:, own]
            solved = np.linalg.solve(
                _noisy(covariance[np.ix_(own, own)], self._noise[name]), cross.T
            )
            self._covariances[name] = covariance - cross @ solved

    def _reductions(self, covariance: _Floats, noise: float) -> _Floats:
        """What each recipe takes away of the trace, shape (n,)."""
        n_recipes = len(covariance) // self._n_temperatures
        found = np.empty(n_recipes)
        for row in range(n_recipes):
            own = self._block(row)
            cross = covariance[:, own]
            solved = np.linalg.solve(_noisy(covariance[np.ix_(own, own)], noise), cross.T)
            found[row] = float(np.sum(cross.T * solved))
        return found

    def _block(self, row: int) -> NDArray[np.intp]:
        n = self._n_temperatures
        return np.arange(row * n, (row + 1) * n)

    def _errors(self) -> dict[str, float]:
        return {
            name: float(np.sqrt(_trace(c) / max(1, len(c))))
            for name, c in self._covariances.items()
        }


def lessons(
    ignorance: Ignorance,
    n: int,
    chance: _Floats,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Lesson]:
    """Recipes to measure, each as if those before were measured.

    Parameters
    ----------
    ignorance
        What is not known of a sample; it is changed.
    n
        How many; all of the sample if there are fewer.
    chance
        Probability that measuring each recipe succeeds, shape (k,); 0 for one not to be measured.
    progress
        Called as ``progress(done, total)`` after each recipe.
    """
    found: list[Lesson] = []
    free = chance > 0
    n = min(n, int(free.sum()))
    while len(found) < n:
        shares = ignorance.shares()
        row = int(np.argmax(np.where(free, shares * chance, -np.inf)))
        found.append(Lesson(row=row, share=float(shares[row])))
        ignorance.take(row)
        free[row] = False
        if progress is not None:
            progress(len(found), n)
    return found


def _trace(covariance: _Floats) -> float:
    return float(np.maximum(np.diag(covariance), 0.0).sum())


def _noisy(covariance: _Floats, noise: float) -> _Floats:
    return covariance + (noise**2 + 1e-12) * np.eye(len(covariance))
