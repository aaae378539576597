"""Where predictions come from: any scorer, and the models that ship with the package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.search.properties import PROPERTIES, Request

if TYPE_CHECKING:
    from electrolyte_ml.prediction import Prediction


class Scorer(Protocol):
    """Anything that predicts properties of many recipes in one call."""

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> Mapping[str, Prediction]:
        """Predict.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows.
        temperature_k
            Temperatures, K, shape (n,).

        Returns
        -------
        mapping of str to Prediction
            Property name (with its unit) to predictions of n rows.
        """
        ...


class ModelScorer:
    """The models that ship with the package, as far as a problem asks for their properties.

    Parameters
    ----------
    names
        Properties to predict; names that are not in the table of properties are left out.
    prices
        Price by kilogram of each component by name, for the cost.
    """

    def __init__(self, names: Iterable[str], prices: Mapping[str, float] | None = None) -> None:
        self.names = tuple(dict.fromkeys(n for n in names if n in PROPERTIES))
        self.prices = MappingProxyType(dict(prices or {}))

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64], /
    ) -> dict[str, Prediction]:
        """Predict the properties, each recipe once where temperature does not matter."""
        temperatures = np.asarray(temperature_k, dtype=np.float64)
        full = Request(formulations=formulations, temperature_k=temperatures, prices=self.prices)
        first, back = _distinct(formulations)
        once = Request(
            formulations=[formulations[i] for i in first],
            temperature_k=temperatures[first],
            prices=self.prices,
        )
        results = {}
        for name in self.names:
            known = PROPERTIES[name]
            results[name] = (
                known.predict(full) if known.at_temperature else rows(known.predict(once), back)
            )
        return results


def rows(prediction: Prediction, index: NDArray[np.intp]) -> Prediction:
    """Chosen rows of a prediction, in the order of `index`."""
    from electrolyte_ml.prediction import Prediction

    return Prediction(
        value=prediction.value[index],
        low=prediction.low[index],
        high=prediction.high[index],
        coverage=prediction.coverage,
        in_domain=prediction.in_domain[index],
        reason=tuple(prediction.reason[i] for i in index.tolist()),
    )


def _distinct(formulations: Sequence[Formulation]) -> tuple[list[int], NDArray[np.intp]]:
    """First row of each distinct object, and for every row the number of its object."""
    place: dict[int, int] = {}
    first: list[int] = []
    back = np.empty(len(formulations), dtype=np.intp)
    for row, formulation in enumerate(formulations):
        number = place.setdefault(id(formulation), len(place))
        if number == len(first):
            first.append(row)
        back[row] = number
    return first, back
