r"""What failed experiments say of other recipes: the probability that they fail, too.

An experiment fails where there is no number to measure: the salt does not dissolve, two phases
form, the recipe freezes. Recipes near a failed one are likely to fail, those near a measured one
are not,

.. math:: P(x) = \frac{p_0 + \sum_i w_i f_i}{1 + \sum_i w_i}, \qquad w_i = e^{-d^2(x, x_i) / 0.05}

with :math:`f_i` 1 for a failed and 0 for a measured recipe, the distance :math:`d` of recipes
(`electrolyte_ml.models.similarity`), and :math:`p_0 = 0.05` where nothing is known. The kernel is
as long as 0.5 mol/kg of salt, or a quarter of the liquid replaced by a solvent of the same family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.similarity import square_distances

_SQUARE_LENGTH = 0.05
_UNKNOWN = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Recipes that failed or were measured.

    Attributes
    ----------
    formulations
        Distinct recipes, length n.
    failed
        Share of the experiments of each that failed, shape (n,).
    """

    formulations: tuple[Formulation, ...]
    failed: NDArray[np.float64]

    @classmethod
    def of(cls, results: Sequence[Result]) -> Failures:
        """Of the results of a campaign; skipped ones say nothing."""
        outcomes: dict[str, list[float]] = {}
        recipes: dict[str, Formulation] = {}
        for result in results:
            if result.status is not Status.SKIPPED:
                recipes[result.formulation.key] = result.formulation
                outcome = float(result.status is Status.FAILED)
                outcomes.setdefault(result.formulation.key, []).append(outcome)
        return cls(
            formulations=tuple(recipes.values()),
            failed=np.array([float(np.mean(outcomes[key])) for key in recipes]),
        )

    def probability(self, recipes: Sequence[Formulation]) -> NDArray[np.float64]:
        """Probability that each recipe fails, shape (k,)."""
        if not self.failed.any() or not recipes:
            return np.full(len(recipes), _UNKNOWN)
        square = square_distances(compose(recipes), compose(self.formulations))
        weight = np.exp(-square / _SQUARE_LENGTH)
        result: NDArray[np.float64] = (_UNKNOWN + weight @ self.failed) / (1 + weight.sum(axis=1))
        return result
